"""The lint of a role's trust policy: who may assume it, and only with the external ID."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from activation.domain import policy_document
from activation.domain.errors import Refused
from activation.domain.policy_document import Condition, PolicyDocument, Statement

ASSUME_ROLE = "sts:AssumeRole"
_OPERATOR = "StringEquals"
_KEY = "sts:ExternalId"


def trust_policy(principal: str, external_id: str) -> dict[str, object]:
    """Write the trust policy that `lint_trust` asks for, as an IAM document."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": ASSUME_ROLE,
        "Condition": {_OPERATOR: {_KEY: external_id}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass(frozen=True)
class Finding:
    """One thing the safety check refuses: a stable code, where, and a sentence for people."""

    code: str
    address: str
    text: str


def lint_trust(
    document: str | Mapping[str, object] | PolicyDocument,
    principal: str,
    external_id: str,
    *,
    extra_actions: Collection[str] = (),
    address: str = "",
) -> tuple[Finding, ...]:
    """Find every way in which a trust policy is weaker than, or other than, the one we ask for.

    Asked for (AWS IAM User Guide, "Access to AWS accounts owned by third parties"): one statement, Allow, exactly this
    principal ARN, only sts:AssumeRole (and `extra_actions`), only StringEquals sts:ExternalId with the one value.
    Empty = as asked for. The texts never quote an external ID.
    """
    found: list[Finding] = []

    def find(code: str, text: str) -> None:
        found.append(Finding(code, address, text))

    try:
        read = document if isinstance(document, PolicyDocument) else policy_document.read(document)
    except Refused as refused:
        find("trust_unreadable", refused.text)
        return tuple(found)
    text = document if isinstance(document, str) else ""
    if text and policy_document.characters(text) > policy_document.TRUST_POLICY_LIMIT:
        find("trust_too_long", f"The trust policy is longer than {policy_document.TRUST_POLICY_LIMIT} characters.")
    if read.version != "2012-10-17":
        find("trust_version", "The trust policy does not say Version 2012-10-17.")
    if len(read.statements) != 1:
        find("trust_statements", f"The trust policy has {len(read.statements)} statements, not exactly one.")
    if read.unknown_keys:
        find("trust_extra_element", f"The trust policy holds unknown elements: {_listed(read.unknown_keys)}.")
    for statement in read.statements:
        for code, sentence in _statement(statement, principal, external_id, extra_actions):
            find(code, sentence)
    return tuple(dict.fromkeys(found))


def _listed(values: Collection[str]) -> str:
    """Quote what a document holds: as JSON text, so that no control character gets through, and short."""
    return ", ".join(json.dumps(value[:120]) for value in list(values)[:5])


def _statement(
    statement: Statement, principal: str, external_id: str, extra_actions: Collection[str]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if statement.effect != "Allow":
        found.append(("trust_effect", "A statement's Effect is not Allow."))
    found += _principals(statement, principal)
    found += _actions(statement, extra_actions)
    if statement.resources or statement.not_resources or statement.unknown_keys:
        found.append(("trust_extra_element", "A statement holds elements that a trust policy does not have."))
    found += _conditions(statement.conditions, external_id)
    return found


def _principals(statement: Statement, principal: str) -> list[tuple[str, str]]:
    if statement.not_principals:
        return [("trust_not_principal", "NotPrincipal trusts everyone except those it names.")]
    if not statement.principals:
        return [("trust_principal_missing", "The statement names no principal.")]
    if len(statement.principals) > 1:
        return [("trust_principals_many", f"The role trusts {len(statement.principals)} principals, not exactly one.")]
    only = statement.principals[0]
    if "*" in only.value or "?" in only.value:
        return [("trust_principal_wildcard", "The principal is a wildcard: anyone can try.")]
    if only.kind != "AWS":
        return [("trust_principal_kind", f"The principal is of kind {_listed([only.kind])}, not an AWS role.")]
    if only.value == principal:
        return []
    if only.value.endswith(":root") or only.value.isdigit():
        return [("trust_principal_root", "The principal is a whole AWS account, not the one role of the vendor.")]
    return [("trust_principal_other", f"The role trusts {_listed([only.value])}, not the vendor's {principal}.")]


def _actions(statement: Statement, extra_actions: Collection[str]) -> list[tuple[str, str]]:
    if statement.not_actions:
        return [("trust_not_action", "NotAction allows everything except what it names.")]
    # IAM compares actions without regard to case.
    allowed = {ASSUME_ROLE.lower(), *(action.lower() for action in extra_actions)}
    named = [action.lower() for action in statement.actions]
    others = [action for action in statement.actions if action.lower() not in allowed]
    if others or ASSUME_ROLE.lower() not in named:
        return [("trust_action", f"The actions are {_listed(statement.actions) or 'none'}, not {ASSUME_ROLE} alone.")]
    return []


def _conditions(conditions: tuple[Condition, ...], external_id: str) -> list[tuple[str, str]]:
    about = [each for each in conditions if each.key.lower() == _KEY.lower()]
    others = [each for each in conditions if each.key.lower() != _KEY.lower()]
    found: list[tuple[str, str]] = []
    if not about:
        found.append(("trust_condition_missing", "No condition requires the external ID."))
    if others:
        # Harmless in itself, but then what was reviewed is not what was agreed.
        keys = _listed([each.key for each in others])
        found.append(("trust_extra_condition", f"A condition refers to something other than {_KEY}: {keys}."))
    if len(about) > 1:
        found.append(("trust_condition_twice", "More than one condition refers to the external ID."))
    for each in about:
        if each.operator != _OPERATOR:
            found.append(
                ("trust_operator", f"The external ID is compared with {_listed([each.operator])}, not {_OPERATOR}.")
            )
        if len(each.values) != 1:
            found.append(("trust_external_id_many", f"The condition holds {len(each.values)} external IDs, not one."))
        elif each.values[0] != external_id:
            wild = any(sign in each.values[0] for sign in "*?$")
            found.append(
                ("trust_external_id_wildcard", "The external ID in the condition is a pattern.")
                if wild
                else ("trust_external_id_other", "The external ID in the condition is not this organization's.")
            )
    return found
