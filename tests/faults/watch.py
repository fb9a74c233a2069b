"""Counts the Terraforms of each run that live at the same time, from outside, all the while."""

import os
import threading
import time
from collections import defaultdict
from pathlib import Path

LOOK_SECONDS = 0.2
AGAIN_SECONDS = 0.1


class Watch:
    """A thread that looks at the machine's processes."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._most: dict[str, int] = defaultdict(int)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, daemon=True)
        self._thread.start()

    def most(self, run: str) -> int:
        """Return how many Terraforms of a run lived at once, at most."""
        return self._most[run]

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def _look_again_and_again(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            counted = self._count()
            if any(number > 1 for number in counted.values()):
                # One that dies while it is counted leaves its child to somebody else: two that live, live on.
                time.sleep(AGAIN_SECONDS)
                again = self._count()
                counted = {run: min(number, again[run]) for run, number in counted.items()}
            for run, number in counted.items():
                self._most[run] = max(self._most[run], number)

    def _count(self) -> dict[str, int]:
        found = {entry: run for entry in os.listdir("/proc") if entry.isdigit() and (run := self._run_of(entry))}
        counted: dict[str, int] = defaultdict(int)
        for process, run in found.items():
            # A Terraform that is about to become its provider is none of its own.
            counted[run] += _parent_of(process) not in found
        return counted

    def _run_of(self, process: str) -> str:
        """Return the run whose Terraform a process is; nothing for others."""
        try:
            if Path(f"/proc/{process}/comm").read_text().strip() != "terraform":
                return ""
            where = Path(os.readlink(f"/proc/{process}/cwd"))
        except OSError:
            return ""
        return where.name.removesuffix(" (deleted)").rpartition("-")[0] if where.parent == self._work else ""


def _parent_of(process: str) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return ""
