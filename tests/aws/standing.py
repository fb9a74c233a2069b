"""A data plane put up by hand with the customer's own key, as the region package makes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.domain.service_accounts import SUBJECTS
from activation.simulator.client import Simulator
from tests.simulator.conftest import client

NODE_GROUPS = ("core", "fundamental")


@dataclass
class Standing:
    """What was put up, and clients of the customer's administrator to change it with."""

    name: str
    vpc: str
    subnets: list[str]
    issuer: str
    provider: str
    ec2: Any
    eks: Any
    s3: Any
    iam: Any

    @property
    def bucket(self) -> str:
        return f"{self.name}-milvus"


def put_up(
    simulator: Simulator, key: Mapping[str, str], name: str, *, region: str = "us-west-2", activation: str = ""
) -> Standing:
    """Put up network, bucket, cluster, two node groups and the roles of the service accounts."""
    ec2, eks, s3, iam = (
        client(simulator.endpoint, each, dict(key), region=region) for each in ("ec2", "eks", "s3", "iam")
    )
    tags = {"Vendor": "zilliz-byoc", "byoc": "true", **({"byoc:activation": activation} if activation else {})}

    def tagged(kind: str, address: str) -> list[dict[str, Any]]:
        own = {**tags, "Name": f"{name}-{kind}", "byoc:address": address}
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in own.items()]}]

    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=tagged("vpc", "aws_vpc.main"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.20.{64 * number}.0/18",
            AvailabilityZone=f"{region}{zone}",
            TagSpecifications=tagged("subnet", f"aws_subnet.private_{number + 1}"),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("abc")
    ]
    put_up_bucket(s3, f"{name}-milvus", region)
    service = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [service]})
    arn = iam.create_role(RoleName=f"{name}-cluster", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    node = iam.create_role(RoleName=f"{name}-node", AssumeRolePolicyDocument=trust.replace("eks.", "ec2."))["Role"]
    network = {"subnetIds": subnets, "endpointPrivateAccess": True, "endpointPublicAccess": False}
    cluster = eks.create_cluster(name=name, roleArn=arn, resourcesVpcConfig=network, tags=tags)["cluster"]
    for group in NODE_GROUPS:
        size = {"minSize": 1, "maxSize": 50, "desiredSize": 3 if group == "core" else 1}
        eks.create_nodegroup(
            clusterName=name,
            nodegroupName=group,
            nodeRole=node["Arn"],
            subnets=subnets,
            instanceTypes=["m6i.2xlarge"],
            scalingConfig=size,
            tags=tags,
        )
    issuer = cluster["identity"]["oidc"]["issuer"]
    given = {"Url": issuer, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": ["a" * 40]}
    provider = iam.create_open_id_connect_provider(**given)["OpenIDConnectProviderArn"]
    made = Standing(name, vpc, subnets, issuer.removeprefix("https://"), provider, ec2, eks, s3, iam)
    for end, subjects in SUBJECTS.items():
        iam.create_role(RoleName=f"{name}-{end}", AssumeRolePolicyDocument=trust_of(made, subjects))
    return made


def put_up_bucket(s3: Any, bucket: str, region: str) -> None:
    """Make a bucket with all that the package sets of it."""
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(everything, True))
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
    s3.put_bucket_policy(Bucket=bucket, Policy=tls_policy(bucket))


def tls_policy(bucket: str) -> str:
    """Return the bucket policy that the package writes."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust_of(standing: Standing, subjects: tuple[str, ...], **more: Any) -> str:
    """Return a trust policy for service accounts; `more` replaces parts of its condition, by operator."""
    condition: dict[str, Any] = {
        "StringEquals": {f"{standing.issuer}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{standing.issuer}:sub": list(subjects)},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": standing.provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {**condition, **more},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
