"""A stand-in for the vendor's console: builds a region by hand, piece by piece, as its documents describe it.

The real one cannot be had here. `python -m activation.simulator.console` is a program of its own, which speaks to AWS
with boto3 and knows nothing of the portal:

    python -m activation.simulator.console --directory DIR --name zilliz-byoc-x [--until vpc] [--pause 2] [--plain]
"""

import argparse
import ipaddress
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

# The service of PrivateLink in us-west-2, as the vendor's public code names it.
LINK_SERVICE = "com.amazonaws.vpce.{region}.vpce-svc-0654fb016640c364a"
INSTANCE_TYPES = {"core": "m6i.xlarge", "fundamental": "m6i.2xlarge"}
KEYS = ("access_key_id", "secret_access_key", "session_token")
Say = Callable[[str, str], None]


class Console:
    """Builds one region. `marked` is off for a region that nobody would know by its tags and names."""

    def __init__(
        self,
        endpoint: str,
        key: Mapping[str, str],
        *,
        region: str,
        name: str,
        cidr: str = "10.0.0.0/16",
        marked: bool = True,
    ) -> None:
        session = boto3.Session(*(key[part] or None for part in KEYS), region_name=region)
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={})
        self.s3 = session.client("s3", endpoint_url=endpoint, config=config, verify=True)
        self.ec2, self.eks, self.iam = (
            session.client(service, endpoint_url=endpoint, config=Config(proxies={}), verify=True)
            for service in ("ec2", "eks", "iam")
        )
        self.region = region
        self.name = name
        self.cidr = ipaddress.IPv4Network(cidr)
        self.tags = {"Vendor": "zilliz-byoc", "byoc": "true"} if marked else {}
        self.made: dict[str, Any] = {}

    def parts(self) -> Sequence[tuple[str, Callable[[], Any]]]:
        """Return what is built, in order."""
        return (
            ("vpc", self.vpc),
            ("subnets", self.subnets),
            ("internet_gateway", self.internet_gateway),
            ("security_group", self.security_group),
            ("address", self.address),
            ("nat_gateway", self.nat_gateway),
            ("s3_endpoint", self.s3_endpoint),
            ("private_link", self.private_link),
            ("bucket", self.bucket),
            ("cluster", self.cluster),
            ("core", lambda: self.node_group("core")),
            ("fundamental", lambda: self.node_group("fundamental")),
        )

    def build(self, *, until: str = "", pause: float = 0.0, say: Say = lambda part, identity: None) -> dict[str, Any]:
        """Build part after part, up to and with `until`, with `pause` seconds behind each; return what was made."""
        for part, make in self.parts():
            self.made[part] = make()
            say(part, str(self.made[part]))
            if part == until:
                break
            time.sleep(pause)
        return self.made

    def tagged(self, kind: str, name: str) -> list[dict[str, Any]]:
        """Return the tags of a new resource of EC2."""
        tags = {**self.tags, "Name": f"{self.name}-{name}"}
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]

    def vpc(self) -> str:
        """Make the network."""
        made = self.ec2.create_vpc(CidrBlock=str(self.cidr), TagSpecifications=self.tagged("vpc", "vpc"))
        return str(made["Vpc"]["VpcId"])

    def subnets(self) -> list[str]:
        """Make three private subnets and the public one, as the vendor's code cuts them."""
        quarters = list(self.cidr.subnets(prefixlen_diff=2))
        public = list(quarters[3].subnets(prefixlen_diff=6))[62]
        wanted = [(f"private-{zone}", zone, cidr) for zone, cidr in zip("abc", quarters, strict=False)]
        return [
            str(
                self.ec2.create_subnet(
                    VpcId=self.made["vpc"],
                    CidrBlock=str(cidr),
                    AvailabilityZone=f"{self.region}{zone}",
                    TagSpecifications=self.tagged("subnet", name),
                )["Subnet"]["SubnetId"]
            )
            for name, zone, cidr in [*wanted, ("public", "a", public)]
        ]

    def internet_gateway(self) -> str:
        """Make the way to the internet."""
        given = {"TagSpecifications": self.tagged("internet-gateway", "igw")}
        pk = str(self.ec2.create_internet_gateway(**given)["InternetGateway"]["InternetGatewayId"])
        self.ec2.attach_internet_gateway(InternetGatewayId=pk, VpcId=self.made["vpc"])
        return pk

    def security_group(self) -> str:
        """Make the security group."""
        made = self.ec2.create_security_group(
            GroupName=f"{self.name}-sg",
            Description="Traffic inside the data plane.",
            VpcId=self.made["vpc"],
            TagSpecifications=self.tagged("security-group", "sg"),
        )
        return str(made["GroupId"])

    def address(self) -> str:
        """Take an address for the NAT gateway."""
        made = self.ec2.allocate_address(Domain="vpc", TagSpecifications=self.tagged("elastic-ip", "nat"))
        return str(made["AllocationId"])

    def nat_gateway(self) -> str:
        """Make the NAT gateway."""
        made = self.ec2.create_nat_gateway(
            SubnetId=self.made["subnets"][3],
            AllocationId=self.made["address"],
            TagSpecifications=self.tagged("natgateway", "nat"),
        )
        return str(made["NatGateway"]["NatGatewayId"])

    def endpoint(self, name: str, **given: Any) -> str:
        """Make an endpoint of the network."""
        given |= {"VpcId": self.made["vpc"], "TagSpecifications": self.tagged("vpc-endpoint", name)}
        return str(self.ec2.create_vpc_endpoint(**given)["VpcEndpoint"]["VpcEndpointId"])

    def s3_endpoint(self) -> str:
        """Make the gateway endpoint of S3."""
        return self.endpoint("s3", VpcEndpointType="Gateway", ServiceName=f"com.amazonaws.{self.region}.s3")

    def private_link(self) -> str:
        """Make the endpoint that leads to the control plane."""
        return self.endpoint(
            "link",
            VpcEndpointType="Interface",
            ServiceName=LINK_SERVICE.format(region=self.region),
            SubnetIds=self.made["subnets"][:3],
            SecurityGroupIds=[self.made["security_group"]],
        )

    def bucket(self) -> str:
        """Make the bucket."""
        name = f"{self.name}-milvus"
        place = {} if self.region == "us-east-1" else {"LocationConstraint": self.region}
        self.s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        self.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        return name

    def role(self, kind: str, service: str) -> str:
        """Make a role for EKS or for the nodes."""
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return str(self.iam.create_role(RoleName=f"{self.name}-{kind}", AssumeRolePolicyDocument=trust)["Role"]["Arn"])

    def cluster(self) -> str:
        """Make the cluster."""
        network = {
            "subnetIds": self.made["subnets"][:3],
            "securityGroupIds": [self.made["security_group"]],
            "endpointPrivateAccess": True,
            "endpointPublicAccess": False,
        }
        role = self.role("cluster", "eks.amazonaws.com")
        self.eks.create_cluster(name=self.name, roleArn=role, resourcesVpcConfig=network, tags=self.tags)
        self.made["node_role"] = self.role("node", "ec2.amazonaws.com")
        return self.name

    def node_group(self, name: str) -> str:
        """Make a node group."""
        self.eks.create_nodegroup(
            clusterName=self.name,
            nodegroupName=name,
            nodeRole=self.made["node_role"],
            subnets=self.made["subnets"][:3],
            instanceTypes=[INSTANCE_TYPES[name]],
            scalingConfig={"minSize": 1, "maxSize": 8, "desiredSize": 4},
            tags=self.tags,
        )
        return name


def main() -> None:
    """Build in the customer's account of the simulator that runs in a directory; write a line of JSON a part."""
    parser = argparse.ArgumentParser(description="Builds a region by hand in the simulator, as a console would.")
    parser.add_argument("--directory", type=Path, required=True, help="where the simulator runs")
    parser.add_argument("--name", required=True, help="what everything is named after: zilliz-byoc-…")
    parser.add_argument("--region", default="us-west-2")
    parser.add_argument("--cidr", default="10.0.0.0/16")
    parser.add_argument("--until", default="", help="stop behind this part")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds behind each part")
    parser.add_argument("--plain", action="store_true", help="without the tags that Zilliz sets")
    given = parser.parse_args()
    found = json.loads((given.directory / "simulator.json").read_text())
    key = found["identities"]["customer"]["administrator"]
    console = Console(
        found["endpoint"], key, region=given.region, name=given.name, cidr=given.cidr, marked=not given.plain
    )
    console.build(
        until=given.until,
        pause=given.pause,
        say=lambda part, identity: print(json.dumps({"part": part, "identity": identity}), flush=True),
    )


if __name__ == "__main__":
    main()
