"""The safety check: a plan may only do what its configuration package is for."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from activation.domain.plan import PlannedPolicy, PlanReview, ResourceChange, configuration_address
from activation.domain.policy_document import MANAGED_POLICY_LIMIT, Statement
from activation.domain.trust_policy import Finding, lint_trust

__all__ = ["AWS_PROVIDER", "Check", "Finding", "Rules", "Verdict", "inspect", "lint_trust"]

AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"
_PROVIDERS = frozenset({AWS_PROVIDER, "registry.opentofu.org/hashicorp/aws"})

PROVIDER_SETTINGS = frozenset(
    {
        *("region", "access_key", "secret_key", "token", "default_tags", "allowed_account_ids"),
        *("max_retries", "retry_mode", "s3_use_path_style", "ignore_tags"),
    }
)
"""Settings of the AWS provider that steer nothing elsewhere; endpoints, profiles, assumed roles and proxies would."""

DATA_TYPES = frozenset(
    {
        *("aws_caller_identity", "aws_partition", "aws_region", "aws_iam_policy_document", "aws_iam_session_context"),
        *("aws_availability_zones", "aws_vpc", "aws_subnet", "aws_subnets", "aws_eks_cluster", "aws_ssm_parameter"),
    }
)
"""Data sources that only look; others, such as a Lambda function's invocation, do things while planning."""

IAM_TYPES = frozenset({"aws_iam_policy", "aws_iam_role", "aws_iam_role_policy_attachment"})
"""All that a package for step 2 may manage: what of it could give rights is judged below, type by type."""

REMOVAL = "Nothing is deleted or replaced"
_INSTANCE_KEYS = frozenset({"each.key", "count.index"})
_PLAIN_KEY = re.compile(r'\[(?:"[A-Za-z0-9_-]+"|\d+)\]$')
_PLAINLY = "The package has to name a policy of its own plainly, such as aws_iam_policy.NAME.arn."
_NAMED_TYPES = frozenset({"aws_iam_policy", "aws_iam_role"})


@dataclass(frozen=True)
class Rules:
    """What this package may do in this account.

    `names` empty = any name that starts with one of `name_prefixes`. `addresses` empty = any address. `account` has 12
    digits. `boundary` is the name of the policy that must bound every role; empty = any policy of this plan.
    `trust_actions` are allowed beside sts:AssumeRole. `pointers` are those of the package: what its attributes name
    where the plan does not know their values. `replaceable` are the addresses that a retry may make anew,
    `importable` the pairs of address and ID that it may take over; None = a plan that may take over anything.
    """

    resource_types: frozenset[str]
    vendor_principal_arn: str
    external_id: str
    account: str
    names: frozenset[str] = frozenset()
    name_prefixes: tuple[str, ...] = ("zilliz-",)
    paths: frozenset[str] = frozenset({"/zilliz/"})
    addresses: frozenset[str] = frozenset()
    boundary: str = ""
    allow_destroy: bool = False
    retry: bool = False
    replaceable: frozenset[str] = frozenset()
    importable: frozenset[tuple[str, str]] | None = None
    trust_actions: frozenset[str] = frozenset()
    provider_settings: frozenset[str] = PROVIDER_SETTINGS
    data_types: frozenset[str] = DATA_TYPES
    pointers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One line of the verdict as a person reads it."""

    title: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Verdict:
    """The outcome: passed only if nothing at all was found."""

    passed: bool
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, object]:
        """Give plain JSON values, to be stored with the plan."""
        return {
            "passed": self.passed,
            "findings": [{"code": each.code, "address": each.address, "text": each.text} for each in self.findings],
            "checks": [{"title": each.title, "passed": each.passed, "detail": each.detail} for each in self.checks],
        }


def inspect(review: PlanReview, rules: Rules) -> Verdict:
    """Judge a plan by the rules; what cannot be proved from the plan counts as not proved and is refused."""
    managed = [change for change in review.changes if change.mode == "managed"]
    standing = [change for change in managed if change.action not in {"delete", "forget"}]
    roles = [change for change in standing if change.type == "aws_iam_role"]
    parts = (
        (
            "Only the AWS provider, and no commands",
            "Providers: {} in use.",
            len(review.providers),
            tools_used(review, rules),
        ),
        ("Only what this package is for", "{} resources, all of known types.", len(managed), scope(managed, rules)),
        ("Names and paths", "{} names and paths as agreed.", len(managed), naming(managed, rules)),
        (REMOVAL, "", 0, removal(managed, rules)),
        ("Permissions boundary", "{} roles, each with its boundary.", len(roles), _boundaries(roles, standing, rules)),
        ("Trust policies", "{} roles trust one principal, with the external ID.", len(roles), _trusts(review, rules)),
        ("Policy documents", "{} policies within limits.", len(review.policies), _policies(review)),
        ("Attachments", "Only this package's policies, on its own roles.", 0, _attachments(standing, roles, rules)),
    )
    return verdict_of(parts, managed, rules)


Part = tuple[str, str, int, Iterable[Finding]]
"""A line of the verdict: its title, what it says where all is well, the number in that, what was found."""


def verdict_of(parts: Iterable[Part], managed: list[ResourceChange], rules: Rules) -> Verdict:
    """Put lines together; the one about deletes and replacements gets its words by what this run may do."""
    findings: list[Finding] = []
    checks: list[Check] = []
    for title, detail, count, found in parts:
        each = tuple(found)
        findings += each
        said = detail.format(count)
        if title == REMOVAL:
            title, said = _removal_words(managed, rules)
        checks.append(Check(title, not each, said if not each else " ".join(finding.text for finding in each)))
    return Verdict(passed=not findings, findings=tuple(findings), checks=tuple(checks))


def _removal_words(managed: list[ResourceChange], rules: Rules) -> tuple[str, str]:
    anew = [change.address for change in managed if change.action == "replace" and _may_replace(change, rules)]
    if anew:
        why = "left incomplete by the interrupted run, created by this activation, without data"
        return "Only what is listed is replaced", f"{', '.join(anew)}: {why}."
    if rules.allow_destroy and not rules.retry:
        return "Deletes only this package's resources", "This run was started to delete resources."
    return REMOVAL, "No deletions, no replacements."


def tools_used(review: PlanReview, rules: Rules) -> Iterator[Finding]:
    """Find providers, settings, provisioners and data sources that a package may not use."""
    for provider in review.providers:
        if provider not in _PROVIDERS:
            yield Finding("provider", "", f"The plan uses the provider {provider}; only hashicorp/aws is allowed.")
    for setting in review.provider_settings:
        if setting.rpartition(".")[2] not in rules.provider_settings:
            yield Finding("provider_setting", "", f"The provider is configured with {setting}, which is not allowed.")
    for address in review.provisioners:
        yield Finding("provisioner", address, f"{address} runs a provisioner; packages may not run commands.")
    for address in review.invocations:
        yield Finding("invocation", address, f"{address} invokes an action; packages may not run commands.")
    for data_type in review.data_types:
        if data_type not in rules.data_types:
            yield Finding("data_source", "", f"The package reads {data_type}, which is not allowed.")
    if review.errored or not review.complete:
        yield Finding("plan_incomplete", "", "Terraform did not finish this plan.")
    if review.account and review.account != rules.account:
        yield Finding(
            "account", "", f"The plan was made in account {review.account}, but this run is for {rules.account}."
        )


def scope(managed: list[ResourceChange], rules: Rules) -> Iterator[Finding]:
    """Find what is no part of the package, or would be taken over without having been found again."""
    for change in managed:
        if change.type not in rules.resource_types:
            yield Finding(
                "resource_type", change.address, f"{change.address} is of a type that this package does not have."
            )
        if rules.addresses and configuration_address(change.address) not in rules.addresses:
            yield Finding("address", change.address, f"{change.address} is not part of this package.")
        taken = (change.address, change.importing_id)
        if change.importing_id and rules.importable is not None and taken not in rules.importable:
            yield Finding("import", change.address, f"{change.address} would import {change.importing_id}.")
        if change.action in {"unknown", "forget"}:
            actions = ", ".join(change.actions)
            yield Finding("action", change.address, f"{change.address}: the action {actions} is not allowed.")


def naming(managed: list[ResourceChange], rules: Rules) -> Iterator[Finding]:
    """Find roles and policies whose name or path is not the package's."""
    for change in managed:
        # What a replacement or a change takes away must be ours as well, not only what comes.
        for values in filter(None, (change.before, change.after)):
            if change.type not in _NAMED_TYPES:
                continue
            name, path = values.get("name"), values.get("path")
            if not isinstance(name, str):
                yield Finding(
                    "name_unknown", change.address, f"{change.address}: the name is not known before the apply."
                )
            elif not _name_allowed(name, rules):
                yield Finding("name", change.address, f"{change.address}: the name {name} is not one of this package.")
            if not isinstance(path, str) or path not in rules.paths:
                yield Finding(
                    "path", change.address, f"{change.address}: the path {path!r} is not one of this package."
                )


def _name_allowed(name: str, rules: Rules) -> bool:
    return name in rules.names if rules.names else name.startswith(rules.name_prefixes)


def removal(managed: list[ResourceChange], rules: Rules) -> Iterator[Finding]:
    """Find deletes and replacements that this run may not make."""
    for change in managed:
        if change.action == "replace" and (rules.retry or not rules.allow_destroy) and not _may_replace(change, rules):
            yield Finding("replace", change.address, f"{change.address} would be deleted and created again.")
        if change.action == "delete" and (rules.retry or not rules.allow_destroy):
            yield Finding("delete", change.address, f"{change.address} would be deleted.")


def _may_replace(change: ResourceChange, rules: Rules) -> bool:
    return rules.retry and change.address in rules.replaceable


def _boundaries(roles: list[ResourceChange], standing: list[ResourceChange], rules: Rules) -> Iterator[Finding]:
    policies = {
        configuration_address(change.address): change
        for change in standing
        if change.type == "aws_iam_policy" and (not rules.boundary or change.after.get("name") == rules.boundary)
    }
    arns = [_policy_arn(change, rules) for change in policies.values()]
    for role in roles:
        given = role.after.get("permissions_boundary")
        if role.is_unknown("permissions_boundary"):
            if not points_at_one(role, "permissions_boundary", policies, rules):
                text = f"{role.address}: it is not known which boundary it will have. {_PLAINLY}"
                yield Finding("boundary_unproved", role.address, text)
        elif not given:
            yield Finding("boundary_missing", role.address, f"{role.address} has no permissions boundary.")
        elif given not in arns:
            yield Finding("boundary_other", role.address, f"{role.address} has a boundary that is not this package's.")
        yield from extra_rights(role)


def extra_rights(role: ResourceChange) -> Iterator[Finding]:
    """Find rights that a role would get beside its attachments, whether or not the configuration shows where from."""
    is_new = role.action in {"create", "replace"}
    for attribute in ("inline_policy", "managed_policy_arns"):
        given = role.after.get(attribute)
        # Left out, a new role's are unknown as a whole, and those of one that stands are what AWS has.
        changed = bool(given) if is_new else role.is_unknown(attribute) or given != role.before.get(attribute)
        if changed or attribute in role.references:
            text = f"{role.address} brings permissions of its own ({attribute})."
            yield Finding("role_extra_rights", role.address, text)


def _policy_arn(change: ResourceChange, rules: Rules) -> str:
    return f"arn:aws:iam::{rules.account}:policy{change.after.get('path')}{change.after.get('name')}"


def _trusts(review: PlanReview, rules: Rules) -> Iterator[Finding]:
    for trust in review.trusts:
        if trust.problem in {"unknown", "sensitive"}:
            yield _hidden(trust, "trust", "trust policy")
            continue
        yield from lint_trust(
            trust.text,
            rules.vendor_principal_arn,
            rules.external_id,
            extra_actions=rules.trust_actions,
            address=trust.address,
        )


def _hidden(policy: PlannedPolicy, prefix: str, what: str) -> Finding:
    why = "is only known after apply" if policy.problem == "unknown" else "is marked sensitive"
    return Finding(
        f"{prefix}_{policy.problem}", policy.address, f"{policy.address}: its {what} {why} and cannot be checked."
    )


def _policies(review: PlanReview) -> Iterator[Finding]:
    for policy in review.policies:
        if policy.problem in {"unknown", "sensitive"}:
            yield _hidden(policy, "policy", "policy document")
            continue
        if policy.document is None or not policy.document.statements or policy.document.unknown_keys:
            yield Finding("policy_unreadable", policy.address, f"{policy.address}: the policy document is not valid.")
            continue
        if policy.characters > MANAGED_POLICY_LIMIT:
            yield Finding(
                "policy_too_long",
                policy.address,
                f"{policy.address} has {policy.characters:,} characters; AWS allows {MANAGED_POLICY_LIMIT:,}.",
            )
        for statement in policy.document.statements:
            if statement.allows and _everything(statement):
                yield Finding(
                    "policy_everything", policy.address, f"{policy.address} allows every action on every resource."
                )
            if statement.principals or statement.not_principals or statement.unknown_keys:
                yield Finding(
                    "policy_unreadable", policy.address, f"{policy.address}: the policy document is not valid."
                )


def _everything(statement: Statement) -> bool:
    # NotAction and NotResource allow all that they do not name, tomorrow's services as well.
    actions = bool(statement.not_actions) or any(_all_stars(action) for action in statement.actions)
    resources = bool(statement.not_resources) or any(_all_stars(resource) for resource in statement.resources)
    return actions and resources


def _all_stars(pattern: str) -> bool:
    """Whether a pattern matches everything: `*`, `**`, `*:*`, `arn:*`, `arn:aws:*`, `i*` not."""
    bare = pattern.replace("?", "*")
    return not bare.strip("*:") or (bare.endswith("*") and bare.rstrip("*:") in {"arn", "arn:aws"})


def _attachments(standing: list[ResourceChange], roles: list[ResourceChange], rules: Rules) -> Iterator[Finding]:
    own_roles = [role.after.get("name") for role in roles]
    role_addresses = {configuration_address(role.address) for role in roles}
    policies = {configuration_address(change.address): change for change in standing if change.type == "aws_iam_policy"}
    arns = [_policy_arn(change, rules) for change in policies.values()]
    for change in standing:
        if change.type != "aws_iam_role_policy_attachment":
            continue
        if change.is_unknown("role"):
            own_role = points_at_one(change, "role", role_addresses, rules)
        else:
            own_role = change.after.get("role") in own_roles
        if not own_role:
            yield Finding(
                "attachment_role", change.address, f"{change.address} changes a role that belongs to someone else."
            )
        if change.is_unknown("policy_arn"):
            own_policy = points_at_one(change, "policy_arn", policies, rules)
        else:
            own_policy = change.after.get("policy_arn") in arns
        if not own_policy:
            text = f"{change.address} attaches a policy that is not this package's."
            if change.is_unknown("policy_arn"):
                text = f"{change.address}: it is not known which policy it attaches. {_PLAINLY}"
            yield Finding("attachment_policy", change.address, text)


def points_at_one(change: ResourceChange, attribute: str, addresses: Collection[str], rules: Rules) -> bool:
    """Whether the attribute, known only after the apply, is one of these resources, and nothing computed from it.

    The text of the expression is not in the plan: the package says what it names, and what the plan lists must be the
    same. Terraform lists `aws_iam_policy.a.arn` and `aws_iam_policy.a` both. The key of an instance
    (`aws_iam_policy.a[each.key]`) chooses among them; one that is a plain word is no ARN.
    """
    references = {configuration_address(each) for each in change.references.get(attribute, ())}
    if _PLAIN_KEY.search(change.address):
        references -= _INSTANCE_KEYS
    target = rules.pointers.get(configuration_address(change.address), {}).get(attribute)
    shortest = {each for each in references if not any(each.startswith(f"{other}.") for other in references)}
    return target in addresses and shortest == {target}
