"""The safety check of a region: the package's own resources, in the network that was chosen, closed to the world.

Its roles trust AWS services and the cluster's service accounts instead of the vendor, and what is attached to them are
policies of step 2 and AWS's own: both stand in the manifest of the package that comes with this portal. What of a trust
policy is only known after the apply is read in AWS after it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from activation.domain import policy_document, service_accounts
from activation.domain.errors import Refused
from activation.domain.guard import (
    REMOVAL,
    Finding,
    Part,
    Rules,
    Verdict,
    extra_rights,
    naming,
    removal,
    scope,
    tools_used,
    verdict_of,
)
from activation.domain.plan import PlannedPolicy, PlanReview, ResourceChange, configuration_address
from activation.domain.policy_document import Statement

_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


@dataclass(frozen=True)
class RoleTrust:
    """Whom a role of the region trusts: an AWS service, or service accounts of the cluster (patterns of `sub`)."""

    service: str = ""
    service_accounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RegionRules:
    """What a region's plan may do, beside what `Rules` say.

    `trusts` are by address without instance keys. `attachments` are the pairs of role name and policy ARN, by address.
    `boundary_arn` must bound every role. `vpc_cidr` is the network that was chosen.
    """

    trusts: Mapping[str, RoleTrust] = field(default_factory=dict)
    attachments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    boundary_arn: str = ""
    vpc_cidr: str = ""


def inspect_region(review: PlanReview, rules: Rules, region: RegionRules) -> Verdict:
    """Judge a region's plan; what cannot be proved from the plan or the bundled manifest is refused."""
    managed = [change for change in review.changes if change.mode == "managed"]
    standing = [change for change in managed if change.action not in {"delete", "forget"}]
    roles = [change for change in standing if change.type == "aws_iam_role"]
    attached = sum(change.type == "aws_iam_role_policy_attachment" for change in standing)
    parts: tuple[Part, ...] = (
        (
            "Only the AWS provider, and no commands",
            "Providers: {} in use.",
            len(review.providers),
            tools_used(review, rules),
        ),
        ("Only what this package is for", "{} resources, all of the package.", len(managed), scope(managed, rules)),
        ("Names and paths", "{} names and paths as agreed.", len(managed), naming(managed, rules)),
        (REMOVAL, "", 0, removal(managed, rules)),
        ("Your network", f"The VPC is {region.vpc_cidr}, as chosen.", 0, _network(standing, region)),
        ("Closed to the internet", "Nothing can be reached from the internet.", 0, _openings(standing)),
        ("Permissions boundary", "{} roles, each with its boundary.", len(roles), _boundaries(roles, region)),
        (
            "Trust policies",
            "{} roles trust an AWS service, or named service accounts of this cluster.",
            len(roles),
            _trusts(review, region, rules),
        ),
        ("Attachments", "{}, each as the package has it.", attached, _attachments(standing, region)),
    )
    return verdict_of(parts, managed, rules)


def _network(standing: list[ResourceChange], region: RegionRules) -> Iterator[Finding]:
    for change in standing:
        if change.type == "aws_vpc" and change.after.get("cidr_block") != region.vpc_cidr:
            yield Finding("network", change.address, f"{change.address} is not {region.vpc_cidr}, which was chosen.")


def _openings(standing: list[ResourceChange]) -> Iterator[Finding]:
    for change in standing:
        after = change.after
        if change.type == "aws_security_group" and _open_to_all(after.get("ingress")):
            yield Finding("open_ingress", change.address, f"{change.address} allows access from the whole internet.")
        if change.type == "aws_eks_cluster":
            for part in _objects(after.get("vpc_config")):
                if part.get("endpoint_public_access") is not False:
                    yield Finding("open_cluster", change.address, f"{change.address} answers on the internet.")
        if change.type == "aws_s3_bucket_public_access_block" and not all(after.get(name) is True for name in _BLOCKS):
            yield Finding("open_bucket", change.address, f"{change.address} allows a bucket to be made public.")
        if change.type == "aws_subnet" and after.get("map_public_ip_on_launch"):
            yield Finding("open_subnet", change.address, f"{change.address} gives public addresses to instances.")


def _open_to_all(rules: object) -> bool:
    """Whether a rule lets everybody in; a rule that is not known cannot be shown to be closed."""
    if rules is None:
        return True
    found = [
        str(block)
        for rule in _objects(rules)
        for name in ("cidr_blocks", "ipv6_cidr_blocks")
        for block in _items(rule, name)
    ]
    return bool(_EVERYWHERE & set(found))


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    yield from (each for each in value if isinstance(each, Mapping)) if isinstance(value, (list, tuple)) else ()


def _items(rule: Mapping[str, object], name: str) -> list[object]:
    found = rule.get(name)
    return list(found) if isinstance(found, (list, tuple)) else []


def _boundaries(roles: list[ResourceChange], region: RegionRules) -> Iterator[Finding]:
    for role in roles:
        if role.after.get("permissions_boundary") != region.boundary_arn:
            yield Finding("boundary_other", role.address, f"{role.address} is not bounded by {region.boundary_arn}.")
        yield from extra_rights(role)


def _trusts(review: PlanReview, region: RegionRules, rules: Rules) -> Iterator[Finding]:
    for trust in review.trusts:
        wanted = region.trusts.get(configuration_address(trust.address))
        if wanted is None:
            yield Finding("trust_nobody", trust.address, f"{trust.address}: it is not known whom this role may trust.")
        elif trust.problem == "unknown" and wanted.service_accounts:
            # The cluster's issuer is known only once the cluster exists. That the role's rights are those that the
            # package names, is proved here; whom it trusts, from AWS, before the region counts as active.
            continue
        elif trust.problem:
            yield Finding("trust_hidden", trust.address, f"{trust.address}: its trust policy cannot be read here.")
        else:
            yield from (
                Finding("trust_other", trust.address, f"{trust.address}: {why}")
                for why in weaknesses(trust, wanted, account=rules.account)
            )


def weaknesses(trust: PlannedPolicy, wanted: RoleTrust, *, account: str) -> tuple[str, ...]:
    """Say in sentences how a trust policy differs from the one wanted; nothing where it does not.

    `account` has 12 digits.
    """
    try:
        read = trust.document or policy_document.read(trust.text)
    except Refused as refused:
        return (refused.text,)
    if len(read.statements) != 1 or read.unknown_keys or len(read.statements[0].principals) != 1:
        return ("the trust policy is not one statement for one principal.",)
    statement = read.statements[0]
    if wanted.service:
        return _service(statement, wanted)
    principal = statement.principals[0]
    _, found, issuer = principal.value.partition(f":iam::{account}:oidc-provider/")
    if principal.kind != "Federated" or not found or not issuer:
        return (f"it trusts {principal.value}, not this account's identity provider of the cluster.",)
    return service_accounts.lint(
        trust.text, provider=principal.value, issuer=issuer, subjects=tuple(sorted(wanted.service_accounts))
    )


def _service(statement: Statement, wanted: RoleTrust) -> tuple[str, ...]:
    principal = statement.principals[0]
    plain = not (statement.not_principals or statement.not_actions or statement.unknown_keys or statement.conditions)
    if (principal.kind, principal.value) != ("Service", wanted.service):
        return (f"it trusts {principal.value}, not {wanted.service}.",)
    if statement.effect != "Allow" or not plain or [each.lower() for each in statement.actions] != ["sts:assumerole"]:
        return (f"it allows {wanted.service} more than to assume the role.",)
    return ()


def _attachments(standing: list[ResourceChange], region: RegionRules) -> Iterator[Finding]:
    for change in standing:
        if change.type != "aws_iam_role_policy_attachment":
            continue
        wanted = region.attachments.get(configuration_address(change.address))
        if (change.after.get("role"), change.after.get("policy_arn")) != wanted:
            yield Finding(
                "attachment", change.address, f"{change.address} attaches something that is not in the package."
            )
