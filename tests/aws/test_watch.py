"""One look at an account: with the least policy it sees everything, and it calls nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from activation.aws import watch
from activation.aws.sessions import session
from activation.aws.watch_rights import READ_ACTIONS, read_policy, recipes
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Refused
from activation.domain.watch import DOCUMENTED, Look, State, Thing
from activation.simulator.client import Simulator
from activation.simulator.console import Console
from tests.aws.conftest import MakeUser, keys_of

REGION, BY_TAG = "eu-west-3", "eu-north-1"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(running: Simulator) -> dict[str, Any]:
    """A region as a console builds it, and what each part is called."""
    key = running.identities()["customer"]["administrator"]
    # Its name alone does not tell where it is.
    Console(running.endpoint, key, region="eu-west-2", name="zilliz-byoc-elsewhere", marked=False).bucket()
    console = Console(running.endpoint, key, region=REGION, name="zilliz-byoc-looked-at")
    made: dict[str, Any] = console.build()
    return made


def look(simulator: Simulator, keys: AccessKeys, region: str = REGION) -> Look:
    return watch.look(session(keys, region, simulator.endpoint), region, at=NOW)


def test_the_least_policy_is_enough_for_everything_and_nothing_else_is_called(
    simulator: Simulator, customer: dict[str, Any], make_user: MakeUser, built: dict[str, Any]
) -> None:
    keys = make_user(read_policy(customer["account"], REGION))
    last = simulator.actions()[-1]["number"]

    found = look(simulator, keys)

    counted = {
        each.thing: sum(one.thing is each.thing and bool(one.marks) for one in found.items) for each in DOCUMENTED
    }
    assert counted == {each.thing: each.needed for each in DOCUMENTED}
    assert found.troubles == {}
    called = simulator.counts(after=last)
    renamed = {"s3:ListBuckets": "s3:ListAllMyBuckets", "tagging:GetResources": "tag:GetResources"}
    assert {renamed.get(each, each) for each in called} - {"sts:GetCallerIdentity"} == set(READ_ACTIONS)
    assert all(each["outcome"] == "ok" for each in simulator.actions(after=last))


def test_the_least_policy_opens_no_other_region(
    simulator: Simulator, customer: dict[str, Any], make_user: MakeUser, built: dict[str, Any]
) -> None:
    keys = make_user(read_policy(customer["account"], "eu-west-2"))

    found = look(simulator, keys)

    assert found.troubles[Thing.VPC].denied == "ec2:DescribeVpcs"
    assert found.troubles[Thing.CLUSTER].denied == "eks:ListClusters"
    assert not [each for each in found.items if each.thing is Thing.VPC]


def test_everything_is_told_with_its_network_and_its_age_where_aws_knows_them(
    simulator: Simulator, customer: dict[str, Any], built: dict[str, Any]
) -> None:
    found = look(simulator, keys_of(customer["administrator"]))

    marked = {each.identity: each for each in found.items if each.marks}
    assert marked[built["nat_gateway"]].network == built["vpc"]
    assert marked[built["address"]].network == built["vpc"]
    assert marked["nodegroup/zilliz-byoc-looked-at/core"].network == built["vpc"]
    assert marked["cluster/zilliz-byoc-looked-at"].state is State.READY
    aged = {each.thing for each in marked.values() if each.created}
    later = {Thing.NAT_GATEWAY, Thing.S3_ENDPOINT, Thing.PRIVATE_LINK, Thing.BUCKET, Thing.CLUSTER, Thing.NODE_GROUP}
    assert aged == later


@pytest.fixture(scope="module")
def named_otherwise(running: Simulator) -> str:
    """A region whose parts the vendor's tags tell and no name does; and a bucket like them in another one."""
    key = running.identities()["customer"]["administrator"]
    Console(running.endpoint, key, region=BY_TAG, name="data-plane").build()
    Console(running.endpoint, key, region="eu-west-2", name="elsewhere").bucket()
    return BY_TAG


def test_what_has_another_name_is_found_by_its_tags(
    simulator: Simulator, customer: dict[str, Any], make_user: MakeUser, named_otherwise: str
) -> None:
    keys = make_user(read_policy(customer["account"], BY_TAG))

    found = look(simulator, keys, BY_TAG)

    counted = {
        each.thing: sum(one.thing is each.thing and bool(one.marks) for one in found.items) for each in DOCUMENTED
    }
    assert counted == {each.thing: each.needed for each in DOCUMENTED}
    assert {each.name for each in found.items if each.thing is Thing.BUCKET} == {"data-plane-milvus"}


def test_without_the_right_to_search_by_tag_what_names_do_not_tell_is_not_known(
    simulator: Simulator, customer: dict[str, Any], make_user: MakeUser, built: dict[str, Any]
) -> None:
    policy = read_policy(customer["account"], REGION)
    policy["Statement"][0]["Action"].remove("tag:GetResources")

    found = look(simulator, make_user(policy))

    unknown = (Thing.CLUSTER, Thing.NODE_GROUP, Thing.BUCKET)
    assert {thing: each.denied for thing, each in found.troubles.items()} == dict.fromkeys(unknown, "tag:GetResources")


def test_a_search_by_tag_that_is_out_of_reach_leaves_the_rest_of_the_look(
    simulator: Simulator, customer: dict[str, Any], built: dict[str, Any]
) -> None:
    simulator.inject("tagging:GetResources", cut=True, times=12)

    found = look(simulator, keys_of(customer["administrator"]))

    assert set(found.troubles) == {Thing.CLUSTER, Thing.NODE_GROUP, Thing.BUCKET}
    assert Thing.VPC in {each.thing for each in found.items}


def test_what_is_not_named_as_documented_may_be_described_only_where_a_tag_marks_it() -> None:
    statements = read_policy("222233334444", REGION)["Statement"]
    eks = [each for each in statements if "eks:DescribeCluster" in each["Action"]]

    here = f"arn:aws:eks:{REGION}:222233334444"
    assert [(each["Resource"], each.get("Condition")) for each in eks] == [
        ([f"{here}:cluster/zilliz-byoc*", f"{here}:nodegroup/zilliz-byoc*/*/*"], None),
        (
            [f"{here}:cluster/*", f"{here}:nodegroup/*/*/*"],
            {"StringEquals": {"aws:ResourceTag/Vendor": "zilliz-byoc"}},
        ),
        ([f"{here}:cluster/*", f"{here}:nodegroup/*/*/*"], {"Null": {"aws:ResourceTag/byoc": "false"}}),
    ]


def test_a_denied_list_is_a_trouble_of_its_kind_and_of_what_hangs_on_it(
    simulator: Simulator, customer: dict[str, Any], make_user: MakeUser, built: dict[str, Any]
) -> None:
    policy = read_policy(customer["account"], REGION)
    policy["Statement"][0]["Action"].remove("eks:ListClusters")

    found = look(simulator, make_user(policy))

    assert set(found.troubles) == {Thing.CLUSTER, Thing.NODE_GROUP}
    assert found.troubles[Thing.NODE_GROUP].denied == "eks:ListClusters"


@pytest.mark.parametrize(
    ("action", "error", "thing"),
    [
        ("ec2:DescribeVpcEndpoints", "RequestLimitExceeded", Thing.PRIVATE_LINK),
        ("s3:ListBuckets", "SlowDown", Thing.BUCKET),
        ("tagging:GetResources", "ThrottlingException", Thing.CLUSTER),
    ],
)
def test_a_busy_aws_is_a_trouble_and_no_empty_list(
    simulator: Simulator, customer: dict[str, Any], built: dict[str, Any], action: str, error: str, thing: Thing
) -> None:
    simulator.inject(action, error, status=503, times=12)

    found = look(simulator, keys_of(customer["administrator"]))

    assert "limiting" in found.troubles[thing].text
    assert not found.troubles[thing].denied
    assert thing not in {each.thing for each in found.items}


def test_a_session_that_has_ended_is_over_and_no_empty_account(simulator: Simulator, customer: dict[str, Any]) -> None:
    ended = simulator.new_session(customer["account"])
    simulator.expire(ended["access_key_id"])

    with pytest.raises(Refused) as refused:
        look(simulator, keys_of(ended))

    assert refused.value.code in watch.KEY_IS_OVER


def test_a_cluster_that_goes_between_two_calls_is_no_trouble(
    simulator: Simulator, customer: dict[str, Any], built: dict[str, Any]
) -> None:
    simulator.inject("eks:DescribeCluster", "ResourceNotFoundException", status=404)

    found = look(simulator, keys_of(customer["administrator"]))

    assert not {Thing.CLUSTER, Thing.NODE_GROUP} & {each.thing for each in found.items}
    assert found.troubles == {}


def test_the_recipes_name_the_account_and_hold_no_secret() -> None:
    first = recipes("222233334444")[0]

    assert any("arn:aws:iam::222233334444:role/byoc-watch" in each for each in first.commands)
    assert not any("SECRET" in command for each in recipes("222233334444") for command in each.commands)
