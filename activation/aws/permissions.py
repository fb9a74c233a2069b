"""Ask AWS beforehand whether a key's policies allow what the run is going to call.

Source: IAM API Reference, *SimulatePrincipalPolicy*. It reads the policies of a user or role, with the boundary and the
rules of the organization; it does not know a session's own policy, and calls nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.aws.iam_rights import On, works_on
from activation.aws.identity import Identity, PrincipalKind
from activation.aws.names import VENDOR, VENDOR_TAG, PackageNeeds
from activation.aws.sessions import Session
from activation.domain.errors import Problem

_GIVE = "Continue. To have it checked, give the key the permission {action}."


@dataclass(frozen=True)
class Verdict:
    """What the simulation says: actions that are missing, and those whose answer hangs on `unknown_keys`.

    With a `reason` nothing could be asked, and the rest is empty.
    """

    missing: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    explicitly: bool = False
    by_boundary: bool = False
    by_organization: bool = False
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class _Answer:
    action: str
    decision: str
    unknown_keys: tuple[str, ...]
    by_boundary: bool
    by_organization: bool


def simulate(aws: Session, who: Identity, needs: PackageNeeds) -> Verdict:
    """Say which of the package's actions the key's owner is not allowed, on the package's own names.

    Where simulating, or finding the role behind a session, is not allowed the verdict has a reason. Raises Refused and
    Faulted for everything else that AWS answers.
    """
    try:
        source = _source(aws, who)
    except Problem as problem:
        if problem.code not in ("aws_denied", "aws_absent"):
            raise
        return Verdict(
            reason=f"The role {who.name} cannot look itself up, so its policies could not be checked.",
            remedy=_GIVE.format(action="iam:GetRole"),
        )
    answers: list[_Answer] = []
    try:
        for on in On:
            actions = [action for action in needs.actions if works_on(action) is on]
            if actions:
                answers += _ask(aws, source, who, needs, actions, on)
    except Problem as problem:
        if problem.code != "aws_denied":
            raise
        return Verdict(reason=problem.text, remedy=_GIVE.format(action="iam:SimulatePrincipalPolicy"))
    return _sum_up(needs, answers)


def _source(aws: Session, who: Identity) -> str:
    """Return the ARN of the user or role; a session's ARN lacks the role's path, which only IAM knows."""
    if who.kind is PrincipalKind.ASSUMED_ROLE:
        return str(aws.ask("iam", "get_role", RoleName=who.name)["Role"]["Arn"])
    return who.arn


def _ask(aws: Session, source: str, who: Identity, needs: PackageNeeds, actions: list[str], on: On) -> list[_Answer]:
    parameters: dict[str, Any] = {
        "PolicySourceArn": source,
        "ActionNames": actions,
        "ContextEntries": _context(who, needs),
    }
    if on is not On.ACCOUNT:
        # One question for all names of a kind: of several resources AWS answers each by itself.
        objects = needs.of_kind("role" if on is On.ROLE else "policy")
        if not objects:
            return []
        parameters["ResourceArns"] = [each.arn(who.partition, who.account_id) for each in objects]
    found: list[_Answer] = []
    while True:
        page = aws.ask("iam", "simulate_principal_policy", **parameters)
        for result in page["EvaluationResults"]:
            found += _read(result)
        if not page.get("IsTruncated"):
            return found
        parameters["Marker"] = page["Marker"]


def _context(who: Identity, needs: PackageNeeds) -> list[dict[str, Any]]:
    """Say what will be true of the run's calls, so that conditions on it can be judged."""
    policies = {each.name: each.arn(who.partition, who.account_id) for each in needs.of_kind("policy")}
    values = {
        f"aws:RequestTag/{VENDOR_TAG}": VENDOR,
        f"aws:ResourceTag/{VENDOR_TAG}": VENDOR,
        f"iam:ResourceTag/{VENDOR_TAG}": VENDOR,
        "aws:SecureTransport": "true",
    }
    if policies:
        values["iam:PolicyARN"] = next(iter(policies.values()))
    if needs.boundary in policies:
        values["iam:PermissionsBoundary"] = policies[needs.boundary]
    return [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in values.items()
    ]


def _read(result: Mapping[str, Any]) -> list[_Answer]:
    """Read one result; where AWS answers per resource, these answers count instead of the sum."""
    action = str(result["EvalActionName"])
    parts = result.get("ResourceSpecificResults") or [result]
    organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    whole = result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True)
    return [
        _Answer(
            action,
            str(part.get("EvalDecision") or part.get("EvalResourceDecision")),
            tuple(part.get("MissingContextValues") or ()),
            not part.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", whole),
            not organization,
        )
        for part in parts
    ]


def _sum_up(needs: PackageNeeds, answers: list[_Answer]) -> Verdict:
    denied = [answer for answer in answers if answer.decision != "allowed"]
    # A condition on something that is not known yet may still come true; an explicit denial stands.
    certain = [answer for answer in denied if answer.decision == "explicitDeny" or not answer.unknown_keys]
    missing = {answer.action for answer in certain}
    # What AWS said nothing about was not checked.
    unanswered = set(needs.actions) - {answer.action for answer in answers}
    unsure = ({answer.action for answer in denied} | unanswered) - missing
    return Verdict(
        missing=tuple(action for action in needs.actions if action in missing),
        unsure=tuple(action for action in needs.actions if action in unsure),
        unknown_keys=tuple(sorted({key for answer in denied for key in answer.unknown_keys})),
        explicitly=any(answer.decision == "explicitDeny" for answer in certain),
        by_boundary=any(answer.by_boundary for answer in certain),
        by_organization=any(answer.by_organization for answer in certain),
    )
