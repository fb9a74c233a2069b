"""The bundled IAM package, planned and applied by the real Terraform on the simulator, with no more than its rights.

One init, plan and apply serve all tests of this file; a package by somebody else is applied once beside it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from activation.domain.arn_set import ARN_OUTPUTS, check_set
from activation.domain.package import SEVEN_OUTPUTS, read_package
from activation.packages import bundled
from activation.simulator.client import Simulator
from activation.simulator.policy import Policy, evaluate
from tests.simulator.conftest import client, end, start_simulator

EXTERNAL_ID: Final = "cid-0123456789abcdefghijklmno"
SUFFIXED: Final = Path(__file__).parents[1] / "packages/terraform-aws-iam-suffixed"
# AWS IAM quotas.
LONGEST_POLICY: Final = 6144

POLICIES: Final = {
    "aws_iam_policy.aws_lb_irsa_policy": "zilliz-aws-lb-irsa-policy",
    "aws_iam_policy.bootstrap_policy": "zilliz-bootstrap-policy",
    "aws_iam_policy.cluster_autoscaler_irsa_policy": "zilliz-ca-irsa-policy",
    "aws_iam_policy.ebs_csi_irsa_policy": "zilliz-ebs-csi-irsa-policy",
    "aws_iam_policy.management_policy": "zilliz-management-policy",
    "aws_iam_policy.permission_boundary": "zilliz-permission-boundary-policy",
    "aws_iam_policy.zilliz_business_irsa_policy": "zilliz-business-irsa-policy",
}
ROLES: Final = {
    "aws_iam_role.bootstrap_role": "zilliz-bootstrap-role",
    "aws_iam_role.management_role": "zilliz-management-role",
}
ATTACHMENTS: Final = {
    "aws_iam_role_policy_attachment.bootstrap_attachment": ("zilliz-bootstrap-role", "zilliz-bootstrap-policy"),
    "aws_iam_role_policy_attachment.management_attachment": ("zilliz-management-role", "zilliz-management-policy"),
}


@dataclass(frozen=True)
class Applied:
    """What one init, plan and apply left."""

    folder: Path
    simulator: Simulator
    account: str
    principal: str
    key: Mapping[str, str]
    plan: dict[str, Any]
    state: dict[str, Any]
    calls: dict[str, int]

    def planned(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the planned values by address."""
        changes = self.plan["resource_changes"]
        return {change["address"]: change["change"]["after"] for change in changes if change["type"] == kind}

    def document(self, name: str) -> Policy:
        """Return a planned policy by the last part of its address."""
        return Policy.from_json(name, self.planned("aws_iam_policy")[f"aws_iam_policy.{name}"]["policy"])


def terraform(folder: Path, *arguments: str, **environment: str) -> str:
    """Run Terraform with an environment made from nothing, and return what it printed."""
    program = shutil.which("terraform")
    if program is None:
        pytest.fail(
            "Terraform is missing: install 1.10 or later from https://developer.hashicorp.com/terraform/install"
        )
    shared = {"PATH": os.environ["PATH"], "HOME": str(folder), "GOGC": "400", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**shared, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def variables(principal: str) -> dict[str, str]:
    return {
        "TF_VAR_aws_region": "us-west-2",
        "TF_VAR_external_id": EXTERNAL_ID,
        "TF_VAR_vendor_principal_arn": principal,
    }


def user_with_exactly_the_named_rights(simulator: Simulator) -> dict[str, str]:
    """Make a user whose policy is what manifest.json says that the caller needs, and return its key."""
    package = read_package(bundled("terraform-aws-iam"))
    statement = {
        "Effect": "Allow",
        "Action": list(package.caller_actions["create"]),
        "Resource": list(package.caller_resources),
    }
    iam = client(simulator.endpoint, "iam", simulator.identities()["customer"]["administrator"])
    iam.create_user(UserName="narrow")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="narrow", PolicyName="rights", PolicyDocument=document)
    key = iam.create_access_key(UserName="narrow")["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"], "session_token": ""}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    """Apply the bundled package with keys given as variables, so that their absence from the files means something."""
    directory = tmp_path_factory.mktemp("simulator")
    process = start_simulator(directory)
    try:
        yield apply(Simulator.from_directory(directory), tmp_path_factory.mktemp("bundled"))
    finally:
        end(process)


def apply(simulator: Simulator, folder: Path) -> Applied:
    identities = simulator.identities()
    key = user_with_exactly_the_named_rights(simulator)
    for name, contents in bundled("terraform-aws-iam").items():
        (folder / name).write_bytes(contents)
    before = len(simulator.actions())
    environment = {
        **variables(identities["vendor"]["principal_arn"]),
        "TF_VAR_aws_access_key": key["access_key_id"],
        "TF_VAR_aws_secret_key": key["secret_access_key"],
        "TF_VAR_allowed_account_ids": json.dumps([identities["customer"]["account"]]),
        "TF_VAR_activation_tags": json.dumps({"byoc:activation": "41"}),
        "AWS_ENDPOINT_URL": simulator.endpoint,
    }
    terraform(folder, "init", "-input=false", "-lockfile=readonly", **environment)
    terraform(folder, "plan", "-input=false", "-out=saved.tfplan", **environment)
    plan = json.loads(terraform(folder, "show", "-json", "saved.tfplan", **environment))
    terraform(folder, "apply", "-input=false", "saved.tfplan", **environment)
    return Applied(
        folder=folder,
        simulator=simulator,
        account=identities["customer"]["account"],
        principal=identities["vendor"]["principal_arn"],
        key=key,
        plan=plan,
        state=json.loads((folder / "terraform.tfstate").read_text()),
        calls=simulator.counts(after=before),
    )


def test_plan_adds_the_eleven_documented_resources_and_nothing_else(applied: Applied) -> None:
    changes = applied.plan["resource_changes"]
    assert {change["address"] for change in changes} == {*POLICIES, *ROLES, *ATTACHMENTS}
    assert all(change["change"]["actions"] == ["create"] for change in changes)


def test_names_paths_and_tags_are_as_documented(applied: Applied) -> None:
    planned = {**applied.planned("aws_iam_policy"), **applied.planned("aws_iam_role")}
    assert {address: after["name"] for address, after in planned.items()} == {**POLICIES, **ROLES}
    for address, after in planned.items():
        assert after["path"] == "/zilliz/"
        assert after["tags"] == {
            "Vendor": "zilliz-byoc",
            "byoc": "true",
            "byoc:address": address,
            "byoc:activation": "41",
        }


def test_both_roles_stand_under_the_boundary_and_have_their_policy(applied: Applied) -> None:
    prefix = f"arn:aws:iam::{applied.account}:policy/zilliz/"
    for after in applied.planned("aws_iam_role").values():
        assert after["permissions_boundary"] == f"{prefix}zilliz-permission-boundary-policy"
    attachments = applied.planned("aws_iam_role_policy_attachment")
    assert {address: (after["role"], after["policy_arn"]) for address, after in attachments.items()} == {
        address: (role, prefix + policy) for address, (role, policy) in ATTACHMENTS.items()
    }


def test_trust_is_one_statement_for_one_principal_with_the_external_id(applied: Applied) -> None:
    for after in applied.planned("aws_iam_role").values():
        (statement,) = json.loads(after["assume_role_policy"])["Statement"]
        assert statement == {
            "Sid": "VendorWithExternalId",
            "Effect": "Allow",
            "Principal": {"AWS": applied.principal},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }


def test_policies_fit_and_are_known_before_apply(applied: Applied) -> None:
    sizes = {address: len(after["policy"]) for address, after in applied.planned("aws_iam_policy").items()}
    assert len(sizes) == 7
    assert all(0 < size <= LONGEST_POLICY for size in sizes.values()), sizes


def test_seven_arns_come_out_and_belong_together(applied: Applied) -> None:
    arns = {name: output["value"] for name, output in applied.state["outputs"].items()}
    assert set(arns) == set(SEVEN_OUTPUTS)
    assert not check_set(arns, account=applied.account).problems
    for output in ARN_OUTPUTS:
        assert arns[output.name] == f"arn:aws:iam::{applied.account}:{output.kind}/zilliz/{output.resource_name}"


def test_keys_are_in_no_file_that_terraform_wrote(applied: Applied) -> None:
    written = [path for path in applied.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"saved.tfplan", "terraform.tfstate"} <= {path.name for path in written}
    plan = applied.folder / "unpacked"
    shutil.unpack_archive(applied.folder / "saved.tfplan", plan, "zip")
    for path in [*written, *(path for path in plan.rglob("*") if path.is_file())]:
        contents = path.read_bytes()
        assert applied.key["secret_access_key"].encode() not in contents, path
        assert applied.key["access_key_id"].encode() not in contents, path
    assert applied.key["secret_access_key"] not in json.dumps(applied.plan)


def test_manifest_names_exactly_the_rights_that_were_used(applied: Applied) -> None:
    named = set(read_package(bundled("terraform-aws-iam")).caller_actions["create"])
    used = {action for action in applied.calls if action.startswith("iam:")}
    # The right to tag is asked for by the calls that create; it is no call of its own.
    assert named == used | {"iam:TagPolicy", "iam:TagRole"}
    assert {action for action in applied.calls if action not in used} == {"sts:GetCallerIdentity"}


def test_only_the_vendor_with_the_external_id_gets_in(applied: Applied) -> None:
    sts = client(applied.simulator.endpoint, "sts", applied.simulator.identities()["vendor"]["role"])
    role = applied.state["outputs"]["bootstrap_role_arn"]["value"]
    answer = sts.assume_role(RoleArn=role, RoleSessionName="test", ExternalId=EXTERNAL_ID)
    assert answer["AssumedRoleUser"]["Arn"].endswith("zilliz-bootstrap-role/test")
    for wrong in ({}, {"ExternalId": EXTERNAL_ID.upper()}):
        with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="test", **wrong)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("aws_region", "us-gov-west-1", "are not supported: with their longer ARNs"),
        ("aws_region", "cn-north-1", "are not supported: with their longer ARNs"),
        ("vendor_principal_arn", "arn:aws-us-gov:iam::111122223333:role/vendor", "must be the ARN"),
    ],
)
def test_partitions_whose_arns_make_a_policy_too_long_are_refused(
    applied: Applied, variable: str, value: str, says: str
) -> None:
    given = variables(applied.principal) | {f"TF_VAR_{variable}": value}
    with pytest.raises(AssertionError) as refused:
        terraform(applied.folder, "plan", "-input=false", "-no-color", **given)
    assert says in " ".join(str(refused.value).replace("│", "").split())


def test_package_by_somebody_else_ends_in_its_own_arns(applied: Applied, tmp_path: Path) -> None:
    shutil.copytree(SUFFIXED, tmp_path, dirs_exist_ok=True)
    # Initialized already: the same provider, no second start for it.
    shutil.copytree(applied.folder / ".terraform", tmp_path / ".terraform", symlinks=True)
    shutil.copy(applied.folder / ".terraform.lock.hcl", tmp_path)
    administrator = applied.simulator.identities()["customer"]["administrator"]
    terraform(
        tmp_path,
        *("apply", "-input=false", "-auto-approve"),
        **variables(applied.principal),
        AWS_ACCESS_KEY_ID=administrator["access_key_id"],
        AWS_SECRET_ACCESS_KEY=administrator["secret_access_key"],
        AWS_ENDPOINT_URL=applied.simulator.endpoint,
    )
    outputs = json.loads((tmp_path / "terraform.tfstate").read_text())["outputs"]
    arns = {name: output["value"] for name, output in outputs.items()}
    assert not check_set(arns, account=applied.account).problems
    assert arns["cluster_autoscaler_irsa_policy_arn"].endswith(":policy/acme/byoc/acme-ca-irsa-policy-7f3a")
    assert arns["management_role_arn"].endswith(":role/acme/byoc/acme-management-role-7f3a")


# --- what the policies let the vendor do, by AWS's own rules of evaluation

VENDOR_TAG: Final = {"aws:ResourceTag/Vendor": "zilliz-byoc"}
NEW_TAG: Final = {"aws:RequestTag/Vendor": "zilliz-byoc"}


def may(applied: Applied, policy: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Tell whether a role with this policy may, under the boundary; ACCOUNT stands for the account."""

    def filled(text: str) -> str:
        return text.replace("ACCOUNT", applied.account)

    boundary = applied.document("permission_boundary")
    role = "zilliz-management-role" if policy == "management_policy" else "zilliz-bootstrap-role"
    known = {
        "aws:PrincipalArn": [f"arn:aws:iam::{applied.account}:role/zilliz/{role}"],
        "aws:ResourceAccount": [applied.account],
    }
    known |= {key: [filled(value)] for key, value in context.items()}
    return evaluate([applied.document(policy)], boundary, action, filled(resource), known).allowed


EC2 = "arn:aws:ec2:us-west-2:ACCOUNT:"
ROLE = "arn:aws:iam::ACCOUNT:role/zilliz/zilliz-byoc-x-node"
BOUNDARY = {"iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/zilliz/zilliz-permission-boundary-policy"}
IRSA = {"iam:PolicyARN": "arn:aws:iam::ACCOUNT:policy/zilliz/zilliz-ebs-csi-irsa-policy"}
NODE = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}
CLUSTER = "arn:aws:eks:us-west-2:ACCOUNT:cluster/zilliz-byoc-x"
NODE_GROUP = "arn:aws:eks:us-west-2:ACCOUNT:nodegroup/zilliz-byoc-x/core/1"
OIDC = "arn:aws:iam::ACCOUNT:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/1"
AT_CREATION = {**NEW_TAG, "ec2:CreateAction": "CreateVpc"}


@pytest.mark.parametrize(
    ("policy", "action", "resource", "context"),
    [
        ("bootstrap_policy", "ec2:DescribeVpcs", "*", {}),
        ("bootstrap_policy", "ec2:CreateVpc", EC2 + "vpc/*", NEW_TAG),
        ("bootstrap_policy", "ec2:CreateTags", EC2 + "vpc/vpc-1", AT_CREATION),
        ("bootstrap_policy", "ec2:CreateSubnet", EC2 + "vpc/vpc-1", VENDOR_TAG),
        ("bootstrap_policy", "ec2:CreateSubnet", EC2 + "subnet/*", NEW_TAG),
        ("bootstrap_policy", "ec2:AllocateAddress", EC2 + "elastic-ip/*", NEW_TAG),
        ("bootstrap_policy", "ec2:CreateNatGateway", EC2 + "elastic-ip/eipalloc-1", VENDOR_TAG),
        ("bootstrap_policy", "ec2:CreateRoute", EC2 + "route-table/rtb-1", VENDOR_TAG),
        ("bootstrap_policy", "ec2:CreateVpcEndpoint", EC2 + "vpc-endpoint/*", NEW_TAG),
        ("bootstrap_policy", "ec2:AuthorizeSecurityGroupIngress", EC2 + "security-group-rule/*", {}),
        ("bootstrap_policy", "ec2:DeleteVpc", EC2 + "vpc/vpc-1", VENDOR_TAG),
        ("bootstrap_policy", "s3:CreateBucket", "arn:aws:s3:::zilliz-byoc-x", {}),
        ("bootstrap_policy", "s3:PutBucketPublicAccessBlock", "arn:aws:s3:::zilliz-byoc-x", {}),
        ("bootstrap_policy", "s3:PutEncryptionConfiguration", "arn:aws:s3:::zilliz-byoc-x", {}),
        ("bootstrap_policy", "s3:PutBucketPolicy", "arn:aws:s3:::zilliz-byoc-x", {}),
        ("bootstrap_policy", "eks:CreateCluster", CLUSTER, NEW_TAG),
        ("bootstrap_policy", "eks:CreateNodegroup", CLUSTER, NEW_TAG),
        ("bootstrap_policy", "eks:CreateAddon", CLUSTER, NEW_TAG),
        ("bootstrap_policy", "eks:TagResource", NODE_GROUP, NEW_TAG),
        ("bootstrap_policy", "eks:DescribeNodegroup", NODE_GROUP, {}),
        ("bootstrap_policy", "eks:DeleteNodegroup", NODE_GROUP, VENDOR_TAG),
        ("bootstrap_policy", "iam:CreateRole", ROLE, {**NEW_TAG, **BOUNDARY}),
        ("bootstrap_policy", "iam:TagRole", ROLE, NEW_TAG),
        ("bootstrap_policy", "iam:AttachRolePolicy", ROLE, IRSA),
        ("bootstrap_policy", "iam:AttachRolePolicy", ROLE, NODE),
        ("bootstrap_policy", "iam:PassRole", ROLE, {"iam:PassedToService": "eks.amazonaws.com"}),
        ("bootstrap_policy", "iam:CreateOpenIDConnectProvider", OIDC, NEW_TAG),
        ("bootstrap_policy", "iam:DeleteRole", ROLE, VENDOR_TAG),
        (
            "bootstrap_policy",
            "iam:CreateServiceLinkedRole",
            "arn:aws:iam::ACCOUNT:role/aws-service-role/eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup",
            {"iam:AWSServiceName": "eks-nodegroup.amazonaws.com"},
        ),
        ("management_policy", "eks:UpdateNodegroupConfig", NODE_GROUP, VENDOR_TAG),
        ("management_policy", "s3:DeleteObject", "arn:aws:s3:::zilliz-byoc-x/a", {}),
        ("management_policy", "s3:GetBucketPolicy", "arn:aws:s3:::zilliz-byoc-x", {}),
        ("management_policy", "servicequotas:GetServiceQuota", "*", {}),
        ("zilliz_business_irsa_policy", "s3:GetObject", "arn:aws:s3:::zilliz-byoc-x/a", {}),
        ("cluster_autoscaler_irsa_policy", "autoscaling:DescribeAutoScalingGroups", "*", {}),
        (
            "ebs_csi_irsa_policy",
            "ec2:CreateVolume",
            EC2 + "volume/*",
            {"aws:RequestTag/ebs.csi.aws.com/cluster": "true"},
        ),
        (
            "aws_lb_irsa_policy",
            "elasticloadbalancing:CreateLoadBalancer",
            "arn:aws:elasticloadbalancing:us-west-2:ACCOUNT:loadbalancer/net/x/1",
            {"aws:RequestTag/elbv2.k8s.aws/cluster": "zilliz-byoc-x"},
        ),
    ],
)
def test_vendor_can_do_its_work(
    applied: Applied, policy: str, action: str, resource: str, context: dict[str, str]
) -> None:
    assert may(applied, policy, action, resource, context)


BOOTSTRAP_ROLE = "arn:aws:iam::ACCOUNT:role/zilliz/zilliz-bootstrap-role"
ANY_POLICY = "arn:aws:iam::ACCOUNT:policy/zilliz/zilliz-byoc-new"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("ec2:CreateVpc", EC2 + "vpc/*", {}),
        ("ec2:DeleteVpc", EC2 + "vpc/vpc-1", {}),
        ("ec2:DeleteSecurityGroup", EC2 + "security-group/sg-1", {"aws:ResourceTag/Vendor": "somebody"}),
        # Claiming what belongs to somebody else, to delete it next.
        ("ec2:CreateTags", EC2 + "vpc/vpc-1", NEW_TAG),
        ("ec2:RunInstances", EC2 + "instance/*", NEW_TAG),
        ("ec2:CreateVpcPeeringConnection", EC2 + "vpc/vpc-1", VENDOR_TAG),
        ("s3:DeleteBucket", "arn:aws:s3:::customers-own", {}),
        ("s3:PutBucketPolicy", "arn:aws:s3:::customers-own", {}),
        ("s3:PutBucketPolicy", "arn:aws:s3:::zilliz-byoc-x", {"aws:ResourceAccount": "999999999999"}),
        ("s3:PutBucketAcl", "arn:aws:s3:::zilliz-byoc-x", {}),
        ("s3:GetObject", "arn:aws:s3:::zilliz-byoc-x/a", {}),
        ("s3:PutBucketTagging", "arn:aws:s3:::zilliz-byoc-x", {"aws:ResourceAccount": "999999999999"}),
        ("eks:CreateCluster", "arn:aws:eks:us-west-2:ACCOUNT:cluster/own", NEW_TAG),
        ("eks:DeleteCluster", CLUSTER, {}),
        ("iam:CreateRole", ROLE, NEW_TAG),
        ("iam:CreateRole", ROLE, {**NEW_TAG, "iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/other"}),
        ("iam:CreateRole", "arn:aws:iam::ACCOUNT:role/own", {**NEW_TAG, **BOUNDARY}),
        ("iam:CreateRole", BOOTSTRAP_ROLE, {**NEW_TAG, **BOUNDARY}),
        ("iam:AttachRolePolicy", ROLE, {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("iam:AttachRolePolicy", BOOTSTRAP_ROLE, IRSA),
        ("iam:PutRolePolicy", ROLE, VENDOR_TAG),
        ("iam:DeleteRolePermissionsBoundary", ROLE, VENDOR_TAG),
        ("iam:PutRolePermissionsBoundary", ROLE, {**VENDOR_TAG, **BOUNDARY}),
        ("iam:UpdateAssumeRolePolicy", BOOTSTRAP_ROLE, VENDOR_TAG),
        ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", BOOTSTRAP_ROLE, {"iam:PassedToService": "eks.amazonaws.com"}),
        ("iam:CreatePolicy", ANY_POLICY, NEW_TAG),
        ("iam:CreatePolicyVersion", ANY_POLICY, VENDOR_TAG),
        ("iam:SetDefaultPolicyVersion", IRSA["iam:PolicyARN"], VENDOR_TAG),
        ("iam:DeletePolicy", BOUNDARY["iam:PermissionsBoundary"], VENDOR_TAG),
        ("iam:CreateUser", "arn:aws:iam::ACCOUNT:user/zilliz/x", NEW_TAG),
        ("iam:CreateOpenIDConnectProvider", "arn:aws:iam::ACCOUNT:oidc-provider/evil.example", NEW_TAG),
        ("sts:AssumeRole", "arn:aws:iam::ACCOUNT:role/own", {}),
        ("kms:Decrypt", "*", {}),
        ("secretsmanager:GetSecretValue", "*", {}),
    ],
)
def test_vendor_can_do_no_more(applied: Applied, action: str, resource: str, context: dict[str, str]) -> None:
    for policy in ("bootstrap_policy", "management_policy"):
        assert not may(applied, policy, action, resource, context), policy


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:CreatePolicy", ANY_POLICY, NEW_TAG),
        ("iam:CreateRole", ROLE, NEW_TAG),
        ("iam:PutRolePolicy", ROLE, {}),
        ("iam:AttachRolePolicy", ROLE, {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("iam:DeleteRolePermissionsBoundary", ROLE, {}),
        ("iam:UpdateAssumeRolePolicy", BOOTSTRAP_ROLE, {}),
        ("iam:PassRole", BOOTSTRAP_ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
        ("s3:GetObject", "arn:aws:s3:::customers-own/a", {}),
        ("ec2:ModifySnapshotAttribute", EC2 + "snapshot/snap-1", {}),
        ("kms:Decrypt", "*", {}),
    ],
)
def test_boundary_holds_even_a_role_that_was_given_everything(
    applied: Applied, action: str, resource: str, context: dict[str, str]
) -> None:
    everything = Policy("all", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    known = {key: [value.replace("ACCOUNT", applied.account)] for key, value in context.items()}
    boundary = applied.document("permission_boundary")
    assert not evaluate([everything], boundary, action, resource.replace("ACCOUNT", applied.account), known).allowed
