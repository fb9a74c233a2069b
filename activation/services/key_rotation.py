"""Put everything that a master key wraps under the newest one, so that an older one can be thrown away.

One row at a time, each compared before it is written: it can be stopped, repeated, and run while the portal works.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from activation.domain.events import Kind
from activation.domain.sealing import CannotOpen
from activation.models import Handover, Run
from activation.services import events, factors
from activation.services.keyring import keyring
from activation.services.run_keys import context_of_run, context_of_watch

# Of a second factor, what is sealed.
FACTOR_SECRETS = ("secret", "seed")


@dataclass
class Rotation:
    """What was found: `changed` (or to be changed), `current`, and the names of what no master key opens."""

    changed: int = 0
    current: int = 0
    lost: list[str] = field(default_factory=list)

    def count(self, name: str, *, moved: bool | None) -> None:
        """Note one row; None for one that no key opens."""
        if moved is None:
            self.lost.append(name)
        elif moved:
            self.changed += 1
        else:
            self.current += 1


def rotate(*, change: bool) -> Rotation:
    """Wrap everything by the first master key; without `change`, only count. An event tells what was changed."""
    found = Rotation()
    for name, moved in (*_runs(change), *_watches(change), *_factors(change)):
        found.count(name, moved=moved)
    if change and found.changed:
        events.record(
            Kind.MASTER_KEYS_ROTATED,
            actor=events.PORTAL,
            organization=None,
            object_type="installation",
            object_id="master-keys",
            after={"changed": found.changed, "lost": len(found.lost)},
        )
    return found


def _runs(change: bool) -> Iterator[tuple[str, bool | None]]:
    return _rows("run", Run.objects.exclude(wrapped_key=b""), context_of_run, change)


def _watches(change: bool) -> Iterator[tuple[str, bool | None]]:
    return _rows("watch", Handover.objects.filter(wrapped_key__isnull=False), context_of_watch, change)


def _rows(
    name: str, rows: QuerySet[Any], context_of: Callable[[Any], str], change: bool
) -> Iterator[tuple[str, bool | None]]:
    for pk, wrapped in rows.values_list("pk", "wrapped_key").iterator():
        try:
            again = keyring().rewrap(bytes(wrapped), context_of(pk))
        except CannotOpen:
            yield f"{name} {pk}", None
            continue
        if change and again is not None:
            rows.filter(pk=pk, wrapped_key=wrapped).update(wrapped_key=again)
        yield f"{name} {pk}", again is not None


def _factors(change: bool) -> Iterator[tuple[str, bool | None]]:
    for pk, user, stored in Authenticator.objects.values_list("pk", "user__email", "data").iterator():
        name = f"second factor of {user}"
        try:
            again = {key: factors.resealed(stored[key]) for key in FACTOR_SECRETS if key in stored}
        except CannotOpen:
            yield name, None
            continue
        new = {key: value for key, value in again.items() if value is not None}
        if change and new:
            # A recovery code that is used meanwhile is noted in the same field: then this row waits for the next time.
            Authenticator.objects.filter(pk=pk, data=stored).update(data=stored | new)
        yield name, bool(new)
