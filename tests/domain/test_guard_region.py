"""A region's plan may do what its package is for, in the network that was chosen, and open nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from activation.domain.guard import AWS_PROVIDER, Rules
from activation.domain.guard_region import RegionRules, RoleTrust, inspect_region
from activation.domain.plan import PlanReview, ResourceChange

ACCOUNT = "222233334444"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/zilliz/zilliz-permission-boundary-policy"
OWN_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/zilliz/zilliz-aws-lb-irsa-policy"
ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
SUBJECT = "system:serviceaccount:kube-system:aws-load-balancer-controller"


def change(address: str, *, action: str = "create", **after: Any) -> ResourceChange:
    kind, name = address.split(".")
    return ResourceChange(address, kind, name, (action,), action, after=after, provider=AWS_PROVIDER)


def service_trust(service: str = "eks.amazonaws.com", **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def account_trust(*, subject: object = SUBJECT, audience: str = "sts.amazonaws.com", issuer: str = ISSUER) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:aud": audience}, "StringLike": {f"{issuer}:sub": subject}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


VPC = change("aws_vpc.main", cidr_block="10.20.0.0/16")
GROUP = change("aws_security_group.main", ingress=[{"cidr_blocks": ["10.20.0.0/16"], "ipv6_cidr_blocks": []}])
CLUSTER = change("aws_eks_cluster.main", vpc_config=[{"endpoint_public_access": False}])
BLOCK = change(
    "aws_s3_bucket_public_access_block.milvus",
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
ROLE = {"path": "/zilliz/", "permissions_boundary": BOUNDARY}
CLUSTER_ROLE = change("aws_iam_role.cluster", name="zilliz-byoc-x-cluster", assume_role_policy=service_trust(), **ROLE)
LB_ROLE = change("aws_iam_role.lb", name="zilliz-byoc-x-lb", assume_role_policy=account_trust(), **ROLE)
ATTACHED = change("aws_iam_role_policy_attachment.lb", role="zilliz-byoc-x-lb", policy_arn=OWN_POLICY)
PLAN = PlanReview((VPC, GROUP, CLUSTER, BLOCK, CLUSTER_ROLE, LB_ROLE, ATTACHED), providers=(AWS_PROVIDER,))

RULES = Rules(
    resource_types=frozenset(each.type for each in PLAN.changes),
    vendor_principal_arn="",
    external_id="",
    account=ACCOUNT,
    name_prefixes=("zilliz-byoc-x",),
    addresses=frozenset(each.address for each in PLAN.changes),
)
REGION = RegionRules(
    trusts={
        "aws_iam_role.cluster": RoleTrust("eks.amazonaws.com"),
        "aws_iam_role.lb": RoleTrust(service_accounts=frozenset({SUBJECT})),
    },
    attachments={"aws_iam_role_policy_attachment.lb": ("zilliz-byoc-x-lb", OWN_POLICY)},
    boundary_arn=BOUNDARY,
    vpc_cidr="10.20.0.0/16",
)


def with_change(other: ResourceChange) -> PlanReview:
    changes = [each for each in PLAN.changes if each.address != other.address]
    return replace(PLAN, changes=(*changes, other))


def with_after(found: ResourceChange, **after: Any) -> PlanReview:
    return with_change(replace(found, after={**found.after, **after}))


def codes(review: PlanReview) -> set[str]:
    verdict = inspect_region(review, RULES, REGION)
    assert verdict.passed is not bool(verdict.findings)
    return {each.code for each in verdict.findings}


def test_the_packages_own_plan_passes() -> None:
    assert codes(PLAN) == set()


@pytest.mark.parametrize(
    ("review", "code"),
    [
        (with_after(VPC, cidr_block="10.0.0.0/16"), "network"),
        (with_after(GROUP, ingress=[{"cidr_blocks": ["0.0.0.0/0"]}]), "open_ingress"),
        (with_after(GROUP, ingress=[{"ipv6_cidr_blocks": ["::/0"]}]), "open_ingress"),
        (with_after(GROUP, ingress=None), "open_ingress"),
        (with_after(CLUSTER, vpc_config=[{"endpoint_public_access": True}]), "open_cluster"),
        (with_after(CLUSTER, vpc_config=[{}]), "open_cluster"),
        (with_after(BLOCK, block_public_acls=False), "open_bucket"),
        (with_after(CLUSTER_ROLE, permissions_boundary=None), "boundary_other"),
        (with_after(CLUSTER_ROLE, inline_policy=[{"name": "all"}]), "role_extra_rights"),
        (with_after(CLUSTER_ROLE, name="somebody-elses"), "name"),
        (with_after(CLUSTER_ROLE, path="/"), "path"),
        (with_change(change("aws_instance.miner")), "resource_type"),
        (with_change(change("aws_vpc.second", cidr_block="10.20.0.0/16")), "address"),
        (with_change(replace(VPC, action="replace", before=VPC.after)), "replace"),
        (with_change(replace(VPC, action="delete", before=VPC.after)), "delete"),
        (with_change(replace(VPC, importing_id="vpc-0")), "import"),
        (with_after(ATTACHED, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"), "attachment"),
        (with_after(ATTACHED, role="somebody-elses"), "attachment"),
        (replace(PLAN, providers=("registry.terraform.io/hashicorp/null",)), "provider"),
    ],
)
def test_whatever_else_a_plan_does_is_refused(review: PlanReview, code: str) -> None:
    rules = replace(RULES, importable=frozenset())
    assert code in {each.code for each in inspect_region(review, rules, REGION).findings}


@pytest.mark.parametrize(
    "document",
    [
        service_trust("ec2.amazonaws.com"),
        service_trust(Action="sts:*"),
        service_trust(Effect="Deny"),
        service_trust(Principal="*"),
        service_trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        json.dumps({"Version": "2012-10-17", "Statement": []}),
        "{",
    ],
)
def test_a_role_of_a_service_trusts_that_service_and_nobody_else(document: str) -> None:
    assert codes(with_after(CLUSTER_ROLE, assume_role_policy=document)) & {"trust_other", "trust_hidden"}


@pytest.mark.parametrize(
    "document",
    [
        account_trust(subject="system:serviceaccount:*:*"),
        account_trust(subject=[SUBJECT, "system:serviceaccount:default:default"]),
        account_trust(audience="*"),
        account_trust().replace(ACCOUNT, "999900001111"),
        service_trust(),
    ],
)
def test_a_role_of_service_accounts_lets_in_those_of_the_package(document: str) -> None:
    assert "trust_other" in codes(with_after(LB_ROLE, assume_role_policy=document))


def test_what_is_not_known_before_the_cluster_stands_is_left_to_the_look_after_it() -> None:
    unknown = replace(
        LB_ROLE, after={**LB_ROLE.after, "assume_role_policy": None}, after_unknown={"assume_role_policy": True}
    )
    assert codes(with_change(unknown)) == set()
    # A role of an AWS service has nothing to wait for.
    hidden = replace(
        CLUSTER_ROLE,
        after={**CLUSTER_ROLE.after, "assume_role_policy": None},
        after_unknown={"assume_role_policy": True},
    )
    assert "trust_hidden" in codes(with_change(hidden))


def test_a_role_that_the_package_does_not_name_trusts_nobody() -> None:
    rules = replace(RULES, addresses=frozenset())
    other = change("aws_iam_role.other", name="zilliz-byoc-x-other", assume_role_policy=service_trust(), **ROLE)
    found = inspect_region(with_change(other), rules, REGION).findings
    assert [each.code for each in found] == ["trust_nobody"]
