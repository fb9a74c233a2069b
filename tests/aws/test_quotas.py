"""Room for a data plane in a region: counted where it can be read, open where it cannot."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from activation.aws.quotas import QUOTAS, ZONES_WITHOUT_EKS, Needs, RegionReport, Room, look, networks
from activation.aws.sessions import Session, session
from activation.domain.checks import Check, CheckState
from activation.domain.credentials import AccessKeys
from activation.domain.netmask import overlapping
from activation.packages import bundled
from activation.simulator.client import Simulator
from tests.aws.conftest import keys_of
from tests.simulator.conftest import client

Look = Callable[..., RegionReport]


@pytest.fixture
def opened(simulator: Simulator, customer: dict[str, Any]) -> Callable[..., Session]:
    """Open a session in a region; each test has a region of its own, for what stands there stays."""

    def open_in(region: str, keys: AccessKeys | None = None) -> Session:
        return session(keys or keys_of(customer["administrator"]), region, simulator.endpoint)

    return open_in


@pytest.fixture
def ec2(simulator: Simulator, customer: dict[str, Any]) -> Callable[[str], Any]:
    return lambda region: client(simulator.endpoint, "ec2", customer["administrator"], region=region)


@pytest.fixture
def without_service_roles(iam: Any) -> Iterator[None]:
    yield
    for role in iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]:
        iam.delete_role(RoleName=role["RoleName"])


def room(report: RegionReport, code: str) -> Room:
    return next(each for each in report.rooms if each.code == code)


def line(report: RegionReport, code: str) -> Check:
    return next(each for each in report.checks if each.code == code)


def fill(ec2: Any, count: int, cidr: str = "10.0.0.0/16") -> list[str]:
    return [ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"] for _ in range(count)]


def test_an_empty_account_has_room_where_aws_says_how_much(opened: Callable[..., Session]) -> None:
    report = look(opened("us-west-2"), Needs())
    vpcs = room(report, "vpcs")
    # Every account has a default VPC.
    assert (vpcs.needed, vpcs.used, vpcs.limit, vpcs.available) == (1, 1, 5, 4)
    assert line(report, "vpcs").state is CheckState.PASSED
    assert line(report, "vpcs").detail == "1 needed, 4 of 5 available."
    assert not report.blocking


def test_a_quota_that_aws_does_not_tell_is_not_checked_and_not_in_the_way(opened: Callable[..., Session]) -> None:
    report = look(opened("us-west-2"), Needs())
    addresses = room(report, "addresses")
    assert (addresses.needed, addresses.used, addresses.limit, addresses.available) == (1, 0, None, None)
    open_line = line(report, "addresses")
    assert open_line.state is CheckState.NOT_CHECKED
    assert "GetServiceQuota" in open_line.detail
    assert "Service Quotas" in open_line.remedy


def test_full_vpcs_are_in_the_way_and_the_remedy_names_the_quota(
    opened: Callable[..., Session], ec2: Callable[[str], Any]
) -> None:
    fill(ec2("eu-central-1"), 4)
    report = look(opened("eu-central-1"), Needs())
    failed = line(report, "vpcs")
    assert failed.state is CheckState.FAILED
    assert failed.detail == "1 needed, 0 of 5 available."
    assert "L-F678F1CE" in failed.remedy
    assert report.blocking
    # What exists already is not needed again.
    assert line(look(opened("eu-central-1"), Needs(vpcs=0)), "vpcs").state is CheckState.PASSED


def test_nat_gateways_are_counted_in_the_zone_where_ours_will_stand(
    opened: Callable[..., Session], ec2: Callable[[str], Any]
) -> None:
    region = ec2("eu-west-1")
    (vpc,) = fill(region, 1)
    zones = {"eu-west-1a": 5, "eu-west-1b": 1}
    for number, (zone, count) in enumerate(zones.items()):
        given = {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
        subnet = region.create_subnet(**given)["Subnet"]["SubnetId"]
        for _ in range(count):
            address = region.allocate_address(Domain="vpc")["AllocationId"]
            region.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    report = look(opened("eu-west-1"), Needs())
    gateways = room(report, "nat_gateways")
    assert (gateways.used, gateways.available) == (5, 0)
    assert gateways.state is CheckState.FAILED
    assert room(report, "addresses").used == 6


def test_vcpus_are_counted_of_what_runs_and_of_what_is_to_run(
    opened: Callable[..., Session], ec2: Callable[[str], Any]
) -> None:
    region = ec2("us-east-2")
    image = region.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    for kind, count in (("m6i.2xlarge", 2), ("c5.large", 1), ("p3.2xlarge", 1)):
        region.run_instances(ImageId=image, InstanceType=kind, MinCount=count, MaxCount=count)
    (stopped,) = region.run_instances(ImageId=image, InstanceType="m6i.2xlarge", MinCount=1, MaxCount=1)["Instances"]
    region.stop_instances(InstanceIds=[stopped["InstanceId"]])
    vcpus = room(look(opened("us-east-2"), Needs(instances={"m6i.2xlarge": 3, "m6i.xlarge": 1})), "vcpus")
    # Two of eight and one of two; accelerated instances have a quota of their own, stopped ones count nothing.
    assert (vcpus.needed, vcpus.used) == (28, 18)


def test_three_zones_are_chosen_in_which_everything_is_on_offer(opened: Callable[..., Session]) -> None:
    report = look(opened("us-west-2"), Needs())
    assert report.zones == ("us-west-2a", "us-west-2b", "us-west-2c")
    assert line(report, "zones").state is CheckState.PASSED
    assert line(report, "instance_types").state is CheckState.PASSED


def test_a_region_with_two_zones_is_too_small(opened: Callable[..., Session]) -> None:
    report = look(opened("us-west-1"), Needs())
    assert report.zones == ()
    assert line(report, "zones").state is CheckState.FAILED
    assert "another region" in line(report, "zones").remedy
    assert report.blocking


def test_an_instance_type_that_is_nowhere_on_offer_is_named_with_its_zones(opened: Callable[..., Session]) -> None:
    report = look(opened("us-west-2"), Needs(instances={"m6i.2xlarge": 3, "m99.huge": 1}))
    failed = line(report, "instance_types")
    assert failed.state is CheckState.FAILED
    assert "us-west-2a lacks m99.huge." in failed.items
    assert report.zones == ()
    assert line(report, "vcpus").state is CheckState.NOT_CHECKED


@pytest.mark.usefixtures("without_service_roles")
def test_missing_service_linked_roles_are_warned_of_with_the_commands(opened: Callable[..., Session], iam: Any) -> None:
    aws = opened("us-west-2")
    warned = line(look(aws, Needs()), "service_roles")
    assert warned.state is CheckState.WARNING
    assert warned.items == (
        "aws iam create-service-linked-role --aws-service-name eks.amazonaws.com",
        "aws iam create-service-linked-role --aws-service-name eks-nodegroup.amazonaws.com",
    )
    for service, name in (("eks", "AmazonEKS"), ("eks-nodegroup", "AmazonEKSNodegroup")):
        trust = {"Version": "2012-10-17", "Statement": []}
        path = f"/aws-service-role/{service}.amazonaws.com/"
        iam.create_role(RoleName=f"AWSServiceRoleFor{name}", Path=path, AssumeRolePolicyDocument=json.dumps(trust))
    assert line(look(aws, Needs()), "service_roles").state is CheckState.PASSED


def test_a_key_that_may_read_nothing_leaves_everything_open(
    opened: Callable[..., Session], make_user: Callable[..., AccessKeys]
) -> None:
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}
    report = look(opened("us-west-2", make_user(nothing)), Needs())
    assert {check.state for check in report.checks} == {CheckState.NOT_CHECKED}
    assert all(check.detail and check.remedy for check in report.checks)
    assert not report.blocking
    assert report.zones == ()


def test_throttling_leaves_one_line_open_and_the_others_go_on(
    opened: Callable[..., Session], simulator: Simulator
) -> None:
    simulator.inject("ec2:DescribeVpcs", "RequestLimitExceeded", times=3)
    report = look(opened("us-west-2"), Needs())
    assert line(report, "vpcs").state is CheckState.NOT_CHECKED
    assert line(report, "nat_gateways").state is CheckState.PASSED


def test_report_survives_json(opened: Callable[..., Session]) -> None:
    report = look(opened("us-west-2"), Needs())
    assert RegionReport.from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    ("needed", "used", "limit", "state"),
    [
        (1, 4, 5, CheckState.PASSED),
        (1, 5, 5, CheckState.FAILED),
        (1, 9, 5, CheckState.FAILED),
        (0, 9, 5, CheckState.PASSED),
        (None, 0, 5, CheckState.NOT_CHECKED),
        (1, None, 5, CheckState.NOT_CHECKED),
        (1, 0, None, CheckState.NOT_CHECKED),
        (32, 0, 5, CheckState.FAILED),
    ],
)
def test_room_is_judged_only_where_all_three_numbers_are_known(
    needed: int | None, used: int | None, limit: int | None, state: CheckState
) -> None:
    quota = QUOTAS[0]
    found = Room(quota.code, quota.title, quota.unit, needed, used, limit, reason="Not told.", remedy="Ask.")
    assert found.state is state
    assert found.check.state is state


# --- networks


def test_networks_of_the_account_are_read_by_name_with_all_their_blocks(
    opened: Callable[..., Session], ec2: Callable[[str], Any]
) -> None:
    region = ec2("ap-southeast-2")
    (vpc,) = fill(region, 1, "10.7.0.0/16")
    region.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "payroll"}])
    region.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.8.0.0/16")
    found = networks(opened("ap-southeast-2"))
    assert {each.cidr for each in found} == {"172.31.0.0/16", "10.7.0.0/16", "10.8.0.0/16"}
    (hit,) = overlapping("10.8.128.0/20", found)
    assert hit.name == f"payroll ({vpc})"


def test_the_package_of_the_region_chooses_none_of_the_zones_in_which_eks_puts_no_cluster() -> None:
    written = re.search(r"exclude_zone_ids = \[(.+)\]", bundled("terraform-aws-region")["main.tf"].decode())
    assert written is not None
    assert set(re.findall(r'"([^"]+)"', written[1])) == ZONES_WITHOUT_EKS
