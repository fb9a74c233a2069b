"""What a run that was cut off left behind: whose each thing is, and how it comes back into the state.

What Terraform had asked for when it was killed exists in AWS and not in the state; what it was making when it was
stopped is in the state as tainted. Neither may be made a second time, and nobody else's may be taken.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from activation.domain import policy_document
from activation.domain.characters import shorten
from activation.domain.errors import Refused
from activation.domain.plan import PlanReview, ResourceChange, configuration_address
from activation.domain.resource_names import type_label

ROLE, POLICY, ATTACHMENT = "aws_iam_role", "aws_iam_policy", "aws_iam_role_policy_attachment"
ACTIVATION_TAG, ADDRESS_TAG = "byoc:activation", "byoc:address"
# AWS's clock and this host's may differ by as much before AWS refuses every call.
CLOCKS_DIFFER = timedelta(minutes=5)
TAGS_SHOWN = 4


@dataclass(frozen=True)
class Wanted:
    """One thing that a package makes, as an approved plan has it, or as its own tag says.

    `document` is a role's trust policy or a policy's text, as JSON; `role` and `policy_arn` are an attachment's.
    """

    address: str
    type: str
    name: str = ""
    path: str = "/"
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    document: str = ""
    role: str = ""
    policy_arn: str = ""

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"{self.policy_arn.rpartition('/')[2]} on {self.role}" if self.type == ATTACHMENT else self.name


@dataclass(frozen=True)
class Held:
    """A role or policy as AWS has it; `document` is its trust policy, or its text where that was read."""

    type: str
    name: str
    path: str
    arn: str
    created: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] | str = ""
    description: str = ""

    @property
    def import_id(self) -> str:
        """Return what `import` takes. Source: the AWS provider's documentation of each resource, *Import*."""
        return self.name if self.type == ROLE else self.arn


@dataclass(frozen=True)
class Owner:
    """Who looks: the value of our tag, whom our roles trust, and since when something of ours can exist."""

    tag: str
    external_id: str
    principal: str
    since: datetime | None = None


@dataclass(frozen=True)
class Import:
    """One thing that exists, is ours, and comes back into the state under its address."""

    address: str
    id: str
    label: str
    type: str


@dataclass(frozen=True)
class Found:
    """What a look into the account came to.

    `untaint` are addresses whose thing is whole although its making was stopped; `replaceable` those whose thing is
    ours, holds no data and cannot be put right in place; `strangers` say whose a name of ours is.
    """

    imports: tuple[Import, ...] = ()
    untaint: tuple[Import, ...] = ()
    replaceable: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()

    @property
    def again(self) -> tuple[Import, ...]:
        """Return all that was found again."""
        return (*self.imports, *self.untaint)

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON values; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; nothing stored is nothing found."""
        return cls(
            imports=tuple(Import(**each) for each in stored.get("imports", ())),
            untaint=tuple(Import(**each) for each in stored.get("untaint", ())),
            replaceable=tuple(stored.get("replaceable", ())),
            strangers=tuple(stored.get("strangers", ())),
        )


def wanted_of(review: PlanReview, *, account: str, partition: str) -> dict[str, Wanted]:
    """Return, by address, the IAM things that a plan leaves standing, with the names that AWS knows them by."""
    standing = [
        change
        for change in review.changes
        if change.mode == "managed" and change.action not in {"delete", "forget"} and change.type in _WANTED
    ]
    found = {change.address: _named(change) for change in standing if change.type != ATTACHMENT}
    found = {address: each for address, each in found.items() if each.name}
    for change in standing:
        if change.type == ATTACHMENT:
            role = _text(change.after.get("role")) or _referred(change, "role", found, ROLE)
            policy = _text(change.after.get("policy_arn")) or _referred(change, "policy_arn", found, POLICY)
            if role and policy:
                # What a plan knows only after the apply, it says by pointing at the thing.
                role = found[role].name if role in found else role
                policy = arn_of(found[policy], account=account, partition=partition) if policy in found else policy
                found[change.address] = Wanted(change.address, ATTACHMENT, role=role, policy_arn=policy)
    return found


_WANTED = frozenset({ROLE, POLICY, ATTACHMENT})


def _named(change: ResourceChange) -> Wanted:
    after = change.after
    tags = after.get("tags_all") or after.get("tags")
    return Wanted(
        address=change.address,
        type=change.type,
        name=_text(after.get("name")),
        path=_text(after.get("path")) or "/",
        description=_text(after.get("description")) if change.type == POLICY else None,
        tags={str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {},
        document=_text(after.get("assume_role_policy" if change.type == ROLE else "policy")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _referred(change: ResourceChange, attribute: str, found: Mapping[str, Wanted], kind: str) -> str:
    """Return the address of the one thing of a kind that an attribute's expression points at; else nothing."""
    pointed = {configuration_address(each) for each in change.references.get(attribute, ())}
    hits = {
        address for address, each in found.items() if each.type == kind and configuration_address(address) in pointed
    }
    return hits.pop() if len(hits) == 1 else ""


def arn_of(wanted: Wanted, *, account: str, partition: str) -> str:
    """Return the ARN that a role or policy has."""
    kind = "role" if wanted.type == ROLE else "policy"
    return f"arn:{partition}:iam::{account}:{kind}{wanted.path}{wanted.name}"


def wanted_by_tag(held: Held, *, addresses: Collection[str], owner: Owner) -> Wanted | None:
    """Return what a thing says of itself by its tags: ours, and which address of the package; else None."""
    address = held.tags.get(ADDRESS_TAG, "")
    if held.tags.get(ACTIVATION_TAG) != owner.tag or address not in addresses:
        return None
    if address.split(".")[-2:-1] != [held.type]:
        return None
    return Wanted(address, held.type, name=held.name, path=held.path, tags=dict(held.tags))


def not_ours(wanted: Wanted, held: Held, owner: Owner) -> str:
    """Return in words why a thing under our name is not ours; empty where everything shows that it is."""
    tag = held.tags.get(ACTIVATION_TAG)
    if tag is not None and tag != owner.tag:
        return f"its tag {ACTIVATION_TAG} is {shorten(tag)}, not {owner.tag}"
    if (held.name, held.path) != (wanted.name, wanted.path):
        return f"it is {held.path}{held.name}, not {wanted.path}{wanted.name}"
    if held.type == ROLE and (why := _trust_of_others(held, owner)):
        return why
    return "" if tag is not None else _unmarked(wanted, held, owner)


def _trust_of_others(held: Held, owner: Owner) -> str:
    try:
        read = policy_document.read(held.document)
    except Refused:
        return "its trust policy cannot be read"
    asked = {
        value
        for statement in read.statements
        for condition in statement.conditions
        if condition.key.casefold() == "sts:externalid"
        for value in condition.values
    }
    if asked != {owner.external_id}:
        # The external IDs of others are not repeated.
        return "its trust policy asks for another external ID" if asked else "its trust policy asks for no external ID"
    trusted = {principal.value for statement in read.statements for principal in statement.principals}
    if trusted != {owner.principal}:
        return f"it trusts {', '.join(shorten(each) for each in sorted(trusted)[:3]) or 'nobody'}"
    return ""


def _unmarked(wanted: Wanted, held: Held, owner: Owner) -> str:
    """Judge a thing of a package that does not mark what it makes: by its time, its tags and its text."""
    if ACTIVATION_TAG in wanted.tags or not wanted.document:
        return f"it has no tag {ACTIVATION_TAG}"
    if owner.since is None or held.created is None or held.created < owner.since - CLOCKS_DIFFER:
        return "it existed before this portal's run"
    if any(held.tags.get(key) != value for key, value in wanted.tags.items()):
        return "its tags are not those that the run gives"
    if _plain(held.document) != _plain(wanted.document):
        return "its policy is not the one that the run writes"
    return ""


def _plain(document: Mapping[str, Any] | str) -> object:
    try:
        return json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document


def needs_replacing(wanted: Wanted, held: Held) -> bool:
    """Return whether a thing of ours differs in what AWS cannot change in place (a policy's description).

    Source: IAM API Reference, *CreatePolicy*: the description cannot be changed afterwards.
    """
    return held.type == POLICY and wanted.description is not None and held.description != wanted.description


def sentence(held: Held, why: str) -> str:
    """Say whose a thing under our name is: since when it exists, its tags, its trust."""
    parts = [f"The {type_label(held.type)} {held.arn} exists"]
    if held.created is not None:
        parts.append(f"since {held.created:%Y-%m-%d %H:%M} UTC")
    shown = [f"{shorten(key)} = {shorten(value)}" for key, value in sorted(held.tags.items())[:TAGS_SHOWN]]
    parts.append(f"with the tags {', '.join(shown)}" if shown else "without tags")
    return f"{' '.join(parts)}; {why}."


def import_blocks(imports: Iterable[Import]) -> str:
    """Return `import` blocks in HCL, one for each thing; empty where there is none."""
    blocks = [f"import {{\n  to = {each.address}\n  id = {_quoted(each.id)}\n}}\n" for each in imports]
    return "\n".join(blocks)


def _quoted(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
