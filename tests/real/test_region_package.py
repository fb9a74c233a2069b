"""The bundled region package, built by the real Terraform with an hour of the bootstrap role, against the simulator.

One life of a region serves all tests of this file: the customer's key makes the roles, the vendor takes one of them
with the external ID, and with that session alone Terraform builds, looks again and takes down.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from activation.aws.quotas import Needs, RegionReport, look, networks
from activation.aws.sessions import session as open_session
from activation.domain.credentials import AccessKeys
from activation.domain.netmask import Network
from activation.domain.package import read_package
from activation.domain.package_lint import MANIFEST
from activation.packages import bundled
from activation.simulator.client import Simulator
from activation.simulator.policy import Policy, evaluate
from tests.real.region_rights import ASKED, CREATE_TAGS, PASS_ROLE, UNUSED, Ask
from tests.real.test_iam_package import EXTERNAL_ID, terraform, variables
from tests.simulator.conftest import client, end, start_simulator

REGION: Final = "us-west-2"
NAME: Final = "zilliz-byoc-demo"
CIDR: Final = "10.20.0.0/16"
ACTIVATION: Final = "41"
PACKAGE: Final = "terraform-aws-region"
PASSED_ON: Final = (
    "permission_boundary_policy_arn",
    "aws_lb_irsa_policy_arn",
    "cluster_autoscaler_irsa_policy_arn",
    "ebs_csi_irsa_policy_arn",
    "zilliz_business_irsa_policy_arn",
)
DENIALS: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class Life:
    """What was planned, what stood, what was called, and what was left.

    `plan` has the add-ons, which the simulator cannot make; `stood` is what AWS said of the rest; `calls` are those of
    the role's session.
    """

    account: str
    arns: dict[str, str]
    policies: dict[str, Policy]
    plan: dict[str, Any]
    state: dict[str, Any]
    second_plan: str
    adopting_plan: str
    stood: dict[str, Any]
    calls: list[dict[str, Any]]
    secret: str
    files: dict[str, bytes]
    left: dict[str, Any]
    room: RegionReport
    networks: tuple[Network, ...]

    def attributes(self, address: str) -> dict[str, Any]:
        """Return what the state holds of a resource."""
        return next(attributes for found, attributes in self.resources() if found == address)

    def resources(self) -> list[tuple[str, dict[str, Any]]]:
        """Return address and attributes of everything that Terraform made."""
        return [
            (f"{each['type']}.{each['name']}", each["instances"][0]["attributes"])
            for each in self.state["resources"]
            if each["mode"] == "managed"
        ]


def put(package: str, folder: Path, initialized: Path | None = None) -> Path:
    """Write a bundled package into a folder; where one was initialized already, with what that left there."""
    folder.mkdir()
    for name, contents in bundled(package).items():
        (folder / name).write_bytes(contents)
    if initialized is not None:
        # The same provider: a second init would only weigh it again.
        shutil.copytree(initialized / ".terraform", folder / ".terraform", symlinks=True)
    return folder


def state_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "terraform.tfstate").read_text())
    return found


def ask_aws(endpoint: str, key: dict[str, str], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Ask AWS with the customer's key what stands, whatever Terraform thinks."""
    ec2, s3, eks = (client(endpoint, service, key) for service in ("ec2", "s3", "eks"))
    bucket = {"Bucket": outputs["bucket_name"]}
    vpc = {"VpcId": outputs["vpc_id"]}
    support = ec2.describe_vpc_attribute(Attribute="enableDnsSupport", **vpc)
    host_names = ec2.describe_vpc_attribute(Attribute="enableDnsHostnames", **vpc)
    return {
        "dns": [support["EnableDnsSupport"]["Value"], host_names["EnableDnsHostnames"]["Value"]],
        "public_access": s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"],
        "encryption": s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"],
        "versioning": s3.get_bucket_versioning(**bucket).get("Status"),
        "ownership": s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"],
        "policy": json.loads(s3.get_bucket_policy(**bucket)["Policy"]),
        "cluster": eks.describe_cluster(name=outputs["cluster_name"])["cluster"],
    }


def what_is_left(endpoint: str, key: dict[str, str]) -> dict[str, Any]:
    """List what somebody would still be billed for, or stumble over."""
    ec2, s3, eks, iam = (client(endpoint, service, key) for service in ("ec2", "s3", "eks", "iam"))
    return {
        "vpcs": [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]],
        "addresses": ec2.describe_addresses()["Addresses"],
        "gateways": [each for each in ec2.describe_nat_gateways()["NatGateways"] if each["State"] != "deleted"],
        "buckets": s3.list_buckets()["Buckets"],
        "clusters": eks.list_clusters()["clusters"],
        "roles": [each["RoleName"] for each in iam.list_roles()["Roles"] if each["RoleName"].startswith(NAME)],
        "providers": iam.list_open_id_connect_providers()["OpenIDConnectProviderList"],
    }


def import_blocks(state: dict[str, Any], arns: Mapping[str, str]) -> str:
    """Write an import block for everything that stands, with the IDs that the manifest says."""
    stands = {
        f"{each['type']}.{each['name']}": each["instances"][0]["attributes"]["id"]
        for each in state["resources"]
        if each["mode"] == "managed"
    }
    known = {**stands, "name": NAME, "partition": "aws", **{f"var.{name}": arn for name, arn in arns.items()}}
    blocks = []
    for address, row in manifest()["resources"].items():
        if address in stands:
            identity = row["import"].replace("{id}", stands[address])
            for name, value in known.items():
                identity = identity.replace(f"{{{name}}}", value)
            blocks.append(f'import {{\n  to = {address}\n  id = "{identity}"\n}}\n')
    return "\n".join(blocks)


def live(simulator: Simulator, folder: Path) -> Life:
    identities = simulator.identities()
    account, customer = identities["customer"]["account"], identities["customer"]["administrator"]
    with_key = {
        **variables(identities["vendor"]["principal_arn"]),
        "AWS_ACCESS_KEY_ID": customer["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": customer["secret_access_key"],
        "AWS_ENDPOINT_URL": simulator.endpoint,
    }
    roles = put("terraform-aws-iam", folder / "roles")
    terraform(roles, "init", "-input=false", "-lockfile=readonly", **with_key)
    terraform(roles, "apply", "-input=false", "-auto-approve", **with_key)
    made = state_of(roles)
    arns = {name: output["value"] for name, output in made["outputs"].items()}
    policies = {
        each["name"]: Policy.from_json(each["name"], each["instances"][0]["attributes"]["policy"])
        for each in made["resources"]
        if each["type"] == "aws_iam_policy"
    }
    sts = client(simulator.endpoint, "sts", identities["vendor"]["role"])
    managing = sts.assume_role(
        RoleArn=arns["management_role_arn"], RoleSessionName="look", ExternalId=EXTERNAL_ID, DurationSeconds=900
    )["Credentials"]
    reads = AccessKeys(managing["AccessKeyId"], managing["SecretAccessKey"], managing["SessionToken"])
    manager = open_session(reads, REGION, simulator.endpoint)
    room = look(manager, Needs())
    # One hour: AWS gives no more to a role that was taken by a role.
    session = sts.assume_role(
        RoleArn=arns["bootstrap_role_arn"], RoleSessionName="run", ExternalId=EXTERNAL_ID, DurationSeconds=3600
    )["Credentials"]
    environment = {
        "TF_VAR_aws_region": REGION,
        "TF_VAR_name": NAME,
        "TF_VAR_vpc_cidr": CIDR,
        "TF_VAR_s3_use_path_style": "true",
        "TF_VAR_allowed_account_ids": json.dumps([account]),
        "TF_VAR_activation_tags": json.dumps({"byoc:activation": ACTIVATION}),
        **{f"TF_VAR_{name}": arns[name] for name in PASSED_ON},
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
        "AWS_ENDPOINT_URL": simulator.endpoint,
    }
    without = {**environment, "TF_VAR_install_addons": "false"}
    region = put(PACKAGE, folder / "region", initialized=roles)
    terraform(region, "plan", "-input=false", "-out=saved.tfplan", **environment)
    plan = json.loads(terraform(region, "show", "-json", "saved.tfplan", **environment))
    terraform(region, "apply", "-input=false", "-auto-approve", **without)
    state = state_of(region)
    outputs = {name: output["value"] for name, output in state["outputs"].items()}
    stood = ask_aws(simulator.endpoint, customer, outputs)
    known = networks(manager)
    second_plan = terraform(region, "plan", "-input=false", "-no-color", **without)
    adopting = put(PACKAGE, folder / "adopting", initialized=roles)
    (adopting / "adopt.tf").write_text(import_blocks(state, arns))
    adopting_plan = terraform(adopting, "plan", "-input=false", "-no-color", **without)
    # The cluster goes by hand, with the same session: the provider would wait a minute to be sure that it is gone.
    key = {
        "access_key_id": session["AccessKeyId"],
        "secret_access_key": session["SecretAccessKey"],
        "session_token": session["SessionToken"],
    }
    eks = client(simulator.endpoint, "eks", key)
    for node_group in outputs["node_group_names"]:
        eks.delete_nodegroup(clusterName=NAME, nodegroupName=node_group)
    eks.delete_cluster(name=NAME)
    terraform(region, "destroy", "-input=false", "-auto-approve", **without)
    return Life(
        account=account,
        arns=arns,
        policies=policies,
        plan=plan,
        state=state,
        second_plan=second_plan,
        adopting_plan=adopting_plan,
        stood=stood,
        calls=[row for row in simulator.actions() if row["access_key"] == session["AccessKeyId"]],
        secret=session["SecretAccessKey"],
        files={str(path): path.read_bytes() for path in region.glob("*") if path.is_file()},
        left=what_is_left(simulator.endpoint, customer),
        room=room,
        networks=known,
    )


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    directory = tmp_path_factory.mktemp("simulator")
    process = start_simulator(directory)
    try:
        yield live(Simulator.from_directory(directory), tmp_path_factory.mktemp("packages"))
    finally:
        end(process)


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bundled(PACKAGE)["manifest.json"])
    return found


# --- what stands


def test_plan_adds_what_the_manifest_says_and_nothing_else(life: Life) -> None:
    changes = [each for each in life.plan["resource_changes"] if each["mode"] == "managed"]
    assert all(change["change"]["actions"] == ["create"] for change in changes)
    assert {change["address"].removesuffix("[0]") for change in changes} == set(manifest()["resources"])


def test_without_add_ons_everything_else_stands(life: Life) -> None:
    expected = {address for address in manifest()["resources"] if not address.startswith("aws_eks_addon.")}
    assert {address for address, _ in life.resources()} == expected


def test_a_second_plan_finds_nothing_to_change(life: Life) -> None:
    assert "No changes." in life.second_plan


def test_everything_comes_back_by_import_without_a_change_when_the_state_is_lost(life: Life) -> None:
    assert "Plan: 43 to import, 0 to add, 0 to change, 0 to destroy." in life.adopting_plan


def test_everything_that_takes_tags_says_whose_it_is_and_where_it_stands(life: Life) -> None:
    planned = [
        (each["address"], each["change"]["after"])
        for each in life.plan["resource_changes"]
        if each["mode"] == "managed"
    ]
    tagged = [(address.removesuffix("[0]"), after["tags"]) for address, after in planned if "tags" in after]
    assert len(tagged) == 27
    for address, tags in tagged:
        assert tags["Vendor"] == "zilliz-byoc", address
        assert tags["byoc"] == "true", address
        assert tags["byoc:address"] == address
        assert tags["byoc:activation"] == ACTIVATION, address


def test_network_is_laid_out_as_documented(life: Life) -> None:
    subnets = [life.attributes(f"aws_subnet.private_{number}") for number in (1, 2, 3)]
    assert [subnet["cidr_block"] for subnet in subnets] == ["10.20.0.0/18", "10.20.64.0/18", "10.20.128.0/18"]
    assert [subnet["availability_zone"] for subnet in subnets] == ["us-west-2a", "us-west-2b", "us-west-2c"]
    assert all(subnet["tags"]["kubernetes.io/role/internal-elb"] == "1" for subnet in subnets)
    assert life.attributes("aws_subnet.public")["cidr_block"] == "10.20.254.0/24"
    everyone = [*subnets, life.attributes("aws_subnet.public")]
    assert not any(subnet["map_public_ip_on_launch"] for subnet in everyone)
    assert life.stood["dns"] == [True, True]
    assert life.attributes("aws_route.nat")["nat_gateway_id"] == life.attributes("aws_nat_gateway.main")["id"]
    tables = life.attributes("aws_vpc_endpoint.s3")["route_table_ids"]
    assert tables == [life.attributes("aws_route_table.private")["id"]]


def test_nothing_from_outside_the_vpc_is_let_in(life: Life) -> None:
    group = life.attributes("aws_security_group.main")
    assert {block for rule in group["ingress"] for block in rule["cidr_blocks"]} == {CIDR}
    wide = [rule for rule in group["egress"] if "0.0.0.0/0" in rule["cidr_blocks"]]
    assert [(rule["protocol"], rule["from_port"], rule["to_port"]) for rule in wide] == [("tcp", 443, 443)]


def test_bucket_is_private_encrypted_unversioned_and_takes_tls_only(life: Life) -> None:
    assert set(life.stood["public_access"].values()) == {True}
    (rule,) = life.stood["encryption"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert life.stood["versioning"] is None
    assert life.stood["ownership"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (statement,) = life.stood["policy"]["Statement"]
    bucket = f"arn:aws:s3:::{NAME}-milvus"
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [bucket, f"{bucket}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_cluster_answers_inside_the_vpc_only_and_logs_what_happens(life: Life) -> None:
    network = life.stood["cluster"]["resourcesVpcConfig"]
    assert (network["endpointPrivateAccess"], network["endpointPublicAccess"]) == (True, False)
    (logging,) = [each for each in life.stood["cluster"]["logging"]["clusterLogging"] if each["enabled"]]
    assert set(logging["types"]) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    (access,) = planned(life, "aws_eks_cluster.main")["access_config"]
    assert access["authentication_mode"] == "API"


def planned(life: Life, address: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each["change"]["after"] for each in life.plan["resource_changes"] if each["address"] == address
    )
    return found


@pytest.mark.parametrize(("name", "least"), [("core", 3), ("fundamental", 1)])
def test_node_groups_have_the_documented_instances(life: Life, name: str, least: int) -> None:
    group = life.attributes(f"aws_eks_node_group.{name}")
    assert group["instance_types"] == ["m6i.2xlarge"]
    assert group["scaling_config"][0]["min_size"] == least
    assert group["launch_template"] == []
    assert group["labels"]["zilliz-group-name"] == name


def test_every_role_stands_under_the_boundary_and_has_listed_policies_only(life: Life) -> None:
    roles = {address: each for address, each in life.resources() if address.startswith("aws_iam_role.")}
    assert len(roles) == 6
    for address, role in roles.items():
        assert role["permissions_boundary"] == life.arns["permission_boundary_policy_arn"], address
        assert role["path"] == "/zilliz/", address
        assert role["name"].startswith(f"{NAME}-"), address
        assert role["inline_policy"] == [], address
    attached = {
        (each["role"], each["policy_arn"].rpartition("/")[2])
        for address, each in life.resources()
        if address.startswith("aws_iam_role_policy_attachment.")
    }
    assert attached == {
        (f"{NAME}-cluster", "AmazonEKSClusterPolicy"),
        (f"{NAME}-cluster", "AmazonEKSVPCResourceController"),
        (f"{NAME}-node", "AmazonEKSWorkerNodePolicy"),
        (f"{NAME}-node", "AmazonEKS_CNI_Policy"),
        (f"{NAME}-node", "AmazonEC2ContainerRegistryReadOnly"),
        (f"{NAME}-aws-lb-irsa", "zilliz-aws-lb-irsa-policy"),
        (f"{NAME}-ca-irsa", "zilliz-ca-irsa-policy"),
        (f"{NAME}-ebs-csi-irsa", "zilliz-ebs-csi-irsa-policy"),
        (f"{NAME}-business-irsa", "zilliz-business-irsa-policy"),
    }


@pytest.mark.parametrize(
    ("role", "subjects"),
    [
        ("aws_lb_irsa", ["kube-system:aws-load-balancer-controller"]),
        ("cluster_autoscaler_irsa", ["kube-system:cluster-autoscaler"]),
        ("ebs_csi_irsa", ["kube-system:ebs-csi-controller-sa"]),
        ("business_irsa", ["milvus-*:milvus*", "loki:loki*", "index-pool:milvus*"]),
    ],
)
def test_service_accounts_alone_take_their_roles(life: Life, role: str, subjects: list[str]) -> None:
    provider = life.attributes("aws_iam_openid_connect_provider.cluster")
    issuer = life.stood["cluster"]["identity"]["oidc"]["issuer"].removeprefix("https://")
    (statement,) = json.loads(life.attributes(f"aws_iam_role.{role}")["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Federated": provider["arn"]}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"]["StringEquals"] == {f"{issuer}:aud": "sts.amazonaws.com"}
    given = statement["Condition"]["StringLike"][f"{issuer}:sub"]
    assert ([given] if isinstance(given, str) else given) == [f"system:serviceaccount:{each}" for each in subjects]


def test_the_session_is_in_no_file_that_terraform_wrote(life: Life) -> None:
    assert any(path.endswith("terraform.tfstate") for path in life.files)
    assert not [path for path, contents in life.files.items() if life.secret.encode() in contents]


def test_destroy_leaves_nothing(life: Life) -> None:
    assert {kind: found for kind, found in life.left.items() if found} == {}


# --- what it took


def permission(action: str) -> str:
    """Return the right behind a recorded S3 operation; of other services they are the same."""
    service, _, operation = action.partition(":")
    names = {
        "HeadBucket": "ListBucket",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
        "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
        "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
        "GetBucketCors": "GetBucketCORS",
        "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
        "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
        "GetBucketReplication": "GetReplicationConfiguration",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "PutBucketEncryption": "PutEncryptionConfiguration",
        "DeleteBucketEncryption": "PutEncryptionConfiguration",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    }
    return f"{service}:{names.get(operation, operation)}" if service == "s3" else action


def used(life: Life) -> set[str]:
    return {permission(row["action"]) for row in life.calls} - {"sts:GetCallerIdentity"}


def allowed(life: Life, action: str, ask: Ask) -> bool:
    """Judge one question by the role's policy and the boundary, where what is not known counts against the role."""

    def filled(text: str) -> str:
        return text.replace("ACCOUNT", life.account).replace("NAME", NAME)

    bootstrap = f"arn:aws:iam::{life.account}:role/zilliz/zilliz-bootstrap-role"
    known = {"aws:PrincipalArn": [bootstrap]} | {key: [filled(value)] for key, value in ask.context.items()}
    boundary = life.policies["permission_boundary"]
    return evaluate([life.policies["bootstrap_policy"]], boundary, action, filled(ask.resource), known).allowed


def test_the_simulator_turned_nothing_away(life: Life) -> None:
    assert life.calls
    assert [row for row in life.calls if row["outcome"] in DENIALS] == []


def test_every_call_was_made_by_the_bootstrap_role(life: Life) -> None:
    role = f"arn:aws:sts::{life.account}:assumed-role/zilliz-bootstrap-role/run"
    assert {row["caller"] for row in life.calls} == {role}


def test_every_question_that_aws_asks_of_these_calls_is_answered_by_policy_and_boundary(life: Life) -> None:
    assert used(life) == set(ASKED)
    refused = [(action, ask) for action, asks in ASKED.items() for ask in asks if not allowed(life, action, ask)]
    refused += [("ec2:CreateTags", ask) for ask in CREATE_TAGS if not allowed(life, "ec2:CreateTags", ask)]
    refused += [("iam:PassRole", ask) for ask in PASS_ROLE if not allowed(life, "iam:PassRole", ask)]
    assert refused == []


def test_no_bucket_policy_is_written_by_any_other_role(life: Life) -> None:
    everything = Policy("all", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    bucket = f"arn:aws:s3:::{NAME}-milvus"
    for role in ("zilliz-management-role", f"{NAME}-node", f"{NAME}-business-irsa"):
        known = {"aws:PrincipalArn": [f"arn:aws:iam::{life.account}:role/zilliz/{role}"]}
        boundary = life.policies["permission_boundary"]
        assert not evaluate([everything], boundary, "s3:PutBucketPolicy", bucket, known).allowed, role


def test_what_is_granted_and_unused_is_listed_with_its_reason(life: Life) -> None:
    # Asked for by the calls that create, and no calls of their own.
    called = used(life) | {"ec2:CreateTags", "eks:TagResource", "iam:PassRole", "iam:TagRole"}
    called |= {"iam:TagOpenIDConnectProvider"}
    granted = {
        action
        for statement in life.policies["bootstrap_policy"].statements()
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    unused = {pattern for pattern in granted if not any(fnmatchcase(action, pattern) for action in called)}
    assert unused == set(UNUSED)
    assert all(UNUSED.values())


def test_the_management_role_may_read_what_the_look_at_a_region_needs(life: Life) -> None:
    assert not [check for check in life.room.checks if "is not allowed to call" in check.detail]
    assert life.room.zones == ("us-west-2a", "us-west-2b", "us-west-2c")
    assert CIDR in {network.cidr for network in life.networks}


# --- the package itself


def test_manifest_gives_every_resource_its_phase_by_its_file() -> None:
    files = bundled(PACKAGE)
    described = manifest()
    assert [phase["name"] for phase in described["phases"]] == ["network", "storage", "cluster", "nodes"]
    for phase in described["phases"]:
        alone = {name: text for name, text in files.items() if name in (MANIFEST, "versions.tf", f"{phase['name']}.tf")}
        expected = {address for address, row in described["resources"].items() if row["phase"] == phase["name"]}
        assert set(read_package(alone).addresses) == expected


def test_manifest_counts_and_says_how_each_resource_is_found_again() -> None:
    described = manifest()
    package = read_package(bundled(PACKAGE))
    assert package.resource_types == described["creates"]
    assert package.outputs
    for address, row in described["resources"].items():
        assert row["find"] in ("tag", "name", "parts"), address
        assert ("{id}" in row["import"]) == (row["find"] == "tag"), address
        assert row["purpose"].endswith("."), address


def test_package_is_locked_and_runs_with_keys_from_the_environment() -> None:
    package = read_package(bundled(PACKAGE))
    codes = {finding.code for finding in package.findings}
    # It asks for no external ID and gives no seven ARNs: that is the other package's part.
    # The seven outputs and the external ID are for the package of step 2.
    assert codes == set()
    assert not any(variable.ephemeral or variable.sensitive for variable in package.variables)
    assert {variable.name for variable in package.variables if variable.required} == {
        "aws_region",
        "name",
        "vpc_cidr",
        *PASSED_ON,
    }
