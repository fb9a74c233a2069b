"""A run from key to ARNs, with real Terraform; and what of it is kept, sealed and destroyed."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from activation.domain.archive import pack
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.state import read_state
from activation.models import Activation, Credential, Event, LogLine, Run, StateVersion
from activation.runner import control as controls
from activation.services import events, host, launching, packages, run_keys, runs
from tests.real.engine import NODE, RESOURCES, Engine, wait_for

FOREIGN = Path(__file__).parents[1] / "packages" / "terraform-aws-iam-suffixed"


def newest_state(run: Run) -> StateVersion:
    return StateVersion.objects.select_related("run").filter(workspace=run.workspace_id).order_by("-pk")[0]


def addresses(run: Run) -> frozenset[str]:
    return read_state(run_keys.open_state(newest_state(run))).addresses


def numbers_of(run: Run) -> list[int]:
    return list(LogLine.objects.filter(run=run).order_by("number").values_list("number", flat=True))


def test_a_run_ends_in_seven_arns_that_state_and_aws_agree_on(engine: Engine) -> None:
    engine.start_worker()
    run = engine.applied(engine.activation())

    outputs = read_state(run_keys.open_state(newest_state(run))).outputs
    arns = engine.account().arns
    assert arns == outputs
    assert sorted(arns) == sorted(each.name for each in ARN_OUTPUTS)
    assert len(addresses(run)) == RESOURCES
    assert engine.creations() == RESOURCES
    assert Activation.objects.get(pk=run.activation_id).status == "configuring"
    assert numbers_of(run) == list(range(1, run.lines + 1))


def test_the_first_line_is_there_long_before_terraform_ends(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    began = time.monotonic()
    wait_for(lambda: LogLine.objects.filter(run=run).exists(), seconds=20, what="a first line")
    first = time.monotonic() - began
    engine.until(run, "planned")
    assert first < (time.monotonic() - began) / 2


def test_a_key_is_sealed_while_it_is_needed_and_gone_at_the_end(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    assert Credential.objects.get(run=run).sealed is not None
    engine.approve(run)
    engine.until(run, "applied")
    credential = Credential.objects.get(run=run)
    assert credential.sealed is None
    assert credential.destroyed_at is not None
    assert Event.objects.filter(run_id=run.pk, kind="credential.destroyed").count() == 1


def forms_of(secret: str) -> list[bytes]:
    """Return the secret as it might stand somewhere: raw, base64, in a URL, in JSON."""
    return [
        secret.encode(),
        base64.b64encode(secret.encode()),
        urllib.parse.quote(secret, safe="").encode(),
        json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
    ]


def places_with(secret: str, *, data: Path, worker_logs: Path) -> Iterator[str]:
    """Yield where the secret stands: files, database, broker, command lines, environments."""
    wanted = forms_of(secret)
    roots = [data, host.where().work, worker_logs]
    for root in roots:
        for path in root.rglob("*"):
            if path.is_file() and "aws" not in path.parts:
                try:
                    content = path.read_bytes()
                except OSError:
                    continue
                if any(form in content for form in wanted):
                    yield str(path)
    broker = redis.Redis(unix_socket_path=str(data / "valkey.sock"))
    for key in broker.keys("*"):
        if any(form in (broker.dump(key) or b"") for form in wanted):
            yield f"broker key {key!r}"
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(form in repr(row).encode() for row in cursor.fetchall() for form in wanted):
                yield f"table {table}"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if any(form in (entry / "cmdline").read_bytes() for form in wanted):
                    yield f"command line of {entry.name}"
                if any(form in (entry / "environ").read_bytes() for form in wanted):
                    name = (entry / "comm").read_text().strip()
                    if not name.startswith("terraform"):
                        yield f"environment of {name}"
            except OSError:
                continue


@pytest.mark.parametrize("moment", ["planning", "applying", "applied", "canceled", "errored", "killed"])
def test_the_secret_key_stands_nowhere_but_in_terraforms_environment(engine: Engine, moment: str) -> None:
    worker = engine.start_worker()
    keys = engine.keys()
    run = engine.run(engine.activation(), keys=keys)
    look = {"data": engine.data(), "worker_logs": engine.directory}

    def nowhere() -> None:
        for secret in (keys.secret_access_key, keys.session_token):
            assert list(places_with(secret, **look)) == []

    if moment == "planning":
        wait_for(lambda: engine.terraforms(run), seconds=20, what="Terraform")
        nowhere()
        return
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 8, times=2)
    if moment == "errored":
        engine.simulator.inject("iam:CreateRole", error="AccessDenied", status=403, message="no", times=9)
    engine.approve(run)
    if moment == "errored":
        engine.until(run, "errored")
    else:
        wait_for(lambda: engine.finished(run) >= 5, seconds=30, what="five resources")
        if moment == "applied":
            engine.until(run, "applied")
        elif moment == "canceled":
            runs.cancel(Run.objects.get(pk=run.pk), actor=engine.actor)
            engine.until(run, "canceled")
        elif moment == "killed":
            engine.kill(worker)
            for pid in engine.everything_of(run):
                os.kill(pid, signal.SIGKILL)
    nowhere()


def test_a_cancel_is_one_signal_and_the_state_is_kept(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 3, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    asked = time.monotonic()
    runs.cancel(Run.objects.get(pk=run.pk), actor=engine.actor)
    stopping = "Terraform was asked to stop; it saves its state."
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


@pytest.mark.parametrize("finished", [1, 4, 7])
def test_killing_everything_loses_no_finished_resource(engine: Engine, finished: int) -> None:
    worker = engine.start_worker()
    activation = engine.activation()
    run = engine.run(activation)
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 20, times=2)
    if finished < 7:
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
    supervisor = int((launching.control_of(Run.objects.get(pk=run.pk)) / "supervisor.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    engine.until(run, "interrupted", seconds=60)
    assert not engine.everything_of(run)
    assert len(addresses(run)) >= 7


def test_terraform_stops_by_itself_when_no_worker_comes_back(engine: Engine) -> None:
    engine.environment["RUN_ABANDONED_SECONDS"] = "3"
    worker = engine.start_worker()
    run = engine.run(engine.activation())
    engine.until(run, "planned")
    engine.simulator.delay("iam:CreateRole", 15, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    engine.kill(worker)
    wait_for(lambda: not engine.everything_of(run), seconds=40, what="Terraform has stopped by itself")
    engine.start_worker()
    ended = engine.until(run, "interrupted")
    assert "No worker was there" in ended.reason


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


def test_a_package_by_somebody_else_ends_in_its_own_arns(engine: Engine) -> None:
    files = {path.name: path.read_bytes() for path in FOREIGN.iterdir() if path.is_file()}
    archive = pack(files, "terraform-aws-iam")
    row = packages.add_package(
        archive,
        source="a test",
        actor=events.PORTAL,
        sha256=hashlib.sha256(archive).hexdigest(),
        name="terraform-aws-iam",
        iam_path="/acme/byoc/",
        name_prefix="acme-",
    )
    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=events.PORTAL)
    engine.start_worker()
    activation = engine.activation(ControlPlane.ZILLIZ)
    assert activation.package == row
    run = engine.applied(activation)
    arns = engine.account().arns
    assert len(arns) == 7
    assert all("/acme/byoc/" in arn and "7f3a" in arn for arn in arns.values())
    assert arns == read_state(run_keys.open_state(newest_state(run))).outputs


def test_the_safety_check_refuses_a_package_under_a_path_that_was_not_agreed(engine: Engine) -> None:
    files = {path.name: path.read_bytes() for path in FOREIGN.iterdir() if path.is_file()}
    row = packages.add_package(
        pack(files, "terraform-aws-iam"), source="a test", actor=events.PORTAL, name="terraform-aws-iam"
    )
    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=events.PORTAL)
    engine.start_worker()
    run = engine.run(engine.activation(ControlPlane.ZILLIZ))
    ended = engine.until(run, "errored")
    assert "safety check refused" in ended.reason
    assert {finding["code"] for finding in ended.plan.verdict["findings"]} == {"path", "name"}
    assert engine.creations() == 0


def test_a_second_press_while_a_run_is_active_is_the_same_run(engine: Engine) -> None:
    activation = engine.activation()
    first = engine.run(activation)
    assert engine.run(activation).pk == first.pk
    assert Run.objects.count() == 1


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


def test_a_missing_terraform_is_said_before_anything_runs(engine: Engine) -> None:
    engine.environment["TERRAFORM"] = "/nowhere/terraform"
    engine.start_worker()
    run = engine.run(engine.activation())
    ended = engine.until(run, "errored")
    assert "was not found" in ended.reason
    assert Credential.objects.get(run=run).sealed is None


def test_a_provider_that_cannot_be_had_is_explained(engine: Engine, tmp_path: Path) -> None:
    # A directory of its own, in which no package was initialized yet, where other users may pass.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        mirror = Path(folder) / "mirror"
        mirror.mkdir(mode=0o755)
        engine.environment |= {
            "TERRAFORM_PROVIDER_MIRROR": str(mirror),
            "BROKER_URL": f"redis+socket://{engine.data()}/valkey.sock",
        }
        engine.start_worker(DATA_DIR=f"{folder}/data")
        ended = engine.until(engine.run(engine.activation()), "errored")
        engine.stop()
    assert ended.explanation["code"] == "provider_unavailable", ended.explanation


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


def test_nothing_of_a_finished_run_is_left_on_the_host(engine: Engine) -> None:
    engine.start_worker()
    run = engine.applied(engine.activation())
    wait_for(lambda: not list(host.where().work.glob(f"{run.pk}*")), seconds=5, what="work directories wiped")
    assert not engine.everything_of(run)
    assert subprocess.run(["pgrep", "-f", run.pk], capture_output=True, check=False).stdout == b""
