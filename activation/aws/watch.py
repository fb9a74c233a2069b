"""One look at an account's region: what of the set that a vendor's console builds stands there now. Reads only.

What the key may not read, or AWS does not answer this time, is a trouble of that kind of resource; it is never taken
for *not there*.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from activation.aws.sessions import Session
from activation.domain.errors import Problem
from activation.domain.watch import (
    BYOC_TAG,
    OWNER_TAG,
    PREFIX,
    VENDOR_TAG,
    Item,
    Look,
    State,
    Thing,
    Trouble,
    marks_of,
)

# With these nothing at all can be looked at: the key is over or wrong, or AWS is out of reach.
KEY_IS_OVER: Final = frozenset({"aws_key_expired", "aws_key_unknown", "aws_token_unknown", "aws_secret_wrong"})
_OUT_OF_REACH: Final = frozenset({"aws_unreachable", "aws_untrusted", "aws_proxy"})
_HOPELESS: Final = KEY_IS_OVER | _OUT_OF_REACH | {"aws_clock_skew"}
_GONE_SINCE: Final = frozenset({"ResourceNotFoundException", "NoSuchBucket"})
# Of what carries no mark only so much is kept of each kind: the rest is somebody else's, and of no interest.
_MOST_UNMARKED: Final = 100
# Groups that come with every network and every cluster.
_MADE_BY_AWS: Final = ("default", "eks-cluster-sg-")

# The lists of these tell no tags; asking each cluster and bucket of an account for its own would be many calls.
_FOUND_BY_TAG: Final = ("eks:cluster", "s3")
_MARKING: Final = ({"Key": VENDOR_TAG[0], "Values": [VENDOR_TAG[1]]}, {"Key": BYOC_TAG})

_NAT_STATES: Final = {
    "pending": State.BUILDING,
    "available": State.READY,
    "failed": State.FAILED,
    "deleting": State.ENDING,
    "deleted": State.ENDING,
}
_ENDPOINT_STATES: Final = {
    "available": State.READY,
    "pending": State.BUILDING,
    "pendingacceptance": State.BUILDING,
    "partial": State.BUILDING,
    "deleting": State.ENDING,
    "deleted": State.ENDING,
    "failed": State.FAILED,
    "rejected": State.FAILED,
    "expired": State.FAILED,
}
_EKS_STATES: Final = {
    "ACTIVE": State.READY,
    "UPDATING": State.READY,
    "CREATING": State.BUILDING,
    "PENDING": State.BUILDING,
    "DELETING": State.ENDING,
    "DEGRADED": State.FAILED,
    "CREATE_FAILED": State.FAILED,
    "DELETE_FAILED": State.FAILED,
    "FAILED": State.FAILED,
}


def look(aws: Session, region: str, *, at: datetime) -> Look:
    """Look once at everything.

    Raises Refused and Faulted where nothing can be looked at: the key is over (`KEY_IS_OVER`) or AWS out of reach; all
    else is a trouble of one kind of resource.
    """
    # STS tells a session that has ended from a clock that is wrong; EC2 says RequestExpired to both.
    aws.ask("sts", "get_caller_identity")
    looker = _Looker(aws, region)
    for thing, ask in looker.kinds():
        looker.try_to(thing, ask)
    return Look(at, tuple(looker.items.values()), looker.troubles)


class _Looker:
    def __init__(self, aws: Session, region: str) -> None:
        self.aws = aws
        self.region = region
        self.items: dict[str, Item] = {}
        self.troubles: dict[Thing, Trouble] = {}
        self.problems: dict[Thing, Problem] = {}
        self.networks: set[str] = set()
        self.network_of: dict[str, str] = {}
        self.clusters: list[str] = []
        self.lists: dict[str, list[Mapping[str, Any]]] = {}
        self.by_tag: dict[str, Mapping[str, str]] | Problem | None = None

    def kinds(self) -> Iterator[tuple[Thing, Callable[[], Iterator[Item]]]]:
        """Yield what to ask for, the networks first: what stands in them is told by them."""
        yield Thing.VPC, self.vpcs
        yield Thing.SUBNET, self.subnets
        yield Thing.CLUSTER, self.eks_clusters
        yield Thing.INTERNET_GATEWAY, self.internet_gateways
        yield Thing.NAT_GATEWAY, self.nat_gateways
        yield Thing.ADDRESS, self.addresses
        yield Thing.SECURITY_GROUP, self.security_groups
        yield Thing.S3_ENDPOINT, lambda: self.endpoints(Thing.S3_ENDPOINT)
        yield Thing.PRIVATE_LINK, lambda: self.endpoints(Thing.PRIVATE_LINK)
        yield Thing.NODE_GROUP, self.node_groups
        yield Thing.BUCKET, self.buckets

    def try_to(self, thing: Thing, ask: Callable[[], Iterator[Item]]) -> None:
        """Keep what one kind's question brings, or why it brings nothing."""
        try:
            found = list(ask())
        except Problem as problem:
            # The search by tag has a host of its own, which a proxy may not let through.
            is_alone = problem is self.by_tag and problem.code in _OUT_OF_REACH
            if problem.code in _HOPELESS and not is_alone:
                raise
            self.problems[thing] = problem
            denied = str(problem.values.get("action", "")) if problem.code == "aws_denied" else ""
            self.troubles[thing] = Trouble(problem.text, denied)
            return
        unmarked = 0
        for item in found:
            unmarked += not item.marks
            if item.marks or unmarked <= _MOST_UNMARKED:
                self.items[item.identity] = item

    def still_there(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask about something that a list named; nothing where it is gone since."""
        try:
            return self.aws.ask(service, operation, **parameters)
        except Problem as problem:
            if problem.values.get("aws_code") in _GONE_SINCE:
                return {}
            raise

    # --- EC2

    def described(self, operation: str, key: str) -> list[Mapping[str, Any]]:
        """Return everything that one of EC2's lists has, asked for once a look."""
        if operation not in self.lists:
            self.lists[operation] = list(self.aws.pages("ec2", operation, key))
        return self.lists[operation]

    def vpcs(self) -> Iterator[Item]:
        """Yield all networks, also those of others: a new one without the marks is worth showing."""
        for each in self.described("describe_vpcs", "Vpcs"):
            pk = str(each["VpcId"])
            state = State.READY if each.get("State", "available") == "available" else State.BUILDING
            item = _item(pk, Thing.VPC, each, network=pk, state=state, said=str(each.get("State", "")))
            if item.marks:
                self.networks.add(pk)
            yield item

    def inside(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield what carries a mark, or stands in a network that does."""
        return (each for each in items if each.marks or each.network in self.networks)

    def subnets(self) -> Iterator[Item]:
        """Yield the subnets of interest."""
        listed = self.described("describe_subnets", "Subnets")
        self.network_of = {str(each["SubnetId"]): str(each["VpcId"]) for each in listed}
        return self.inside(
            _item(str(each["SubnetId"]), Thing.SUBNET, each, network=str(each["VpcId"])) for each in listed
        )

    def internet_gateways(self) -> Iterator[Item]:
        """Yield the internet gateways of interest."""
        return self.inside(
            _item(
                str(each["InternetGatewayId"]),
                Thing.INTERNET_GATEWAY,
                each,
                network=next((str(one["VpcId"]) for one in each.get("Attachments", ())), ""),
            )
            for each in self.described("describe_internet_gateways", "InternetGateways")
        )

    def nat_gateways(self) -> Iterator[Item]:
        """Yield the NAT gateways of interest; those that are gone stay in AWS's list for an hour."""
        return self.inside(
            _item(
                str(each["NatGatewayId"]),
                Thing.NAT_GATEWAY,
                each,
                network=str(each.get("VpcId", "")),
                state=_NAT_STATES.get(str(each["State"]), State.BUILDING),
                said=" ".join(part for part in (str(each["State"]), str(each.get("FailureCode", ""))) if part),
                created=_moment(each.get("CreateTime")),
            )
            for each in self.described("describe_nat_gateways", "NatGateways")
        )

    def addresses(self) -> Iterator[Item]:
        """Yield the addresses of interest; one belongs to the network of the NAT gateway that uses it."""
        users = {
            str(one.get("AllocationId", "")): str(each.get("VpcId", ""))
            for each in self.described("describe_nat_gateways", "NatGateways")
            for one in each.get("NatGatewayAddresses", ())
        }
        return self.inside(
            _item(pk, Thing.ADDRESS, each, network=users.get(pk, ""), named=str(each.get("PublicIp", "")))
            for each in self.described("describe_addresses", "Addresses")
            if (pk := str(each.get("AllocationId", "")))
        )

    def security_groups(self) -> Iterator[Item]:
        """Yield the security groups of interest, without those that AWS makes itself."""
        return self.inside(
            _item(
                str(each["GroupId"]),
                Thing.SECURITY_GROUP,
                each,
                network=str(each.get("VpcId", "")),
                named=str(each["GroupName"]),
            )
            for each in self.described("describe_security_groups", "SecurityGroups")
            if not str(each["GroupName"]).startswith(_MADE_BY_AWS)
        )

    def endpoints(self, thing: Thing) -> Iterator[Item]:
        """Yield the gateway endpoints of S3, or the interface endpoints of other companies' services."""
        s3 = f"com.amazonaws.{self.region}.s3"
        for each in self.inside(self.all_endpoints(s3)):
            if each.thing is thing:
                yield each

    def all_endpoints(self, s3: str) -> Iterator[Item]:
        """Yield both kinds of endpoints; of those for AWS's own services the one for S3 alone."""
        for each in self.described("describe_vpc_endpoints", "VpcEndpoints"):
            service, kind = str(each["ServiceName"]), str(each.get("VpcEndpointType", "Gateway"))
            is_s3 = kind == "Gateway" and service == s3
            if not is_s3 and not (kind == "Interface" and ".vpce-svc-" in service):
                continue
            state = str(each.get("State", ""))
            yield _item(
                str(each["VpcEndpointId"]),
                Thing.S3_ENDPOINT if is_s3 else Thing.PRIVATE_LINK,
                each,
                network=str(each["VpcId"]),
                state=_ENDPOINT_STATES.get(state.lower(), State.BUILDING),
                said=state,
                created=_moment(each.get("CreationTimestamp")),
            )

    # --- by their tags

    def tagged(self, kind: str) -> dict[str, Mapping[str, str]]:
        """Return the tags of the clusters (`cluster/`) or buckets (`:::`) that carry a mark, by name.

        Raises Problem where it cannot be known.
        """
        if self.by_tag is None:
            try:
                self.by_tag = {
                    str(each["ResourceARN"]): {str(tag["Key"]): str(tag["Value"]) for tag in each.get("Tags", ())}
                    for marking in _MARKING
                    for each in self.aws.pages(
                        "resourcegroupstaggingapi",
                        "get_resources",
                        "ResourceTagMappingList",
                        TagFilters=[marking],
                        ResourceTypeFilters=list(_FOUND_BY_TAG),
                    )
                }
            except Problem as problem:
                self.by_tag = problem
        if isinstance(self.by_tag, Problem):
            raise self.by_tag
        return {arn.partition(kind)[2]: tags for arn, tags in self.by_tag.items() if kind in arn}

    # --- EKS

    def eks_clusters(self) -> Iterator[Item]:
        """Yield all clusters; only those that carry a mark are looked at more closely."""
        names = [str(each) for each in self.aws.pages("eks", "list_clusters", "clusters")]
        tagged = self.tagged("cluster/")
        for name in names:
            pk = f"cluster/{name}"
            if name not in tagged and not name.startswith(PREFIX):
                yield Item(pk, Thing.CLUSTER, name)
                continue
            each = self.still_there("eks", "describe_cluster", name=name).get("cluster")
            if each is None:
                continue
            self.clusters.append(name)
            given = each.get("resourcesVpcConfig") or {}
            inside = (self.network_of.get(str(one), "") for one in given.get("subnetIds", ()))
            network = str(given.get("vpcId", "")) or next(inside, "")
            yield _of_eks(pk, Thing.CLUSTER, name, each, network)

    def node_groups(self) -> Iterator[Item]:
        """Yield the node groups of the clusters that were looked at; what kept those keeps these as well."""
        if problem := self.problems.get(Thing.CLUSTER):
            raise problem
        for cluster in self.clusters:
            its = self.items[f"cluster/{cluster}"]
            for name in self.aws.pages("eks", "list_nodegroups", "nodegroups", clusterName=cluster):
                given = {"clusterName": cluster, "nodegroupName": name}
                each = self.still_there("eks", "describe_nodegroup", **given).get("nodegroup")
                if each is not None:
                    pk = f"nodegroup/{cluster}/{name}"
                    yield _of_eks(pk, Thing.NODE_GROUP, str(name), each, its.network, its.marks)

    # --- S3

    def buckets(self) -> Iterator[Item]:
        """Yield the buckets of this region that carry a mark; others are never looked at."""
        created = {
            str(each["Name"]): _moment(each.get("CreationDate"))
            for each in self.aws.ask("s3", "list_buckets").get("Buckets", ())
        }
        tagged = self.tagged(":::")
        for name in created:
            # What was found by its tags is of this region.
            if name not in tagged and not (name.startswith(PREFIX) and self.is_here(name)):
                continue
            tags = tagged.get(name, {})
            marks, owner = marks_of(name, tags), tags.get(OWNER_TAG, "")
            yield Item(f"bucket/{name}", Thing.BUCKET, name, created=created[name], marks=marks, owner=owner)

    def is_here(self, bucket: str) -> bool:
        """Return whether a bucket is of this region; S3 has no word for its first one."""
        answer = self.still_there("s3", "get_bucket_location", Bucket=bucket)
        return bool(answer) and (answer.get("LocationConstraint") or "us-east-1") == self.region


def _item(pk: str, thing: Thing, each: Mapping[str, Any], *, named: str = "", **more: Any) -> Item:
    """Read what EC2 says of anything: its tags are a list, its name is one of them."""
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in each.get("Tags", ())}
    name = tags.get("Name", "") or named
    return Item(pk, thing, name, marks=marks_of(name, tags), owner=tags.get(OWNER_TAG, ""), **more)


def _of_eks(
    pk: str, thing: Thing, name: str, each: Mapping[str, Any], network: str, marks: tuple[str, ...] = ()
) -> Item:
    """Read what EKS says of a cluster or a node group; a group that has no `marks` of its own has its cluster's."""
    tags = each.get("tags") or {}
    status = str(each.get("status", ""))
    issues = (each.get("health") or {}).get("issues") or ()
    state = _EKS_STATES.get(status, State.BUILDING)
    codes = ", ".join(str(issue.get("code", "")) for issue in issues)
    return Item(
        pk,
        thing,
        name,
        network=network,
        state=State.FAILED if issues and state is State.READY else state,
        said=f"{status}: {codes}" if codes else status,
        created=_moment(each.get("createdAt")),
        marks=marks_of(name, tags) or marks,
        owner=str(tags.get(OWNER_TAG, "")),
    )


def _moment(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else ""
