"""What a supervisor's command started: orphans of it come to the supervisor, as it is their subreaper."""

import contextlib
import os
import signal
import time
from pathlib import Path

# What is left of a command's process tree may live this long after it, seconds.
STRAGGLERS = 2.0


class Ended:
    """How one command ended."""

    def __init__(self, status: int) -> None:
        self.code = os.waitstatus_to_exitcode(status)
        self.signal = -self.code if self.code < 0 else 0


def descendants() -> list[int]:
    """Return the process ids of our children, and of theirs."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        direct = [int(word) for word in path.read_text().split()]
    except OSError:
        return []
    found = list(direct)
    for child in direct:
        with contextlib.suppress(OSError):
            found += [int(w) for w in Path(f"/proc/{child}/task/{child}/children").read_text().split()]
    return found


def kill() -> None:
    """Kill all of them."""
    for child in descendants():
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def end_stragglers() -> None:
    """Wait for what a command left behind, then kill it, and reap it."""
    ends = time.monotonic() + STRAGGLERS
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not descendants():
            return
        if time.monotonic() > ends:
            kill()
        time.sleep(0.02)
