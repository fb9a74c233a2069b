"""What stands of a region now, seen with the management role's rights."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from activation.aws.region_view import LOOKED, look, stated_in
from activation.aws.sessions import Session, session
from activation.domain.credentials import AccessKeys
from activation.domain.region_now import Standing, Thing, compare
from activation.domain.state import attributes_of, read_state
from activation.simulator.client import Simulator
from tests.aws.conftest import REGION, TakeRole, allow, keys_of
from tests.aws.standing import NODE_GROUPS, put_up
from tests.aws.standing import Standing as Region

_numbers = itertools.count(1)
TAG = "org-1/222233334444/act-1"
# Of the bundled package's management policy, what concerns the things here.
MANAGEMENT = (
    *("ec2:DescribeAddresses", "ec2:DescribeInternetGateways", "ec2:DescribeNatGateways", "ec2:DescribeSecurityGroups"),
    *("ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs", "eks:Describe*", "eks:List*"),
    "s3:GetBucketLocation",
)


@pytest.fixture
def region(simulator: Simulator, customer: dict[str, Any], iam: Any) -> Iterator[Region]:
    number = next(_numbers)
    made = put_up(simulator, customer["administrator"], f"zilliz-byoc-view-{number}", activation=f"{TAG}{number}")
    yield made
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made.provider)


@pytest.fixture
def opened(simulator: Simulator, customer: dict[str, Any]) -> Callable[..., Session]:
    def open_with(keys: AccessKeys | None = None) -> Session:
        return session(keys or keys_of(customer["administrator"]), REGION, simulator.endpoint)

    return open_with


def stated(region: Region) -> tuple[Thing, ...]:
    """Return what a state would say of it."""
    return (
        Thing("aws_vpc", region.vpc, "", {"network": "10.20.0.0/16"}),
        *(Thing("aws_subnet", each) for each in region.subnets),
        Thing("aws_s3_bucket", region.bucket),
        Thing("aws_eks_cluster", region.name, "", {"version": "1.33"}),
        *(Thing("aws_eks_node_group", f"{region.name}:{each}") for each in NODE_GROUPS),
        Thing("aws_iam_role", f"{region.name}-node"),
    )


def tag_of(region: Region) -> str:
    return f"{TAG}{region.name.rpartition('-')[2]}"


def test_the_management_role_finds_all_that_stands(
    region: Region, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    said = stated(region)
    manager = opened(take_role(allow(*MANAGEMENT)))
    found = look(manager, name=region.name, tag=tag_of(region), stated=said)
    assert not found.problems
    standings = {line.type: line.standing for line in compare(said, found)}
    assert standings.pop("aws_iam_role") is Standing.NOT_LOOKED
    assert set(standings.values()) == {Standing.SAME}
    assert set(found.looked) == set(LOOKED)


def test_what_somebody_changed_by_hand_is_seen(region: Region, opened: Callable[..., Session]) -> None:
    aws, said = opened(), stated(region)
    tags = [{"Key": "byoc:activation", "Value": tag_of(region)}]
    region.ec2.delete_subnet(SubnetId=region.subnets[2])
    region.ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    region.eks.delete_nodegroup(clusterName=region.name, nodegroupName="core")
    lines = {line.type: line for line in compare(said, look(aws, name=region.name, tag=tag_of(region), stated=said))}
    assert lines["aws_subnet"].items == (f"{region.subnets[2]} is not in AWS.",)
    assert lines["aws_eip"].standing is Standing.MORE
    assert lines["aws_eks_node_group"].standing is Standing.MISSING


def test_a_thing_whose_tag_was_taken_away_is_still_found_by_its_id(
    region: Region, opened: Callable[..., Session]
) -> None:
    region.ec2.delete_tags(Resources=[region.vpc], Tags=[{"Key": "byoc:activation"}])
    found = look(opened(), name=region.name, tag=tag_of(region), stated=stated(region))
    assert region.vpc in {each.id for each in found.things}


def test_what_the_role_may_not_read_is_a_problem_and_the_rest_is_found(
    region: Region, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    few = opened(take_role(allow("ec2:DescribeVpcs")))
    found = look(few, name=region.name, tag=tag_of(region), stated=())
    assert {each.type for each in found.things} == {"aws_vpc"}
    assert set(found.problems) == set(LOOKED) - {"aws_vpc", "aws_eks_addon"}
    assert found.problems["aws_s3_bucket"].endswith("s3:GetBucketLocation.")


def test_nothing_of_a_region_that_is_gone_is_found(region: Region, opened: Callable[..., Session]) -> None:
    found = look(opened(), name="zilliz-byoc-gone", tag="somebody else's", stated=())
    assert found.things == ()
    assert not found.problems


def test_a_state_says_what_is_compared() -> None:
    document = {
        "version": 4,
        "serial": 1,
        "lineage": "a",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "aws_vpc",
                "name": "main",
                "instances": [{"attributes": {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "tags": {"Name": "a-vpc"}}}],
            },
            {
                "mode": "managed",
                "type": "aws_eks_addon",
                "name": "coredns",
                "instances": [{"index_key": 0, "attributes": {"id": "a:coredns"}}],
            },
        ],
    }
    content = json.dumps(document).encode()
    state = read_state(content)
    assert stated_in(state, attributes_of(content, state.addresses)) == (
        Thing("aws_eks_addon", "a:coredns"),
        Thing("aws_vpc", "vpc-1", "a-vpc", {"network": "10.0.0.0/16"}),
    )
