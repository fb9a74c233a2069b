"""The seven ARNs out of whatever a person pastes: `terraform output`, its JSON, the end of a log, or a state file."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from activation.domain.arn import IamArn, parse_iam
from activation.domain.arn_set import ARN_OUTPUTS, ArnOutput, most_common
from activation.domain.characters import decode
from activation.domain.errors import Refused
from activation.domain.output_lines import Form, Pair, Unread, pairs
from activation.domain.redaction import Masker, strip_controls

LIMIT = 2 * 1024 * 1024

Source = Literal["text", "json", "state", "log"]

_SHOWN = 200
_LONGEST_SHOWN = 200
_SHAPES = Masker(())


@dataclass(frozen=True)
class UnreadLine:
    """A line that gave nothing, numbered from 1 (0: the whole), cut to what can be shown, with the reason."""

    number: int
    text: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """ARNs by output name, every line that was not understood, and what it was read as."""

    found: dict[str, str]
    lines: tuple[UnreadLine, ...]
    source: Source


def read(text: str | bytes, outputs: Iterable[ArnOutput] = ARN_OUTPUTS) -> Reading:
    """Read a paste or an upload of at most 2 MiB; never raises.

    What is found has passed `parse_iam` and belongs to one AWS account. At most 200 lines are listed, then one that
    says how many more there were.
    """
    collected = _Collector(tuple(outputs))
    if len(text) > LIMIT:
        return collected.reading_of_nothing(Refused("text_too_large", size=f"{len(text):,} bytes", limit="2 MiB"))
    try:
        source_text = decode(text)
    except Refused as refused:
        return collected.reading_of_nothing(refused)
    if not source_text.strip():
        return collected.reading_of_nothing(Refused("output_empty"))
    source = _read_document(source_text, collected) or _read_lines(source_text, collected)
    return collected.reading(source)


def _read_document(text: str, collected: "_Collector") -> Source | None:
    """Read JSON as a whole; None if it is not JSON, or damaged: then its lines are read one by one."""
    start, end = text.find("{"), text.rfind("}")
    before, after = text[:start].strip(), text[end + 1 :].strip()
    # A code fence, a prompt line or a greeting may stand around it, not much more.
    if start < 0 or before.count("\n") > 3 or after.count("\n") > 3:
        return None
    try:
        document = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None
    source: Source = "json"
    values: object = document
    if "terraform_version" in document and "lineage" in document:
        source, values = "state", document.get("outputs")
    elif isinstance(document.get("values"), dict):
        values = document["values"].get("outputs")
    elif document.get("type") == "outputs":
        source, values = "log", document.get("outputs")
    if "encrypted_data" in document:
        collected.leave_out(0, "", Refused("output_encrypted"))
    elif not isinstance(values, dict) or not values:
        collected.leave_out(0, "", Refused("output_no_outputs"))
    else:
        _take_mapping(values, text, collected)
    return source


def _take_mapping(values: Mapping[str, object], text: str, collected: "_Collector") -> None:
    numbers = _line_numbers(text)
    for name, entry in values.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        number = numbers.get(name, 0)
        if isinstance(value, str):
            collected.take(Pair(number, f"{name} = {value}", name, value))
        elif isinstance(value, dict) and "sensitive" in value:
            collected.leave_out(number, name, Refused("output_hidden", name=_short(name)))
        else:
            collected.leave_out(number, name, collected.why_no_text(name))


def _line_numbers(text: str) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r'"(\w{1,100})"\s*:', line):
            numbers.setdefault(name, number)
    return numbers


def _read_lines(text: str, collected: "_Collector") -> Source:
    source: Source = "text"
    for item in pairs(text):
        if isinstance(item, Pair):
            collected.take(item)
        elif isinstance(item, Unread):
            collected.leave_out(item.number, item.text, Refused(item.code, **item.values))
        else:
            source = "log" if item is Form.LOG else "json"
    return source


class _Collector:
    """Gathers what was found and what was not, and judges the whole at the end."""

    def __init__(self, outputs: tuple[ArnOutput, ...]) -> None:
        self._outputs = {output.name: output for output in outputs}
        self._found: dict[str, tuple[Pair, IamArn]] = {}
        self._lines: list[UnreadLine] = []
        self._not_listed = 0

    def take(self, pair: Pair) -> None:
        """Accept a pair that names a wanted output and holds its ARN; otherwise list it with the reason."""
        value = pair.value.strip()
        output = self._outputs.get(pair.name) if pair.name else self._recognize(value)
        try:
            if output is None:
                name = _short(pair.name)
                raise Refused("output_unknown", name=name) if name else Refused("output_unnamed")
            if not value.startswith("arn:"):
                raise Refused("output_not_arn", name=output.name)
            arn = parse_iam(value, output.kind)
            if arn.name != output.resource_name and output.resource_name.startswith(arn.name):
                raise Refused("output_cut")
            if output.name in self._found and self._found[output.name][1] != arn:
                raise Refused("output_differs", name=output.name)
        except Refused as refused:
            self.leave_out(pair.number, pair.text, refused)
        else:
            self._found.setdefault(output.name, (pair, arn))

    def why_no_text(self, name: str) -> Refused:
        """Say why an output without a text value is left out."""
        code = "output_not_arn" if name in self._outputs else "output_unknown"
        return Refused(code, name=_short(name))

    def leave_out(self, number: int, text: str, why: Refused) -> None:
        """List a line with its reason, masked: people paste whole terminals."""
        if len(self._lines) >= _SHOWN:
            self._not_listed += 1
            return
        shown = _SHAPES.mask_text(strip_controls(text[: 4 * _LONGEST_SHOWN]).strip())
        if len(shown) > _LONGEST_SHOWN:
            shown = shown[: _LONGEST_SHOWN - 1] + "…"
        self._lines.append(UnreadLine(number, shown, str(why)))

    def reading_of_nothing(self, why: Refused) -> Reading:
        """Give the answer for a text that cannot be read at all."""
        return Reading({}, (UnreadLine(0, "", str(why)),), "text")

    def reading(self, source: Source) -> Reading:
        """Keep the ARNs of one account, the one most of them belong to, and list the others."""
        account = most_common(arn.account for _, arn in self._found.values())
        found: dict[str, str] = {}
        for name in self._outputs:
            if name not in self._found:
                continue
            pair, arn = self._found[name]
            if arn.account == account:
                found[name] = str(arn)
            else:
                self.leave_out(
                    pair.number, pair.text, Refused("output_other_account", account=arn.account, expected=account)
                )
        lines = sorted(self._lines, key=lambda line: line.number)
        if not found and not lines:
            lines = [UnreadLine(0, "", str(Refused("output_no_outputs")))]
        if self._not_listed:
            lines.append(UnreadLine(0, "", str(Refused("output_more", count=f"{self._not_listed:,}"))))
        return Reading(found, tuple(lines), source)

    def _recognize(self, value: str) -> ArnOutput | None:
        """Tell by the resource's own name which output a bare ARN is; a package may add a suffix to it."""
        kind, _, rest = value.rpartition(":")[2].partition("/")
        name = rest.rpartition("/")[2]
        fitting = [
            output
            for output in self._outputs.values()
            if output.kind == kind and re.fullmatch(re.escape(output.resource_name) + r"(?:[-_.].*)?", name)
        ]
        return fitting[0] if len(fitting) == 1 else None


def _short(name: str) -> str:
    return strip_controls(name)[:80]


def missing(reading: Reading, outputs: Iterable[ArnOutput] = ARN_OUTPUTS) -> Iterator[ArnOutput]:
    """Give the outputs the reading did not find, in their order."""
    return (output for output in outputs if output.name not in reading.found)
