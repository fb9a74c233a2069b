"""IAM policy documents, read so that a person can judge them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from activation.domain.errors import Refused

MANAGED_POLICY_LIMIT = 6_144
"""Characters a managed policy may have, white space not counted (AWS IAM quotas)."""

TRUST_POLICY_LIMIT = 2_048
"""Characters a role's trust policy may have by default (AWS IAM quotas)."""

_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {
        *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
        *("Principal", "NotPrincipal", "Condition"),
    }
)

_SERVICES = {
    "*": "every service",
    "acm": "Certificate Manager",
    "autoscaling": "EC2 Auto Scaling",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "cognito-idp": "Cognito",
    "ec2": "EC2",
    "ecr": "Container Registry",
    "eks": "EKS",
    "elasticloadbalancing": "Elastic Load Balancing",
    "iam": "IAM",
    "kms": "Key Management Service",
    "logs": "CloudWatch Logs",
    "route53": "Route 53",
    "s3": "S3",
    "servicequotas": "Service Quotas",
    "shield": "Shield",
    "ssm": "Systems Manager",
    "sts": "Security Token Service",
    "tag": "Resource Groups Tagging",
    "waf-regional": "WAF Classic",
    "wafv2": "WAF",
}

_OPERATORS = {
    "ArnEquals": "is",
    "ArnLike": "is like",
    "ArnNotEquals": "is not",
    "ArnNotLike": "is not like",
    "Bool": "is",
    "DateGreaterThan": "is after",
    "DateLessThan": "is before",
    "IpAddress": "is within",
    "NotIpAddress": "is not within",
    "Null": "is absent:",
    "NumericEquals": "is",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is (in any case)",
    "StringLike": "is like",
    "StringNotEquals": "is not",
    "StringNotLike": "is not like",
}


@dataclass(frozen=True)
class Principal:
    """One principal of a statement: its kind ("AWS", "Service", "Federated", "*") and value."""

    kind: str
    value: str


@dataclass(frozen=True)
class Condition:
    """One condition: operator as written, key as written, its values."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The condition in words, such as `aws:ResourceTag/Vendor is zilliz-byoc`."""
        bare, quantifier = self.operator, ""
        if ":" in bare:
            prefix, bare = bare.split(":", 1)
            quantifier = {"ForAnyValue": "any of ", "ForAllValues": "each of "}.get(prefix, f"{prefix} ")
        absent = " (or absent)" if bare.endswith("IfExists") else ""
        bare = bare.removesuffix("IfExists")
        return f"{quantifier}{self.key}{absent} {_OPERATORS.get(bare, bare)} {' or '.join(self.values) or 'nothing'}"


@dataclass(frozen=True)
class Statement:
    """One statement, every string-or-list already a tuple."""

    sid: str
    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    conditions: tuple[Condition, ...] = ()
    unknown_keys: tuple[str, ...] = ()

    @property
    def allows(self) -> bool:
        """Whether the statement grants; anything that is not exactly `Deny` is taken to grant."""
        return self.effect != "Deny"


@dataclass(frozen=True)
class Row:
    """One line of the table a person reads: a statement's part that concerns one service."""

    sid: str
    effect: str
    service: str
    actions: tuple[str, ...]
    on: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class PolicyDocument:
    """A policy document: version, statements, and keys that the policy grammar does not know."""

    version: str
    statements: tuple[Statement, ...]
    unknown_keys: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The document as a table: one row for each statement and service."""
        return tuple(row for statement in self.statements for row in _rows(statement))

    @property
    def services(self) -> tuple[str, ...]:
        """Plain names of the services it speaks of, in order of appearance."""
        return tuple(dict.fromkeys(row.service for row in self.rows))


def read(document: str | Mapping[str, object]) -> PolicyDocument:
    """Read a policy document given as JSON text or as parsed JSON.

    Tolerates a string where a list may stand (IAM policy grammar). Raises `Refused("policy_unreadable")` for text that
    is not JSON, a document that is not an object, a key given twice, or a part of a shape that IAM does not know.
    """
    if isinstance(document, str):
        try:
            parsed = json.loads(document, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise _unreadable("it is not JSON") from error
    else:
        parsed = document
    if not isinstance(parsed, Mapping):
        raise _unreadable("it is not a JSON object")
    statements = parsed.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list | tuple):
        raise _unreadable("Statement is not a list")
    version = parsed.get("Version", "")
    return PolicyDocument(
        version=version if isinstance(version, str) else "",
        statements=tuple(_statement(each) for each in statements),
        unknown_keys=tuple(str(key) for key in parsed if key not in _DOCUMENT_KEYS),
    )


def characters(text: str) -> int:
    """Count the characters that IAM counts: all but the white space between JSON tokens."""
    try:
        return len(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False))
    except (ValueError, RecursionError):
        return len("".join(text.split()))


def service_name(prefix: str) -> str:
    """Name the service of an action's prefix in plain words; an unknown prefix names itself."""
    return _SERVICES.get(prefix, prefix)


def _unreadable(reason: str) -> Refused:
    return Refused("policy_unreadable", reason=reason)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Of two equal keys a reader may take either: what we show must be what IAM takes.
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(key)
        found[key] = value
    return found


def _strings(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, int | float):
        return (str(value),)
    if isinstance(value, list | tuple):
        return tuple(text for each in value for text in _strings(each, name))
    raise _unreadable(f"{name} is neither text nor a list")


def _principals(value: object, name: str) -> tuple[Principal, ...]:
    if isinstance(value, Mapping):
        return tuple(Principal(str(kind), each) for kind, values in value.items() for each in _strings(values, name))
    return tuple(Principal("*", each) for each in _strings(value, name))


def _conditions(value: object) -> tuple[Condition, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise _unreadable("Condition is not an object")
    found = []
    for operator, keys in value.items():
        if not isinstance(keys, Mapping):
            raise _unreadable("a condition operator holds no keys")
        found += [Condition(str(operator), str(key), _strings(values, "Condition")) for key, values in keys.items()]
    return tuple(found)


def _statement(value: object) -> Statement:
    if not isinstance(value, Mapping):
        raise _unreadable("a statement is not an object")
    return Statement(
        sid=" ".join(_strings(value.get("Sid"), "Sid")),
        effect=" ".join(_strings(value.get("Effect"), "Effect")),
        actions=_strings(value.get("Action"), "Action"),
        not_actions=_strings(value.get("NotAction"), "NotAction"),
        resources=_strings(value.get("Resource"), "Resource"),
        not_resources=_strings(value.get("NotResource"), "NotResource"),
        principals=_principals(value.get("Principal"), "Principal"),
        not_principals=_principals(value.get("NotPrincipal"), "NotPrincipal"),
        conditions=_conditions(value.get("Condition")),
        unknown_keys=tuple(str(key) for key in value if key not in _STATEMENT_KEYS),
    )


def _rows(statement: Statement) -> list[Row]:
    by_service: dict[str, list[str]] = {}
    for action in statement.actions:
        prefix, _, verb = action.partition(":")
        by_service.setdefault(prefix.lower(), []).append(verb or "*")
    named = [(service_name(prefix), tuple(verbs)) for prefix, verbs in by_service.items()]
    if statement.not_actions:
        named.append(("every service", tuple(f"all but {action}" for action in statement.not_actions)))
    on = statement.resources + tuple(f"all but {resource}" for resource in statement.not_resources)
    who = tuple(f"{principal.kind} {principal.value}" for principal in statement.principals)
    who += tuple(f"anyone but {principal.kind} {principal.value}" for principal in statement.not_principals)
    return [
        Row(
            sid=statement.sid,
            effect=statement.effect,
            service=service,
            actions=verbs,
            on=on or who,
            conditions=tuple(condition.sentence for condition in statement.conditions),
        )
        for service, verbs in named
    ]
