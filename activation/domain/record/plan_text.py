"""A plan as text that people read without the portal."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from activation.domain.plan import PlanReview, ResourceChange

SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "-/+", "import": "<=", "forget": "."}
AFTER_APPLY = "(known after apply)"


def plan_text(review: PlanReview, verdict: Mapping[str, Any], *, account: str, sha256: str) -> str:
    """Return the whole plan: what it does, the safety check's verdict, each change with its values, the outputs.

    `account` has 12 digits, `sha256` is that of the saved plan's file, which is what was applied.
    """
    return "\n".join(lines_of(review, verdict, account=account, sha256=sha256)) + "\n"


def lines_of(review: PlanReview, verdict: Mapping[str, Any], *, account: str, sha256: str) -> Iterator[str]:
    """Yield the text's lines."""
    yield review.sentence(account)
    yield f"SHA-256 of the saved plan: {sha256}"
    yield f"Terraform {review.terraform_version}; providers: {', '.join(review.providers) or 'none'}"
    yield f"Safety check: {'passed' if verdict.get('passed') else 'refused'}"
    for each in verdict.get("checks", ()):
        yield f"  [{'passed' if each['passed'] else 'FAILED'}] {each['title']}: {each['detail']}"
    for change in review.changes:
        if change.mode == "managed":
            yield ""
            yield from change_lines(change)
    if review.outputs:
        yield ""
        yield "Outputs"
    for output in review.outputs:
        value = json.dumps(output.value, ensure_ascii=False) if output.known and not output.sensitive else ""
        yield f"  {output.name} = {value or ('(sensitive)' if output.sensitive else AFTER_APPLY)}"


def change_lines(change: ResourceChange) -> Iterator[str]:
    """Yield one resource's lines: what happens to it, then every value it will have."""
    found_again = f", found again as {change.importing_id}" if change.importing_id else ""
    yield f"{SIGNS.get(change.action, ' ')} {change.address} ({change.type_label}: {change.action}{found_again})"
    names = sorted(set(change.settled) | {name for name in change.after_unknown if change.is_unknown(name)})
    for name in names:
        unknown = change.is_unknown(name) and change.settled.get(name) in (None, {}, [])
        value = AFTER_APPLY if unknown else value_text(change.settled.get(name))
        if value:
            yield from indented(f"{name} = {value}")


def value_text(value: Any) -> str:
    """Return a value as it is read best: policies, which are JSON in a text, over several lines; nothing for null."""
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
        except ValueError:
            return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def indented(text: str) -> Iterator[str]:
    """Yield the lines of a text, moved in."""
    for line in text.split("\n"):
        yield f"    {line}"
