"""AWS says no, late, or nothing: the run ends with its reason or gets through, and nothing is made twice."""

import time

import pytest

from activation.models import LogLine, Run
from activation.services import run_keys
from tests.faults.bench import CREATIONS, PATIENCE, Bench
from tests.faults.conftest import Scenario

LATE_SECONDS = 4


def key_in_use(run: Run) -> str:
    """Return the access key that a run works with."""
    return run_keys.open_keys(Run.objects.get(pk=run.pk).credential).access_key_id


def test_keys_expire_in_mid_apply(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held(need=2)
        bench.advance(run)
        since = time.monotonic()
        bench.simulator.expire(key_in_use(run))
        bench.simulator.clear()
        ended = bench.ended(run, "errored")
        scenario.noticed(since)
        assert ended.explanation["code"] == "token_expired", ended.explanation
        bench.recover(ended)


@pytest.mark.long_form
def test_aws_denies_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.planned(need=1)
        for action in CREATIONS:
            bench.simulator.inject(action, "AccessDenied", status=403, message="not authorized", times=99)
        bench.approve(run)
        since = time.monotonic()
        ended = bench.ended(run, "errored")
        scenario.noticed(since)
        assert ended.explanation["code"] == "access_denied", ended.explanation
        assert LogLine.objects.filter(run=run, text__contains="not authorized", level="error").exists()
        bench.recover(ended)


@pytest.mark.long_form
def test_aws_fails_inside(bench: Bench, scenario: Scenario) -> None:
    """AWS carries a creation out and answers with an error of its own: the provider tries again, or ends."""
    for _ in scenario.each_round():
        run = bench.planned(need=1)
        made = bench.made()
        for action in CREATIONS:
            bench.simulator.inject(action, "ServiceFailure", status=500, when="after")
        bench.approve(run)
        ended_or_recovered(bench, run, made, scenario)


def ended_or_recovered(bench: Bench, run: Run, made: int, scenario: Scenario) -> None:
    since = time.monotonic()
    ended = bench.until(run, "errored", "applied", seconds=PATIENCE)
    scenario.noticed(since)
    bench.simulator.clear()
    # Those whose success nobody was told of stand in the record as failures.
    bench.unheard += bench.in_aws() - bench.made()
    assert bench.made() >= made
    if ended.status == "applied":
        bench.finish(ended)
    else:
        bench.recover(bench.ended(ended, "errored"))


@pytest.mark.long_form
def test_aws_cuts_the_answer(bench: Bench, scenario: Scenario) -> None:
    """AWS carries a creation out, and the connection breaks before the answer."""
    for _ in scenario.each_round():
        run = bench.planned(need=1)
        made = bench.made()
        for action in CREATIONS:
            bench.simulator.inject(action, cut=True, when="after")
        bench.approve(run)
        ended_or_recovered(bench, run, made, scenario)


def test_aws_throttles(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.planned(need=1)
        for action in CREATIONS:
            bench.simulator.inject(action, "Throttling", message="Rate exceeded", times=3)
        since = time.monotonic()
        bench.approve(run)
        bench.until(run, "applied", seconds=PATIENCE)
        scenario.noticed(since)
        bench.finish(run)


@pytest.mark.long_form
def test_aws_is_slow(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held()
        since = time.monotonic()
        bench.simulator.delay("iam:Get*", LATE_SECONDS, times=20)
        bench.goes_on(run)
        scenario.noticed(since)
