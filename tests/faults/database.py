"""Ways to hurt the database while the portal works on it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from activation.domain.events import Kind
from activation.models import Event, Organization
from activation.services import events


def _raw() -> sqlite3.Connection:
    return sqlite3.connect(connection.settings_dict["NAME"], timeout=60, isolation_level=None, check_same_thread=False)


@contextmanager
def locked(seconds: float = 0) -> Iterator[None]:
    """Hold the database's write lock, at least so long."""
    raw = _raw()
    raw.execute("BEGIN EXCLUSIVE")
    ends = time.monotonic() + seconds
    try:
        yield
        time.sleep(max(0.0, ends - time.monotonic()))
    finally:
        raw.execute("ROLLBACK")
        raw.close()


@contextmanager
def without_table(name: str) -> Iterator[None]:
    """Take a table away for a while, so that each statement about it fails."""
    raw = _raw()
    raw.execute("PRAGMA legacy_alter_table = ON")
    raw.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        raw.execute(f"ALTER TABLE {name}_away RENAME TO {name}")
        raw.close()


def written_together(writers: int, *, each: int, organization: Organization, actor: events.Actor) -> Callable[[], None]:
    """Let so many connections write events at once; return what waits for them and holds that none was refused."""
    before = Event.objects.filter(organization=organization).count()
    failed: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(each):
                with transaction.atomic():
                    events.record(Kind.ACCESS_LIST_DOWNLOADED, actor=actor, organization=organization)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()

    def done() -> None:
        for thread in threads:
            thread.join()
        assert not failed, failed[0]
        assert Event.objects.filter(organization=organization).count() >= before + writers * each

    return done
