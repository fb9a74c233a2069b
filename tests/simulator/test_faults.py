"""Errors, throttling, delays and cut connections, on demand."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from activation.simulator.client import ControlRefused, Simulator
from tests.simulator.conftest import client

Connect = Callable[..., Any]
NOBODY = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture
def iam(connect: Connect, identities: dict[str, Any]) -> Any:
    """The administrator's IAM, without retries."""
    return connect("iam", identities["customer"]["administrator"])


def test_error_strikes_the_named_action_the_given_number_of_times(simulator: Simulator, iam: Any) -> None:
    simulator.inject("iam:ListRoles", "Throttling", message="Rate exceeded", times=2)
    iam.list_users()
    for _ in range(2):
        with pytest.raises(ClientError, match="Rate exceeded"):
            iam.list_roles()
    iam.list_roles()


def test_retries_of_the_sdk_get_over_throttling(
    simulator: Simulator, connect: Connect, identities: dict[str, Any]
) -> None:
    before = len(simulator.actions())
    simulator.inject("iam:ListRoles", "Throttling", times=1)
    connect("iam", identities["customer"]["administrator"], attempts=3).list_roles()
    assert [row["outcome"] for row in simulator.actions(after=before)] == ["Throttling", "ok"]


def test_first_calls_can_be_spared(simulator: Simulator, iam: Any) -> None:
    simulator.inject("iam:Create*", "ServiceFailure", status=500, skip=1)
    iam.create_role(RoleName="spared", AssumeRolePolicyDocument=NOBODY)
    with pytest.raises(ClientError, match="ServiceFailure"):
        iam.create_role(RoleName="struck", AssumeRolePolicyDocument=NOBODY)
    assert "struck" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]


def test_one_caller_can_be_singled_out(
    simulator: Simulator, iam: Any, connect: Connect, identities: dict[str, Any]
) -> None:
    simulator.inject("iam:ListRoles", "Throttling", caller="*:user/reader")
    iam.list_roles()
    with pytest.raises(ClientError, match="Throttling"):
        connect("iam", identities["customer"]["too_few_rights"]).list_roles()


def test_connection_is_cut_before_anything_is_done(simulator: Simulator, iam: Any) -> None:
    simulator.inject("iam:CreateRole", cut=True)
    with pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName="cut-before", AssumeRolePolicyDocument=NOBODY)
    assert simulator.actions()[-1]["outcome"] == "cut"
    assert "cut-before" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]


def test_connection_is_cut_after_the_deed(simulator: Simulator, iam: Any) -> None:
    simulator.inject("iam:CreateRole", cut=True, when="after")
    with pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName="cut-after", AssumeRolePolicyDocument=NOBODY)
    assert "cut-after" in [role["RoleName"] for role in iam.list_roles()["Roles"]]


def test_delay_holds_a_call_and_not_the_others(simulator: Simulator, iam: Any) -> None:
    simulator.delay("iam:ListRoles", 0.5)
    started = time.monotonic()
    iam.list_users()
    assert time.monotonic() - started < 0.5
    iam.list_roles()
    assert time.monotonic() - started >= 0.5


def test_faults_are_forgotten_on_request(simulator: Simulator, iam: Any) -> None:
    simulator.inject("*", "Throttling", times=100)
    simulator.clear()
    iam.list_roles()


def test_nonsense_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ControlRefused):
        simulator.inject("iam:ListRoles", "Throttling", when="never")
    with pytest.raises(ControlRefused):
        simulator.change_settings(no_such_setting=True)
    with pytest.raises(ControlRefused):
        simulator.expire("AKIANOBODY")
    with pytest.raises(ControlRefused):
        simulator.new_session("999999999999")


def until(condition: Any) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_held_call_goes_on_when_it_is_released_and_no_sooner(simulator: Simulator, iam: Any) -> None:
    simulator.hold("iam:CreateRole", times=9)
    names = ("held-1", "held-2")
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(iam.create_role, RoleName=name, AssumeRolePolicyDocument=NOBODY) for name in names]
        until(lambda: simulator.held() == [{"action": "iam:CreateRole", "when": "before"}] * 2)
        simulator.release()
        until(lambda: [call.done() for call in calls].count(True) == 1)
        assert len(simulator.held()) == 1
        simulator.clear()
        assert {call.result()["Role"]["RoleName"] for call in calls} == set(names)


def test_a_held_call_whose_caller_hangs_up_is_never_carried_out(simulator: Simulator, identities: Any) -> None:
    key = identities["customer"]["administrator"]
    impatient = client(simulator.endpoint, "iam", key, read_timeout=0.5)
    simulator.hold("iam:CreateRole")
    with pytest.raises(ReadTimeoutError):
        impatient.create_role(RoleName="hung-up", AssumeRolePolicyDocument=NOBODY)
    until(lambda: not simulator.held())
    simulator.clear()
    assert "hung-up" not in [role["RoleName"] for role in impatient.list_roles()["Roles"]]
