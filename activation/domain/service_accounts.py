"""Which service accounts of a data plane's cluster may take which role, and what a role's trust policy says of it."""

import re
from collections.abc import Mapping
from typing import Final

from activation.domain import policy_document
from activation.domain.errors import Refused
from activation.domain.policy_document import Condition, Statement

AUDIENCE: Final = "sts.amazonaws.com"
ASSUME: Final = "sts:AssumeRoleWithWebIdentity"
PREFIX: Final = "system:serviceaccount:"

# The end of a role's name, behind the cluster's and a hyphen → the subjects that may take it, as the region package
# writes them.
SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws-lb-irsa": (f"{PREFIX}kube-system:aws-load-balancer-controller",),
    "ca-irsa": (f"{PREFIX}kube-system:cluster-autoscaler",),
    "ebs-csi-irsa": (f"{PREFIX}kube-system:ebs-csi-controller-sa",),
    "business-irsa": (f"{PREFIX}milvus-*:milvus*", f"{PREFIX}loki:loki*", f"{PREFIX}index-pool:milvus*"),
}
_LITERAL = re.compile(r"[^*?]")
# An equals sign with any wildcard is none; of the others IAM reads the value as a pattern.
_OPERATORS = frozenset({"StringEquals", "StringLike"})


def lint(
    document: str | Mapping[str, object], *, provider: str, issuer: str, subjects: tuple[str, ...]
) -> tuple[str, ...]:
    """Say in sentences how a trust policy lets in more than these subjects of this cluster; nothing where it does not.

    `provider` is the ARN of the cluster's OIDC provider, `issuer` its address without the scheme. Source: Amazon EKS
    User Guide, *Assign IAM roles to Kubernetes service accounts*.
    """
    try:
        read = policy_document.read(document)
    except Refused as refused:
        return (refused.text,)
    allowing = [statement for statement in read.statements if statement.allows]
    if not allowing:
        return ("The trust policy trusts nobody.",)
    found = [text for statement in allowing for text in _statement(statement, provider, issuer, subjects)]
    return tuple(dict.fromkeys(found))


def _statement(statement: Statement, provider: str, issuer: str, subjects: tuple[str, ...]) -> list[str]:
    found = []
    named = {(each.kind, each.value) for each in statement.principals}
    if statement.not_principals or named != {("Federated", provider)}:
        found.append("It trusts somebody other than the cluster's OIDC provider.")
    if statement.not_actions or {each.lower() for each in statement.actions} != {ASSUME.lower()}:
        found.append(f"It allows something other than {ASSUME}.")
    audiences = _about(statement, f"{issuer}:aud")
    if [(each.operator, each.values) for each in audiences] != [("StringEquals", (AUDIENCE,))]:
        found.append(f"It does not require the audience {AUDIENCE}.")
    asked = [each for each in _about(statement, f"{issuer}:sub") if each.operator in _OPERATORS and each.values]
    if not asked:
        return [*found, "It names no service account: every service account of the cluster can assume the role."]
    # Conditions are all demanded, the values of one are alternatives: the tightest condition counts.
    return found + min((_loose(each.values, subjects) for each in asked), key=len)


def _about(statement: Statement, key: str) -> list[Condition]:
    return [each for each in statement.conditions if each.key.lower() == key.lower()]


def _loose(values: tuple[str, ...], subjects: tuple[str, ...]) -> list[str]:
    """Say which of the values let in service accounts that none of the subjects stands for."""
    found = []
    for value in values:
        if value in subjects:
            continue
        namespace, colon, name = value.removeprefix(PREFIX).partition(":")
        whole = value.startswith(PREFIX) and colon and _LITERAL.search(namespace) and _LITERAL.search(name)
        shown = value[:120]
        found.append(
            f"It trusts {shown}, which is not a service account of this role."
            if whole
            else f"It trusts {shown}: every service account of a namespace, or of the cluster."
        )
    return found
