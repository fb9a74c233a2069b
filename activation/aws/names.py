"""What a package is going to create in IAM, and whether its names are free: if not, whose they are.

IAM's names are unique in an account, whatever their path and whatever the case of their letters. Source: IAM API
Reference, *CreateRole* and *CreatePolicy*.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from activation.aws.iam_rights import APPLY_ACTIONS
from activation.aws.identity import Identity
from activation.aws.sessions import Session
from activation.domain import policy_document
from activation.domain.arn import Kind
from activation.domain.characters import shorten
from activation.domain.errors import Problem, Refused

VENDOR_TAG, VENDOR = "Vendor", "zilliz-byoc"
ACTIVATION_TAG = "byoc:activation"
_TAGS_SHOWN = 4


@dataclass(frozen=True)
class Named:
    """A role or policy by its name and its path (`/` or `/zilliz/`)."""

    kind: Kind
    name: str
    path: str = "/"

    def arn(self, partition: str, account_id: str) -> str:
        """Return the ARN it has, or would have, in an account."""
        return f"arn:{partition}:iam::{account_id}:{self.kind}{self.path}{self.name}"


@dataclass(frozen=True)
class PackageNeeds:
    """What a package creates, the calls that takes, and which of its policies is the boundary of its roles, if any.

    Without `objects` it is a package whose names are not known before it is planned. `long_term_key_only` is one that
    cannot be given a session token.
    """

    objects: tuple[Named, ...]
    actions: tuple[str, ...] = APPLY_ACTIONS
    boundary: str = ""
    long_term_key_only: bool = False

    def of_kind(self, kind: Kind) -> tuple[Named, ...]:
        """Return the roles, or the policies."""
        return tuple(each for each in self.objects if each.kind == kind)

    @classmethod
    def of_resources(cls, resources: Iterable[tuple[str, Mapping[str, Any]]], *, boundary: str = "") -> Self:
        """Take what a plan creates: pairs of Terraform's resource type and its planned values (`name`, `path`).

        Other types, and names that Terraform is going to choose itself, are left out.
        """
        kinds: dict[str, Kind] = {"aws_iam_role": "role", "aws_iam_policy": "policy"}
        named = tuple(
            Named(kinds[kind], str(values["name"]), str(values.get("path") or "/"))
            for kind, values in resources
            if kind in kinds and values.get("name")
        )
        return cls(named, boundary=boundary)


def _bundled() -> PackageNeeds:
    policies = (
        "aws-lb-irsa",
        "bootstrap",
        "business-irsa",
        "ca-irsa",
        "ebs-csi-irsa",
        "management",
        "permission-boundary",
    )
    roles = ("bootstrap", "management")
    return PackageNeeds(
        tuple(Named("policy", f"zilliz-{name}-policy", "/zilliz/") for name in policies)
        + tuple(Named("role", f"zilliz-{name}-role", "/zilliz/") for name in roles),
        boundary="zilliz-permission-boundary-policy",
    )


BUNDLED = _bundled()
"""What the bundled `terraform-aws-iam` creates; the vendor's own package has the same names (the guide's example)."""


class Owner(StrEnum):
    """Whose a name is."""

    FREE = "free"
    # In the state: Terraform goes on with it.
    STATE = "state"
    # Ours by its tag, but the state does not know it: left by a run that was cut off.
    LEFT_OVER = "left_over"
    # From the same package, run outside of this portal.
    SAME_PACKAGE = "same_package"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One name: whose it is, and a sentence that says so; `problem` is why that is unknown."""

    named: Named
    owner: Owner
    sentence: str = ""
    problem: Problem | None = None


def look_up(
    aws: Session,
    identity: Identity,
    needs: PackageNeeds,
    *,
    external_id: str,
    known_names: Collection[str] = (),
    own_activations: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Find whose each of the package's names is, in the package's order.

    `known_names` are the names that the package's state holds, `own_activations` the values of the tag
    `byoc:activation` that are this cloud account's. Raises Refused and Faulted for what stops everything (a session
    that has ended, no network); what may not be looked at is UNKNOWN.
    """
    findings = []
    for kind in ("policy", "role"):
        listed = _list(aws, kind) if needs.of_kind(kind) else None
        for named in needs.of_kind(kind):
            findings.append(_find(aws, identity, named, listed, external_id, known_names, own_activations))
    order = {named: place for place, named in enumerate(needs.objects)}
    return tuple(sorted(findings, key=lambda finding: order[finding.named]))


def _list(aws: Session, kind: Kind) -> dict[str, dict[str, Any]] | None:
    """Return what the account has of a kind by its name in small letters, or None where it may not be listed."""
    operation, key = ("list_roles", "Roles") if kind == "role" else ("list_policies", "Policies")
    parameters: dict[str, Any] = {"MaxItems": 1000} | ({"Scope": "Local"} if kind == "policy" else {})
    found: dict[str, dict[str, Any]] = {}
    while True:
        try:
            page = aws.ask("iam", operation, **parameters)
        except Problem as problem:
            if problem.code in ("aws_denied", "aws_throttled"):
                return None
            raise
        found |= {str(each[f"{kind.title()}Name"]).casefold(): each for each in page[key]}
        if not page.get("IsTruncated"):
            return found
        parameters["Marker"] = page["Marker"]


def _find(
    aws: Session,
    identity: Identity,
    named: Named,
    listed: dict[str, dict[str, Any]] | None,
    external_id: str,
    known_names: Collection[str],
    own_activations: Collection[str],
) -> Finding:
    name, arn = named.name, named.arn(identity.partition, identity.account_id)
    if listed is not None:
        held = listed.get(name.casefold())
        if held is None:
            return Finding(named, Owner.FREE)
        name, arn = held[f"{named.kind.title()}Name"], held["Arn"]
    if listed is not None and named.name in known_names:
        return Finding(named, Owner.STATE)
    try:
        if named.kind == "role":
            held = aws.ask("iam", "get_role", RoleName=name)["Role"]
        else:
            held = aws.ask("iam", "get_policy", PolicyArn=arn)["Policy"]
    except Problem as problem:
        if problem.code == "aws_absent":
            return Finding(named, Owner.FREE)
        if problem.code not in ("aws_denied", "aws_throttled"):
            raise
        if listed is not None:
            text = f"The {named.kind} {arn} exists; its owner could not be read ({problem.text})"
            return Finding(named, Owner.STRANGER, text)
        return Finding(named, Owner.UNKNOWN, problem=problem)
    if named.name in known_names:
        return Finding(named, Owner.STATE)
    return _judge(named, held, external_id, own_activations)


def _judge(named: Named, held: Mapping[str, Any], external_id: str, own_activations: Collection[str]) -> Finding:
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in held.get("Tags") or []}
    activation = tags.get(ACTIVATION_TAG)
    if activation is not None and activation in own_activations:
        owner = Owner.LEFT_OVER
    elif activation is None and tags.get(VENDOR_TAG) == VENDOR:
        owner = Owner.SAME_PACKAGE
    else:
        owner = Owner.STRANGER
    created = held.get("CreateDate")
    parts = [f"The {named.kind} {held['Arn']} exists"]
    if created is not None:
        parts.append(f"since {created:%Y-%m-%d}")
    shown = [f"{shorten(key)} = {shorten(value)}" for key, value in sorted(tags.items())[:_TAGS_SHOWN]]
    parts.append(f"with the tags {', '.join(shown)}" if shown else "without tags")
    sentence = " ".join(parts) + "."
    if named.kind == "role":
        sentence += f" {_trust(held.get('AssumeRolePolicyDocument') or {}, external_id)}"
    return Finding(named, owner, sentence)


def _trust(document: Mapping[str, Any] | str, external_id: str) -> str:
    """Say whom a role trusts; the external IDs of others are not repeated."""
    try:
        read = policy_document.read(document)
    except Refused:
        return "Its trust policy cannot be read."
    trusted = [principal.value for statement in read.statements for principal in statement.principals]
    asked = {
        value
        for statement in read.statements
        for condition in statement.conditions
        if condition.key.casefold() == "sts:externalid"
        for value in condition.values
    }
    if not asked:
        about = "asks for no external ID"
    elif asked == {external_id}:
        about = "asks for the same external ID"
    else:
        about = "asks for another external ID"
    return f"It trusts {', '.join(shorten(each) for each in trusted[:3]) or 'nobody'} and {about}."
