"""Read what an account has of a region's data plane, with the patience of `activation.aws.inventory`.

Every read here is one that the bootstrap role's policy grants: the look is made with its session.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from activation.aws.inventory import Inventory, role_of
from activation.domain.adoption import ACTIVATION_TAG, ATTACHMENT, ROLE
from activation.domain.errors import Faulted, Problem
from activation.domain.region_adoption import (
    ADDON,
    ASSOCIATION,
    BUCKET,
    CLUSTER,
    NAT_GATEWAY,
    NODE_GROUP,
    PROVIDER,
    ROUTE,
    SECURITY_GROUP,
    Seen,
    condition,
)


@dataclass(frozen=True)
class _Kind:
    """How things of a type are listed, and where their id and state stand."""

    operation: str
    key: str
    id: str
    state: str = ""


_TAGGED: Final[Mapping[str, _Kind]] = {
    "aws_vpc": _Kind("describe_vpcs", "Vpcs", "VpcId", "State"),
    "aws_subnet": _Kind("describe_subnets", "Subnets", "SubnetId", "State"),
    "aws_internet_gateway": _Kind("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "aws_eip": _Kind("describe_addresses", "Addresses", "AllocationId"),
    NAT_GATEWAY: _Kind("describe_nat_gateways", "NatGateways", "NatGatewayId", "State"),
    "aws_route_table": _Kind("describe_route_tables", "RouteTables", "RouteTableId"),
    "aws_vpc_endpoint": _Kind("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "State"),
    SECURITY_GROUP: _Kind("describe_security_groups", "SecurityGroups", "GroupId"),
}
# Setting of a bucket → how it is read, and the key of the answer that says that there is one.
VERSIONING: Final = f"{BUCKET}_versioning"
_SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    f"{BUCKET}_public_access_block": ("get_public_access_block", "PublicAccessBlockConfiguration"),
    f"{BUCKET}_ownership_controls": ("get_bucket_ownership_controls", "OwnershipControls"),
    f"{BUCKET}_server_side_encryption_configuration": ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    VERSIONING: ("get_bucket_versioning", "Status"),
    f"{BUCKET}_policy": ("get_bucket_policy", "Policy"),
}
# A HEAD is answered without a body: there the number is all that is said.
_ABSENT: Final = frozenset(
    {
        *("404", "NoSuchBucket", "NoSuchTagSet", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration"),
        *("OwnershipControlsNotFoundError", "ServerSideEncryptionConfigurationNotFoundError"),
        "ResourceNotFoundException",
    }
)
_ELSEWHERE: Final = frozenset({"301", "400", "403", "PermanentRedirect", "AuthorizationHeaderMalformed"})


class RegionInventory(Inventory):
    """Reads of networks, the bucket, the cluster and its roles; all raise as `Inventory.ask` does."""

    def tagged(self, kind: str, tag: str) -> tuple[Seen, ...]:
        """Return the network's things of a type that carry a value of our tag, whatever their condition."""
        known = _TAGGED[kind]
        # The one call of its family whose parameter is in the singular.
        name = "Filter" if kind == NAT_GATEWAY else "Filters"
        given = {name: [{"Name": f"tag:{ACTIVATION_TAG}", "Values": [tag]}]}
        seen = [_network(kind, known, raw) for raw in self._pages(known, **given)]
        return tuple(each for each in seen if (each.tags or {}).get(ACTIVATION_TAG) == tag)

    def named(self, kind: str, identity: str, *, account: str, half_made: bool = False) -> Seen | None:
        """Return what has a name of ours, by what `import` takes of it; None where there is nothing.

        A setting that a run was `half_made` with is there where the bucket is, also where AWS says nothing of it: of
        versions that were never kept it tells nobody. Buckets of others than `account` (12 digits) answer as if they
        answered nobody, also where they are public.
        """
        if kind == ROLE:
            return self._role(identity)
        if kind == ATTACHMENT:
            return self._attachment(identity)
        if kind == BUCKET:
            return self._bucket(identity, account)
        if kind == PROVIDER:
            return self._provider(identity)
        if kind in _SETTINGS:
            return self._setting(kind, identity, account, half_made=half_made)
        return self._of_eks(kind, identity)

    def joined(self, kind: str, identity: str) -> Seen | None:
        """Return a route or the association of a subnet with its routes; None where there is none."""
        if kind == ROUTE:
            table, _, destination = identity.partition("_")
        else:
            destination, _, table = identity.partition("/")
        wanted = {"Filters": [{"Name": "route-table-id", "Values": [table]}]}
        for raw in self._pages(_TAGGED["aws_route_table"], **wanted):
            if raw["RouteTableId"] != table:
                continue
            if kind == ROUTE and any(each.get("DestinationCidrBlock") == destination for each in raw["Routes"]):
                return Seen(kind, identity, f"route of {table} to {destination}", tags=None)
            if kind == ASSOCIATION and any(map(_holds(destination), raw.get("Associations", ()))):
                return Seen(kind, identity, f"{destination} with the routes of {table}", tags=None)
        return None

    def issuer(self, cluster: str) -> str:
        """Return who vouches for a cluster's service accounts, without the scheme; empty where that is not known."""
        answer = self._present_in("eks", "describe_cluster", name=cluster)
        raw = answer.get("cluster", {}).get("identity", {}).get("oidc", {}).get("issuer", "")
        return str(raw).removeprefix("https://")

    def settle(self, seconds: float) -> None:
        """Wait until AWS may have got on with something."""
        self._pause(seconds)

    # --- one kind each

    def _role(self, name: str) -> Seen | None:
        try:
            held = role_of(self.ask("get_role", RoleName=name)["Role"])
        except Problem as problem:
            # Of a role that does not exist IAM knows no path either, and a right that is bound to a path does not cover
            # it: *denied* is what the bootstrap role hears. Were it there and hidden, the name would be taken, and the
            # apply would end with that.
            if problem.code in {"aws_absent", "aws_denied"}:
                return None
            raise
        return Seen(ROLE, held.name, "", arn=held.arn, tags=held.tags, created=held.created)

    def _attachment(self, identity: str) -> Seen | None:
        role, _, policy = identity.partition("/")
        if policy not in self.attached(role):
            return None
        return Seen(ATTACHMENT, identity, f"{policy.rpartition('/')[2]} on {role}", tags=None)

    def _provider(self, arn: str) -> Seen | None:
        raw = self._present("get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
        if not raw:
            return None
        return Seen(PROVIDER, arn, "", arn=arn, tags=_tags(raw), created=raw.get("CreateDate"))

    def _bucket(self, name: str, account: str) -> Seen | None:
        arn = f"arn:aws:s3:::{name}"
        owned = {"Bucket": name, "ExpectedBucketOwner": account}
        try:
            self.ask_of("s3", "head_bucket", **owned)
        except Problem as problem:
            code = problem.values.get("aws_code", "")
            if code in _ABSENT:
                return None
            if problem.code == "aws_denied" or code in _ELSEWHERE:
                # Names of buckets are shared by the whole world.
                why = "it answers no question of this account: it is another AWS account's, or in another region"
                return Seen(BUCKET, name, "", arn=arn, foreign=why)
            raise
        tags = _tags(self._present_in("s3", "get_bucket_tagging", **owned), "TagSet")
        # S3 makes a bucket first and marks it in a call of its own.
        blank = not tags and not self.ask_of("s3", "list_objects_v2", **owned, MaxKeys=1).get("KeyCount", 0)
        return Seen(BUCKET, name, "", arn=arn, tags=tags, blank=blank)

    def _setting(self, kind: str, bucket: str, account: str, *, half_made: bool) -> Seen | None:
        operation, key = _SETTINGS[kind]
        answer = self._present_in("s3", operation, Bucket=bucket, ExpectedBucketOwner=account)
        there = answer.get(key) or (half_made and kind == VERSIONING and answer)
        return Seen(kind, bucket, "", tags=None) if there else None

    def _of_eks(self, kind: str, identity: str) -> Seen | None:
        cluster, _, name = identity.partition(":")
        if kind == CLUSTER:
            raw = self._present_in("eks", "describe_cluster", name=identity).get("cluster")
        elif kind == NODE_GROUP:
            answer = self._present_in("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name)
            raw = answer.get("nodegroup")
        else:
            assert kind == ADDON, kind
            raw = self._present_in("eks", "describe_addon", clusterName=cluster, addonName=name).get("addon")
        if not raw:
            return None
        word = str(raw.get("status", ""))
        arn = str(raw.get("arn") or raw.get("nodegroupArn") or raw.get("addonArn") or "")
        tags = {str(key): str(value) for key, value in (raw.get("tags") or {}).items()}
        return Seen(kind, identity, "", condition(kind, word), word, arn, tags, raw.get("createdAt"))

    # --- how it is asked

    def _pages(self, known: _Kind, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            page = self._present_in("ec2", known.operation, **parameters)
            yield from page.get(known.key, ())
            if not page.get("NextToken"):
                return
            parameters["NextToken"] = page["NextToken"]

    def _present_in(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask for one thing; empty where it does not exist."""
        try:
            return self.ask_of(service, operation, **parameters)
        except Problem as problem:
            if problem.code == "aws_absent" or problem.values.get("aws_code") in _ABSENT:
                return {}
            if problem.code == "aws_denied":
                # What may not be looked at cannot be told apart from what is not there.
                raise Faulted("recovery_inconclusive", detail=problem.text) from problem
            raise


def _network(kind: str, known: _Kind, raw: Mapping[str, Any]) -> Seen:
    tags = _tags(raw)
    word = str(raw.get(known.state, "")) if known.state else ""
    return Seen(kind, str(raw[known.id]), tags.get("Name", ""), condition(kind, word), word, tags=tags)


def _holds(subnet: str) -> Any:
    def associated(raw: Mapping[str, Any]) -> bool:
        state = raw.get("AssociationState", {}).get("State", "associated")
        return raw.get("SubnetId") == subnet and state in ("associated", "associating")

    return associated


def _tags(raw: Mapping[str, Any], key: str = "Tags") -> dict[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in raw.get(key) or ()}
