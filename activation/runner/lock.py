"""One Terraform a run, by a lock of the operating system: held while anything of the run lives."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "run.lock"
# Held by the supervisor alone, so that orphans of a dead one can be told from its children.
OWN_NAME = "supervisor.lock"


class Held(Exception):
    """Somebody of this run is alive."""


def open_and_take(control: Path) -> int:
    """Return a descriptor that holds the run's lock and that children inherit; raise Held."""
    handle = os.open(control / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Held from error
    if has_supervisor(control):
        os.close(handle)
        raise Held
    os.set_inheritable(handle, True)
    return handle


def is_held(control: Path) -> bool:
    """Return whether anything of the run lives on this host.

    Whoever inherits the run's lock could let go of it for all; the supervisor's own nobody else has.
    """
    return _is_locked(control / NAME) or has_supervisor(control)


def has_supervisor(control: Path) -> bool:
    """Return whether the run's supervisor itself lives."""
    return _is_locked(control / OWN_NAME)


def take_own_lock(control: Path) -> int:
    """Return a descriptor that holds the supervisor's own lock; no child inherits it."""
    handle = os.open(control / OWN_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _is_locked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def taken(control: Path) -> Iterator[None]:
    """Hold the run's lock for a while, so that nothing of it can start; raise Held."""
    handle = open_and_take(control)
    os.set_inheritable(handle, False)
    try:
        yield
    finally:
        os.close(handle)


def holders(control: Path) -> list[int]:
    """Return the process ids that hold the run's lock file open, as far as this user may see."""
    try:
        wanted = os.stat(control / NAME)
    except FileNotFoundError:
        return []
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            handles = os.listdir(f"/proc/{entry}/fd")
        except OSError:
            continue
        for handle in handles:
            try:
                seen = os.stat(f"/proc/{entry}/fd/{handle}")
            except OSError:
                continue
            if (seen.st_dev, seen.st_ino) == (wanted.st_dev, wanted.st_ino):
                found.append(int(entry))
                break
    return found
