"""Who asks a program to end, by which signal, and how often."""

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

# Keys pressed once reach us twice where `uv run` forwards what the terminal already sent, seconds.
SAME_KEY = 0.5


@dataclass
class Signals:
    """Who asked us to end, and whether a second time."""

    first: float = 0.0
    again: bool = False
    reason: str = ""
    wake: tuple[int, int] = field(default_factory=lambda: os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK))

    def listen(self) -> None:
        """Take the signals that ask a program to end."""
        signal.set_wakeup_fd(self.wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.take)

    def take(self, number: int, frame: object) -> None:
        """Note one signal."""
        now = time.monotonic()
        if not self.first:
            self.first, self.reason = now, signal.Signals(number).name
        elif number == signal.SIGINT and now - self.first > SAME_KEY:
            self.again = True

    def rest(self, seconds: float, *descriptors: int) -> set[int]:
        """Sleep until a signal comes or one of the descriptors can be read; return those."""
        poll = select.poll()
        for descriptor in (self.wake[0], *descriptors):
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(int(seconds * 1000))}
        if self.wake[0] in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.wake[0], 1024)
        return ready - {self.wake[0]}


def uv_that_started_us() -> int | None:
    """Return a descriptor that tells when `uv run`, which started us, is killed: it does not take us with it."""
    parent = os.getppid()
    try:
        if Path(f"/proc/{parent}/comm").read_text().strip() != "uv":
            return None
        handle = os.pidfd_open(parent)
    except OSError:
        return None
    return handle if os.getppid() == parent else None
