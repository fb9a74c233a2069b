"""Evaluate a role's trust policy: who may assume it, and under which conditions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.simulator.conditions import Context, Outcome, as_list, evaluate_conditions
from activation.simulator.policy import Policy, action_matches

ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True)
class Caller:
    """Who calls: `principal` is the ARN that policies name (for a role's session the role), `arn` the one AWS shows."""

    account: str
    arn: str
    principal: str


@dataclass(frozen=True)
class Trust:
    """A trust policy's answer. `directly`: the caller was named itself, not only its account."""

    allowed: bool
    directly: bool = False


def _names(principal: object, caller: Caller) -> tuple[bool, bool]:
    """Return (does this Principal element cover the caller, is the caller named itself)."""
    if principal == "*":
        return True, False
    if not isinstance(principal, Mapping):
        return False, False
    covered = directly = False
    # Service and federated principals sign in by other means than AssumeRole with a key: they never match here.
    for name in as_list(principal.get("AWS", [])):
        if name == "*":
            covered = True
        elif name in (caller.principal, caller.arn):
            covered = directly = True
        elif name == caller.account or re.fullmatch(rf"arn:aws[a-z-]*:iam::{re.escape(caller.account)}:root", name):
            covered = True
    return covered, directly


def _without_external_id(block: object) -> object:
    if not isinstance(block, Mapping):
        return block
    kept: dict[str, Any] = {}
    for operator, keys in block.items():
        if isinstance(keys, Mapping):
            rest = {key: value for key, value in keys.items() if str(key).lower() != "sts:externalid"}
            if rest:
                kept[operator] = rest
        else:
            kept[operator] = keys
    return kept


def evaluate_trust(
    document: Mapping[str, Any], caller: Caller, context: Context, *, ignore_external_id: bool = False
) -> Trust:
    """Decide whether the trust policy `document` lets `caller` call sts:AssumeRole.

    An explicit Deny wins; an operator that is not known denies. With `ignore_external_id` conditions on
    sts:ExternalId are passed over, which is how a careless implementation behaves: for attack tests only.
    """
    allowed = directly = False
    for statement in Policy("trust", document).statements():
        if not action_matches(statement, ASSUME_ROLE):
            continue
        block = statement.get("Condition")
        if ignore_external_id:
            block = _without_external_id(block)
        outcome = evaluate_conditions(block, context).outcome
        if statement.get("Effect") == "Deny":
            named = "NotPrincipal" in statement or _names(statement.get("Principal"), caller)[0]
            if named and outcome is not Outcome.UNSATISFIED:
                return Trust(allowed=False)
        elif statement.get("Effect") == "Allow" and outcome is Outcome.SATISFIED:
            covered, named_itself = _names(statement.get("Principal"), caller)
            allowed, directly = allowed or covered, directly or named_itself
    return Trust(allowed, allowed and directly)
