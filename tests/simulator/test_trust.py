"""Trust policies: who may assume a role."""

from typing import Any

import pytest

from activation.simulator.trust import Caller, Trust, evaluate_trust

ROLE = "arn:aws:iam::111122223333:role/byoc-vendor"
SESSION = Caller("111122223333", "arn:aws:sts::111122223333:assumed-role/byoc-vendor/portal", ROLE)
RIGHT = {"sts:ExternalId": "zb-right", "aws:PrincipalArn": ROLE}


def trust(principal: object, condition: object = None, **more: object) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("principal", "answer"),
    [
        ({"AWS": ROLE}, Trust(True, True)),
        ({"AWS": ["arn:aws:iam::999999999999:root", ROLE]}, Trust(True, True)),
        ({"AWS": SESSION.arn}, Trust(True, True)),
        ({"AWS": "arn:aws:iam::111122223333:root"}, Trust(True, False)),
        ({"AWS": "111122223333"}, Trust(True, False)),
        ("*", Trust(True, False)),
        ({"AWS": "*"}, Trust(True, False)),
        ({"AWS": "arn:aws:iam::111122223333:role/*"}, Trust(False)),
        ({"AWS": "arn:aws:iam::999999999999:root"}, Trust(False)),
        ({"Service": "ec2.amazonaws.com"}, Trust(False)),
        ({"Federated": "*"}, Trust(False)),
        ({}, Trust(False)),
    ],
)
def test_principal_is_compared_as_a_whole(principal: object, answer: Trust) -> None:
    assert evaluate_trust(trust(principal), SESSION, {}) == answer


@pytest.mark.parametrize(
    ("context", "allowed"),
    [(RIGHT, True), ({**RIGHT, "sts:ExternalId": "zb-wrong"}, False), ({"aws:PrincipalArn": ROLE}, False)],
)
def test_external_id_right_wrong_and_absent(context: dict[str, str], allowed: bool) -> None:
    document = trust({"AWS": ROLE}, {"StringEquals": {"sts:ExternalId": "zb-right"}})
    assert evaluate_trust(document, SESSION, context).allowed is allowed
    assert evaluate_trust(document, SESSION, context, ignore_external_id=True).allowed


def test_careless_conditions_let_the_absent_external_id_pass_as_in_aws() -> None:
    document = trust({"AWS": ROLE}, {"StringEqualsIfExists": {"sts:ExternalId": "zb-right"}})
    assert evaluate_trust(document, SESSION, {}).allowed


def test_unknown_operator_denies_and_explicit_deny_wins() -> None:
    assert not evaluate_trust(trust({"AWS": ROLE}, {"Unheard": {"sts:ExternalId": "zb-right"}}), SESSION, RIGHT).allowed
    document = trust({"AWS": ROLE})
    document["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "sts:*"})
    assert not evaluate_trust(document, SESSION, RIGHT).allowed


def test_another_action_is_no_leave_to_assume() -> None:
    assert not evaluate_trust(trust({"AWS": ROLE}, Action="sts:TagSession"), SESSION, RIGHT).allowed


def test_principal_arn_condition() -> None:
    document = trust(
        {"AWS": "arn:aws:iam::111122223333:root"}, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/byoc-*"}}
    )
    assert evaluate_trust(document, SESSION, RIGHT).allowed
    assert not evaluate_trust(document, SESSION, {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/x"}).allowed
