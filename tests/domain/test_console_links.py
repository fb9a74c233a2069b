"""Links to AWS's console: where there is one, and never from what is no identifier of AWS's."""

import pytest

from activation.domain.console_links import console_link

REGION = "us-west-2"


@pytest.mark.parametrize(
    ("kind", "identifier", "ends"),
    [
        (
            "aws_vpc",
            "vpc-0123456789abcdef0",
            "/vpcconsole/home?region=us-west-2#VpcDetails:VpcId=vpc-0123456789abcdef0",
        ),
        ("aws_eks_cluster", "zilliz-byoc-a", "/eks/clusters/zilliz-byoc-a?region=us-west-2"),
        ("aws_eks_node_group", "zilliz-byoc-a:core", "/eks/clusters/zilliz-byoc-a/nodegroups/core?region=us-west-2"),
        ("aws_s3_bucket", "zilliz-byoc-a-milvus", "/s3/buckets/zilliz-byoc-a-milvus?region=us-west-2"),
        ("aws_iam_role", "zilliz-byoc-a-node", "/iam/home#/roles/details/zilliz-byoc-a-node"),
    ],
)
def test_what_the_console_shows_is_linked(kind: str, identifier: str, ends: str) -> None:
    found = console_link(kind, identifier, region=REGION)
    assert found.startswith("https://")
    assert ".console.aws.amazon.com/" in found or "//console.aws.amazon.com/" in found
    assert found.endswith(ends)


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [
        ("aws_vpc", "vpc-0123456789abcdef0&x=y"),
        ("aws_vpc", "javascript:alert(1)"),
        ("aws_vpc", "vpc-0123456789abcdef0\n"),
        ("aws_vpc", ""),
        ("aws_s3_bucket", "../evil"),
        ("aws_eks_cluster", "a/../../b"),
        ("aws_eks_node_group", "core"),
        ("aws_iam_role", "a#b"),
        ("aws_iam_openid_connect_provider", "https://oidc.example"),
        ("aws_route", "r-rtb-0123"),
    ],
)
def test_what_is_no_identifier_of_aws_is_not(kind: str, identifier: str) -> None:
    assert console_link(kind, identifier, region=REGION) == ""


@pytest.mark.parametrize("region", ["", "us-west-2.evil.example/", "cn-north-1", "us-gov-west-1"])
def test_another_console_s_regions_are_not_linked(region: str) -> None:
    assert console_link("aws_vpc", "vpc-0123456789abcdef0", region=region) == ""
