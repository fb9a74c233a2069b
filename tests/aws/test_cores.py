"""Cores in use: counted of what runs, by what it is for; what cannot be counted is no number."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from activation.aws.cores import Node, count, uses
from activation.aws.sessions import Session, session
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Problem
from activation.domain.license import CoreUse, cores_counted
from activation.simulator.client import Simulator
from tests.aws.conftest import REGION, TakeRole, allow, keys_of
from tests.aws.standing import Standing, put_up

_numbers = itertools.count(1)


@pytest.fixture
def standing(simulator: Simulator, customer: dict[str, Any], iam: Any) -> Iterator[Standing]:
    made = put_up(simulator, customer["administrator"], f"zilliz-byoc-cores-{next(_numbers)}")
    yield made
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made.provider)


@pytest.fixture
def opened(simulator: Simulator, customer: dict[str, Any]) -> Callable[..., Session]:
    def open_with(keys: AccessKeys | None = None) -> Session:
        return session(keys or keys_of(customer["administrator"]), REGION, simulator.endpoint)

    return open_with


def test_the_instances_of_a_cluster_are_counted_by_what_they_are_for(
    standing: Standing, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    manager = opened(take_role(allow("ec2:DescribeInstances", "ec2:DescribeInstanceTypes")))
    found = count(manager, clusters=[standing.name])
    assert found == (
        CoreUse("Core support", standing.name, REGION, "3 × m6i.2xlarge", 24, counted=False),
        CoreUse("Fundamental services", standing.name, REGION, "1 × m6i.2xlarge", 8),
    )
    assert cores_counted(found) == 8


def test_what_does_not_run_and_what_belongs_to_others_is_not_counted(
    standing: Standing, opened: Callable[..., Session]
) -> None:
    def ids(group: str) -> list[str]:
        tags = {"eks:cluster-name": standing.name, "eks:nodegroup-name": group}
        asked = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        found = standing.ec2.describe_instances(Filters=asked)["Reservations"]
        return [each["InstanceId"] for one in found for each in one["Instances"]]

    standing.ec2.stop_instances(InstanceIds=ids("fundamental"))
    standing.ec2.terminate_instances(InstanceIds=ids("core")[:1])
    standing.ec2.run_instances(ImageId="ami-12c6146b", InstanceType="c5.large", MinCount=2, MaxCount=2)
    (only,) = count(opened(), clusters=[standing.name])
    assert (only.service, only.instances, only.cores) == ("Core support", "2 × m6i.2xlarge", 16)


def test_an_instance_that_only_one_tag_gives_away_is_counted_once(
    standing: Standing, opened: Callable[..., Session]
) -> None:
    tags = [
        {"Key": f"kubernetes.io/cluster/{standing.name}", "Value": "owned"},
        {"Key": "byoc:activation", "Value": "a"},
    ]
    standing.ec2.run_instances(
        ImageId="ami-12c6146b",
        InstanceType="c5.large",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    found = count(opened(), clusters=[standing.name], tag="a")
    others = [use for use in found if use.service == "Other instances"]
    assert others == [CoreUse("Other instances", standing.name, REGION, "1 × c5.large", 2)]


def test_a_pattern_finds_the_clusters_of_a_console(standing: Standing, opened: Callable[..., Session]) -> None:
    found = count(opened(), clusters=["zilliz-byoc-*"])
    assert standing.name in {use.cluster for use in found}


def test_nothing_is_made_of_an_answer_that_did_not_come(
    standing: Standing, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    with pytest.raises(Problem):
        count(opened(take_role(allow("ec2:DescribeVpcs"))), clusters=[standing.name])
    # Instances alone say nothing of cores.
    with pytest.raises(Problem):
        count(opened(take_role(allow("ec2:DescribeInstances"))), clusters=[standing.name])


def test_cores_that_were_set_up_otherwise_count_as_they_are() -> None:
    halved = Node("i-1", "m6i.2xlarge", "c", "search", {"CoreCount": 4, "ThreadsPerCore": 1})
    usual = Node("i-2", "m6i.2xlarge", "c", "search", {})
    whole = Node("i-3", "m6id.4xlarge", "c", "search", {"CoreCount": 8, "ThreadsPerCore": 2})
    (only,) = uses([halved, usual, whole], {"m6i.2xlarge": 8}, REGION)
    assert (only.service, only.cores, only.counted) == ("Query nodes", 4 + 8 + 16, True)
    assert only.instances == "2 × m6i.2xlarge, 1 × m6id.4xlarge"


def make_group(standing: Standing, name: str, **more: Any) -> None:
    network = standing.eks.describe_nodegroup(clusterName=standing.name, nodegroupName="core")["nodegroup"]
    standing.eks.create_nodegroup(
        clusterName=standing.name,
        nodegroupName=name,
        nodeRole=network["nodeRole"],
        subnets=network["subnets"],
        instanceTypes=["m6i.2xlarge"],
        scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
        **more,
    )


def test_what_a_console_s_node_group_is_for_is_read_from_its_label_or_guessed_from_its_name(
    standing: Standing, opened: Callable[..., Session], take_role: TakeRole
) -> None:
    make_group(standing, "zilliz-core-1a2b")
    make_group(standing, "zilliz-7f", labels={"zilliz-group-name": "search"})
    make_group(standing, "zilliz-scored")
    reads = ("ec2:DescribeInstances", "ec2:DescribeInstanceTypes")

    told = count(opened(), clusters=[standing.name], of_vendor=True)
    guessed = count(opened(take_role(allow(*reads))), clusters=[standing.name], of_vendor=True)

    assert {(use.service, use.cores, use.counted) for use in told} == {
        ("Core support", 32, False),
        ("Fundamental services", 8, True),
        ("Query nodes", 8, True),
        ("zilliz-scored", 8, True),
    }
    assert {use.service for use in guessed} == {"Core support", "Fundamental services", "zilliz-7f", "zilliz-scored"}
    assert cores_counted(guessed) == cores_counted(told)
