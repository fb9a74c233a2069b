"""Count the vCPUs of a data plane's instances, as EC2 tells them. Reads only."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from activation.aws.sessions import Session
from activation.domain.errors import Faulted, Problem
from activation.domain.license import CoreUse

# What a node group's instances are for, and whether the license counts them. Source: the vendor's page *License*
# (the control plane's cores are not deducted) and its table of instances (core support takes no license).
SERVICES: Final[Mapping[str, tuple[str, bool]]] = {
    "core": ("Core support", False),
    "fundamental": ("Fundamental services", True),
    "search": ("Query nodes", True),
    "index": ("Index nodes", True),
}
# How the vendor's node groups say what they are for, whatever their name. Source: the vendor's public Terraform code.
LABEL: Final = "zilliz-group-name"
# Instances of the cluster that no node group speaks for: counted, for nobody said that they are not.
OTHERS: Final = ("Other instances", True)
METHOD: Final = "vCPUs of the cluster's running instances, as EC2 describes them."


@dataclass(frozen=True)
class Node:
    """A running instance of a data plane's cluster; `options` is what EC2 says of its cores, if anything."""

    id: str
    type: str
    cluster: str
    group: str
    options: Mapping[str, Any]


def count(aws: Session, *, clusters: Iterable[str], tag: str = "", of_vendor: bool = False) -> tuple[CoreUse, ...]:
    """Return the cores in use by node group of each cluster, counted of running instances alone.

    `clusters` are names, `*` allowed in them; `tag` is the value of byoc:activation where that marks instances too.
    `of_vendor` says that a vendor's console named the node groups: what each is for is then asked or guessed.
    Raises Refused and Faulted as `Session.ask` does: what cannot be counted is not 0.
    """
    found: dict[str, Node] = {}
    for asked in filters(list(clusters), tag):
        found |= {node.id: node for node in nodes(aws, asked)}
    silent = {node.type for node in found.values() if not cores_told(node.options)}
    known = vcpus_of(aws, silent)
    if unknown := sorted(silent - set(known)):
        raise Faulted("cores_unknown", types=", ".join(unknown[:5]))
    region = aws.client("ec2").meta.region_name
    counted = list(found.values())
    if of_vendor:
        purposes = {place: purpose_of(aws, *place) for place in {(node.cluster, node.group) for node in counted}}
        counted = [replace(node, group=purposes[node.cluster, node.group]) for node in counted]
    return uses(counted, known, region)


def clusters_in(aws: Session) -> list[str]:
    """Return the names of all clusters of the session's region. Raises as `Session.ask` does."""
    return [str(each) for each in aws.pages("eks", "list_clusters", "clusters")]


def purpose_of(aws: Session, cluster: str, group: str) -> str:
    """Return what a vendor's node group is for: by its label where that may be read, else by a word of its name.

    The name itself where neither tells.
    """
    if not group or group in SERVICES:
        return group
    try:
        found = aws.ask("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=group)["nodegroup"]
        label = str((found.get("labels") or {}).get(LABEL, ""))
    except Problem:
        label = ""
    words = re.split(r"[^a-z0-9]+", f"{label} {group}".lower())
    return next((word for word in words if word in SERVICES), group)


def filters(clusters: list[str], tag: str) -> Iterator[dict[str, Any]]:
    """Yield the ways by which EC2 is asked for a cluster's instances: no tag is on all of them for certain."""
    yield {"Name": "tag:eks:cluster-name", "Values": clusters}
    yield {"Name": "tag-key", "Values": [f"kubernetes.io/cluster/{name}" for name in clusters]}
    if tag:
        yield {"Name": "tag:byoc:activation", "Values": [tag]}


def nodes(aws: Session, asked: Mapping[str, Any]) -> Iterator[Node]:
    """Yield the running instances that a filter finds."""
    given: dict[str, Any] = {"Filters": [asked, {"Name": "instance-state-name", "Values": ["running"]}]}
    while True:
        page = aws.ask("ec2", "describe_instances", **given)
        for reservation in page.get("Reservations", ()):
            yield from map(node_of, reservation.get("Instances", ()))
        if not page.get("NextToken"):
            return
        given["NextToken"] = page["NextToken"]


def node_of(instance: Mapping[str, Any]) -> Node:
    """Read what EC2 says of an instance."""
    tags = {str(each["Key"]): str(each["Value"]) for each in instance.get("Tags", ())}
    owned = next((key.removeprefix("kubernetes.io/cluster/") for key in tags if key.startswith("kubernetes.io/cl")), "")
    return Node(
        id=str(instance["InstanceId"]),
        type=str(instance["InstanceType"]),
        cluster=tags.get("eks:cluster-name", owned),
        group=tags.get("eks:nodegroup-name", ""),
        options=instance.get("CpuOptions") or {},
    )


def cores_told(options: Mapping[str, Any]) -> int:
    """Return an instance's vCPUs as it is set up; 0 where EC2 does not say. Threads count: AWS bills vCPUs."""
    return int(options.get("CoreCount") or 0) * int(options.get("ThreadsPerCore") or 1)


def vcpus_of(aws: Session, kinds: set[str]) -> dict[str, int]:
    """Return how many vCPUs instances of some types have unless they were set up otherwise."""
    if not kinds:
        return {}
    given: dict[str, Any] = {"InstanceTypes": sorted(kinds)}
    found: dict[str, int] = {}
    while True:
        page = aws.ask("ec2", "describe_instance_types", **given)
        found |= {str(each["InstanceType"]): int(each["VCpuInfo"]["DefaultVCpus"]) for each in page["InstanceTypes"]}
        if not page.get("NextToken"):
            return found
        given["NextToken"] = page["NextToken"]


def uses(found: Iterable[Node], known: Mapping[str, int], region: str) -> tuple[CoreUse, ...]:
    """Add instances up by cluster and by what their node group is for. Raises KeyError for a type that is unknown."""
    types: dict[tuple[str, str, bool], Counter[str]] = {}
    cores: Counter[tuple[str, str, bool]] = Counter()
    for node in found:
        service, counted = SERVICES.get(node.group, (node.group, True)) if node.group else OTHERS
        key = (node.cluster, service, counted)
        types.setdefault(key, Counter())[node.type] += 1
        cores[key] += cores_told(node.options) or known[node.type]
    return tuple(
        CoreUse(
            service=service,
            cluster=cluster,
            region=region,
            instances=", ".join(
                f"{number} × {kind}" for kind, number in sorted(types[cluster, service, counted].items())
            ),
            cores=cores[cluster, service, counted],
            counted=counted,
        )
        for cluster, service, counted in sorted(types)
    )
