"""The tether, with real programs on it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from activation.management.processes import TETHER
from tests.management.running import wait_for

Tie = Callable[..., "subprocess.Popen[bytes]"]
STUBBORN = "trap '' TERM; echo ready; while true; do sleep 0.1; done"


class Lifeline:
    """A pipe whose far end somebody holds."""

    def __init__(self) -> None:
        self.reading, self.held = os.pipe()

    def cut(self) -> None:
        """Let go of it, as a killed process does."""
        os.close(self.held)


@pytest.fixture
def lifeline() -> Lifeline:
    return Lifeline()


@pytest.fixture
def tie(tmp_path: Path, lifeline: Lifeline) -> Iterator[Tie]:
    """Return a way to run a shell program on a tether."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(program: str, *, grace: float = 5, most: int = 1 << 20) -> "subprocess.Popen[bytes]":
        orders = {"argv": ["/bin/bash", "-c", program], "lifeline": lifeline.reading, "grace": grace}
        orders |= {"log": str(tmp_path / "log"), "log_bytes": most, "echo": ""}
        started.append(
            subprocess.Popen(
                (sys.executable, "-I", "-S", str(TETHER), json.dumps(orders)),
                pass_fds=(lifeline.reading,),
                start_new_session=True,
            )
        )
        return started[-1]

    yield begin
    for tether in started:
        if tether.poll() is None:
            os.killpg(tether.pid, signal.SIGKILL)
            tether.wait()


def members(pgid: int) -> list[int]:
    """Return what lives of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, NotADirectoryError):
            continue
        if int(fields[2]) == pgid and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def test_a_program_ends_when_whoever_holds_the_lifeline_dies(tie: Tie, tmp_path: Path, lifeline: Lifeline) -> None:
    tether = tie("trap 'echo saved; exit 3' TERM; echo ready; while true; do sleep 0.1; done")
    wait_for(lambda: (tmp_path / "log").exists() and "ready" in (tmp_path / "log").read_text(), 5, "ready")
    lifeline.cut()
    wait_for(lambda: tether.poll() is not None, 5, "the tether ended")
    assert "saved" in (tmp_path / "log").read_text(), "it was asked before it was killed"
    assert members(tether.pid) == []


def test_a_program_that_does_not_end_is_killed_with_its_children(tie: Tie, tmp_path: Path, lifeline: Lifeline) -> None:
    tether = tie(f"sleep 300 & {STUBBORN}", grace=0.5)
    wait_for(lambda: len(members(tether.pid)) >= 3, 5, "tether, program and its child")
    lifeline.cut()
    wait_for(lambda: tether.poll() is not None, 5, "the tether ended")
    assert members(tether.pid) == []


def test_the_exit_code_comes_through(tie: Tie) -> None:
    assert tie("exit 7").wait(5) == 7
    assert tie("kill -9 $$").wait(5) == 128 + signal.SIGKILL


def test_being_asked_is_handed_on(tie: Tie, tmp_path: Path) -> None:
    tether = tie("trap 'exit 4' TERM; echo ready; while true; do sleep 0.1; done")
    wait_for(lambda: (tmp_path / "log").exists() and "ready" in (tmp_path / "log").read_text(), 5, "ready")
    tether.terminate()
    assert tether.wait(5) == 4


def test_a_killed_tether_takes_its_program_along(tie: Tie) -> None:
    tether = tie("sleep 300")
    wait_for(lambda: len(members(tether.pid)) == 2, 5, "the program started")
    tether.kill()
    wait_for(lambda: members(tether.pid) == [], 5, "the program ended")


def test_logs_are_rotated_by_size_and_lose_nothing_recent(tie: Tie, tmp_path: Path) -> None:
    tether = tie(
        "for i in $(seq 2000); do echo line $i; done; sleep 0.1; seq 3000 4000; sleep 0.1; echo last", most=8000
    )
    assert tether.wait(10) == 0
    assert (tmp_path / "log").read_text().endswith("last\n")
    assert (tmp_path / "log.1").exists()
    assert len(list(tmp_path.glob("log*"))) <= 4
