"""Holds one program on a lifeline: `python tether.py ORDERS`, started as a file, with the standard library only.

ORDERS is a JSON object: `argv`, `lifeline` (descriptor of a pipe's reading end), `grace` (seconds between asking and
killing), and, where output is to be kept, `log` (path), `log_bytes` (size at which the log is rotated) and `echo` (a
name under which each line goes to standard output too; empty for none).

The tether leads a process group. It ends the program when it is asked to (SIGTERM), and when whoever holds the other
end of the lifeline is gone, by whatever death; then it takes the whole group with it. What left the group, as a run's
supervisor does, is not touched.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any, BinaryIO, NoReturn

PR_SET_PDEATHSIG = 1
CHUNK = 1 << 16
KEPT_LOGS = 3


class Log:
    """A file that is rotated by size; what cannot be written is dropped, never waited for."""

    def __init__(self, path: str, most: int, echo: str) -> None:
        self.path, self.most, self.echo = path, most, echo
        self.size = 0
        self.file: BinaryIO | None = None
        self.line = b""

    def write(self, chunk: bytes) -> None:
        """Add what the program said."""
        if self.echo:
            self.repeat(chunk)
        try:
            if self.file is None or self.size > self.most:
                self.file = self.open()
            self.file.write(chunk)
            self.size += len(chunk)
        except OSError:
            self.file = None

    def open(self) -> BinaryIO:
        """Return the file, moving a full one out of the way: .log becomes .log.1, that one .log.2."""
        if self.file is not None:
            self.file.close()
        if os.path.exists(self.path) and os.path.getsize(self.path) > self.most:
            for number in range(KEPT_LOGS, 0, -1):
                older = f"{self.path}.{number - 1}" if number > 1 else self.path
                if os.path.exists(older):
                    os.replace(older, f"{self.path}.{number}")
        file = open(self.path, "ab", buffering=0)  # noqa: SIM115 - open as long as the program lives
        self.size = file.tell()
        return file

    def repeat(self, chunk: bytes) -> None:
        """Say whole lines on standard output, each under the program's name."""
        *lines, self.line = (self.line + chunk).split(b"\n")
        try:
            for line in lines:
                os.write(1, f"{self.echo:>9} | ".encode() + line + b"\n")
        except OSError:
            self.echo = ""


def main() -> NoReturn:
    """Start the program, follow it, leave with its exit code (128 + signal, where one ended it)."""
    orders: dict[str, Any] = json.loads(sys.argv[1])
    asked = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(asked[1], warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    # A key pressed in the terminal is for `up`, which then ends its programs in order.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    output = None
    if orders.get("log"):
        output, write_end = os.pipe2(os.O_CLOEXEC)
    program = subprocess.Popen(
        orders["argv"],
        stdin=subprocess.DEVNULL,
        stdout=write_end if output is not None else None,
        stderr=write_end if output is not None else None,
        preexec_fn=become_mortal,  # this process has one thread
    )
    if output is not None:
        os.close(write_end)
    log = Log(orders["log"], orders["log_bytes"], orders["echo"]) if output is not None else None
    alone = follow(program, orders["lifeline"], orders["grace"], asked[0], output, log)
    if alone:
        os.killpg(0, signal.SIGKILL)
    os._exit(program.returncode if program.returncode >= 0 else 128 - program.returncode)


def become_mortal() -> None:
    """Let the program end when whoever starts it is killed, and give it the signals that we do not want ourselves."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def follow(
    program: "subprocess.Popen[bytes]", lifeline: int, grace: float, asked: int, output: int | None, log: Log | None
) -> bool:
    """Carry the program's output until it has ended; return whether we are alone by then."""
    handle = os.pidfd_open(program.pid)
    poll = select.poll()
    for descriptor in (lifeline, asked, handle, *([output] if output is not None else [])):
        poll.register(descriptor, select.POLLIN)
    alone, ends = False, 0.0
    while True:
        wait = max(0, int((ends - time.monotonic()) * 1000)) if ends else None
        ready = {descriptor for descriptor, _ in poll.poll(wait)}
        if lifeline in ready:
            poll.unregister(lifeline)
            alone = True
        if asked in ready:
            os.read(asked, CHUNK)
        if (lifeline in ready or asked in ready) and not ends:
            program.terminate()
            ends = time.monotonic() + grace
        if output is not None and log is not None and output in ready:
            if chunk := os.read(output, CHUNK):
                log.write(chunk)
            else:
                poll.unregister(output)
        if handle in ready and output not in ready:
            program.wait()
            return alone
        if ends and time.monotonic() >= ends:
            os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
