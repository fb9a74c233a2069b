"""What stands of a region now, as its management role may see it. Reads only.

The role may not read routes, nor roles and their policies: of those nothing is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from activation.aws.sessions import Session
from activation.domain.adoption import ACTIVATION_TAG
from activation.domain.errors import Problem
from activation.domain.region_now import Found, Thing
from activation.domain.state import State

# EKS and S3 have words of their own for what does not exist.
_ABSENT: Final = frozenset({"ResourceNotFoundException", "NoSuchBucket"})
# What EC2 still lists for a while after it was deleted.
_GONE: Final = frozenset({"deleted", "deleting", "failed"})


@dataclass(frozen=True)
class _Kind:
    """How EC2 tells of one type: the call, the list in its answer, the name of the ID there, and its filter."""

    type: str
    operation: str
    key: str
    identity: str
    filter: str
    settings: Mapping[str, str]


_KINDS: Final = (
    _Kind("aws_vpc", "describe_vpcs", "Vpcs", "VpcId", "vpc-id", {"network": "CidrBlock"}),
    _Kind(
        "aws_subnet",
        "describe_subnets",
        "Subnets",
        "SubnetId",
        "subnet-id",
        {"network": "CidrBlock", "zone": "AvailabilityZone"},
    ),
    _Kind(
        "aws_internet_gateway",
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        "internet-gateway-id",
        {},
    ),
    _Kind("aws_nat_gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId", "nat-gateway-id", {}),
    _Kind("aws_eip", "describe_addresses", "Addresses", "AllocationId", "allocation-id", {"address": "PublicIp"}),
    _Kind("aws_vpc_endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "vpc-endpoint-id", {}),
    _Kind("aws_security_group", "describe_security_groups", "SecurityGroups", "GroupId", "group-id", {}),
)
# The same settings, by what Terraform's state calls them.
_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_vpc": {"network": "cidr_block"},
    "aws_subnet": {"network": "cidr_block", "zone": "availability_zone"},
    "aws_eip": {"address": "public_ip"},
    "aws_eks_cluster": {"version": "version"},
}
LOOKED: Final = (
    *(kind.type for kind in _KINDS),
    *("aws_s3_bucket", "aws_eks_cluster", "aws_eks_node_group", "aws_eks_addon"),
)


def look(aws: Session, *, name: str, tag: str, stated: Iterable[Thing]) -> Found:
    """Look for everything of a region: by the tag of its activation, by its name, and by the IDs that are `stated`.

    `name` is what the region's things are named after. Raises nothing for what AWS answers: what may not be read is a
    problem of its type.
    """
    known: dict[str, list[str]] = {}
    for each in stated:
        known.setdefault(each.type, []).append(each.id)
    looker = _Looker(aws, name)
    things: list[Thing] = []
    problems: dict[str, str] = {}

    def take(kind: str, ask: Callable[[], Iterable[Thing]]) -> None:
        try:
            things.extend(ask())
        except Problem as problem:
            problems[kind] = why(problem)

    for kind in _KINDS:
        take(kind.type, lambda kind=kind: looker.of_ec2(kind, tag, known.get(kind.type, [])))  # type: ignore[misc]
    take("aws_s3_bucket", looker.bucket)
    take("aws_eks_cluster", looker.cluster)
    # Nothing stands in a cluster that is not there.
    if "aws_eks_cluster" in problems or any(each.type == "aws_eks_cluster" for each in things):
        take("aws_eks_node_group", looker.node_groups)
        take("aws_eks_addon", lambda: looker.addons(known.get("aws_eks_addon", [])))
    return Found(tuple(things), LOOKED, problems)


def why(problem: Problem) -> str:
    """Say why something could not be read."""
    if problem.code == "aws_denied":
        return f"The management role is not allowed to call {problem.values['action']}."
    return problem.text


@dataclass(frozen=True)
class _Looker:
    aws: Session
    name: str

    def of_ec2(self, kind: _Kind, tag: str, ids: list[str]) -> list[Thing]:
        """Return what carries the tag, and what has one of the IDs though its tag was taken away."""
        found = {each.id: each for each in self._described(kind, f"tag:{ACTIVATION_TAG}", [tag])}
        if left := [name for name in ids if name not in found]:
            found |= {each.id: each for each in self._described(kind, kind.filter, left)}
        return list(found.values())

    def _described(self, kind: _Kind, by: str, values: list[str]) -> Iterator[Thing]:
        given: dict[str, Any] = {"Filters": [{"Name": by, "Values": values}]}
        while True:
            page = self.aws.ask("ec2", kind.operation, **given)
            for each in page.get(kind.key, ()):
                if str(each.get("State", "")) in _GONE:
                    continue
                names = [tag["Value"] for tag in each.get("Tags", ()) if tag["Key"] == "Name"]
                settings = {name: str(each[key]) for name, key in kind.settings.items() if each.get(key)}
                yield Thing(kind.type, str(each[kind.identity]), next(iter(names), ""), settings)
            if not page.get("NextToken"):
                return
            given["NextToken"] = page["NextToken"]

    def bucket(self) -> list[Thing]:
        """Return the bucket, if it stands."""
        bucket = f"{self.name}-milvus"
        return (
            [Thing("aws_s3_bucket", bucket, bucket)] if self._there("s3", "get_bucket_location", Bucket=bucket) else []
        )

    def cluster(self) -> list[Thing]:
        """Return the cluster, if it stands."""
        answer = self._there("eks", "describe_cluster", name=self.name)
        if not answer:
            return []
        return [Thing("aws_eks_cluster", self.name, self.name, {"version": str(answer["cluster"].get("version", ""))})]

    def node_groups(self) -> list[Thing]:
        """Return the cluster's node groups, also those that others made."""
        return [Thing("aws_eks_node_group", f"{self.name}:{each}", each) for each in self._listed("nodegroup")]

    def addons(self, stated: list[str]) -> list[Thing]:
        """Return the cluster's add-ons; where Terraform has none, those that EKS brings are none of its business."""
        return [Thing("aws_eks_addon", f"{self.name}:{each}", each) for each in self._listed("addon")] if stated else []

    def _listed(self, what: str) -> list[str]:
        given: dict[str, Any] = {"clusterName": self.name}
        found: list[str] = []
        while answer := self._there("eks", f"list_{what}s", **given):
            found += map(str, answer.get(f"{what}s", ()))
            if not answer.get("nextToken"):
                break
            given["nextToken"] = answer["nextToken"]
        return found

    def _there(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        """Return the answer; nothing where what is asked for does not exist."""
        try:
            return self.aws.ask(service, operation, **given)
        except Problem as problem:
            if problem.code == "aws_absent" or problem.values.get("aws_code") in _ABSENT:
                return {}
            raise


def stated_in(state: State, attributes: Mapping[str, Mapping[str, Any]]) -> tuple[Thing, ...]:
    """Return what a state says of each address, with the settings that can be compared; `attributes` by address."""
    things = []
    for address in sorted(state.addresses):
        kind = address.split(".")[0]
        held = attributes.get(address, {})
        settings = {name: str(held[key]) for name, key in _ATTRIBUTES.get(kind, {}).items() if held.get(key)}
        name = (held.get("tags") or {}).get("Name") or held.get("name") or ""
        things.append(Thing(kind, str(held.get("id", address)), str(name), settings))
    return tuple(things)
