"""Ctrl-C while Terraform makes things in AWS: whatever Terraform was told of is in the stored state."""

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from activation.domain.control_plane import ControlPlane
from activation.management.walk import OWNER, Key, Walk
from activation.simulator.client import Simulator
from tests.management.running import Up, processes_of, wait_for

SLOW_CALL_SECONDS = 12.0
# Of the processes that write one; beat has nothing to say as long as all is well.
LOGS = ("web", "runs", "control", "audit", "simulator")
POLICIES, ROLES = 7, 2


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Return a running demo."""
    portal = Up(tmp_path / "data", "--demo", "--port", "0")
    try:
        portal.wait_until_up()
        yield portal
    finally:
        portal.clean_up()


def rows(data: Path, question: str) -> list[tuple[object, ...]]:
    """Return what the database answers."""
    connection = sqlite3.connect(f"file:{data}/portal.sqlite3?mode=ro", uri=True)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def run_status(data: Path) -> object:
    """Return the run's status."""
    return rows(data, "SELECT status FROM activation_run")[0][0]


def test_ctrl_c_during_an_apply_keeps_all_that_terraform_was_told_of_and_logs_are_json(up: Up, tmp_path: Path) -> None:
    simulator = Simulator.from_directory(up.data / "simulator")
    session = simulator.identities()["customer"]["session"]
    password = next(line.split()[-1] for line in up.said().splitlines() if OWNER in line)
    key = Key(session["access_key_id"], session["secret_access_key"], session["session_token"])
    walk = Walk(up.address, ControlPlane.SELF, {OWNER: password}, key, tmp_path)
    for step in (walk.sign_in, walk.open_organization, walk.begin, walk.tick, walk.external_id, walk.enter_key):
        step()
    walk.wait_for_plan()
    simulator.delay("iam:CreateRole", SLOW_CALL_SECONDS, times=ROLES, when="after")
    walk.approve()
    wait_for(lambda: simulator.counts().get("iam:CreatePolicy", 0) >= POLICIES, 60, "the policies were made")

    up.signal(signal.SIGINT)
    up.wait_until_said(f"Terraform of {walk.run} is stopping and saves its state")
    assert up.end(90) == 0
    assert processes_of(up.data) == {}
    assert not list((up.data / "runs").glob("*/*")), "all that the run wrote is in the database"
    assert run_status(up.data) in {"interrupted", "errored"}
    (resources,) = rows(up.data, "SELECT resources FROM activation_stateversion ORDER BY serial DESC")[0]
    assert resources == POLICIES
    assert [name for name in LOGS if not up.log(name)] == []
    assert up.log("beat") == []
    assert walk.run in {entry.get("run_id") for entry in up.log("runs")}
