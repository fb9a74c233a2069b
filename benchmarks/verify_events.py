"""Measure how many events a second are verified, in memory and out of a database.

    python benchmarks/verify_events.py [--events 100000]

Prints one line each: the hashes and rules alone, then all of `manage.py verify_events` on a fresh SQLite database, with
the memory that it took on top (MiB, the largest at any time).
"""

import argparse
import base64
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from activation.domain.chain import GENESIS, Walk, event_hash, first_problem, time_text

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Time from now on: on the wall, and of the processor, which other programs on the machine do not lengthen."""

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def rates(self, count: int) -> str:
        """Return how many a second that was."""
        wall, processor = time.perf_counter() - self.wall, time.process_time() - self.processor
        return f"{count / wall:,.0f} events/s ({count / processor:,.0f} a second of processor time)"


def made(count: int, chain: str) -> Iterator[dict[str, Any]]:
    """Yield a chain of events like those of a run."""
    prev_hash = GENESIS
    for sequence in range(1, count + 1):
        event = {
            "format": 1,
            "chain": chain,
            "sequence": sequence,
            "at": time_text(BEGIN + timedelta(seconds=sequence)),
            "kind": "credential.entered",
            "outcome": "done",
            "reason": "",
            "actor_id": "12",
            "actor_name": "Ann Bell",
            "actor_role": "owner",
            "signed_in_by": "password",
            "address": "203.0.113.7",
            "request_id": "7d5fe0c5a3b94ce6",
            "activation_id": "act-abcdefghjkmnpqrs",
            "run_id": "run-abcdefghjkmnpqrs",
            "object_type": "run",
            "object_id": "run-abcdefghjkmnpqrs",
            "before": {},
            "after": {"account": "111122223333", "principal": "arn:aws:iam::111122223333:user/ann", "key": "…WXYZ"},
            "prev_hash": prev_hash,
        }
        event["hash"] = prev_hash = event_hash(event)
        yield event


def pure(count: int) -> None:
    """Measure the hashes and rules."""
    events = list(made(count, "org-a"))
    clock = Clock()
    problem = first_problem(events, Walk("org-a"))
    print(f"in memory:    {count:,} events, {clock.rates(count)}, problem: {problem}")


def stored(count: int) -> None:
    """Measure with a database, checkpoints and the file outside of it."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    from activation.models import Event, Organization
    from activation.selectors import chains
    from activation.services import checkpoints, signing

    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(name="Bench", slug="bench", control_plane="self", last_sequence=count)
    rows: list[Event] = []
    for event in made(count, organization.pk):
        at = datetime.fromisoformat(event["at"])
        fields = {name: value for name, value in event.items() if name not in {"format", "chain", "at"}}
        rows.append(Event(organization=organization, at=at, **fields))
        if len(rows) == 1000 or event["sequence"] == count:
            Event.objects.bulk_create(rows)
            rows.clear()
            checkpoints.add(organization)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock = Clock()
    report = chains.verify(organization, public_keys=signing.public_keys(), outside=Path(settings.CHECKPOINT_FILE))
    rates = clock.rates(count)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"from SQLite:  {report.events:,} events, {report.checkpoints} checkpoints, {rates}, "
        f"{grown:.0f} MiB more, problem: {report.problem}"
    )


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description="Events verified a second.")
    parser.add_argument("--events", type=int, default=100_000)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "DJANGO_SETTINGS_MODULE": "byoc_portal.settings",
            "SECRET_KEY": "only-for-this-measurement",
            "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
            "LOG_LEVEL": "WARNING",
        }
        # First: the largest memory at any time must not be that of the list below.
        stored(count)
        pure(count)


if __name__ == "__main__":
    main()
