"""What the fault bench leaves out: times as they are shipped, nobody who comes back, a run that was written off."""

import os
import signal

from activation.models import Run
from activation.runner import control as controls
from activation.services import host
from tests.real.engine import Engine, wait_for


def test_terraform_stops_by_itself_when_no_worker_comes_back(engine: Engine) -> None:
    engine.environment["RUN_ABANDONED_SECONDS"] = "3"
    worker = engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 9, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    engine.kill(worker)
    wait_for(lambda: not engine.everything_of(run), seconds=40, what="Terraform has stopped by itself")
    engine.start_worker()
    ended = engine.until(run, "interrupted")
    assert "No worker was available" in ended.reason


def test_a_run_that_was_written_off_cannot_be_started_any_more(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    control = host.where().control(run.pk, "apply")
    control.mkdir(parents=True)
    controls.close(control)
    engine.approve(run)
    ended = engine.until(run, "errored")
    assert ended.explanation["code"] == "could_not_start"
    assert engine.creations() == 0


def test_the_product_s_own_times_hold(engine: Engine) -> None:
    """The only test that waits for the lease as it is shipped: 20 s, and at most 30 s more."""
    engine.environment["RUN_LEASE_SECONDS"] = "20"
    engine.environment["SWEEP_SECONDS"] = "5"
    worker = engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 20, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    engine.kill(worker)
    for pid in engine.everything_of(run):
        os.kill(pid, signal.SIGKILL)
    lease_ends = Run.objects.get(pk=run.pk).lease_until
    engine.start_worker()
    ended = engine.until(run, "interrupted", seconds=60)
    assert ended.finished_at is not None
    assert lease_ends is not None
    assert (ended.finished_at - lease_ends).total_seconds() < 30
    assert "7 of 11 were finished and are saved" in ended.reason
