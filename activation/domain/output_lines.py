"""Line by line through a terminal's text: which lines are `name = "arn:…"`, whatever stands around them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from activation.domain.characters import CURLY_QUOTES
from activation.domain.redaction import strip_controls


class Form(StrEnum):
    """What a text turned out to be."""

    LOG = "log"
    JSON = "json"


@dataclass(frozen=True)
class Pair:
    """A value with the name that stood before it; without a name where an ARN stood alone."""

    number: int
    text: str
    name: str
    value: str


@dataclass(frozen=True)
class Unread:
    """A line that is no pair, and the code of the reason."""

    number: int
    text: str
    code: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Name:
    """A name whose value must stand on one of the next lines."""

    number: int
    text: str
    name: str


_STRAIGHT = str.maketrans(dict.fromkeys(CURLY_QUOTES + "'`", '"') | {"\u00a0": " ", "\u202f": " ", "\u3000": " "})
_TIME = re.compile(
    r"^(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?)(?:[ \t|]+|$)"
)
_DECORATION = re.compile(r"^(?:>|[│|┃║]|[-*•+~](?=\s)|\d{1,3}[.)](?=\s))[ \t]*")
_CHANGE = re.compile(r"^[-+~]\s+\w")
_ARN = re.compile(r'^"?arn:')
_NAMED = re.compile(
    r'^"?([A-Za-z_][A-Za-z0-9_-]{0,127})"?(?:[ \t]*(?:=>|[=:|\t])[ \t]*|[ \t]+(?="?arn:))(.*)$', re.DOTALL
)
_IGNORED = re.compile(
    r"^(?:[{}\[\]()]+,?"
    r'|"?(?:sensitive|type)"?\s*[:=]\s*(?:true|false|"string"),?'
    r'|"""\w*|~~~\w*|-{3,}|={3,}|[|:\s-]+|[╷╵│$#%>]'
    r"|Outputs:|Changes to Outputs:|Apply complete!.*"
    r"|(?:name|output)\s*\|\s*(?:value|arn)"
    r"|(?:[\w.@~:/\\-]*\s?[$#>%]|PS [^>]{0,200}>)"
    r"|(?:[\w.@~:/\\-]*\s?[$#>%]|PS [^>]{0,200}>)?\s*(?:terraform|tofu)\s+(?:output|apply|show|plan)\b.*)$",
    re.IGNORECASE,
)
_START = re.compile(r"^Outputs:$")
# Several on one line: a paste that lost its line breaks, or compact JSON that breaks off.
_INLINE = re.compile(
    r'(?<!\w)(\w{1,128})"?\s*[=:]\s*'
    r'(?:\{\s*(?:"(?:sensitive|type)"\s*:\s*"?\w+"?\s*,\s*)*"value"\s*:\s*)?'
    r'("?)(arn:[^\s",;}]+)("?)'
)
# A paste of more lines is no output; of the rest only what may be an ARN is looked at closely.
_CLOSELY = 5000


def pairs(text: str) -> Iterator[Pair | Unread | Form]:
    """Go through the lines; says `LOG` where the outputs stand at the end of one, `JSON` where it is made of JSON.

    Of a log, only what follows its last `Outputs:` is read: the lines before are no outputs.
    """
    lines = list(enumerate(re.split(r"\r\n|\n|\r", text), 1))
    starts = [position for position, (_, raw) in enumerate(lines) if "Outputs:" in raw and _START.match(_plain(raw))]
    if starts:
        yield Form.LOG
        lines = lines[starts[-1] + 1 :]
    damaged_json = re.match(r'\s*\{\s*(?:"(?!@level)|$)', text) is not None
    if damaged_json:
        yield Form.JSON
    waiting: _Name | None = None
    for position, (number, raw) in enumerate(lines):
        if position > _CLOSELY and "arn:" not in raw:
            yield Unread(number, raw, "output_unreadable")
            continue
        for item in _items(number, raw, waiting):
            if isinstance(item, _Name):
                if waiting is not None:
                    yield Pair(waiting.number, waiting.text, waiting.name, "")
                waiting = item
                continue
            if isinstance(item, Pair):
                if waiting is not None and waiting.name != item.name:
                    yield Pair(waiting.number, waiting.text, waiting.name, "")
                waiting = None
            yield item
    if waiting is not None:
        yield Unread(waiting.number, waiting.text, "output_cut")
    if damaged_json:
        yield Unread(lines[-1][0], lines[-1][1], "output_cut_json")


def _items(number: int, raw: str, waiting: _Name | None) -> Iterator[Pair | Unread | Form | _Name]:
    line = _plain(raw)
    if line.startswith('{"@level"'):
        yield from _machine_line(number, line)
    elif (line.count("arn:") > 1 and "->" not in line) or (line.startswith('{"') and "arn:" in line):
        yield from _several(number, raw, line)
    elif line and not _IGNORED.match(line):
        yield _one(number, raw, line, waiting)


def _plain(line: str) -> str:
    """Take away what terminals, chats and build servers put around a line."""
    line = strip_controls(line).translate(_STRAIGHT).replace('\\"', '"').strip()
    line = _TIME.sub("", line)
    for _ in range(3):
        shorter = line if _CHANGE.match(line) else _DECORATION.sub("", line)
        if shorter == line:
            break
        line = shorter
    return line.strip("| \t") if line.count("|") > 1 or line.endswith(" |") else line.strip()


def _one(number: int, raw: str, line: str, waiting: _Name | None) -> Pair | Unread | _Name:
    change = line[0] if _CHANGE.match(line) else ""
    body = line[1:].strip() if change else line
    name = waiting.name if waiting else ""
    if _ARN.match(body):
        return _with_value(number, raw, name, body)
    named = _NAMED.match(body)
    if "no outputs found" in body.lower():
        return Unread(number, raw, "output_none")
    if named is None:
        return Unread(number, raw, "output_unreadable")
    value = named[2].strip()
    if named[1] != "value" or not waiting:
        name = named[1]
    if change == "-" and value.endswith("null"):
        return Unread(number, raw, "output_removed", {"name": name})
    if change == "~" and "->" in value:
        value = value.rpartition("->")[2].strip()
    if value in ("", "{"):
        return _Name(number, raw, name)
    if value.startswith("(known after"):
        return Unread(number, raw, "output_not_yet", {"name": name})
    if value.startswith(("<sensitive", "(sensitive")):
        return Unread(number, raw, "output_hidden", {"name": name})
    return _with_value(number, raw, name, value)


def _with_value(number: int, raw: str, name: str, value: str) -> Pair | Unread:
    value = value.rstrip(",; \t")
    if value.startswith('"'):
        if len(value) < 2 or not value.endswith('"'):
            return Unread(number, raw, "output_cut")
        value = value[1:-1]
    return Pair(number, raw, name, value.rstrip('"'))


def _several(number: int, raw: str, line: str) -> Iterator[Pair | Unread]:
    found = False
    for match in _INLINE.finditer(line):
        found = True
        name, opened, value, closed = match.groups()
        if opened and not closed:
            yield Unread(number, f"{name} = {value}", "output_cut")
        else:
            yield Pair(number, f"{name} = {value}", name, value)
    if not found:
        yield Unread(number, raw, "output_unreadable")


def _machine_line(number: int, line: str) -> Iterator[Pair | Unread | Form]:
    """Read one line of `terraform apply -json`; only its `outputs` message counts."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        yield Unread(number, line, "output_cut_json")
        return
    outputs = message.get("outputs") if isinstance(message, dict) else None
    if not isinstance(outputs, dict) or message.get("type") != "outputs":
        return
    yield Form.LOG
    for name, entry in outputs.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        if isinstance(value, str):
            yield Pair(number, f"{name} = {value}", name, value)
        elif not (isinstance(entry, dict) and entry.get("action")):
            yield Unread(number, name, "output_unreadable")
