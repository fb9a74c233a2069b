"""Whether a region has room for a data plane, before anything is built there: quotas, zones, instance types, roles.

Reads only; a session of the management role may make all of these calls, and so may most keys of customers. What may
not be read is *not checked*: never taken for enough, and never for too little.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from activation.aws.sessions import Session
from activation.domain.checks import Check, CheckState
from activation.domain.errors import Problem
from activation.domain.netmask import Network

_QUOTAS_PAGE = "https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html"
_ROLES_PAGE = "https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles.html"
_NETWORK_PAGE = "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"
ZONES_NEEDED: Final = 3

# Source: Amazon EKS User Guide, *Subnet requirements for clusters*: zones in which EKS puts no cluster.
# The package of the region leaves the same ones out where it chooses zones itself.
ZONES_WITHOUT_EKS: Final = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
# Families that count as Standard: A, C, D, H, I, M, R, T, Z; not inf, mac, hpc, dl, trn. Source: EC2 User Guide,
# *On-Demand Instance quotas*.
_STANDARD: Final = re.compile(r"(?:[acdhmrtz]|i[ms]?)[0-9]")
_SERVICE_ROLES: Final = {
    "AWSServiceRoleForAmazonEKS": "eks.amazonaws.com",
    "AWSServiceRoleForAmazonEKSNodegroup": "eks-nodegroup.amazonaws.com",
}


@dataclass(frozen=True)
class Needs:
    """What is going to be built; `instances` are nodes by type. Zero where it exists already."""

    vpcs: int = 1
    addresses: int = 1
    nat_gateways: int = 1
    clusters: int = 1
    # The bundled package's core and fundamental nodes; all that a first cluster brings comes on top.
    instances: Mapping[str, int] = field(default_factory=lambda: {"m6i.2xlarge": 4})


@dataclass(frozen=True)
class Quota:
    """One of AWS's quotas. Source: AWS General Reference, *Service endpoints and quotas*, by service."""

    code: str
    title: str
    unit: str
    service: str
    quota: str


QUOTAS: Final = (
    Quota("vpcs", "VPCs", "VPCs per region", "vpc", "L-F678F1CE"),
    Quota("addresses", "Elastic IP addresses", "EC2-VPC Elastic IPs", "ec2", "L-0263D0A3"),
    Quota("vcpus", "EC2 vCPUs", "Running On-Demand Standard instances", "ec2", "L-1216C47A"),
    Quota("nat_gateways", "NAT gateways in one zone", "NAT gateways per Availability Zone", "vpc", "L-FE5A380F"),
    Quota("clusters", "EKS clusters", "Clusters", "eks", "L-1194D53C"),
)


@dataclass(frozen=True)
class Room:
    """How much of a quota is needed, in use and allowed; None is *not known*, for the `reason`."""

    code: str
    title: str
    quota: str
    needed: int | None
    used: int | None
    limit: int | None
    reason: str = ""
    remedy: str = ""

    @property
    def available(self) -> int | None:
        """What is left, never below zero; None where it is not known."""
        return None if self.used is None or self.limit is None else max(0, self.limit - self.used)

    @property
    def state(self) -> CheckState:
        """Passed and failed only where all three numbers were read."""
        if self.needed is None or self.available is None:
            return CheckState.NOT_CHECKED
        return CheckState.PASSED if self.needed <= self.available else CheckState.FAILED

    @property
    def check(self) -> Check:
        """Return the room as a line of a report."""
        if self.state is CheckState.NOT_CHECKED:
            known = "" if self.needed is None else f"{self.needed:,} needed. "
            return Check(self.code, self.title, self.state, f"{known}{self.reason}", self.remedy, _QUOTAS_PAGE)
        detail = f"{self.needed:,} needed, {self.available:,} of {self.limit:,} available."
        if self.state is CheckState.PASSED:
            return Check(self.code, self.title, self.state, detail)
        return Check(self.code, self.title, self.state, detail, self.remedy, _QUOTAS_PAGE)


@dataclass(frozen=True)
class RegionReport:
    """What was found in a region. `zones` are the three to build in, empty where they are not known."""

    rooms: tuple[Room, ...]
    others: tuple[Check, ...]
    zones: tuple[str, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """All lines: the quotas, then the rest."""
        return (*(room.check for room in self.rooms), *self.others)

    @property
    def blocking(self) -> bool:
        """Whether building would fail for certain."""
        return any(check.state is CheckState.FAILED for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON values; `from_json` reads them back."""
        return {
            "rooms": [asdict(room) for room in self.rooms],
            "others": [check.to_json() for check in self.others],
            "zones": list(self.zones),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            tuple(Room(**each) for each in stored["rooms"]),
            tuple(Check.from_json(each) for each in stored["others"]),
            tuple(stored["zones"]),
        )


def look(aws: Session, needs: Needs) -> RegionReport:
    """Look at a session's region. Raises nothing for what AWS answers: it becomes *not checked*, with the reason."""
    looker = _Looker(aws, needs)
    zones, zone_checks = looker.zones()
    looker.zone = zones[0] if zones else ""
    rooms = tuple(looker.room(quota) for quota in QUOTAS)
    return RegionReport(rooms, (*zone_checks, looker.service_roles()), zones)


def networks(aws: Session) -> tuple[Network, ...]:
    """Return the IPv4 networks of all VPCs in the region. Raises Refused and Faulted where they cannot be read."""
    found = []
    for vpc in aws.pages("ec2", "describe_vpcs", "Vpcs"):
        names = [tag["Value"] for tag in vpc.get("Tags", ()) if tag["Key"] == "Name" and tag["Value"]]
        label = f"{names[0]} ({vpc['VpcId']})" if names else str(vpc["VpcId"])
        blocks = [
            str(each["CidrBlock"])
            for each in vpc.get("CidrBlockAssociationSet", ())
            if each.get("CidrBlockState", {}).get("State", "associated") in ("associated", "associating")
        ]
        found += [Network(block, label) for block in blocks or [str(vpc["CidrBlock"])]]
    return tuple(found)


@dataclass
class _Looker:
    aws: Session
    needs: Needs
    zone: str = ""

    # --- quotas

    def room(self, quota: Quota) -> Room:
        """Count what is needed, used and allowed; each of the three may be refused by itself."""
        counts: dict[str, tuple[Callable[[], int], Callable[[], int]]] = {
            "vpcs": (lambda: self.needs.vpcs, lambda: _count(self.aws, "ec2", "describe_vpcs", "Vpcs")),
            "addresses": (
                lambda: self.needs.addresses,
                lambda: _count(self.aws, "ec2", "describe_addresses", "Addresses"),
            ),
            "vcpus": (self._vcpus_needed, self._vcpus_used),
            "nat_gateways": (lambda: self.needs.nat_gateways, self._nat_gateways_used),
            "clusters": (lambda: self.needs.clusters, lambda: _count(self.aws, "eks", "list_clusters", "clusters")),
        }
        problems: list[Problem] = []

        def number(ask: Callable[[], int]) -> int | None:
            try:
                return ask()
            except Problem as problem:
                problems.append(problem)
                return None

        needed, used = (number(ask) for ask in counts[quota.code])
        limit = number(lambda: self._limit(quota))
        if problems:
            return Room(
                quota.code,
                quota.title,
                quota.unit,
                needed,
                used,
                limit,
                reason=problems[0].text,
                remedy=f"Check “{quota.unit}” yourself in the AWS console under Service Quotas.",
            )
        remedy = (
            f"Ask AWS to raise “{quota.unit}” in this region (Service Quotas, {quota.service}, {quota.quota}), which "
            f"may take a day, or remove what is not used."
        )
        return Room(quota.code, quota.title, quota.unit, needed, used, limit, remedy=remedy)

    def _limit(self, quota: Quota) -> int:
        given = {"ServiceCode": quota.service, "QuotaCode": quota.quota}
        return int(self.aws.ask("service-quotas", "get_service_quota", **given)["Quota"]["Value"])

    def _vcpus_needed(self) -> int:
        each = self._vcpus_of(set(self.needs.instances))
        return sum(each[kind] * count for kind, count in self.needs.instances.items() if _STANDARD.match(kind))

    def _vcpus_of(self, kinds: set[str]) -> dict[str, int]:
        if not kinds:
            return {}
        pages = self.aws.pages("ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=sorted(kinds))
        return {str(each["InstanceType"]): int(each["VCpuInfo"]["DefaultVCpus"]) for each in pages}

    def _vcpus_used(self) -> int:
        """Count the vCPUs of running On-Demand instances of the Standard families; spot has a quota of its own."""
        running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        instances = [
            each
            for reservation in self.aws.pages("ec2", "describe_instances", "Reservations", Filters=running)
            for each in reservation["Instances"]
            if _STANDARD.match(each["InstanceType"]) and each.get("InstanceLifecycle") != "spot"
        ]
        cores = [each.get("CpuOptions") or {} for each in instances]
        silent = {
            each["InstanceType"] for each, told in zip(instances, cores, strict=True) if not told.get("CoreCount")
        }
        known = self._vcpus_of(silent)
        return sum(
            int(told["CoreCount"]) * int(told.get("ThreadsPerCore", 1))
            if told.get("CoreCount")
            else known[each["InstanceType"]]
            for each, told in zip(instances, cores, strict=True)
        )

    def _nat_gateways_used(self) -> int:
        """Count those of the zone in which ours will stand; of the fullest zone, where that is not known."""
        places = {
            str(each["SubnetId"]): str(each["AvailabilityZone"])
            for each in self.aws.pages("ec2", "describe_subnets", "Subnets")
        }
        counted: dict[str, int] = {}
        for each in self.aws.pages("ec2", "describe_nat_gateways", "NatGateways"):
            if each["State"] in ("pending", "available", "deleting"):
                zone = places.get(str(each["SubnetId"]), "")
                counted[zone] = counted.get(zone, 0) + 1
        return counted.get(self.zone, 0) if self.zone else max(counted.values(), default=0)

    # --- zones and instance types

    def zones(self) -> tuple[tuple[str, ...], tuple[Check, Check]]:
        """Choose the first three zones in which everything is on offer, and say what was found."""
        try:
            offered = self._offered()
        except Problem as problem:
            lines = [
                Check(code, title, CheckState.NOT_CHECKED, problem.text, problem.next_step)
                for code, title in (("zones", "Availability zones"), ("instance_types", "Instance types"))
            ]
            return (), (lines[0], lines[1])
        enough = len(offered) >= ZONES_NEEDED
        zones = Check(
            "zones",
            "Availability zones",
            CheckState.PASSED if enough else CheckState.FAILED,
            f"{ZONES_NEEDED} needed, {len(offered)} usable: {', '.join(offered) or 'none'}.",
            "" if enough else "Choose another region: the private subnets need three zones.",
            "" if enough else _NETWORK_PAGE,
        )
        try:
            types = self._types_by_zone(offered)
        except Problem as problem:
            line = Check(
                "instance_types",
                "Instance types",
                CheckState.NOT_CHECKED,
                problem.text,
                "Continue. EKS reports if one is missing.",
            )
            return tuple(offered[:ZONES_NEEDED]) if enough else (), (zones, line)
        wanted = set(self.needs.instances)
        whole = [zone for zone in offered if wanted <= types.get(zone, set())]
        listed = ", ".join(sorted(wanted)) or "none"
        if len(whole) >= ZONES_NEEDED:
            detail = f"{listed}: available in {', '.join(whole[:ZONES_NEEDED])}."
            return tuple(whole[:ZONES_NEEDED]), (
                zones,
                Check("instance_types", "Instance types", CheckState.PASSED, detail),
            )
        missing = tuple(
            f"{zone} lacks {', '.join(sorted(wanted - types.get(zone, set())))}."
            for zone in offered
            if zone not in whole
        )
        line = Check(
            "instance_types",
            "Instance types",
            CheckState.FAILED,
            f"{listed}: available together in {len(whole)} of the {ZONES_NEEDED} zones needed.",
            "Choose other instance types or another region.",
            _NETWORK_PAGE,
            missing,
        )
        return (), (zones, line)

    def _offered(self) -> list[str]:
        filters = [
            {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
            {"Name": "state", "Values": ["available"]},
        ]
        answer = self.aws.ask("ec2", "describe_availability_zones", Filters=filters)
        return sorted(
            str(each["ZoneName"])
            for each in answer["AvailabilityZones"]
            if each.get("ZoneType", "availability-zone") == "availability-zone"
            and each.get("ZoneId") not in ZONES_WITHOUT_EKS
        )

    def _types_by_zone(self, zones: list[str]) -> dict[str, set[str]]:
        filters = [
            {"Name": "instance-type", "Values": sorted(self.needs.instances)},
            {"Name": "location", "Values": zones},
        ]
        found: dict[str, set[str]] = {}
        given = {"LocationType": "availability-zone", "Filters": filters}
        for each in self.aws.pages("ec2", "describe_instance_type_offerings", "InstanceTypeOfferings", **given):
            found.setdefault(str(each["Location"]), set()).add(str(each["InstanceType"]))
        return found

    # --- roles

    def service_roles(self) -> Check:
        """Say whether EKS has its service-linked roles; it makes each with the first thing that needs it."""
        title = "Service-linked roles of EKS"
        absent = {}
        for name, service in _SERVICE_ROLES.items():
            try:
                self.aws.ask("iam", "get_role", RoleName=name)
            except Problem as problem:
                if problem.code != "aws_absent":
                    remedy = "Continue. The bootstrap role can have EKS create them."
                    return Check("service_roles", title, CheckState.NOT_CHECKED, problem.text, remedy, _ROLES_PAGE)
                absent[name] = service
        if not absent:
            return Check("service_roles", title, CheckState.PASSED, "Both exist.")
        commands = tuple(
            f"aws iam create-service-linked-role --aws-service-name {service}" for service in absent.values()
        )
        return Check(
            "service_roles",
            title,
            CheckState.WARNING,
            f"{' and '.join(absent)} {'does' if len(absent) == 1 else 'do'} not exist yet. EKS creates the one for "
            f"clusters with the first cluster. It creates the one for node groups with the first node group, if the "
            f"bootstrap role is allowed to look it up. Both work unless your AWS organization forbids it.",
            f"To be sure, run: {'; '.join(commands)}",
            _ROLES_PAGE,
            commands,
        )


def _count(aws: Session, service: str, operation: str, key: str) -> int:
    return sum(1 for _ in aws.pages(service, operation, key))
