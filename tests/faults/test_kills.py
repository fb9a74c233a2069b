"""What dies takes the run along: it is noticed, explained, and one Recover makes everything whole."""

import contextlib
import shutil
import signal
import time
from collections.abc import Callable

import pytest

from activation.models import Run
from activation.services import host
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.faults.moments import boundaries, creations, random_moments
from tests.faults.web import Web
from tests.real.engine import RESOURCES, wait_for

LOST = "interrupted"
# Its provider gone, Terraform ends by itself and says so.
ENDS = "errored"
# Longer than it takes to press Recover and to see the plan.
LATE_SECONDS = 60

Strike = Callable[[Bench, Run], None]


def terraform(bench: Bench, run: Run) -> None:
    bench.strike(bench.terraforms(run))


def provider(bench: Bench, run: Run) -> None:
    bench.strike(bench.named(run, "terraform-pro"))


def supervisor(bench: Bench, run: Run) -> None:
    # Of a run that has ended its directories are gone.
    with contextlib.suppress(FileNotFoundError):
        bench.strike([int((bench.control(run) / "supervisor.pid").read_text())])


def everything(bench: Bench, run: Run) -> None:
    bench.kill_everything(run)


def sigint(bench: Bench, run: Run) -> None:
    """Somebody's Ctrl-C, or the system's shutdown."""
    bench.strike(bench.terraforms(run), signal.SIGINT)


def struck(bench: Bench, scenario: Scenario, run: Run, strike: Strike, ending: str = LOST) -> None:
    """Hold that a run that was hurt ends with its reason, and that its Recover makes everything whole.

    One whose last resource stands already may end as if nothing had happened.
    """
    could_be_done = bench.in_aws() == RESOURCES
    since = time.monotonic()
    strike(bench, run)
    if strike is everything:
        since = time.monotonic()
    ended = bench.ended(run, ending, *(("applied",) if could_be_done else ()))
    scenario.noticed(since)
    if ended.status == "applied":
        bench.finish(ended)
    else:
        bench.recover(ended)


def test_sigkill_of_terraform(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario, need=2):
            struck(bench, scenario, run, terraform)


@pytest.mark.long_form
def test_sigkill_of_terraform_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            struck(bench, scenario, run, terraform)


@pytest.mark.long_form
def test_sigkill_of_the_provider(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario, need=2):
            struck(bench, scenario, run, provider, ENDS)


@pytest.mark.long_form
def test_sigkill_of_the_provider_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            struck(bench, scenario, run, provider, ENDS)


def test_sigkill_of_the_supervisor(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario, need=2):
            struck(bench, scenario, run, supervisor)


@pytest.mark.long_form
def test_sigkill_of_the_supervisor_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            struck(bench, scenario, run, supervisor)


def test_sigkill_of_everything_at_a_boundary(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario, need=2):
            struck(bench, scenario, run, everything)


def test_sigkill_of_everything_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            struck(bench, scenario, run, everything)


def test_sigint_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            struck(bench, scenario, run, sigint)


@pytest.mark.long_form
def test_sigkill_of_everything_at_a_random_moment(bench: Bench, scenario: Scenario) -> None:
    """The web server with the rest: its page says to the same session, once it is back, what became of the run."""
    for chance in scenario.each_round():
        with contextlib.closing(Web(bench)) as web:
            for run in random_moments(bench, scenario, chance):
                web.sign_in(bench.owner.user)
                everything(bench, run)
                web.kill()
                since = time.monotonic()
                ended = bench.ended(run, LOST, "applied")
                scenario.noticed(since)
                web.start()
                assert web.glance_at(ended) == 200
                if ended.status == "applied":
                    bench.finish(ended)
                else:
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
        struck(bench, scenario, run, everything)


@pytest.mark.long_form
def test_a_creation_that_shows_up_after_recover(bench: Bench, scenario: Scenario) -> None:
    """Everything is killed with a creation under way, which AWS carries out only when Recover has looked already.

    The retry meets a name that is taken; the next Recover finds it, and it is ours.
    """
    for _ in scenario.each_round():
        bench.finish_present()
        run = bench.planned(need=RESOURCES)
        bench.simulator.delay("iam:CreatePolicy", LATE_SECONDS)
        bench.approve(run)
        wait_for(lambda: bench.in_aws() >= RESOURCES - 5, seconds=PATIENCE, what="all policies but one")
        bench.kill_everything(run)
        again = bench.recover(bench.ended(run, LOST))
        seen = bench.in_aws()
        wait_for(lambda seen=seen: bench.in_aws() > seen, seconds=LATE_SECONDS + 5, what="the late one")
        since = time.monotonic()
        bench.approve(again)
        refused = bench.ended(again, "errored")
        scenario.noticed(since)
        assert refused.explanation["code"] == "name_taken", refused.explanation
        bench.recover(refused)
