"""Kill it anywhere: one Recover, and everything stands that would have stood anyway, nothing twice."""

import os
import resource
import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest

from activation.domain.adoption import Found
from activation.domain.state import attributes_of, read_state
from activation.models import LogLine, Plan, Run, StateVersion
from activation.runner import control as controls
from activation.services import host, run_keys
from tests.real.engine import RESOURCES, Engine, wait_for
from tests.simulator.conftest import client

KILLED = "interrupted"
# A creation was carried out, and its answer comes so much later: there is time to kill everything in between.
HELD_SECONDS = 12


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
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not engine.everything_of(run), seconds=10, what="all processes gone")


def begin(engine: Engine) -> Run:
    """Bring a run to its approval."""
    engine.start_worker()
    run = engine.run(engine.activation())
    return engine.until(run, "planned")


def recover(engine: Engine, ended: Run, *, statuses: str = "planned") -> Run:
    """Press Recover with a fresh key, and wait for the plan."""
    ended.activation.refresh_from_db()
    again = engine.run(ended.activation, retry_of=ended)
    return engine.until(again, statuses)


def recovered(engine: Engine, ended: Run) -> Run:
    """Press Recover, approve, and hold that everything is as if nothing had happened."""
    before = identities_in_aws(engine)
    again = recover(engine, ended)
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
    # What was held back is recorded when its time is over.
    wait_for(lambda: made(engine) >= RESOURCES, seconds=HELD_SECONDS + 10, what=f"{made(engine)} creations recorded")
    assert made(engine) == RESOURCES, f"AWS has carried out {made(engine)} creations"
    assert len(engine.account().arns) == 7


def log_of(run: Run) -> str:
    return "\n".join(LogLine.objects.filter(run=run).order_by("number").values_list("text", flat=True))


CREATIONS = [
    # Calls of this kind that go through before the one that is in hand when everything is killed.
    ("iam:CreatePolicy", 0),
    ("iam:CreatePolicy", 5),
    ("iam:CreateRole", 0),
    ("iam:CreateRole", 1),
    ("iam:AttachRolePolicy", 0),
    ("iam:AttachRolePolicy", 1),
]


def hold_creation(engine: Engine, action: str, skip: int, *, seconds: float = HELD_SECONDS) -> None:
    """Let the creation after the first `skip` be carried out, and its answer be late."""
    engine.simulator._ask("fault", action=action, seconds=seconds, times=20, skip=skip, when="after")


@pytest.mark.parametrize(("action", "skip"), CREATIONS)
def test_everything_killed_inside_a_creation_comes_back_whole(engine: Engine, action: str, skip: int) -> None:
    run = begin(engine)
    hold_creation(engine, action, skip)
    engine.approve(run)
    name = action.partition(":")[2]
    wait_for(lambda: in_hand(engine, name) > skip, seconds=40, what=f"{name} number {skip + 1} was carried out")
    kill_everything(engine, run)
    engine.simulator.clear()
    engine.start_worker()
    ended = engine.until(run, KILLED, seconds=60)
    done = recovered(engine, ended)
    found = Found.from_json(done.found_again)
    assert found.imports
    assert "Found again" in log_of(done)
    assert Plan.objects.get(run=done).review["changes"]


def in_hand(engine: Engine, name: str) -> int:
    """Return how many of a kind exist in AWS, whether Terraform has heard of it or not."""
    iam = client(engine.simulator.endpoint, "iam", engine.simulator.identities()["customer"]["administrator"])
    if name == "CreatePolicy":
        return len(iam.list_policies(Scope="Local", PathPrefix="/zilliz/")["Policies"])
    roles = [each["RoleName"] for each in iam.list_roles(PathPrefix="/zilliz/")["Roles"]]
    if name == "CreateRole":
        return len(roles)
    return sum(len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) for role in roles)
