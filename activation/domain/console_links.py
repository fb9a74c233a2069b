"""Where AWS's own console shows a resource: only for identifiers whose form is AWS's."""

import re
from collections.abc import Mapping
from urllib.parse import quote

_ID = r"[0-9a-f]{8,17}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+=,.@_-]{0,127}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", re.ASCII)
_OIDC = re.compile(r"arn:aws:iam::\d{12}:oidc-provider/[A-Za-z0-9./_-]{1,255}", re.ASCII)

# Type → form of its identifier, page of the VPC console. Source: the addresses that the console itself makes.
_VPC_PAGES: Mapping[str, tuple[re.Pattern[str], str]] = {
    kind: (re.compile(f"{prefix}-{_ID}", re.ASCII), page)
    for kind, prefix, page in (
        ("aws_vpc", "vpc", "VpcDetails:VpcId"),
        ("aws_subnet", "subnet", "SubnetDetails:subnetId"),
        ("aws_internet_gateway", "igw", "InternetGateway:internetGatewayId"),
        ("aws_nat_gateway", "nat", "NatGatewayDetails:natGatewayId"),
        ("aws_eip", "eipalloc", "ElasticIpDetails:AllocationId"),
        ("aws_route_table", "rtb", "RouteTableDetails:RouteTableId"),
        ("aws_vpc_endpoint", "vpce", "EndpointDetails:vpcEndpointId"),
        ("aws_security_group", "sg", "SecurityGroup:groupId"),
    )
}


def console_link(kind: str, identifier: str, *, region: str) -> str:
    """Return the address of a resource's page in AWS's console; empty where there is none, or the id is not AWS's.

    `kind` is Terraform's type, `identifier` what its provider calls `id`.
    """
    if not _REGION.fullmatch(region) or region.startswith(("cn-", "us-gov-")):
        return ""
    console = f"https://{region}.console.aws.amazon.com"
    if kind in _VPC_PAGES:
        form, page = _VPC_PAGES[kind]
        found = form.fullmatch(identifier)
        return f"{console}/vpcconsole/home?region={region}#{page}={identifier}" if found else ""
    if kind == "aws_s3_bucket" and _BUCKET.fullmatch(identifier):
        return f"https://{region}.console.aws.amazon.com/s3/buckets/{identifier}?region={region}"
    if kind == "aws_eks_cluster" and _NAME.fullmatch(identifier):
        return f"{console}/eks/clusters/{quote(identifier, safe='')}?region={region}"
    if kind in {"aws_eks_node_group", "aws_eks_addon"}:
        cluster, _, name = identifier.partition(":")
        part = "nodegroups" if kind == "aws_eks_node_group" else "add-ons"
        both = _NAME.fullmatch(cluster) and _NAME.fullmatch(name)
        path = f"{quote(cluster, safe='')}/{part}/{quote(name, safe='')}"
        return f"{console}/eks/clusters/{path}?region={region}" if both else ""
    if kind == "aws_iam_role" and _NAME.fullmatch(identifier):
        return f"https://console.aws.amazon.com/iam/home#/roles/details/{quote(identifier, safe='')}"
    if kind == "aws_iam_openid_connect_provider" and _OIDC.fullmatch(identifier):
        issuer = quote(identifier, safe="")
        return f"https://console.aws.amazon.com/iam/home#/identity_providers/details/OPENID/{issuer}"
    return ""
