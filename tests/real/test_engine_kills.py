"""Whatever is killed, stopped, frozen or refused: nothing that was finished is lost, and nothing is done twice."""

import os
import re
import signal
import time

from activation.models import Credential, Event, LogLine, Run
from activation.runner import control as controls
from activation.services import host, runs
from tests.real.engine import NODE, RESOURCES, Engine, addresses, numbers_of, wait_for


def test_a_cancel_is_one_signal_and_the_state_is_kept(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 3, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    asked = time.monotonic()
    runs.cancel(Run.objects.get(pk=run.pk), actor=engine.actor)
    stopping = "Terraform was asked to stop. It is saving its state."
    wait_for(lambda: LogLine.objects.filter(run=run, text=stopping).exists(), seconds=3, what="the signal")
    assert time.monotonic() - asked < 2
    ended = engine.until(run, "canceled")
    assert re.search(r"[79] of 11 were finished and are saved", ended.reason)
    assert len(addresses(run)) >= 7
    assert LogLine.objects.filter(run=run, text=stopping).count() == 1


def test_a_retry_goes_on_from_where_a_failed_run_stopped(engine: Engine) -> None:
    engine.start_worker()
    activation = engine.activation()
    run = engine.run(activation)
    engine.until(run, "planned")
    engine.simulator.inject("iam:AttachRolePolicy", error="AccessDenied", status=403, message="not yet", times=20)
    engine.approve(run)
    failed = engine.until(run, "errored")
    assert failed.explanation["code"] == "access_denied", failed.explanation
    engine.simulator.clear()
    activation.refresh_from_db()
    again = engine.run(activation, retry_of=failed)
    planned = engine.until(again, "planned")
    assert planned.plan.review["changes"]
    assert sum(1 for change in planned.plan.review["changes"] if change["action"] == "create") == 2
    engine.approve(again)
    done = engine.until(again, "applied")
    assert len(addresses(done)) == RESOURCES
    assert len(engine.account().arns) == 7


def test_killing_the_worker_in_mid_apply_stops_nothing_and_loses_no_line(engine: Engine) -> None:
    worker = engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 6, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 3, seconds=30, what="three resources")
    before = engine.terraforms(run)
    engine.kill(worker)
    time.sleep(1)
    assert engine.terraforms(run) == before
    engine.start_worker()
    done = engine.until(run, "applied")
    assert numbers_of(done) == list(range(1, done.lines + 1))
    texts = list(LogLine.objects.filter(run=done).values_list("text", flat=True))
    completed = [text for text in texts if "Creation complete" in text]
    assert len(completed) == len(set(completed)) == RESOURCES
    assert len(engine.account().arns) == 7


def test_killing_everything_loses_no_finished_resource(engine: Engine) -> None:
    """After some of eleven; the fault bench kills at each boundary."""
    finished = 4
    worker = engine.start_worker()
    activation = engine.activation()
    run = engine.run(activation)
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 20, times=2)
    engine.simulator.delay("iam:CreatePolicy", 20, times=7 - finished)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= finished, seconds=40, what=f"{finished} resources")
    said = {
        text.split(":")[0]
        for text in LogLine.objects.filter(run=run, text__contains="Creation complete").values_list("text", flat=True)
    }
    engine.kill(worker)
    for pid in engine.everything_of(run):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not engine.everything_of(run), seconds=10, what="all processes gone")
    lease_ends = Run.objects.get(pk=run.pk).lease_until
    engine.start_worker()
    ended = engine.until(run, "interrupted", seconds=60)
    assert ended.finished_at is not None
    assert lease_ends is not None
    assert (ended.finished_at - lease_ends).total_seconds() < 30
    assert f"{finished} of 11 were finished and are saved" in ended.reason
    assert said <= addresses(run)
    assert len(addresses(run)) >= finished
    assert Credential.objects.get(run=run).sealed is None


def test_a_run_whose_supervisor_was_killed_is_stopped_and_saved(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 5, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    control = host.where().control(run.pk, Run.objects.get(pk=run.pk).phase)
    supervisor = int((control / "supervisor.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    engine.until(run, "interrupted", seconds=60)
    # Whoever wrote it off holds the run's lock for a moment longer.
    wait_for(lambda: not engine.everything_of(run), seconds=5, what="the end of all that belongs to the run")
    assert len(addresses(run)) >= 7


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


def test_a_message_delivered_many_times_starts_one_terraform(engine: Engine) -> None:
    from activation.dispatch import SHIP_RUN, START_RUN, send, ship_queue

    engine.start_worker()
    engine.start_worker()
    run = engine.run(engine.activation())
    for _ in range(50):
        send(START_RUN, run.pk, "start")
        send(SHIP_RUN, run.pk, ship_queue(NODE))
    engine.until(run, "planned")
    engine.approve(run)
    for _ in range(50):
        send(START_RUN, run.pk, "start")
        send(SHIP_RUN, run.pk, ship_queue(NODE))
    done = engine.until(run, "applied")
    assert engine.creations() == RESOURCES
    assert Event.objects.filter(run_id=run.pk, kind="run.apply_started").count() == 1
    assert numbers_of(done) == list(range(1, done.lines + 1))


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


def test_keys_that_aws_refuses_in_mid_apply_end_the_run_with_its_state(engine: Engine) -> None:
    engine.start_worker()
    keys = engine.keys()
    run = engine.run(engine.activation(), keys=keys)
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 3, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    engine.simulator.expire(keys.access_key_id)
    ended = engine.until(run, "errored")
    assert ended.explanation["code"] == "token_expired", ended.explanation
    assert len(addresses(run)) >= 7


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
