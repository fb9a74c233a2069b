"""People stop runs, at every moment and against each other: what is promised holds, and what was said stays said."""

import signal
import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

from activation.domain.errors import Refused
from activation.models import LogLine, Run
from activation.services import runs
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.real.engine import wait_for

# Until the log says that Terraform was asked: a second for the signal, and as long again for the line to arrive.
SIGNAL_SECONDS = 2
ASKED = "Terraform was asked to stop. It is saving its state."


def at_once(*acts: Callable[[], None]) -> list[str]:
    """Let people act in the same moment; return for each what refused it, or nothing."""
    refused = [""] * len(acts)
    ready = threading.Barrier(len(acts))

    def act(number: int) -> None:
        ready.wait()
        try:
            acts[number]()
        except Refused as refusal:
            refused[number] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.long_form
def test_cancel_against_approve(bench: Bench, scenario: Scenario) -> None:
    """One presses approve, another cancel: the run applies, or nothing was done; never both."""
    for _ in scenario.each_round():
        run = bench.planned(need=2)
        bench.hold_creations()
        before = bench.made()

        def cancel(run: Run = run) -> None:
            runs.cancel(Run.objects.get(pk=run.pk), actor=bench.actor)

        since = time.monotonic()
        refused = at_once(lambda run=run: bench.approve(run), cancel)
        assert not refused[0], refused
        if refused[1]:
            wait_for(bench.stands_still, seconds=PATIENCE, what="it applies")
            bench.goes_on(run)
            scenario.noticed(since)
            continue
        ended = bench.ended(run, "canceled")
        scenario.noticed(since)
        assert bench.made() == before
        bench.recover(ended)


@pytest.mark.long_form
def test_discard_against_approve(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.planned(need=2)
        bench.hold_creations()
        since = time.monotonic()
        refused = at_once(
            lambda run=run: bench.approve(run),
            lambda run=run: runs.discard(Run.objects.get(pk=run.pk), actor=bench.actor),
        )
        assert sorted(refused) == ["", "run_moved_on"]
        if refused[1]:
            wait_for(bench.stands_still, seconds=PATIENCE, what="it applies")
            bench.goes_on(run)
        else:
            bench.recover(bench.ended(run, "discarded"))
        scenario.noticed(since)


def stays_canceled(bench: Bench, scenario: Scenario, run: Run, since: float) -> Run:
    ended = bench.ended(run, "canceled")
    scenario.noticed(since)
    assert LogLine.objects.filter(run=run, text=ASKED).count() <= 1, "more than one signal"
    return ended


def test_cancel_while_applying(bench: Bench, scenario: Scenario) -> None:
    for chance in scenario.each_round():
        run = bench.held(need=2)
        if chance.random() < 0.5:
            bench.step_inside()
        since = time.monotonic()
        for _ in range(3):
            runs.cancel(Run.objects.get(pk=run.pk), actor=bench.actor)
        wait_for(
            lambda run=run: LogLine.objects.filter(run=run, text=ASKED).exists(),
            seconds=SIGNAL_SECONDS,
            what="the signal",
        )
        ended = stays_canceled(bench, scenario, run, since)
        assert "were finished and are saved" in ended.reason
        bench.recover(ended)


@pytest.mark.long_form
def test_cancel_of_an_approved_run_that_has_not_begun(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.planned()
        before = bench.made()
        for worker in bench.living():
            bench.kill(worker)
        bench.approve(run)
        since = time.monotonic()
        runs.cancel(Run.objects.get(pk=run.pk), actor=bench.actor)
        ended = stays_canceled(bench, scenario, run, since)
        assert bench.made() == before
        bench.recover(ended)


@pytest.mark.long_form
def test_cancel_while_terraform_reads_its_plan(bench: Bench, scenario: Scenario) -> None:
    """It would take note of the signal, forget it and apply everything."""
    for _ in scenario.each_round():
        run = bench.planned(need=2)
        bench.hold_creations()
        before = bench.in_aws()
        bench.approve(run)
        wait_for(lambda run=run: bench.terraforms(run), seconds=PATIENCE, what="Terraform reads its plan")
        since = time.monotonic()
        runs.cancel(Run.objects.get(pk=run.pk), actor=bench.actor)
        ended = stays_canceled(bench, scenario, run, since)
        assert bench.in_aws() == before
        bench.recover(ended)


@pytest.mark.long_form
def test_cancel_before_and_while_planning(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        bench.finish_present()
        for worker in bench.living():
            bench.kill(worker)
        first = bench.fresh()
        since = time.monotonic()
        runs.cancel(Run.objects.get(pk=first.pk), actor=bench.actor)
        stays_canceled(bench, scenario, first, since)
        second = bench.run(first.activation)
        wait_for(lambda second=second: bench.terraforms(second), seconds=PATIENCE, what="Terraform plans")
        since = time.monotonic()
        runs.cancel(Run.objects.get(pk=second.pk), actor=bench.actor)
        bench.recover(stays_canceled(bench, scenario, second, since))


def test_force_after_the_cool_off(bench: Bench, scenario: Scenario) -> None:
    """A provider that does not stop: force is refused before its time, and then kills."""
    for _ in scenario.each_round():
        run = bench.held(need=2)
        bench.step_inside()
        bench.strike(bench.named(run, "terraform-pro"), signal.SIGSTOP)
        asked = time.monotonic()
        runs.cancel(Run.objects.get(pk=run.pk), actor=bench.actor)
        assert at_once(lambda run=run: force(bench, run)) == ["force_too_early"]
        wait_for(
            lambda run=run: at_once(lambda: force(bench, run)) == [""], seconds=PATIENCE, what="the cool-off is over"
        )
        since = time.monotonic()
        assert since - asked >= settings.FORCE_AFTER_SECONDS
        ended = bench.ended(run, "force_canceled")
        scenario.noticed(since)
        bench.recover(ended)


def force(bench: Bench, run: Run) -> None:
    runs.force(Run.objects.get(pk=run.pk), typed=runs.TYPED_FORCE, actor=bench.actor)
