"""What a run of a region left behind, asked of the simulator as it would be of AWS."""

import itertools
import json
from typing import Any, cast

import pytest

from activation.aws.region_adoption import look
from activation.aws.region_inventory import RegionInventory
from activation.aws.sessions import Session, session
from activation.domain.adoption import Found
from activation.domain.errors import Faulted, Refused
from activation.domain.region_adoption import rows_of
from activation.packages import bundled
from activation.simulator.client import Simulator
from tests.aws.conftest import REGION, MakeUser, allow, keys_of
from tests.simulator.conftest import client

RESOURCES: dict[str, dict[str, str]] = json.loads(bundled("terraform-aws-region")["manifest.json"])["resources"]
POLICY = "arn:aws:iam::222233334444:policy/zilliz/of-step-2"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def clients(running: Simulator) -> tuple[Any, ...]:
    """Clients of the customer's administrator: making one reads all that a service can do."""
    key = running.identities()["customer"]["administrator"]
    return tuple(client(running.endpoint, service, key) for service in ("ec2", "eks", "s3"))


@pytest.fixture(scope="module")
def opened(running: Simulator) -> Session:
    """The session that looks, for the same reason the same one each time."""
    return session(keys_of(running.identities()["customer"]["administrator"]), REGION, running.endpoint)


class NotDone:
    """AWS while it is still at it: to its first calls an operation answers with other words for the state."""

    def __init__(self, aws: Session, **words: list[str]) -> None:
        self.aws, self.words = aws, words

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        answer = self.aws.ask(service, operation, **parameters)
        if self.words.get(operation):
            word = self.words[operation].pop(0)
            for raw in (answer.get("cluster"), answer.get("nodegroup"), *answer.get("NatGateways", ())):
                if raw:
                    raw["State" if "State" in raw else "status"] = word
        return answer


class Account:
    """The customer's account, in which a region's run was killed; each test has a region of its own."""

    def __init__(
        self, simulator: Simulator, customer: dict[str, Any], iam: Any, clients: tuple[Any, ...], aws: Session
    ) -> None:
        number = next(_numbers)
        self.simulator, self.customer, self.iam, self.aws = simulator, customer, iam, aws
        self.ec2, self.eks, self.s3 = clients
        self.name, self.tag = f"zilliz-byoc-n{number}", f"org-1/{customer['account']}/act-{number}"
        self.waits: list[float] = []
        self.said: list[str] = []

    def tags(self, address: str, **more: str) -> dict[str, str]:
        return {"byoc:activation": self.tag, "byoc:address": address, "Vendor": "zilliz-byoc"} | more

    def marks(self, kind: str, address: str) -> list[dict[str, Any]]:
        pairs = [{"Key": key, "Value": value} for key, value in self.tags(address).items()]
        return [{"ResourceType": kind, "Tags": pairs}]

    def vpc(self) -> str:
        made = self.ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=self.marks("vpc", "aws_vpc.main"))
        return str(made["Vpc"]["VpcId"])

    def subnet(self, vpc: str, name: str = "public", third: int = 254) -> str:
        marks = self.marks("subnet", f"aws_subnet.{name}")
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{third}.0/24", TagSpecifications=marks)
        return str(made["Subnet"]["SubnetId"])

    def gateway(self, subnet: str) -> str:
        address = self.ec2.allocate_address(Domain="vpc", TagSpecifications=self.marks("elastic-ip", "aws_eip.nat"))
        made = self.ec2.create_nat_gateway(
            SubnetId=subnet,
            AllocationId=address["AllocationId"],
            TagSpecifications=self.marks("natgateway", "aws_nat_gateway.main"),
        )
        return str(made["NatGateway"]["NatGatewayId"])

    def role(self, end: str, **tags: str) -> None:
        self.iam.create_role(
            RoleName=f"{self.name}-{end}",
            Path="/zilliz/",
            AssumeRolePolicyDocument=json.dumps(allow("sts:AssumeRole")),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )

    def cluster(self, **tags: str) -> dict[str, Any]:
        role = f"arn:aws:iam::{self.customer['account']}:role/zilliz/{self.name}-cluster"
        subnets = ["subnet-1", "subnet-2"]
        given = tags or self.tags("aws_eks_cluster.main")
        made: dict[str, Any] = self.eks.create_cluster(
            name=self.name, roleArn=role, resourcesVpcConfig={"subnetIds": subnets}, tags=given
        )
        return dict(made["cluster"])

    def node_group(self, name: str = "core") -> None:
        role = f"arn:aws:iam::{self.customer['account']}:role/zilliz/{self.name}-node"
        vpc = self.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.99.1.0/24")["Subnet"]["SubnetId"]
        tags = self.tags(f"aws_eks_node_group.{name}")
        self.eks.create_nodegroup(clusterName=self.name, nodegroupName=name, nodeRole=role, subnets=[subnet], tags=tags)

    def bucket(self, *, marked: bool = True) -> str:
        name = f"{self.name}-milvus"
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if marked:
            pairs = [{"Key": key, "Value": value} for key, value in self.tags("aws_s3_bucket.milvus").items()]
            self.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs})
        return name

    def look(
        self, *, keys: Any = None, aws: Any = None, not_done: dict[str, list[str]] | None = None, **more: Any
    ) -> Found:
        aws = session(keys, REGION, self.simulator.endpoint) if keys else aws or self.aws
        asked = cast(Session, NotDone(aws, **not_done)) if not_done else aws
        values: dict[str, Any] = {
            "rows": rows_of(RESOURCES, with_addons=False),
            "values": {
                "name": self.name,
                "partition": "aws",
                **{f"var.{each}_irsa_policy_arn": POLICY for each in ("aws_lb", "cluster_autoscaler", "ebs_csi")},
                "var.zilliz_business_irsa_policy_arn": POLICY,
            },
            "recorded": {},
            "tainted": (),
            "tag": self.tag,
            "account": self.customer["account"],
            "say": self.said.append,
        }
        inventory = RegionInventory(asked, say=self.said.append, pause=self.waits.append)
        return look(inventory, **values | more)


@pytest.fixture
def account(
    simulator: Simulator, customer: dict[str, Any], iam: Any, clients: tuple[Any, ...], opened: Session
) -> Account:
    return Account(simulator, customer, iam, clients, opened)


def found_by(found: Found) -> dict[str, str]:
    return {each.address: each.id for each in found.imports}


def test_an_account_in_which_nothing_was_left_brings_nothing_back(account: Account) -> None:
    assert account.look() == Found()
    assert account.said == []


def test_networks_come_back_by_their_tags(account: Account) -> None:
    vpc = account.vpc()
    subnet = account.subnet(vpc)
    gateway = account.gateway(subnet)
    found = account.look()
    assert {"aws_vpc.main": vpc, "aws_subnet.public": subnet, "aws_nat_gateway.main": gateway}.items() <= found_by(
        found
    ).items()
    assert found_by(found)["aws_eip.nat"].startswith("eipalloc-")
    assert len(found.imports) == 4
    assert not found.replaceable


def test_things_of_another_activation_are_nobody_s_business(account: Account) -> None:
    account.gateway(account.subnet(account.vpc()))
    assert account.look(tag=f"{account.tag}0") == Found()


def test_what_joins_comes_back_where_one_part_is_in_the_state_and_the_other_was_found(account: Account) -> None:
    vpc = account.vpc()
    table = account.ec2.create_route_table(
        VpcId=vpc, TagSpecifications=account.marks("route-table", "aws_route_table.public")
    )["RouteTable"]["RouteTableId"]
    subnet = account.subnet(vpc)
    gateway = account.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    account.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    account.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    account.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    found = account.look(recorded={"aws_vpc.main": vpc, "aws_subnet.public": subnet})
    assert found_by(found) == {
        "aws_route_table.public": table,
        "aws_route.internet": f"{table}_0.0.0.0/0",
        "aws_route_table_association.public": f"{subnet}/{table}",
    }


def test_roles_and_what_is_attached_come_back_by_their_names(account: Account) -> None:
    account.role("cluster", **account.tags("aws_iam_role.cluster"))
    arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    account.iam.attach_role_policy(RoleName=f"{account.name}-cluster", PolicyArn=arn)
    assert found_by(account.look()) == {
        "aws_iam_role.cluster": f"{account.name}-cluster",
        "aws_iam_role_policy_attachment.cluster_policy": f"{account.name}-cluster/{arn}",
    }


def test_the_cluster_its_nodes_and_its_identities_come_back(account: Account) -> None:
    issuer = account.cluster()["identity"]["oidc"]["issuer"]
    account.node_group()
    provider = account.iam.create_open_id_connect_provider(
        Url=issuer,
        ClientIDList=["sts.amazonaws.com"],
        Tags=[
            {"Key": key, "Value": value}
            for key, value in account.tags("aws_iam_openid_connect_provider.cluster").items()
        ],
    )["OpenIDConnectProviderArn"]
    assert found_by(account.look()) == {
        "aws_eks_cluster.main": account.name,
        "aws_eks_node_group.core": f"{account.name}:core",
        "aws_iam_openid_connect_provider.cluster": provider,
    }


def test_a_bucket_comes_back_with_the_settings_that_it_has(account: Account) -> None:
    name = account.bucket()
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    account.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
    found = found_by(account.look())
    assert set(found.values()) == {name}
    assert {"aws_s3_bucket.milvus", "aws_s3_bucket_ownership_controls.milvus"} <= set(found)
    assert "aws_s3_bucket_policy.milvus" not in found
    # Nobody ever set it: there is nothing to take over.
    assert "aws_s3_bucket_versioning.milvus" not in found


def test_what_aws_is_still_making_is_waited_for_and_said(account: Account) -> None:
    gateway = account.gateway(account.subnet(account.vpc()))
    found = account.look(not_done={"describe_nat_gateways": ["pending"] * 5})
    assert found_by(found)["aws_nat_gateway.main"] == gateway
    assert account.waits == [15.0] * 5
    what = f"The NAT gateway {gateway} is still being made by AWS (pending). Waiting"
    most = "until that is done, 10 minutes at most."
    assert account.said == [f"{what} {most}", f"{what} for 1 min {most}"]


def test_what_aws_never_ends_making_ends_the_look_before_anything_is_started(account: Account) -> None:
    account.cluster()
    with pytest.raises(Faulted) as raised:
        account.look(not_done={"describe_cluster": ["CREATING"] * 200})
    assert raised.value.code == "recovery_inconclusive"
    assert "still being made by AWS (CREATING), after 30 minutes" in raised.value.text
    assert sum(account.waits) == 30 * 60


def test_a_gateway_that_failed_or_is_gone_does_not_count(account: Account) -> None:
    account.gateway(account.subnet(account.vpc()))
    for word in ("failed", "deleted"):
        found = account.look(not_done={"describe_nat_gateways": [word]})
        assert "aws_nat_gateway.main" not in found_by(found)
        assert not found.replaceable
    assert account.waits == []


def test_a_name_that_is_being_given_up_is_waited_for(account: Account) -> None:
    account.cluster()
    found = account.look(not_done={"describe_cluster": ["DELETING", "DELETING"]})
    # In the simulator it comes to life again; what counts is that nothing was decided in between.
    assert set(found_by(found)) == {"aws_eks_cluster.main"}
    assert account.waits == [15.0, 15.0]
    assert "is still being removed by AWS (DELETING)" in account.said[0]


@pytest.mark.parametrize("in_state", [False, True])
def test_a_cluster_whose_making_failed_is_made_anew_and_listed(account: Account, in_state: bool) -> None:
    account.cluster()
    address = "aws_eks_cluster.main"
    more: dict[str, Any] = {"recorded": {address: account.name}, "tainted": [address]} if in_state else {}
    found = account.look(not_done={"describe_cluster": ["FAILED"] * 2}, **more)
    assert found.replaceable == (address,)
    assert list(found_by(found)) == ([] if in_state else [address])
    assert not found.untaint


class WithAddons:
    """AWS with add-ons, which the simulator does not have: of each that is named, what EKS says of it."""

    def __init__(self, aws: Session, **addons: dict[str, Any]) -> None:
        self.aws, self.addons = aws, addons

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if operation != "describe_addon":
            return self.aws.ask(service, operation, **parameters)
        if parameters["addonName"] not in self.addons:
            raise Refused("aws_refused", action="eks:DescribeAddon", aws_code="ResourceNotFoundException")
        return {"addon": self.addons[parameters["addonName"]]}


def test_add_ons_come_back_under_their_key_and_one_that_failed_is_made_anew(account: Account) -> None:
    account.cluster()
    whole = {"status": "DEGRADED", "addonArn": "arn:aws:eks:1", "tags": account.tags("aws_eks_addon.coredns")}
    failed = {"status": "CREATE_FAILED", "addonArn": "arn:aws:eks:2", "tags": account.tags("aws_eks_addon.vpc_cni")}
    aws = WithAddons(account.aws, **{"coredns": whole, "vpc-cni": failed})
    found = account.look(aws=aws, rows=rows_of(RESOURCES, with_addons=True))
    assert found_by(found) == {
        "aws_eks_cluster.main": account.name,
        "aws_eks_addon.vpc_cni[0]": f"{account.name}:vpc-cni",
        "aws_eks_addon.coredns[0]": f"{account.name}:coredns",
    }
    assert found.replaceable == ("aws_eks_addon.vpc_cni[0]",)
    by_hand = WithAddons(account.aws, coredns={"status": "ACTIVE", "addonArn": "arn:aws:eks:1", "tags": {}})
    (said,) = account.look(aws=by_hand, rows=rows_of(RESOURCES, with_addons=True)).strangers
    assert said == "The EKS add-on arn:aws:eks:1 exists without tags; it has no tag byoc:activation."


def test_half_made_things_that_are_whole_are_kept(account: Account) -> None:
    vpc = account.vpc()
    account.cluster()
    account.node_group()
    recorded = {
        "aws_vpc.main": vpc,
        "aws_eks_cluster.main": account.name,
        "aws_eks_node_group.core": f"{account.name}:core",
    }
    found = account.look(recorded=recorded, tainted=list(recorded))
    assert {each.address for each in found.untaint} == set(recorded)
    assert not found.imports
    assert not found.replaceable
    gone = account.look(recorded={"aws_subnet.public": "subnet-0gone"}, tainted=["aws_subnet.public"])
    assert "aws_subnet.public" not in {each.address for each in gone.again}


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"team": "data"}, "with the tags team = data; it has no tag byoc:activation"),
        ({"byoc:activation": "org-2/1/act-9"}, "its tag byoc:activation is org-2/1/act-9"),
    ],
)
def test_one_stranger_and_nothing_at_all_is_taken_over(account: Account, tags: dict[str, str], words: str) -> None:
    account.vpc()
    account.cluster(**tags)
    found = account.look()
    assert found.imports == ()
    (said,) = found.strangers
    assert said.startswith("The EKS cluster arn:aws:eks:us-west-2:")
    assert words in said


def test_a_bucket_of_another_account_is_a_stranger(account: Account) -> None:
    # As S3 answers a HEAD: with a number alone.
    account.simulator.inject("s3:HeadBucket", error="403", status=403)
    (said,) = account.look().strangers
    assert said == (
        f"The S3 bucket arn:aws:s3:::{account.name}-milvus exists; it answers no question of this account: it is "
        "another AWS account's, or in another region."
    )


def test_a_bucket_that_was_made_and_not_yet_marked_is_ours_while_it_is_empty(account: Account) -> None:
    name = account.bucket(marked=False)
    assert found_by(account.look())["aws_s3_bucket.milvus"] == name
    account.s3.put_object(Bucket=name, Key="somebody's", Body=b"")
    assert "it has no tag byoc:activation" in account.look().strangers[0]


def test_two_things_under_one_address_are_not_chosen_between(account: Account) -> None:
    first, second = account.vpc(), account.vpc()
    with pytest.raises(Refused) as raised:
        account.look()
    assert raised.value.code == "recovery_doubled"
    assert first in raised.value.text
    assert second in raised.value.text


def test_a_second_one_that_no_state_knows_is_named_and_left_alone(account: Account) -> None:
    first, second = account.vpc(), account.vpc()
    assert account.look(recorded={"aws_vpc.main": first}) == Found()
    (said,) = account.said
    assert second in said
    assert first not in said


def test_what_may_not_be_looked_at_is_not_taken_for_absent(account: Account, make_user: MakeUser) -> None:
    with pytest.raises(Faulted) as raised:
        account.look(keys=make_user(allow("iam:*", "eks:*", "s3:*")))
    assert raised.value.code == "recovery_inconclusive"
    assert "ec2:Describe" in raised.value.text


def test_a_right_that_is_bound_to_a_path_finds_what_is_there_and_takes_a_refusal_for_nothing(
    account: Account, make_user: MakeUser
) -> None:
    """Of a role that does not exist IAM knows no path: the bootstrap role hears *denied* of it."""
    account.role("cluster", **account.tags("aws_iam_role.cluster"))
    path = f"arn:aws:iam::{account.customer['account']}:role/zilliz/zilliz-byoc-*"
    others = allow("ec2:*", "eks:*", "s3:*")["Statement"]
    roles = allow("iam:GetRole", "iam:ListAttachedRolePolicies", resource=path)["Statement"]
    keys = make_user({"Version": "2012-10-17", "Statement": [*others, *roles]})
    assert found_by(account.look(keys=keys)) == {"aws_iam_role.cluster": f"{account.name}-cluster"}


def test_a_look_that_is_turned_away_is_repeated(account: Account) -> None:
    account.cluster()
    account.simulator.inject("eks:DescribeCluster", error="ThrottlingException", message="Rate exceeded", times=3)
    assert found_by(account.look()) == {"aws_eks_cluster.main": account.name}
    assert account.waits == [1.0]
