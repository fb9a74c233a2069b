"""How what a region's package makes is found again: by its tag, by its name, or by the parts that it joins.

The package's manifest says of each address which of the three it is, and what `import` takes. Here that is read, with
nothing but what is known already; `activation.aws.region_adoption` asks AWS.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from activation.domain.adoption import ACTIVATION_TAG, ADDRESS_TAG, ATTACHMENT, ROLE, Found, Held, Import, sentence
from activation.domain.characters import shorten
from activation.domain.plan import configuration_address
from activation.domain.resource_names import type_label

BUCKET, CLUSTER, NODE_GROUP, ADDON = "aws_s3_bucket", "aws_eks_cluster", "aws_eks_node_group", "aws_eks_addon"
PROVIDER, NAT_GATEWAY, SECURITY_GROUP = "aws_iam_openid_connect_provider", "aws_nat_gateway", "aws_security_group"
ROUTE, ASSOCIATION = "aws_route", "aws_route_table_association"
SETTING: Final = f"{BUCKET}_"
"""How the types of a bucket's settings begin."""

_PLACE: Final = re.compile(r"\{([^{}]+)\}")


class Condition(StrEnum):
    """What there is of a thing: all of it, not yet, not any more, or only half, for good."""

    WHOLE = "whole"
    COMING = "coming"
    GOING = "going"
    GONE = "gone"
    BROKEN = "broken"


# EC2 writes small letters, EKS large ones, VPC endpoints both. Source: the State and status values in the API
# references of Amazon EC2 and Amazon EKS.
_WORDS: Final[Mapping[str, Condition]] = {
    **dict.fromkeys(("", "available", "active", "attached"), Condition.WHOLE),
    **dict.fromkeys(("pending", "pendingacceptance", "creating", "updating"), Condition.COMING),
    "deleting": Condition.GOING,
    "deleted": Condition.GONE,
    **dict.fromkeys(("failed", "rejected", "expired", "create_failed", "delete_failed"), Condition.BROKEN),
}
# Minutes that AWS's guides give at most for making one, with room; everything else is there within moments.
_MINUTES: Final[Mapping[str, int]] = {CLUSTER: 30, NODE_GROUP: 30, ADDON: 20}
_OTHER_MINUTES: Final = 10


@dataclass(frozen=True)
class Row:
    """What the manifest says of an address; `target` is the same with the key that `import` wants."""

    address: str
    target: str
    find: str
    template: str

    @property
    def type(self) -> str:
        """Return the resource's type."""
        return self.address.split(".")[-2]

    @property
    def rank(self) -> int:
        """Return when it is looked for: what others hang on comes first."""
        if self.find == "parts":
            return 3
        hangs = self.type in {ATTACHMENT, NODE_GROUP, ADDON, PROVIDER} or self.type.startswith(SETTING)
        return 2 if hangs else int(self.find == "name")


@dataclass(frozen=True)
class Seen:
    """A thing as AWS has it.

    `id` is what `import` takes, `says` AWS's own word for its condition. `tags` is None for what can carry none: whose
    it is, what it hangs on says. `blank` is a thing without tags and content that nobody but us could have named;
    `foreign` says why a thing that cannot even be asked is not ours.
    """

    type: str
    id: str
    name: str
    condition: Condition = Condition.WHOLE
    says: str = ""
    arn: str = ""
    tags: Mapping[str, str] | None = field(default_factory=dict)
    created: datetime | None = None
    blank: bool = False
    foreign: str = ""

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id


def rows_of(resources: Mapping[str, Mapping[str, str]], *, with_addons: bool) -> tuple[Row, ...]:
    """Read a manifest's `resources`, in the order in which they are looked for.

    Add-ons are the one thing that a variable switches on: without it nothing can be imported to their addresses.
    """
    rows = []
    for address, said in resources.items():
        if "find" in said and "import" in said:
            counted = address.split(".")[-2] == ADDON
            if not counted or with_addons:
                rows.append(Row(address, f"{address}[0]" if counted else address, said["find"], said["import"]))
    return tuple(sorted(rows, key=lambda row: row.rank))


def identity(row: Row, known: Mapping[str, str]) -> str:
    """Return what `import` takes, from the ids of other addresses and the values that templates name.

    Empty where a part of it is not known: then the thing cannot exist either, or only AWS knows its id.
    """
    if any(place not in known for place in _PLACE.findall(row.template)):
        return ""
    return _PLACE.sub(lambda place: known[place[1]], row.template)


def parent(row: Row, rows: Iterable[Row], known: Mapping[str, str]) -> Row | None:
    """Return what a thing hangs on: its bucket, role or cluster; None for what stands by itself."""
    if row.rank != 2:
        return None
    if row.type == PROVIDER:
        return next((each for each in rows if each.type == CLUSTER), None)
    kind, mark = {ATTACHMENT: (ROLE, "/"), NODE_GROUP: (CLUSTER, ":"), ADDON: (CLUSTER, ":")}.get(
        row.type, (BUCKET, "")
    )
    name = identity(row, known)
    name = name.partition(mark)[0] if mark else name
    return next((each for each in rows if each.type == kind and identity(each, known) == name), None)


def condition(kind: str, word: str) -> Condition:
    """Return what AWS's word for a state means; what it never said before is waited for."""
    if word.lower() == "degraded":
        # EKS goes on mending an add-on, which may only wait for nodes; a node group stays without those it lacks.
        return Condition.WHOLE if kind == ADDON else Condition.BROKEN
    if kind == ADDON and word.lower() == "update_failed":
        return Condition.WHOLE
    return _WORDS.get(word.lower(), Condition.COMING)


def minutes_for(kind: str) -> int:
    """Return how long something is waited for, in minutes."""
    return _MINUTES.get(kind, _OTHER_MINUTES)


def not_ours(seen: Seen, *, address: str, tag: str) -> str:
    """Return in words why a thing under a name of ours is not ours; empty where it is."""
    if seen.foreign or seen.tags is None or seen.blank:
        return seen.foreign
    given = seen.tags.get(ACTIVATION_TAG)
    if given is None:
        return f"it has no tag {ACTIVATION_TAG}"
    if given != tag:
        return f"its tag {ACTIVATION_TAG} is {shorten(given)}, not {tag}"
    stands = seen.tags.get(ADDRESS_TAG, "")
    return "" if stands == configuration_address(address) else f"its tag {ADDRESS_TAG} is {shorten(stands)}"


def stranger(seen: Seen, why: str) -> str:
    """Say whose a thing under our name is."""
    held = Held(seen.type, seen.name, "", seen.arn or seen.name, seen.created, seen.tags or {})
    if seen.foreign:
        # Of what answers nobody, tags are not known: nothing is said of them.
        return f"The {type_label(seen.type)} {seen.arn or seen.name} exists; {why}."
    return sentence(held, why)


def lifted(found: Found) -> str:
    """Return the override under which a group that was found again gets its inbound rules; empty where none was.

    The package leaves those rules alone once a group stands, for the load balancer controller adds to them: taken over
    between its making and its rules, a group would stay without any. In a region that is still being built nobody has
    added rules. An empty list would override nothing; the attribute named is one that the package does not set.
    Source: Terraform, *Override Files*, *Merging Resource and Data Blocks*.
    """
    groups = [each.address.split(".")[-1] for each in found.again if each.type == SECURITY_GROUP]
    blocks = [
        f'resource "{SECURITY_GROUP}" "{name}" {{\n  lifecycle {{\n'
        "    ignore_changes = [revoke_rules_on_delete]\n  }\n}\n"
        for name in groups
    ]
    return "\n".join(blocks)


def taken_in(row: Row, seen: Seen) -> Import:
    """Return a thing as what comes back under its address."""
    return Import(row.target, seen.id, seen.label, seen.type)
