"""What dies takes the run along: it is noticed, explained, and one Recover makes everything whole."""

import shutil
import signal
import time

import pytest

from activation.models import Run
from activation.services import host
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.real.engine import RESOURCES, wait_for

LOST = "interrupted"
# Random moments of one round of the long form.
MOMENTS = 15


def names(bench: Bench, run: Run, begins: str) -> list[int]:
    """Return the run's processes whose name begins so."""
    from pathlib import Path

    found = []
    for process in bench.everything_of(run):
        try:
            if Path(f"/proc/{process}/comm").read_text().startswith(begins):
                found.append(process)
        except OSError:
            continue
    return found


def test_sigkill_of_terraform(bench: Bench, scenario: Scenario) -> None:
    for chance in scenario.each_round():
        run = bench.held(need=2)
        bench.advance(run, chance.randint(0, 1))
        since = time.monotonic()
        bench.strike(bench.terraforms(run))
        ended = bench.ended(run, LOST)
        scenario.noticed(since)
        bench.recover(ended)


def test_sigkill_of_the_provider(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held(need=2)
        since = time.monotonic()
        bench.strike(names(bench, run, "terraform-pro"))
        ended = bench.ended(run, "errored")
        scenario.noticed(since)
        bench.recover(ended)


def test_sigkill_of_the_supervisor(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held(need=2)
        since = time.monotonic()
        bench.strike([int((bench.control(run) / "supervisor.pid").read_text())])
        ended = bench.ended(run, LOST)
        scenario.noticed(since)
        bench.recover(ended)


def test_sigkill_of_everything_at_a_boundary(bench: Bench, scenario: Scenario) -> None:
    """Between two creations: all of the account's boundaries in the long form, one in CI's slice."""
    for _ in scenario.each_round():
        run = bench.held(need=2)
        while True:
            kill_everything(bench, scenario, run)
            if bench.current is None or not scenario.is_long or RESOURCES - bench.in_aws() < 2:
                break
            run = bench.held()
            bench.advance(run)


def kill_everything(bench: Bench, scenario: Scenario, run: Run) -> None:
    bench.kill_everything(run)
    since = time.monotonic()
    ended = bench.ended(run, LOST)
    scenario.noticed(since)
    bench.recover(ended)


def test_sigkill_of_everything_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    """AWS has carried it out, Terraform has not heard of it: each of the eleven in the long form."""
    for _ in scenario.each_round():
        while True:
            run = bench.held()
            bench.step_inside()
            kill_everything(bench, scenario, run)
            if bench.current is None or not scenario.is_long:
                break


def test_sigint_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    """Somebody's Ctrl-C, or the system's shutdown, while AWS has it and Terraform waits for the answer."""
    for _ in scenario.each_round():
        while True:
            run = bench.held()
            bench.step_inside()
            since = time.monotonic()
            bench.strike(bench.terraforms(run), signal.SIGINT)
            ended = bench.ended(run, LOST)
            scenario.noticed(since)
            bench.recover(ended)
            if bench.current is None or not scenario.is_long:
                break


@pytest.mark.long_form
def test_sigkill_of_everything_at_a_random_moment(bench: Bench, scenario: Scenario) -> None:
    for chance in scenario.each_round():
        for _ in range(MOMENTS if scenario.is_long else 1):
            run = bench.planned()
            bench.approve(run)
            moment = time.monotonic() + chance.uniform(0.2, 8)
            wait_for(lambda moment=moment: time.monotonic() > moment, seconds=PATIENCE, what="the moment")
            bench.kill_everything(run)
            since = time.monotonic()
            ended = bench.ended(run, LOST, "applied")
            if ended.status == "applied":
                bench.current = None
                continue
            scenario.noticed(since)
            bench.recover(ended)


def test_power_cut(bench: Bench, scenario: Scenario) -> None:
    """Everything is killed, and nothing is left of the run's directories."""
    for chance in scenario.each_round():
        run = bench.held(need=2)
        bench.advance(run, chance.randint(0, 1))
        bench.step_inside()
        bench.kill_everything(run)
        shutil.rmtree(host.where().work)
        host.where().work.mkdir(mode=0o711)
        shutil.rmtree(host.where().runs)
        host.where().runs.mkdir(mode=0o700)
        since = time.monotonic()
        ended = bench.ended(run, LOST)
        scenario.noticed(since)
        bench.recover(ended)


@pytest.mark.long_form
def test_sigkill_of_everything_while_planning(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.fresh_beside()
        wait_for(lambda run=run: bench.terraforms(run), seconds=PATIENCE, what="Terraform plans")
        kill_everything(bench, scenario, run)
