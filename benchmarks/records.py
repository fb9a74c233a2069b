"""Measure a record of many events: how fast it is made and verified, in how much memory.

    python benchmarks/records.py [EVENTS]

It makes a database of its own in a directory that is gone afterwards.
"""

import base64
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main(number: int) -> None:
    """Fill, make, verify, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "SECRET_KEY": "only for this measurement",
            "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
            "DJANGO_SETTINGS_MODULE": "byoc_portal.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(number)


def fill(number: int) -> object:
    """Write a chain of events as the portal would, only faster; return the record that is asked for."""
    from activation.domain import chain
    from activation.domain.control_plane import ControlPlane
    from activation.models import Event, Organization, Record

    organization = Organization.objects.create(name="Many Events", slug="many", control_plane=ControlPlane.SELF)
    begin, previous, batch = datetime(2026, 1, 1, tzinfo=UTC), chain.GENESIS, []
    for sequence in range(1, number + 1):
        event = Event(
            organization=organization,
            sequence=sequence,
            at=begin + timedelta(seconds=sequence),
            kind="session.signed_in",
            outcome="done",
            actor_id="7",
            actor_name="Ada Example",
            actor_role="owner",
            signed_in_by="password",
            address="192.0.2.7",
            request_id="0123456789abcdef",
            object_type="member",
            object_id="7",
            after={"role": "owner"},
            prev_hash=previous,
        )
        previous = event.hash = chain.event_hash(event.chained())
        batch.append(event)
        if len(batch) == 5000:
            Event.objects.bulk_create(batch)
            batch = []
    Event.objects.bulk_create(batch)
    return Record.objects.create(
        organization=organization,
        scope="period",
        first_day=begin.date(),
        last_day=(begin + timedelta(seconds=number)).date(),
        first_sequence=1,
        last_sequence=number,
    )


def measure(number: int) -> None:
    """Print seconds and megabytes."""
    from activation.domain.record import verify
    from activation.models import Record
    from activation.services import records

    record = fill(number)
    assert isinstance(record, Record)
    before = memory()
    took = timer()
    records.make(record.pk)
    seconds, processor = took()
    record.refresh_from_db()
    assert record.is_ready, record.reason
    print(
        f"made: {number:,} events in {seconds:.1f} s ({processor:.1f} s of processor time), {record.size / 1e6:.1f} MB"
    )
    print(f"memory at most: {memory():.0f} MB, {memory() - before:.0f} MB more than before")
    took = timer()
    verdict = verify.verify(verify.Archive(records.path_of(record)))
    seconds, processor = took()
    assert verdict.holds, verdict.text()
    print(
        f"verified: {seconds:.1f} s, {number / seconds:,.0f} events/s ({processor:.1f} s and "
        f"{number / processor:,.0f} events/s of processor time); memory at most {memory():.0f} MB"
    )


def timer() -> Callable[[], tuple[float, float]]:
    """Return what tells seconds from now on: on the wall, and of the processor, which others do not lengthen."""
    wall, processor = time.perf_counter(), time.process_time()
    return lambda: (time.perf_counter() - wall, time.process_time() - processor)


def memory() -> float:
    """Return the most memory this process ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
