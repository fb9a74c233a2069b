"""Least privilege, by AWS's own record: who called what, by which right, and which right nobody used, and why.

The key of step 2 has the policy that the wizard shows and nothing else; the portal's reads have the management role,
taken with the external ID. The simulator judges every call by policies, boundary and conditions; here it is judged
again from the record. What the bootstrap role calls: `tests/real/test_region_package.py`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from activation.aws import cores, outside, quotas, region_view, trust
from activation.aws.iam_rights import APPLY_ACTIONS, RIGHTS, Phase, caller_policy
from activation.aws.names import BUNDLED
from activation.aws.preflight import preflight
from activation.aws.sessions import session
from activation.domain.checks import CheckState, Report
from activation.domain.credentials import AccessKeys
from activation.domain.trust_proof import Answer, TrustProof
from activation.packages import bundled
from activation.simulator.client import Simulator
from activation.simulator.policy import Policy, evaluate
from tests.real.test_iam_package import EXTERNAL_ID, terraform, variables
from tests.simulator.conftest import client, end, start_simulator

ROLE: Final = "zilliz-management-role"
# Free for everybody, and so in no policy (STS API Reference, GetCallerIdentity).
WHO_AM_I: Final = "sts:GetCallerIdentity"
REGION: Final = "us-west-2"
CLUSTER: Final = "zilliz-byoc-demo"
DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")

# Rights behind S3's operations where they have another name. Source: Service Authorization Reference, Amazon S3.
S3_RIGHTS: Final = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
}
WORK_OF_ZILLIZ: Final = "Zilliz's day-to-day work on the data plane once it is active; the portal does none of it"
UNUSED_OF_MANAGEMENT: Final = {
    **dict.fromkeys(
        (
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeVolumes",
            "eks:DescribeAddonVersions",
            "eks:UpdateAddon",
            "eks:UpdateClusterVersion",
            "eks:UpdateNodegroupConfig",
            "eks:UpdateNodegroupVersion",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterTargets",
            "iam:PassRole",
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:ListBucketMultipartUploads",
            "s3:ListMultipartUploadParts",
            "s3:PutBucketTagging",
            "s3:PutLifecycleConfiguration",
        ),
        WORK_OF_ZILLIZ,
    ),
    **dict.fromkeys(
        (
            "ec2:DescribeNetworkInterfaces",
            "elasticloadbalancing:Describe*",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetLifecycleConfiguration",
            "s3:ListBucket",
        ),
        "Reads for the work above: it is looked at before it is changed",
    ),
}


@dataclass(frozen=True)
class Cycle:
    """A life of the package under the least policy: which calls each phase made, and what came of it."""

    calls: dict[Phase, dict[str, int]]
    refused: list[dict[str, Any]]
    report: Report
    created: dict[str, Any]
    left: list[str]
    repaired: dict[str, Any]
    account: str
    trust: TrustProof
    # What the portal called with the management role, and the policies that gave it the right.
    managed: list[dict[str, Any]]
    policies: dict[str, Policy]


def least_key(iam: Any, account: str) -> dict[str, str]:
    """Make a user whose only policy is the one that the wizard shows."""
    iam.create_user(UserName="least")
    document = json.dumps(caller_policy(account))
    iam.put_user_policy(UserName="least", PolicyName="rights", PolicyDocument=document)
    key = iam.create_access_key(UserName="least")["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"], "session_token": ""}


def disturb(iam: Any, account: str) -> None:
    """Change everything that somebody in the account could have changed."""
    policy = f"arn:aws:iam::{account}:policy/zilliz/zilliz-ca-irsa-policy"
    statement = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    # Five versions are as many as IAM keeps: putting the text back takes the removal of one.
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=document, SetAsDefault=True)
    trust = json.loads(json.dumps(iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]))
    trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = "cid-of-somebody-else"
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    iam.update_role(RoleName=ROLE, Description="changed", MaxSessionDuration=43200)
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=policy)
    for tag, untag, name in (
        (iam.tag_role, iam.untag_role, {"RoleName": ROLE}),
        (iam.tag_policy, iam.untag_policy, {"PolicyArn": policy}),
    ):
        untag(TagKeys=["Vendor"], **name)
        tag(Tags=[{"Key": "stray", "Value": "tag"}], **name)


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cycle]:
    directory = tmp_path_factory.mktemp("simulator")
    process = start_simulator(directory)
    try:
        yield live(Simulator.from_directory(directory), tmp_path_factory.mktemp("package"))
    finally:
        end(process)


def live(simulator: Simulator, folder: Path) -> Cycle:
    identities = simulator.identities()
    account = identities["customer"]["account"]
    iam = client(simulator.endpoint, "iam", identities["customer"]["administrator"])
    key = least_key(iam, account)
    keys = AccessKeys(key["access_key_id"], key["secret_access_key"])
    for name, contents in bundled("terraform-aws-iam").items():
        (folder / name).write_bytes(contents)
    environment = {
        **variables(identities["vendor"]["principal_arn"]),
        "AWS_ACCESS_KEY_ID": key["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": key["secret_access_key"],
        "AWS_ENDPOINT_URL": simulator.endpoint,
    }
    calls: dict[Phase, dict[str, int]] = {}
    refused: list[dict[str, Any]] = []

    def note(phase: Phase, after: int) -> int:
        rows = [row for row in simulator.actions(after=after) if row["access_key"] == key["access_key_id"]]
        counted: dict[str, int] = {}
        for row in rows:
            counted[row["action"]] = counted.get(row["action"], 0) + 1
        calls[phase] = counted
        refused.extend(row for row in rows if row["outcome"] in ("AccessDenied", "AccessDeniedException"))
        return len(simulator.actions())

    mark = len(simulator.actions())
    report = Report(
        tuple(
            preflight(
                keys,
                region="us-west-2",
                endpoint=simulator.endpoint,
                expected_account=account,
                package=BUNDLED,
                external_id=EXTERNAL_ID,
            )
        )
    )
    mark = note(Phase.CHECK, mark)
    terraform(folder, "init", "-input=false", "-lockfile=readonly", **environment)
    terraform(folder, "apply", "-input=false", "-auto-approve", **environment)
    created = json.loads((folder / "terraform.tfstate").read_text())
    note(Phase.CREATE, mark)
    policies = {
        each["name"]: Policy.from_json(each["name"], each["instances"][0]["attributes"]["policy"])
        for each in created["resources"]
        if each["type"] == "aws_iam_policy"
    }
    proof, managed = read_as_the_portal(simulator, {name: out["value"] for name, out in created["outputs"].items()})
    disturb(iam, account)
    mark = len(simulator.actions())
    terraform(folder, "apply", "-input=false", "-auto-approve", **environment)
    note(Phase.UPDATE, mark)
    repaired = iam.get_role(RoleName=ROLE)["Role"]
    mark = len(simulator.actions())
    terraform(folder, "destroy", "-input=false", "-auto-approve", **environment)
    note(Phase.DESTROY, mark)
    left = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    left += [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    return Cycle(calls, refused, report, created, left, repaired, account, proof, managed, policies)


def read_as_the_portal(simulator: Simulator, arns: dict[str, str]) -> tuple[TrustProof, list[dict[str, Any]]]:
    """Do all that the portal does with the management role; return the proof of trust and the calls of the role."""
    vendor = simulator.identities()["vendor"]["role"]
    keys = AccessKeys(vendor["access_key_id"], vendor["secret_access_key"], vendor["session_token"])
    roles = {name: arns[name] for name in ("bootstrap_role_arn", "management_role_arn")}
    proof = trust.prove(
        lambda: session(keys, REGION, simulator.endpoint),
        roles,
        external_id=EXTERNAL_ID,
        region=REGION,
        endpoint=simulator.endpoint,
        patience=trust.Patience(pause=lambda seconds: None),
    )
    taken = client(simulator.endpoint, "sts", vendor).assume_role(
        RoleArn=arns["management_role_arn"], RoleSessionName="portal", ExternalId=EXTERNAL_ID, DurationSeconds=900
    )["Credentials"]
    mine = AccessKeys(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
    manager = session(mine, REGION, simulator.endpoint)
    quotas.look(manager, quotas.Needs())
    quotas.networks(manager)
    cores.count(manager, clusters=[CLUSTER])
    outside.look(manager, cluster=CLUSTER, node_groups=("core",), bucket=f"{CLUSTER}-milvus")
    region_view.look(manager, name=CLUSTER, tag="41", stated=())
    return proof, [row for row in simulator.actions() if row["access_key"] == mine.access_key_id]


def test_the_checks_find_nothing_wrong_with_the_least_policy(cycle: Cycle) -> None:
    states = {check.code: check.state for check in cycle.report.checks}
    assert states.pop("temporary_key") is CheckState.WARNING
    assert set(states.values()) == {CheckState.PASSED}


def test_the_least_policy_is_enough_to_create_the_package(cycle: Cycle) -> None:
    assert len(cycle.created["outputs"]) == 7
    managed = [resource for resource in cycle.created["resources"] if resource["mode"] == "managed"]
    assert len(managed) == 11


def test_the_least_policy_is_enough_to_put_everything_back(cycle: Cycle) -> None:
    assert cycle.repaired["MaxSessionDuration"] == 3600
    assert cycle.repaired.get("Description") != "changed"
    assert cycle.repaired["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(
        "/zilliz-permission-boundary-policy"
    )
    condition = cycle.repaired["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
    assert condition == {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    tags = {tag["Key"]: tag["Value"] for tag in cycle.repaired["Tags"]}
    assert tags["Vendor"] == "zilliz-byoc"
    assert "stray" not in tags


def test_the_least_policy_is_enough_to_remove_the_package(cycle: Cycle) -> None:
    assert not [name for name in cycle.left if name.startswith("zilliz-")]


def test_nothing_was_refused_on_the_way(cycle: Cycle) -> None:
    assert cycle.refused == []


@pytest.mark.parametrize("phase", list(Phase))
def test_every_call_of_a_phase_is_in_the_table_for_that_phase(cycle: Cycle, phase: Phase) -> None:
    called = set(cycle.calls[phase]) - {WHO_AM_I}
    assert called <= {right.action for right in RIGHTS if phase in right.phases}


def test_every_right_of_the_table_was_called(cycle: Cycle) -> None:
    called = {action for calls in cycle.calls.values() for action in calls}
    assert {right.action for right in RIGHTS} - called == set()
    assert set(APPLY_ACTIONS) <= called


# --- the portal's own reads


def test_both_roles_let_the_portal_in_with_the_right_external_id_alone(cycle: Cycle) -> None:
    for proof in cycle.trust.proofs:
        right, *others = proof.tries
        assert right.answer is Answer.ADMITTED, proof
        assert {each.answer for each in others} == {Answer.DENIED}, proof


def test_every_read_of_the_portal_is_a_right_of_the_management_role_under_its_boundary(cycle: Cycle) -> None:
    role = f"arn:aws:iam::{cycle.account}:role/zilliz/{ROLE}"
    known = {"aws:PrincipalArn": [role], "aws:ResourceAccount": [cycle.account], "aws:RequestedRegion": [REGION]}
    policies, boundary = [cycle.policies["management_policy"]], cycle.policies["permission_boundary"]
    assert cycle.managed
    for row in cycle.managed:
        assert row["outcome"] not in DENIED, row
        resource = row["resource"] or "*"
        decision = evaluate(policies, boundary, S3_RIGHTS.get(row["action"], row["action"]), resource, known)
        assert decision.allowed or row["action"] == WHO_AM_I, (row, decision)


def test_what_the_management_role_may_and_the_portal_does_not_is_listed_with_its_reason(cycle: Cycle) -> None:
    called = {S3_RIGHTS.get(row["action"], row["action"]) for row in cycle.managed}
    granted = {
        action
        for statement in cycle.policies["management_policy"].statements()
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    unused = {pattern for pattern in granted if not any(fnmatchcase(action, pattern) for action in called)}
    different = sorted(unused ^ set(UNUSED_OF_MANAGEMENT))
    assert not different, f"used now, or unused without a reason: {different}"
    assert all(UNUSED_OF_MANAGEMENT.values())
