"""Evaluate AWS policies: identity policies, a permissions boundary and a session policy against one action.

Source of the rules: IAM User Guide, *Policy evaluation logic*. Pure: documents in, a decision out.

    decision = evaluate([Policy("deploy", document)], boundary, "iam:CreateRole", "arn:aws:iam::…:role/x", context)
    decision.allowed, decision.outcome, decision.statements
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from activation.simulator.conditions import (
    Context,
    Outcome,
    as_list,
    evaluate_conditions,
    matches_wildcard,
    substitute,
)


class Verdict(StrEnum):
    """AWS's three answers, spelled as SimulatePrincipalPolicy spells them."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


class Limit(StrEnum):
    """Which kind of policy stood in the way."""

    NONE = ""
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True)
class Policy:
    """A policy document with the name it is known by."""

    name: str
    document: Mapping[str, Any]

    @classmethod
    def from_json(cls, name: str, text: str) -> Self:
        """Read a policy from JSON. Raises ValueError where it is not an object."""
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError(f"policy {name} is not a JSON object")
        return cls(name, document)

    def statements(self) -> list[Mapping[str, Any]]:
        """Return the statements, of which AWS lets a single one stand without a list."""
        found = self.document.get("Statement", [])
        return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, Mapping)]


@dataclass(frozen=True)
class Matched:
    """A statement that applied to the action."""

    policy: str
    sid: str
    effect: str


@dataclass(frozen=True)
class Decision:
    """The answer for one action on one resource, and why."""

    outcome: Verdict
    statements: tuple[Matched, ...] = ()
    missing_keys: frozenset[str] = frozenset()
    limit: Limit = Limit.NONE

    @property
    def allowed(self) -> bool:
        """Return whether the action may go ahead."""
        return self.outcome is Verdict.ALLOWED


@dataclass
class _Tally:
    allow: list[Matched] = field(default_factory=list)
    deny: list[Matched] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


def action_matches(statement: Mapping[str, Any], action: str) -> bool:
    """Return whether a statement's Action or NotAction covers `action`; names are compared without regard to case."""
    if "Action" in statement:
        return any(matches_wildcard(one, action, fold_case=True) for one in as_list(statement["Action"]))
    if "NotAction" in statement:
        return not any(matches_wildcard(one, action, fold_case=True) for one in as_list(statement["NotAction"]))
    return False


def resource_matches(statement: Mapping[str, Any], resource: str | None, context: Context) -> bool:
    """Return whether a statement's Resource or NotResource covers `resource`.

    None stands for *some resource that is not known*: an Allow covers it, a Deny only where it names everything.
    """
    negated = "Resource" not in statement and "NotResource" in statement
    patterns = [
        substitute(one, context) for one in as_list(statement.get("NotResource" if negated else "Resource", []))
    ]
    if resource is None:
        return "*" in patterns if statement.get("Effect") == "Deny" and not negated else bool(patterns)
    return any(p is not None and matches_wildcard(p, resource) for p in patterns) != negated


def _tally(policies: Iterable[Policy], action: str, resource: str | None, context: Context, lenient: bool) -> _Tally:
    found = _Tally()
    for policy in policies:
        for statement in policy.statements():
            if not action_matches(statement, action) or not resource_matches(statement, resource, context):
                continue
            effect = str(statement.get("Effect", ""))
            result = evaluate_conditions(statement.get("Condition"), context, absent_is_unknown=lenient)
            found.missing |= result.missing_keys
            matched = Matched(policy.name, str(statement.get("Sid", "")), effect)
            # What cannot be judged denies; in lenient use it is given the benefit of the doubt.
            unknown = result.outcome is Outcome.UNKNOWN
            if effect == "Allow" and (result.outcome is Outcome.SATISFIED or (unknown and lenient)):
                found.allow.append(matched)
            elif effect == "Deny" and (result.outcome is Outcome.SATISFIED or (unknown and not lenient)):
                found.deny.append(matched)
    return found


def evaluate(
    policies: Sequence[Policy],
    boundary: Policy | None,
    action: str,
    resource: str | None = "*",
    context: Context | None = None,
    *,
    session_policies: Sequence[Policy] = (),
    lenient: bool = False,
) -> Decision:
    """Decide whether `policies` let `action` (`service:Operation`) happen on `resource`.

    An explicit deny anywhere wins. Otherwise the identity policies must allow it, and so must the boundary and the
    session policies where there are any. A condition that cannot be judged is not met for Allow and met for Deny.
    With `lenient` a condition on a key that `context` does not carry is taken as fulfilled: for callers that know the
    action and not its whole request. `resource=None` means that the resource is not known.
    """
    context = context or {}
    layers: list[tuple[Limit, Sequence[Policy]]] = [(Limit.IDENTITY, policies)]
    if boundary is not None:
        layers.append((Limit.BOUNDARY, [boundary]))
    if session_policies:
        layers.append((Limit.SESSION, session_policies))
    tallies = [(limit, _tally(layer, action, resource, context, lenient)) for limit, layer in layers]
    missing = frozenset().union(*(tally.missing for _, tally in tallies))
    for limit, tally in tallies:
        if tally.deny:
            return Decision(Verdict.EXPLICIT_DENY, tuple(tally.deny), missing, limit)
    allowing = tuple(matched for _, tally in tallies for matched in tally.allow)
    for limit, tally in tallies:
        if not tally.allow:
            kept = tuple(matched for matched in allowing if limit is not Limit.IDENTITY)
            return Decision(Verdict.IMPLICIT_DENY, kept, missing, limit)
    return Decision(Verdict.ALLOWED, allowing, missing)
