"""The machine itself: its disks are full, its clock is wrong."""

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libfaketime
import pytest

from activation.models import Run
from activation.services import host
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.real.engine import wait_for

SHIFT = {"ahead": "+1h", "behind": "-1h"}
MNT_DETACH = 2
MEGABYTE = 1 << 20


@contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """Let a directory be a disk of its own, of that size; root only."""
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={megabytes}m,mode=711".encode()
    if libc.mount(b"tmpfs", str(at).encode(), b"tmpfs", 0, options):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(at))
    try:
        yield at
    finally:
        libc.umount2(str(at).encode(), MNT_DETACH)


def fill(disk: Path) -> Path:
    """Fill a disk to the last byte; return the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return filler


def test_the_data_directory_is_full(bench: Bench, scenario: Scenario) -> None:
    """Journal and sealed states cannot be written: Terraform is stopped, and the rest is written when there is room."""
    for _ in scenario.each_round():
        run = bench.planned(need=3)
        with small_disk(host.where().runs, 4) as disk:
            apply_until_held(bench, run)
            bench.advance(run)
            filler = fill(disk)
            bench.simulator.clear()
            wait_for(lambda run=run: len(bench.everything_of(run)) == 1, seconds=PATIENCE, what="Terraform has stopped")
            # The supervisor has tried in vain by then.
            time.sleep(2)
            assert Run.objects.get(pk=run.pk).status == "applying", "nothing was said of what is not known"
            since = time.monotonic()
            filler.unlink()
            ended = bench.ended(run, "errored")
            scenario.noticed(since)
            assert "disk is full" in ended.reason
            bench.simulator.clear()
        bench.recover(ended)


def test_the_work_directory_is_full(bench: Bench, scenario: Scenario) -> None:
    """Terraform cannot write its state: it prints it in its need, and that is kept."""
    for _ in scenario.each_round():
        run = bench.planned(need=3)
        with small_disk(host.where().work, 80) as disk:
            apply_until_held(bench, run)
            bench.advance(run)
            fill(disk)
            since = time.monotonic()
            bench.simulator.clear()
            ended = bench.ended(run, "errored")
            scenario.noticed(since)
        bench.recover(ended)


def apply_until_held(bench: Bench, run: Run) -> None:
    bench.hold_creations()
    bench.approve(run)
    wait_for(bench.stands_still, seconds=PATIENCE, what="a creation is held")


def shifted(by: str) -> dict[str, str]:
    """Return the environment of a process whose clock is wrong; time that passes, passes as always."""
    library = next(Path(libfaketime.__file__).parent.rglob("libfaketime.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.mark.long_form
def test_the_clock_is_an_hour_ahead(bench: Bench, scenario: Scenario) -> None:
    the_clock_jumps(bench, scenario, SHIFT["ahead"])


def test_the_clock_is_an_hour_behind(bench: Bench, scenario: Scenario) -> None:
    the_clock_jumps(bench, scenario, SHIFT["behind"])


def the_clock_jumps(bench: Bench, scenario: Scenario, by: str) -> None:
    """A worker with a wrong clock follows a run that another one began, and a third with the right clock ends it."""
    for _ in scenario.each_round():
        run = bench.held(need=2)
        for clock in (shifted(by), {}):
            for worker in bench.living():
                bench.kill(worker)
            since = time.monotonic()
            bench.start_worker(**clock)
            bench.goes_on(run)
            scenario.noticed(since)
