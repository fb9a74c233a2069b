"""Starts, watches and ends the programs of an installation, each on a tether of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
ROOT = Path(__file__).resolve().parents[2]
LOG_BYTES = 10 * 1024 * 1024
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# A program that lived as long as this starts anew with the shortest pause, seconds.
STEADY = 60.0


@dataclass(frozen=True)
class Program:
    """What is to run: name, command line, and how long it may take to end when asked, seconds."""

    name: str
    argv: tuple[str, ...]
    grace: float = 10.0


class Running:
    """One program on its tether, started again when it ends by itself."""

    def __init__(self, program: Program, tether: "subprocess.Popen[bytes]") -> None:
        self.program = program
        self.tether = tether
        self.started = time.monotonic()
        self.failures = 0
        self.due = 0.0

    @property
    def is_alive(self) -> bool:
        """Return whether its tether lives."""
        return self.tether.poll() is None


class Programs:
    """All programs that one of us started; without a folder for logs they write where we do."""

    def __init__(
        self, *, environment: Mapping[str, str], logs: Path | None, lock: int, echo: bool, say: Callable[[str], None]
    ) -> None:
        self.environment, self.logs, self.lock, self.echo, self.say = dict(environment), logs, lock, echo, say
        # Nobody ever writes into it: its reading end tells every tether when we are gone.
        self._lifeline, self._held = os.pipe2(os.O_CLOEXEC)
        self._running: dict[str, Running] = {}

    def log_of(self, name: str) -> Path:
        """Return the log file of a program."""
        return self.logs / f"{name}.log" if self.logs else Path("/dev/stdout")

    def start(self, program: Program) -> None:
        """Start a program that is to run until it is ended here."""
        self._running[program.name] = Running(program, self._tether(program))

    def replace(self, program: Program) -> None:
        """Change how a program is started the next time; it goes on as it is."""
        self._running[program.name].program = program

    def once(self, program: Program) -> "subprocess.Popen[bytes]":
        """Start a program that ends by itself; its standard output can be read from what is returned."""
        return self._tether(program, capture=True)

    def is_alive(self, name: str) -> bool:
        """Return whether a program runs at the moment."""
        return name in self._running and self._running[name].is_alive

    def _tether(self, program: Program, *, capture: bool = False) -> "subprocess.Popen[bytes]":
        orders: dict[str, object] = {"argv": program.argv, "lifeline": self._lifeline, "grace": program.grace}
        if self.logs and not capture:
            echo = program.name if self.echo else ""
            orders |= {"log": str(self.log_of(program.name)), "log_bytes": LOG_BYTES, "echo": echo}
        return subprocess.Popen(
            (sys.executable, "-I", "-S", str(TETHER), json.dumps(orders)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.PIPE if capture else None,
            cwd=ROOT,
            env=self.environment,
            pass_fds=(self._lifeline, self.lock),
            start_new_session=True,
        )

    # --- watching

    def look_after(self) -> None:
        """Start again what ended by itself, after a pause that grows."""
        now = time.monotonic()
        for name, running in self._running.items():
            if running.is_alive:
                continue
            if not running.due:
                sweep(running.tether.pid)
                running.failures = 0 if now - running.started > STEADY else running.failures + 1
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(0, running.failures - 1))
                running.due = now + pause
                how = ending(running.tether.returncode)
                self.say(f"{name} ended ({how}); it starts again in {pause:g} s. Its log: {self.log_of(name)}")
            if now >= running.due:
                running.tether, running.started, running.due = self._tether(running.program), now, 0.0

    # --- ending

    def end(self, *names: str, patient: Callable[[], None] = lambda: None) -> None:
        """Ask programs to end and wait until they have; their tethers kill what does not.

        `patient` is called as long as that takes. Where it raises, `end_at_once` ends these too.
        """
        asked = {name: self._running[name] for name in names if name in self._running}
        for running in asked.values():
            if running.is_alive:
                running.tether.terminate()
        for name, running in asked.items():
            await_end(running.tether, running.program.grace + 5, patient)
            sweep(running.tether.pid)
            await_end(running.tether, 5, patient)
            del self._running[name]

    def names(self) -> list[str]:
        """Return the names of all programs, the last started first."""
        return list(reversed(self._running))

    def end_at_once(self) -> None:
        """Kill all programs, with all that stayed in their groups."""
        for running in self._running.values():
            sweep(running.tether.pid)
        for running in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.tether.wait(5)
        self._running.clear()


def await_end(tether: "subprocess.Popen[bytes]", seconds: float, patient: Callable[[], None]) -> None:
    """Wait so long for a tether's end, and call `patient` meanwhile."""
    ends = time.monotonic() + seconds
    while tether.poll() is None and time.monotonic() < ends:
        patient()
        time.sleep(0.05)


def sweep(group: int) -> None:
    """Kill what is left of a tether's process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def ending(code: int | None) -> str:
    """Return in words how a program ended."""
    if code is None:
        return "unknown"
    number = code - 128 if code > 128 else -code
    if number > 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(number).name
    return f"code {code}"
