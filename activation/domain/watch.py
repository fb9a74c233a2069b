"""What a vendor's console builds, and what was seen of it so far: appeared when, gone again when, what is missing.

Sources of the set: the vendor's prerequisites (one network, one public address, one PrivateLink endpoint, object
storage, instances) and its public Terraform code of August 2026, which succeeds the package of the guide: three
private subnets and one public, one NAT gateway, an S3 gateway endpoint, a security group, one bucket, one EKS cluster,
the node groups *core* and *fundamental*; the tags `Vendor=zilliz-byoc` and `byoc`, names that begin with
`zilliz-byoc-`. How the console itself does it is not public.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

PREFIX: Final = "zilliz-byoc"
VENDOR_TAG: Final = ("Vendor", "zilliz-byoc")
BYOC_TAG: Final = "byoc"
OWNER_TAG: Final = "byoc:activation"
"""What this portal's own packages write on what they make; a console does not."""


class Thing(StrEnum):
    """A kind of resource that is looked for."""

    VPC = "vpc"
    SUBNET = "subnet"
    INTERNET_GATEWAY = "internet_gateway"
    ADDRESS = "address"
    NAT_GATEWAY = "nat_gateway"
    SECURITY_GROUP = "security_group"
    S3_ENDPOINT = "s3_endpoint"
    PRIVATE_LINK = "private_link"
    BUCKET = "bucket"
    CLUSTER = "cluster"
    NODE_GROUP = "node_group"


@dataclass(frozen=True)
class Documented:
    """One line of the documented set; `needed` is the fewest that count as all."""

    thing: Thing
    title: str
    needed: int
    phase: str
    purpose: str


T = Thing
DOCUMENTED: Final = (
    Documented(T.VPC, "VPC", 1, "Network", "The private network of the data plane"),
    Documented(T.SUBNET, "Subnets", 4, "Network", "Three private ones, and a public one for the NAT gateway"),
    Documented(T.INTERNET_GATEWAY, "Internet gateway", 1, "Network", "The network's way out"),
    Documented(T.ADDRESS, "Elastic IP address", 1, "Network", "The address of the NAT gateway"),
    Documented(T.NAT_GATEWAY, "NAT gateway", 1, "Network", "Lets the private subnets call out"),
    Documented(T.SECURITY_GROUP, "Security group", 1, "Network", "Traffic inside the network, HTTPS out of it"),
    Documented(T.S3_ENDPOINT, "S3 gateway endpoint", 1, "Network", "Traffic with the bucket stays inside AWS"),
    Documented(T.PRIVATE_LINK, "PrivateLink endpoint", 1, "Network", "The connection to the control plane"),
    Documented(T.BUCKET, "S3 bucket", 1, "Storage", "Your data"),
    Documented(T.CLUSTER, "EKS cluster", 1, "Cluster", "Kubernetes, run by AWS"),
    Documented(T.NODE_GROUP, "Node groups", 2, "Nodes", "Core and fundamental, at the least"),
)
SINGULAR: Final = {each.thing: each.title.removesuffix("s") if each.needed > 1 else each.title for each in DOCUMENTED}


class State(StrEnum):
    """How AWS says that a resource does."""

    READY = "ready"
    BUILDING = "building"
    FAILED = "failed"
    ENDING = "ending"


@dataclass(frozen=True)
class Item:
    """One resource as a look found it.

    `network` is the VPC it stands in, `created` when it was made (ISO 8601; empty where AWS does not say), `said` AWS's
    own word for its state, `marks` which tags or names make it one of the vendor's, `owner` the activation of this
    portal that made it.
    """

    identity: str
    thing: Thing
    name: str = ""
    network: str = ""
    state: State = State.READY
    said: str = ""
    created: str = ""
    marks: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why a kind of resource could not be looked at; `denied` is the action that the key may not call."""

    text: str
    denied: str = ""


@dataclass(frozen=True)
class Look:
    """What one look found; kinds with a trouble are not known, whatever stands among the items."""

    at: datetime
    items: tuple[Item, ...]
    troubles: Mapping[Thing, Trouble] = field(default_factory=dict)


@dataclass(frozen=True)
class Sighting:
    """One resource over time: the item as last seen, when first and last, since when it is gone (ISO 8601, or empty).

    `at_first` says that it stood there at the first look at its kind.
    """

    item: Item
    first: str
    last: str
    gone: str = ""
    at_first: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        seen = {"first": self.first, "last": self.last, "gone": self.gone, "at_first": self.at_first}
        return {**asdict(self.item), "marks": list(self.item.marks), **seen}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError, TypeError or ValueError where it is something else."""
        rest = dict(values)
        seen = {name: rest.pop(name) for name in ("first", "last", "gone", "at_first")}
        made = {"thing": Thing(rest["thing"]), "state": State(rest["state"]), "marks": tuple(rest["marks"])}
        return cls(Item(**{**rest, **made}), **seen)


@dataclass(frozen=True)
class Sight:
    """How looking at one kind goes: first and last time that it worked; since when it does not, and why."""

    first: str = ""
    last: str = ""
    failing: str = ""
    says: str = ""
    denied: str = ""


@dataclass(frozen=True)
class Memory:
    """What all looks of a watch have seen, by identity and by kind; `failing` since when no look works at all."""

    sightings: Mapping[str, Sighting] = field(default_factory=dict)
    sights: Mapping[Thing, Sight] = field(default_factory=dict)
    failing: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "items": {name: each.to_json() for name, each in self.sightings.items()},
            "sights": {thing.value: asdict(each) for thing, each in self.sights.items()},
            "failing": self.failing,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; nothing at all is an empty memory."""
        items, sights = values.get("items", {}), values.get("sights", {})
        return cls(
            {name: Sighting.from_json(each) for name, each in items.items()},
            {Thing(name): Sight(**each) for name, each in sights.items()},
            values.get("failing", ""),
        )

    @property
    def failing_since(self) -> str:
        """Return since when something cannot be looked at although the key may; empty where all is well."""
        each_kind = [each.failing for each in self.sights.values() if each.failing and not each.denied]
        return min((since for since in (*each_kind, self.failing) if since), default="")


def marks_of(name: str, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return what makes a resource one of the vendor's: its tags, its name; nothing for somebody else's."""
    found = []
    if tags.get(VENDOR_TAG[0]) == VENDOR_TAG[1]:
        found.append("Vendor=zilliz-byoc")
    if BYOC_TAG in tags:
        found.append("tag byoc")
    if name.startswith(PREFIX):
        found.append("name")
    return tuple(found)


def remember(memory: Memory, look: Look) -> Memory:
    """Add a look to what was seen before it.

    What could not be looked at stays as it was: neither there nor gone. What comes back is the same resource again.
    """
    at = look.at.isoformat()
    sights = {thing: _seen(memory.sights.get(thing, Sight()), look, thing, at) for thing in Thing}
    found = {each.identity: each for each in look.items if each.thing not in look.troubles}
    kept: dict[str, Sighting] = {}
    for identity, old in memory.sightings.items():
        item = found.pop(identity, None)
        if item is not None:
            kept[identity] = Sighting(item, old.first, at, at_first=old.at_first)
        elif old.item.thing in look.troubles or old.gone:
            kept[identity] = old
        elif old.item.marks or old.item.network:
            kept[identity] = Sighting(old.item, old.first, old.last, gone=at, at_first=old.at_first)
    for identity, item in found.items():
        kept[identity] = Sighting(item, at, at, at_first=sights[item.thing].first == at)
    return Memory(kept, sights)


def _seen(before: Sight, look: Look, thing: Thing, at: str) -> Sight:
    trouble = look.troubles.get(thing)
    if trouble is None:
        return Sight(before.first or at, at)
    # Where AWS is only busy this time the key may still not look.
    return Sight(before.first, before.last, before.failing or at, trouble.text, trouble.denied or before.denied)


def could_not_look(memory: Memory, at: datetime) -> Memory:
    """Note that a whole look failed: what was seen before stays, and since when nothing new is known."""
    return replace(memory, failing=memory.failing or at.isoformat())


def present(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Return what is not gone, and not on its way out, the oldest first."""
    here = [each for each in sightings if not each.gone and each.item.state is not State.ENDING]
    return tuple(sorted(here, key=lambda each: (each.first, each.item.identity)))
