"""A data plane looked at from outside: what is wrong is named, what cannot be read is open."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from activation.aws.outside import Seen, judge, judge_endpoint, look
from activation.aws.sessions import Session, session
from activation.domain.checks import CheckState, Report
from activation.domain.credentials import AccessKeys
from activation.simulator.client import Simulator
from tests.aws.conftest import REGION, TakeRole, allow, keys_of
from tests.aws.standing import NODE_GROUPS, Standing, put_up, tls_policy, trust_of

_numbers = itertools.count(1)
# What the bundled package's management role may read of these; not one role of the data plane.
MANAGEMENT = ("eks:Describe*", "s3:GetBucket*", "s3:GetEncryptionConfiguration")


@pytest.fixture
def standing(simulator: Simulator, customer: dict[str, Any], iam: Any) -> Iterator[Standing]:
    made = put_up(simulator, customer["administrator"], f"zilliz-byoc-outside-{next(_numbers)}")
    yield made
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made.provider)


@pytest.fixture
def opened(simulator: Simulator, customer: dict[str, Any]) -> Callable[..., Session]:
    def open_with(keys: AccessKeys | None = None) -> Session:
        return session(keys or keys_of(customer["administrator"]), REGION, simulator.endpoint)

    return open_with


def seen(aws: Session, standing: Standing, **more: Any) -> Seen:
    return look(aws, cluster=standing.name, node_groups=NODE_GROUPS, bucket=standing.bucket, **more)


def states(report: Report) -> dict[str, CheckState]:
    return {check.code: check.state for check in report.checks}


def test_what_the_package_makes_passes_every_line(standing: Standing, opened: Callable[..., Session]) -> None:
    report = seen(opened(), standing)
    assert set(states(report).values()) == {CheckState.PASSED}
    assert [check.code for check in report.checks] == [
        *("cluster", "cluster_endpoint", "node_group_core", "node_group_fundamental"),
        *("bucket_encryption", "bucket_public_access", "bucket_ownership", "bucket_tls"),
        *("role_aws_lb_irsa", "role_ca_irsa", "role_ebs_csi_irsa", "role_business_irsa"),
    ]
    assert Report.from_json(report.to_json()).checks == report.checks


def test_the_management_role_reads_all_but_the_roles_and_says_so(
    standing: Standing, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    manager = opened(take_role(allow(*MANAGEMENT)))
    report = seen(manager, standing)
    assert not report.blocking
    roles = [check for check in report.checks if check.code.startswith("role_")]
    assert {check.state for check in roles} == {CheckState.NOT_CHECKED}
    assert "iam:GetRole" in roles[0].detail
    assert {check.state for check in report.checks if check not in roles} == {CheckState.PASSED}
    # With a second session that may read them, they are checked.
    bootstrap = opened(take_role(allow("iam:GetRole")))
    assert set(states(seen(manager, standing, roles=bootstrap)).values()) == {CheckState.PASSED}


def test_what_may_not_be_read_is_neither_right_nor_wrong(
    standing: Standing, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    report = seen(opened(take_role(allow("ec2:DescribeVpcs"))), standing)
    assert set(states(report).values()) == {CheckState.NOT_CHECKED}
    assert not report.blocking
    assert not report.passing, "a denial does not pass by itself"


def test_what_is_not_there_fails_and_says_so(standing: Standing, opened: Callable[..., Session]) -> None:
    aws = opened()
    report = look(aws, cluster="zilliz-byoc-gone", node_groups=("core",), bucket="zilliz-byoc-gone-milvus")
    assert {report.find(code).detail for code in ("cluster", "node_group_core")} == {"It does not exist."}  # type: ignore[union-attr]
    assert states(report)["bucket_encryption"] is CheckState.FAILED
    # Nothing vouches for a cluster that is not there: its roles cannot be judged.
    assert states(report)["role_ca_irsa"] is CheckState.NOT_CHECKED
    standing.eks.delete_nodegroup(clusterName=standing.name, nodegroupName="core")
    assert states(seen(aws, standing))["node_group_core"] is CheckState.FAILED
    standing.iam.delete_role(RoleName=f"{standing.name}-ca-irsa")
    assert states(seen(aws, standing))["role_ca_irsa"] is CheckState.FAILED


def test_a_throttled_answer_is_open(standing: Standing, opened: Callable[..., Session], simulator: Simulator) -> None:
    simulator.inject("eks:DescribeNodegroup", "ThrottlingException", status=429, times=3)
    report = seen(opened(), standing)
    assert states(report)["node_group_core"] is CheckState.NOT_CHECKED
    assert report.passing == {"node_group_core"}
    assert states(report)["node_group_fundamental"] is CheckState.PASSED


def test_each_weakness_of_the_bucket_is_a_failed_line(standing: Standing, opened: Callable[..., Session]) -> None:
    aws, bucket = opened(), standing.bucket
    s3 = standing.s3
    blocks = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocks)
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    report = seen(aws, standing)
    failed = {check.code: check.detail for check in report.failed}
    assert set(failed) == {"bucket_encryption", "bucket_public_access", "bucket_ownership", "bucket_tls"}
    assert "BlockPublicPolicy, RestrictPublicBuckets" in failed["bucket_public_access"]
    assert report.blocking


@pytest.mark.parametrize(
    "weaker",
    [
        lambda text: text.replace('"false"', '"true"'),
        lambda text: text.replace('"Deny"', '"Allow"'),
        lambda text: text.replace('"s3:*"', '"s3:GetObject"'),
        lambda text: text.replace("/*", "/logs/*"),
        lambda text: text.replace('"Bool"', '"BoolIfExists"').replace(
            "aws:SecureTransport", "aws:PrincipalIsAWSService"
        ),
        lambda text: text.replace('"Principal": "*"', '"Principal": {"AWS": "111122223333"}'),
    ],
)
def test_a_policy_that_demands_less_than_tls_fails(
    standing: Standing, opened: Callable[..., Session], weaker: Callable[[str], str]
) -> None:
    standing.s3.put_bucket_policy(Bucket=standing.bucket, Policy=weaker(tls_policy(standing.bucket)))
    assert states(seen(opened(), standing))["bucket_tls"] is CheckState.FAILED


def test_a_role_that_every_service_account_may_take_fails_and_the_finding_names_it(
    standing: Standing, opened: Callable[..., Session]
) -> None:
    wide = trust_of(standing, ("system:serviceaccount:*:*",))
    standing.iam.update_assume_role_policy(RoleName=f"{standing.name}-business-irsa", PolicyDocument=wide)
    report = seen(opened(), standing)
    assert [check.code for check in report.failed] == ["role_business_irsa"]
    assert "system:serviceaccount:*:*" in report.failed[0].items[0]


def test_an_unhealthy_node_group_fails_with_what_eks_says() -> None:
    issue = {"code": "NodeCreationFailure", "message": "Instances failed to join", "resourceIds": ["i-1"]}
    check = judge("node_group_core", "Core", {"status": "ACTIVE", "health": {"issues": [issue]}}, "")
    assert check.state is CheckState.FAILED
    assert check.items == ("NodeCreationFailure: Instances failed to join",)
    for status in ("CREATING", "CREATE_FAILED", "DEGRADED", "DELETING", "something new"):
        assert judge("c", "Core", {"status": status}, "").state is CheckState.FAILED
    assert judge("c", "Core", {"status": "UPDATING"}, "").state is CheckState.WARNING


def test_an_api_that_answers_on_the_internet_is_a_warning() -> None:
    both = {"resourcesVpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": True}}
    assert judge_endpoint("API", both).state is CheckState.WARNING
    assert judge_endpoint("API", {}).state is CheckState.WARNING
