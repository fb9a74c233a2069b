"""Evaluation of policies: who may do what."""

from typing import Any

import pytest

from activation.simulator.policy import Limit, Policy, Verdict, evaluate

ROLE = "arn:aws:iam::222233334444:role/zilliz-x"


def allow(action: object = "*", resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object = "*", resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any], name: str = "p") -> Policy:
    return Policy(name, {"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([], Verdict.IMPLICIT_DENY),
        ([allow()], Verdict.ALLOWED),
        ([allow("iam:CreateRole")], Verdict.ALLOWED),
        ([allow("IAM:createrole")], Verdict.ALLOWED),
        ([allow("iam:Create*")], Verdict.ALLOWED),
        ([allow("iam:Get*")], Verdict.IMPLICIT_DENY),
        ([allow("iam:CreateRole", "arn:aws:iam::222233334444:role/zilliz-*")], Verdict.ALLOWED),
        ([allow("iam:CreateRole", "arn:aws:iam::222233334444:role/other-*")], Verdict.IMPLICIT_DENY),
        ([allow(), deny("iam:*")], Verdict.EXPLICIT_DENY),
        ([allow(), deny("iam:*", "arn:aws:iam::222233334444:role/other")], Verdict.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Verdict.IMPLICIT_DENY),
        ([{"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}], Verdict.ALLOWED),
        ([{"Effect": "Allow", "Action": "*", "NotResource": ROLE}], Verdict.IMPLICIT_DENY),
        ([allow(Condition={"StringEquals": {"aws:RequestTag/a": "1"}})], Verdict.ALLOWED),
        ([allow(Condition={"StringEquals": {"aws:RequestTag/a": "2"}})], Verdict.IMPLICIT_DENY),
        ([allow(Condition={"Unheard": {"aws:RequestTag/a": "1"}})], Verdict.IMPLICIT_DENY),
        ([allow(), deny(Condition={"Unheard": {"aws:RequestTag/a": "1"}})], Verdict.EXPLICIT_DENY),
        ([allow(), deny(Condition={"StringEquals": {"aws:RequestTag/a": "2"}})], Verdict.ALLOWED),
    ],
)
def test_statements_decide_as_aws_does(statements: list[dict[str, Any]], verdict: Verdict) -> None:
    decision = evaluate([policy(*statements)], None, "iam:CreateRole", ROLE, {"aws:RequestTag/a": "1"})
    assert decision.outcome is verdict
    assert decision.allowed is (verdict is Verdict.ALLOWED)


def test_a_single_statement_needs_no_list() -> None:
    assert evaluate([Policy("p", {"Statement": allow()})], None, "iam:GetRole").allowed


def test_boundary_takes_away_what_the_identity_policy_gives_and_gives_nothing_itself() -> None:
    everything, iam_only = policy(allow()), policy(allow("iam:*"), name="boundary")
    assert evaluate([everything], iam_only, "iam:GetRole").allowed
    outside = evaluate([everything], iam_only, "ec2:CreateVpc")
    assert (outside.outcome, outside.limit) == (Verdict.IMPLICIT_DENY, Limit.BOUNDARY)
    alone = evaluate([], iam_only, "iam:GetRole")
    assert (alone.outcome, alone.limit) == (Verdict.IMPLICIT_DENY, Limit.IDENTITY)
    assert evaluate([everything], policy(allow(), deny("iam:*")), "iam:GetRole").outcome is Verdict.EXPLICIT_DENY


def test_session_policy_takes_away_as_well() -> None:
    decision = evaluate([policy(allow())], None, "ec2:CreateVpc", session_policies=[policy(allow("iam:*"))])
    assert (decision.outcome, decision.limit) == (Verdict.IMPLICIT_DENY, Limit.SESSION)


def test_decision_names_the_statements_and_the_missing_keys() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/a": "1"}}
    decision = evaluate([policy(allow(Sid="One"), allow(Sid="Two", Condition=condition))], None, "iam:GetRole")
    assert [statement.sid for statement in decision.statements] == ["One"]
    assert decision.missing_keys == {"aws:ResourceTag/a"}


def test_lenient_use_gives_the_benefit_of_the_doubt_only_to_what_is_not_known() -> None:
    tagged = policy(allow("ec2:*", Condition={"StringEquals": {"aws:ResourceTag/a": "1", "aws:RequestedRegion": "r"}}))
    known = {"aws:RequestedRegion": "r"}
    assert evaluate([tagged], None, "ec2:DeleteVpc", None, known, lenient=True).allowed
    assert not evaluate([tagged], None, "ec2:DeleteVpc", None, known).allowed
    assert not evaluate([tagged], None, "ec2:DeleteVpc", None, {"aws:RequestedRegion": "s"}, lenient=True).allowed
    assert not evaluate([tagged], None, "eks:DeleteCluster", None, known, lenient=True).allowed


def test_policy_variables_in_resources() -> None:
    own = policy(allow("iam:*", "arn:aws:iam::222233334444:user/${aws:username}"))
    assert evaluate([own], None, "iam:GetUser", "arn:aws:iam::222233334444:user/ann", {"aws:username": "ann"}).allowed
    assert not evaluate(
        [own], None, "iam:GetUser", "arn:aws:iam::222233334444:user/bob", {"aws:username": "ann"}
    ).allowed
    assert not evaluate([own], None, "iam:GetUser", "arn:aws:iam::222233334444:user/ann", {}).allowed
