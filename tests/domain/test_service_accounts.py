"""Trust policies of the data plane's roles: the cluster's own service accounts, and nobody else."""

import json
from typing import Any

import pytest

from activation.domain.service_accounts import AUDIENCE, SUBJECTS, lint
from activation.packages import bundled

ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/1F2E"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
OWN = ("system:serviceaccount:kube-system:cluster-autoscaler",)


def trust(**changes: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE}, "StringLike": {f"{ISSUER}:sub": list(OWN)}},
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


def found(document: Any) -> tuple[str, ...]:
    return lint(document, provider=PROVIDER, issuer=ISSUER, subjects=OWN)


def with_condition(*, aud: Any = AUDIENCE, sub: Any = OWN[0], operator: str = "StringEquals") -> dict[str, Any]:
    return trust(
        Condition={"StringEquals": {f"{ISSUER}:aud": aud}, operator: {f"{ISSUER}:sub": sub}}
        | ({"StringEquals": {f"{ISSUER}:aud": aud, f"{ISSUER}:sub": sub}} if operator == "StringEquals" else {})
    )


def test_the_subjects_are_those_that_the_package_writes() -> None:
    package = bundled("terraform-aws-region")["cluster.tf"].decode()
    assert all(f'"{subject}"' in package for subjects in SUBJECTS.values() for subject in subjects)
    assert package.count('"system:serviceaccount:') == sum(map(len, SUBJECTS.values()))
    assert all(f"-{end}" in package for end in SUBJECTS)


def test_what_the_package_writes_lets_in_nobody_else() -> None:
    assert found(trust()) == ()
    assert found(json.dumps(trust())) == ()
    assert found(with_condition()) == ()


@pytest.mark.parametrize(
    "document",
    [
        "no JSON",
        {"Version": "2012-10-17", "Statement": []},
        trust(Effect="Deny"),
        trust(Principal="*"),
        trust(Principal={"AWS": "*"}),
        trust(Principal={"Federated": PROVIDER.replace("1F2E", "0000")}),
        trust(Principal={"Federated": [PROVIDER, "accounts.google.com"]}),
        trust(Action="sts:*"),
        trust(Action=["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"]),
        trust(Condition={}),
        trust(Condition={"StringLike": {f"{ISSUER}:sub": list(OWN)}}),
        trust(Condition={"StringEquals": {f"{ISSUER}:aud": AUDIENCE}}),
        with_condition(aud="*"),
        with_condition(aud=[AUDIENCE, "other"]),
        with_condition(sub="*", operator="StringLike"),
        with_condition(sub="system:serviceaccount:*:*", operator="StringLike"),
        with_condition(sub="system:serviceaccount:*:cluster-autoscaler", operator="StringLike"),
        with_condition(sub="system:serviceaccount:kube-system:*", operator="StringLike"),
        with_condition(sub=[*OWN, "system:serviceaccount:kube-system:other"]),
        with_condition(sub=[]),
        with_condition(operator="StringNotLike"),
        with_condition(operator="StringLikeIfExists"),
    ],
)
def test_whatever_lets_in_more_is_found(document: Any) -> None:
    assert found(document)


def test_a_second_statement_is_judged_as_well() -> None:
    document = trust()
    document["Statement"] += trust(Principal="*")["Statement"]
    assert found(document) == ("It trusts somebody other than the cluster's OIDC provider.",)
