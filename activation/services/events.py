"""Write events, in the transaction of the change they tell of."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activation import dispatch
from activation.domain import chain
from activation.domain.event_fields import unknown_fields
from activation.domain.events import ENDS_A_RUN, Kind, Outcome
from activation.domain.trace import request_id
from activation.models import Event, EventCounter, Member, Organization, Run, User
from activation.models.events import PORTAL_ROLE
from activation.services import checkpoints

log = logging.getLogger(__name__)

# PostgreSQL holds no NUL, UTF-8 no half of a surrogate pair; both can stand in an address that somebody typed.
UNSTORABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


@dataclass(frozen=True)
class Actor:
    """Who acts, as copied into each event."""

    id: str = ""
    name: str = ""
    role: str = ""
    signed_in_by: str = ""
    address: str = ""

    @classmethod
    def of(cls, member: Member, *, signed_in_by: str = "password", address: str = "") -> "Actor":
        """Return the member as an actor."""
        return cls(str(member.user_id), str(member.user), member.role, signed_in_by, address)

    @classmethod
    def person(cls, user: User, *, role: str = "", signed_in_by: str = "password", address: str = "") -> "Actor":
        """Return a person without an organization as an actor."""
        return cls(str(user.pk), str(user), role, signed_in_by, address)


PORTAL = Actor(name="the portal", role=PORTAL_ROLE)


@transaction.atomic
def record(
    kind: Kind,
    *,
    actor: Actor,
    organization: Organization | None,
    outcome: Outcome = Outcome.DONE,
    reason: str = "",
    activation_id: str = "",
    run_id: str = "",
    object_type: str = "",
    object_id: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Event:
    """Add one event. Call it inside the transaction of the change, after the run's row was locked.

    The counter's row is the chain's lock: two writers of one organization take turns, and number, time and hash of the
    event before are taken under it. Raise ValueError for a field that `domain.event_fields` does not name, where
    settings are strict; else it is left out and logged.
    """
    sequence = next_sequence(organization)
    newest = Event.objects.filter(organization=organization).order_by("-sequence").first()
    event = Event(
        organization=organization,
        sequence=sequence,
        # A clock that was set back must not let this one seem older than the event before it.
        at=max(timezone.now(), newest.at) if newest else timezone.now(),
        kind=kind.value,
        outcome=outcome.value,
        reason=storable(reason, 500),
        actor_id=actor.id,
        actor_name=storable(actor.name, 200),
        actor_role=actor.role,
        signed_in_by=actor.signed_in_by,
        address=storable(actor.address, 64),
        request_id=storable(request_id.get(), 40),
        activation_id=activation_id,
        run_id=run_id,
        object_type=object_type,
        object_id=storable(object_id, 80),
        before=allowed(kind, before or {}),
        after=allowed(kind, after or {}),
        prev_hash=newest.hash if newest else chain.GENESIS,
    )
    event.hash = chain.event_hash(event.chained())
    event.save(force_insert=True)
    return event


def next_sequence(organization: Organization | None) -> int:
    """Take the lock of a chain, until the transaction ends, and its next number."""
    if organization is not None:
        Organization.objects.filter(pk=organization.pk).update(last_sequence=F("last_sequence") + 1)
        return Organization.objects.values_list("last_sequence", flat=True).get(pk=organization.pk)
    EventCounter.objects.get_or_create(pk=1)
    EventCounter.objects.filter(pk=1).update(last_sequence=F("last_sequence") + 1)
    return EventCounter.objects.values_list("last_sequence", flat=True).get(pk=1)


def storable(text: str, longest: int) -> str:
    """Return a text as every database holds it: the hash is of what is stored."""
    return text.translate(UNSTORABLE)[:longest]


def allowed(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that events of this kind may tell."""
    unknown = unknown_fields(kind, fields)
    if unknown and settings.STRICT_EVENTS:
        raise ValueError(f"{kind} may not tell {', '.join(unknown)}: domain/event_fields.py does not name it")
    if unknown:
        log.error("An event %s left out %s: domain/event_fields.py does not name it.", kind, ", ".join(unknown))
    return {name: storable_value(value) for name, value in fields.items() if name not in unknown}


def storable_value(value: Any) -> Any:
    """Return a value of JSON in which all texts are storable."""
    if isinstance(value, str):
        return storable(value, len(value))
    if isinstance(value, Mapping):
        return {str(name): storable_value(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable_value(each) for each in value]
    return value


def record_of_run(kind: Kind, run: Run, *, actor: Actor = PORTAL, **more: Any) -> Event:
    """Add one event about a run, in its organization's chain; where it ends the run, a checkpoint after it."""
    event = record(
        kind,
        actor=actor,
        organization=run.organization,
        activation_id=run.activation_id,
        run_id=run.pk,
        object_type="run",
        object_id=run.pk,
        **more,
    )
    # Each end is worth one.
    if kind in ENDS_A_RUN:
        checkpoints.add(run.organization)
        dispatch.verify_events(run.organization_id)
    return event
