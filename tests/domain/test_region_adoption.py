"""What the manifest says of finding things again, read; and whose a thing is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from activation.domain.adoption import Found, Import
from activation.domain.region_adoption import (
    BUCKET,
    CLUSTER,
    Condition,
    Row,
    Seen,
    condition,
    identity,
    lifted,
    minutes_for,
    not_ours,
    parent,
    rows_of,
    stranger,
)
from activation.packages import bundled

TAG = "org-1/222233334444/act-1"
VALUES = {
    "name": "zilliz-byoc-abc",
    "partition": "aws",
    **{
        f"var.{name}_irsa_policy_arn": f"arn:aws:iam::222233334444:policy/zilliz/{name}"
        for name in ("aws_lb", "cluster_autoscaler", "ebs_csi", "zilliz_business")
    },
}


def resources() -> dict[str, dict[str, str]]:
    found: dict[str, Any] = json.loads(bundled("terraform-aws-region")["manifest.json"])
    said: dict[str, dict[str, str]] = found["resources"]
    return said


def rows(*, with_addons: bool = True) -> dict[str, Row]:
    return {row.address: row for row in rows_of(resources(), with_addons=with_addons)}


def test_every_address_of_the_package_is_looked_for_and_what_others_hang_on_first() -> None:
    found = rows()
    assert set(found) == set(resources())
    order = list(found)
    assert order.index("aws_vpc.main") < order.index("aws_route.nat")
    for address, row in found.items():
        above = parent(row, found.values(), VALUES)
        if above is not None:
            assert order.index(above.address) < order.index(address)


def test_add_ons_are_looked_for_only_where_the_plan_has_them_and_under_their_key() -> None:
    assert rows()["aws_eks_addon.coredns"].target == "aws_eks_addon.coredns[0]"
    assert not [address for address in rows(with_addons=False) if address.startswith("aws_eks_addon.")]


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("aws_eks_node_group.core", "zilliz-byoc-abc:core"),
        ("aws_s3_bucket_policy.milvus", "zilliz-byoc-abc-milvus"),
        (
            "aws_iam_role_policy_attachment.node_worker",
            "zilliz-byoc-abc-node/arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        ),
        (
            "aws_iam_role_policy_attachment.ebs_csi_irsa",
            "zilliz-byoc-abc-ebs-csi-irsa/arn:aws:iam::222233334444:policy/zilliz/ebs_csi",
        ),
        ("aws_route.nat", "rtb-2_0.0.0.0/0"),
        ("aws_route_table_association.private_2", "subnet-2/rtb-2"),
    ],
)
def test_templates_become_what_import_takes(address: str, given: str) -> None:
    known = {**VALUES, "aws_route_table.private": "rtb-2", "aws_subnet.private_2": "subnet-2"}
    assert identity(rows()[address], known) == given


def test_what_joins_unknown_parts_has_no_identity() -> None:
    assert identity(rows()["aws_route.nat"], VALUES) == ""
    assert identity(rows()["aws_vpc.main"], VALUES) == ""


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("aws_s3_bucket_policy.milvus", "aws_s3_bucket.milvus"),
        ("aws_iam_role_policy_attachment.node_cni", "aws_iam_role.node"),
        ("aws_iam_role_policy_attachment.business_irsa", "aws_iam_role.business_irsa"),
        ("aws_eks_node_group.core", "aws_eks_cluster.main"),
        ("aws_eks_addon.vpc_cni", "aws_eks_cluster.main"),
        ("aws_iam_openid_connect_provider.cluster", "aws_eks_cluster.main"),
    ],
)
def test_whose_a_thing_is_that_carries_no_tag_says_what_it_hangs_on(address: str, above: str) -> None:
    found = parent(rows()[address], rows().values(), VALUES)
    assert found is not None
    assert found.address == above


@pytest.mark.parametrize(
    ("kind", "word", "is_so"),
    [
        ("aws_vpc", "available", Condition.WHOLE),
        ("aws_internet_gateway", "", Condition.WHOLE),
        ("aws_nat_gateway", "pending", Condition.COMING),
        ("aws_nat_gateway", "failed", Condition.BROKEN),
        ("aws_nat_gateway", "deleting", Condition.GOING),
        ("aws_nat_gateway", "deleted", Condition.GONE),
        ("aws_vpc_endpoint", "Available", Condition.WHOLE),
        (CLUSTER, "CREATING", Condition.COMING),
        (CLUSTER, "UPDATING", Condition.COMING),
        (CLUSTER, "FAILED", Condition.BROKEN),
        (CLUSTER, "DELETING", Condition.GOING),
        ("aws_eks_node_group", "CREATE_FAILED", Condition.BROKEN),
        ("aws_eks_node_group", "DEGRADED", Condition.BROKEN),
        ("aws_eks_addon", "DEGRADED", Condition.WHOLE),
        (CLUSTER, "SOMETHING_NEW", Condition.COMING),
    ],
)
def test_words_of_aws_say_how_far_a_thing_is(kind: str, word: str, is_so: Condition) -> None:
    assert condition(kind, word) is is_so


def test_a_cluster_is_waited_for_longer_than_a_network() -> None:
    assert minutes_for(CLUSTER) > minutes_for("aws_nat_gateway") > 0


ADDRESS = "aws_eks_cluster.main"


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"byoc:activation": TAG, "byoc:address": ADDRESS}, ""),
        ({}, "no tag byoc:activation"),
        ({"byoc:activation": "org-2/222233334444/act-9"}, "org-2/222233334444/act-9, not"),
        ({"byoc:activation": TAG, "byoc:address": "aws_vpc.main"}, "byoc:address is aws_vpc.main"),
        (None, ""),
    ],
)
def test_the_tags_say_whose_a_thing_is(tags: dict[str, str] | None, words: str) -> None:
    why = not_ours(Seen(CLUSTER, "zilliz-byoc-abc", "", tags=tags), address=ADDRESS, tag=TAG)
    assert words in why
    assert bool(why) == bool(words)


def test_a_bucket_that_was_never_marked_and_holds_nothing_is_ours_by_its_name() -> None:
    assert not not_ours(Seen(BUCKET, "b", "", tags={}, blank=True), address="aws_s3_bucket.milvus", tag=TAG)
    assert not_ours(Seen(BUCKET, "b", "", tags={}), address="aws_s3_bucket.milvus", tag=TAG)


def test_a_stranger_is_named_with_its_tags_and_since_when() -> None:
    arn = "arn:aws:eks:us-west-2:222233334444:cluster/zilliz-byoc-abc"
    made = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    said = stranger(Seen(CLUSTER, "zilliz-byoc-abc", "", arn=arn, tags={"team": "data"}, created=made), "no tag")
    assert said == f"The EKS cluster {arn} exists since 2026-03-01 09:30 UTC with the tags team = data; no tag."


def test_of_what_answers_nobody_no_tags_are_told() -> None:
    foreign = Seen(BUCKET, "b", "", arn="arn:aws:s3:::b", foreign="it is another account's")
    assert not_ours(foreign, address="aws_s3_bucket.milvus", tag=TAG) == "it is another account's"
    assert stranger(foreign, foreign.foreign) == "The S3 bucket arn:aws:s3:::b exists; it is another account's."


def test_a_group_that_was_found_again_gets_its_rules_and_nothing_else_is_overridden() -> None:
    group = Import("aws_security_group.main", "sg-1", "sg-1", "aws_security_group")
    assert lifted(Found((Import("aws_vpc.main", "vpc-1", "vpc-1", "aws_vpc"),))) == ""
    for found in (Found((group,)), Found(untaint=(group,))):
        text = lifted(found)
        assert text.startswith('resource "aws_security_group" "main" {')
        assert "ignore_changes = [revoke_rules_on_delete]" in text
