"""Condition blocks of AWS policies: which operators exist, and whether a request satisfies them.

Source of the rules: IAM User Guide, *IAM JSON policy elements: Condition operators*.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

Context = Mapping[str, str | Sequence[str]]


class Outcome(StrEnum):
    """What a condition block says about a request."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    # An operator that is not implemented here, or a value that cannot be read: the caller decides which way is safe.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Result:
    """The outcome of a condition block, and the keys it asked for that the request did not carry."""

    outcome: Outcome
    missing_keys: frozenset[str] = frozenset()


class UnreadableValue(ValueError):
    """A value that the operator cannot compare, such as text where a number belongs."""


# Stand-ins, in Unicode's private use area, for the literal characters that a policy writes as ${*}, ${?} and ${$}.
_LITERALS = {"*": "\ue000", "?": "\ue001", "$": "\ue002"}
_LITERAL_OF = {stand_in: character for character, stand_in in _LITERALS.items()}


@lru_cache(maxsize=4096)
def _compiled(pattern: str, fold_case: bool) -> re.Pattern[str]:
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(_LITERAL_OF.get(c, c)) for c in pattern]
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if fold_case else 0))


def matches_wildcard(pattern: str, value: str, *, fold_case: bool = False) -> bool:
    """Return whether `value` fits `pattern`, in which `*` stands for any characters and `?` for exactly one."""
    return _compiled(pattern, fold_case).fullmatch(value) is not None


def matches_arn(pattern: str, value: str) -> bool:
    """Return whether the ARN `value` fits `pattern`: each of the six parts is compared by itself, so `*` in one of
    them does not reach over a colon into the next."""
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return pattern == "*"
    return all(matches_wildcard(p, v) for p, v in zip(wanted, given, strict=True))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UnreadableValue(text) from error


def _moment(text: str) -> datetime:
    try:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableValue(text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(pattern: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)
    except ValueError as error:
        raise UnreadableValue(value) from error


# Positive comparisons, called with (value in the policy, value in the request).
_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda wanted, given: wanted == given,
    "stringequalsignorecase": lambda wanted, given: wanted.lower() == given.lower(),
    "stringlike": matches_wildcard,
    "arnequals": matches_arn,
    "arnlike": matches_arn,
    "numericequals": lambda wanted, given: _number(given) == _number(wanted),
    "numericlessthan": lambda wanted, given: _number(given) < _number(wanted),
    "numericlessthanequals": lambda wanted, given: _number(given) <= _number(wanted),
    "numericgreaterthan": lambda wanted, given: _number(given) > _number(wanted),
    "numericgreaterthanequals": lambda wanted, given: _number(given) >= _number(wanted),
    "dateequals": lambda wanted, given: _moment(given) == _moment(wanted),
    "datelessthan": lambda wanted, given: _moment(given) < _moment(wanted),
    "datelessthanequals": lambda wanted, given: _moment(given) <= _moment(wanted),
    "dategreaterthan": lambda wanted, given: _moment(given) > _moment(wanted),
    "dategreaterthanequals": lambda wanted, given: _moment(given) >= _moment(wanted),
    "bool": lambda wanted, given: wanted.lower() == given.lower(),
    "binaryequals": lambda wanted, given: wanted == given,
    "ipaddress": _in_network,
}

# Negated operators: satisfied when no value of the policy matches, and also when the key is absent.
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
}

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def substitute(text: str, context: Context) -> str | None:
    """Return `text` with its policy variables replaced from `context`; None where one has no value.

    Source: IAM User Guide, *Policy variables and tags*, default values included.
    """
    if "${" not in text:
        return text
    missing = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = (part.strip() for part in match[1].partition(","))
        if name in _LITERALS:
            return _LITERALS[name]
        values = _values(context, name)
        if values:
            return values[0]
        if default:
            return default.strip("'\"")
        missing = True
        return ""

    replaced = _VARIABLE.sub(value_of, text)
    return None if missing else replaced


def _values(context: Context, key: str) -> list[str] | None:
    """Return the request's values of `key`, whose name is compared without regard to case; None where absent."""
    for name, value in context.items():
        if name.lower() == key.lower():
            return [value] if isinstance(value, str) else list(value)
    return None


def as_list(value: object) -> list[str]:
    """Return a policy's value as a list of strings: AWS takes one value where a list may stand."""
    items = value if isinstance(value, list | tuple) else [value]
    return [("true" if item else "false") if isinstance(item, bool) else str(item) for item in items]


def _test(operator: str, wanted: list[str], given: list[str] | None) -> Outcome:
    """Compare the values of one key with those in the policy."""
    name = operator.lower()
    quantifier = ""
    for prefix in ("forallvalues:", "foranyvalue:"):
        if name.startswith(prefix):
            quantifier, name = prefix, name.removeprefix(prefix)
    if name == "null":
        absent = not given
        return Outcome.SATISFIED if wanted and (wanted[0].lower() == "true") == absent else Outcome.UNSATISFIED
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = name in _NEGATED
    compare = _POSITIVE.get(_NEGATED.get(name, name))
    if compare is None:
        return Outcome.UNKNOWN
    if not given:
        empty_passes = if_exists or quantifier == "forallvalues:" or (negated and quantifier != "foranyvalue:")
        return Outcome.SATISFIED if empty_passes else Outcome.UNSATISFIED
    hits = [any(compare(one, value) for one in wanted) != negated for value in given]
    passed = any(hits) if quantifier == "foranyvalue:" or (not quantifier and not negated) else all(hits)
    return Outcome.SATISFIED if passed else Outcome.UNSATISFIED


def evaluate_conditions(block: object, context: Context, *, absent_is_unknown: bool = False) -> Result:
    """Say whether `context` satisfies a statement's condition block: every operator and every key must hold.

    A block that is not an object, an operator that is not known and a value that cannot be compared are UNKNOWN,
    unless another part already fails. With `absent_is_unknown` so is a key that the context does not carry.
    """
    if block is None or block == {}:
        return Result(Outcome.SATISFIED)
    if not isinstance(block, Mapping):
        return Result(Outcome.UNKNOWN)
    missing: set[str] = set()
    outcomes: set[Outcome] = set()
    for operator, keys in block.items():
        if not isinstance(keys, Mapping):
            outcomes.add(Outcome.UNKNOWN)
            continue
        for key, value in keys.items():
            given = _values(context, str(key))
            if given is None and str(operator).lower() != "null":
                missing.add(str(key))
                if absent_is_unknown:
                    outcomes.add(Outcome.UNKNOWN)
                    continue
            wanted = [substitute(text, context) for text in as_list(value)]
            try:
                outcomes.add(_test(str(operator), [text for text in wanted if text is not None], given))
            except UnreadableValue:
                outcomes.add(Outcome.UNKNOWN)
    for outcome in (Outcome.UNSATISFIED, Outcome.UNKNOWN):
        if outcome in outcomes:
            return Result(outcome, frozenset(missing))
    return Result(Outcome.SATISFIED, frozenset(missing))
