"""Terraform's `-json` event stream, turned into the log a person knows and a count of what is done."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

LINE_LIMIT = 2_000
"""Characters of one log line; a longer one is cut and says so."""

LINES_LIMIT = 400
"""Log lines one event may become."""

DIAGNOSTICS_LIMIT = 50
"""Diagnostics kept of one command."""

DIAGNOSTIC_LIMIT = 8_000
"""Characters kept of each part of a diagnostic."""

_MEASURED = frozenset({"create", "update", "delete", "replace"})
_OUTPUT_SIGNS = {"create": "+", "update": "~", "delete": "-"}
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)")
# Control characters, and those that reorder text: a log line must show what was written.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Progress:
    """Where a run stands: `finished` of `planned` resource operations (a replacement is two).

    `current` are the addresses in hand, oldest first; `elapsed_seconds` how long each took or has taken so far, as
    Terraform last said.
    """

    phase: str
    planned: int = 0
    finished: int = 0
    current: tuple[str, ...] = ()
    elapsed_seconds: Mapping[str, float] = field(default_factory=dict)
    errors: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Give plain JSON values; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave, also after it went through JSON text."""
        values: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in stored.items()}
        return cls(**values)


@dataclass(frozen=True)
class Reading:
    """What one line of output became: log lines, and the new progress where it changed."""

    lines: list[str]
    event: Progress | None = None


class EventReader:
    """Read a Terraform command's output line by line.

    Never raises, whatever the line holds. `diagnostics` keeps what Terraform reported (the first 50), for `explain`;
    `outputs` the values that are not sensitive; `interrupted` whether Terraform said that it was asked to stop.
    """

    def __init__(self, phase: str = "plan") -> None:
        self.progress = Progress(phase)
        self.diagnostics: list[dict[str, str]] = []
        self.outputs: dict[str, Any] = {}
        self.terraform_version = ""
        self.interrupted = False

    def feed(self, line: str) -> Reading:
        """Take one line, with or without its line end."""
        event = _event(line)
        if event is None:
            return Reading(_clean(line.splitlines() or [""]))
        kind = event.get("type")
        before = self.progress
        handle = getattr(self, f"_on_{kind}", None) if isinstance(kind, str) and kind.isidentifier() else None
        lines = handle(event) if handle else _message(event)
        return Reading(_clean(lines), self.progress if self.progress != before else None)

    def _on_version(self, event: Mapping[str, Any]) -> list[str]:
        self.terraform_version = _text(event.get("terraform"))
        return _message(event)

    def _on_log(self, event: Mapping[str, Any]) -> list[str]:
        lines = _message(event)
        self.interrupted = self.interrupted or any(line.startswith("Interrupt received") for line in lines)
        return lines

    def _on_diagnostic(self, event: Mapping[str, Any]) -> list[str]:
        diagnostic = _mapping(event.get("diagnostic"))
        if len(self.diagnostics) < DIAGNOSTICS_LIMIT:
            kept = {key: _text(diagnostic.get(key)) for key in ("severity", "summary", "detail", "address")}
            self.diagnostics.append({key: _plain(value[:DIAGNOSTIC_LIMIT]) for key, value in kept.items()})
            if diagnostic.get("severity") == "error":
                summary = " ".join(_clean([_text(diagnostic.get("summary"))]))
                self.progress = replace(self.progress, errors=(*self.progress.errors, summary))
        return diagnostic_lines(diagnostic) if diagnostic else _message(event)

    def _on_planned_change(self, event: Mapping[str, Any]) -> list[str]:
        action = _text(_mapping(event.get("change")).get("action"))
        if action in _MEASURED:
            more = 2 if action == "replace" else 1
            self.progress = replace(self.progress, planned=self.progress.planned + more)
        return _message(event)

    def _on_change_summary(self, event: Mapping[str, Any]) -> list[str]:
        return ["", *_message(event)]

    def _on_apply_start(self, event: Mapping[str, Any]) -> list[str]:
        address, _ = _hook(event)
        if address and _measured(event):
            current = (*(each for each in self.progress.current if each != address), address)
            self.progress = replace(
                self.progress, current=current, elapsed_seconds={**self.progress.elapsed_seconds, address: 0}
            )
        return _message(event)

    def _on_apply_progress(self, event: Mapping[str, Any]) -> list[str]:
        address, seconds = _hook(event)
        if address and seconds is not None:
            self.progress = replace(self.progress, elapsed_seconds={**self.progress.elapsed_seconds, address: seconds})
        return _message(event)

    def _on_apply_complete(self, event: Mapping[str, Any]) -> list[str]:
        self._end(event, finished=1)
        return _message(event)

    def _on_apply_errored(self, event: Mapping[str, Any]) -> list[str]:
        self._end(event, finished=0)
        return _message(event)

    def _end(self, event: Mapping[str, Any], *, finished: int) -> None:
        address, seconds = _hook(event)
        if not address or not _measured(event):
            return
        elapsed = self.progress.elapsed_seconds
        done = self.progress.finished + finished
        self.progress = replace(
            self.progress,
            finished=done,
            # More may finish than was announced (objects deposed earlier): never "12 of 11".
            planned=max(self.progress.planned, done),
            current=tuple(each for each in self.progress.current if each != address),
            elapsed_seconds=elapsed if seconds is None else {**elapsed, address: seconds},
        )

    def _on_provision_progress(self, event: Mapping[str, Any]) -> list[str]:
        address, _ = _hook(event)
        provisioner = _text(_mapping(event.get("hook")).get("provisioner"))
        said = _text(_mapping(event.get("hook")).get("output")) or "\n".join(_message(event))
        return [f"{address} ({provisioner}): {line}" for line in said.splitlines() or [""]]

    def _on_outputs(self, event: Mapping[str, Any]) -> list[str]:
        lines: list[str] = []
        settled = False
        for name, each in _mapping(event.get("outputs")).items():
            output = _mapping(each)
            settled = settled or "value" in output
            # A value that does not say it is harmless is not shown.
            if "value" in output and output.get("sensitive") is False:
                self.outputs[str(name)] = output["value"]
                lines += f"{name} = {_shown(output['value'])}".splitlines()
            elif "value" in output:
                lines.append(f"{name} = <sensitive>")
            elif _text(output.get("action")) in _OUTPUT_SIGNS:
                lines.append(f"  {_OUTPUT_SIGNS[output['action']]} {name}")
        title = "Outputs:" if settled else "Changes to Outputs:"
        return ["", title, "", *lines] if lines else []


def diagnostic_lines(diagnostic: Mapping[str, Any]) -> list[str]:
    """Lay a diagnostic out as Terraform does in a terminal: box, summary, where, the line of code, detail."""
    title = "Warning" if diagnostic.get("severity") == "warning" else "Error"
    lines = [f"{title}: {_text(diagnostic.get('summary'))}"]
    where = _where(diagnostic)
    if where:
        lines += ["", *where]
    detail = _text(diagnostic.get("detail")).strip("\n")
    if detail:
        lines += ["", *detail.split("\n")]
    boxed = [f"│ {part}".rstrip() for line in lines for part in line.split("\n")]
    return ["╷", *boxed, "╵"]


def _where(diagnostic: Mapping[str, Any]) -> list[str]:
    address = _text(diagnostic.get("address"))
    span, snippet = _mapping(diagnostic.get("range")), _mapping(diagnostic.get("snippet"))
    lines = []
    if address:
        lines.append(f"  with {address}{',' if span else '.'}")
    if span:
        number = _mapping(span.get("start")).get("line")
        context = _text(snippet.get("context"))
        lines.append(f"  on {_text(span.get('filename'))} line {number}{f', in {context}' if context else ''}:")
    code = _text(snippet.get("code"))
    start = snippet.get("start_line")
    if code and isinstance(start, int):
        lines += [f"{start + index:4}: {line}" for index, line in enumerate(code.split("\n"))]
    return lines


def _event(line: str) -> Mapping[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and ("type" in found or "@message" in found) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _message(event: Mapping[str, Any]) -> list[str]:
    return _text(event.get("@message")).strip("\n").split("\n")


def _hook(event: Mapping[str, Any]) -> tuple[str, float | None]:
    """Give the address and the elapsed seconds of a resource's event."""
    hook = _mapping(event.get("hook"))
    seconds = hook.get("elapsed_seconds")
    measured = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < math.inf
    address = " ".join(_clean([_text(_mapping(hook.get("resource")).get("addr"))]))
    return address, seconds if measured else None


def _measured(event: Mapping[str, Any]) -> bool:
    # Reads of data sources come as apply events too, and nobody announced them.
    action = _mapping(event.get("hook")).get("action")
    return not isinstance(action, str) or action in _MEASURED


def _shown(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "(not shown)"


def _plain(text: str) -> str:
    return _CONTROLS.sub("�", _ESCAPES.sub("", text))


def _clean(lines: Iterable[str]) -> list[str]:
    cleaned: list[str] = []
    for line in lines:
        for part in line.splitlines() or [""]:
            if len(cleaned) == LINES_LIMIT:
                return [*cleaned, "(more lines left out)"]
            plain = _plain(part).rstrip()
            cleaned.append(plain if len(plain) <= LINE_LIMIT else f"{plain[:LINE_LIMIT]} … (cut)")
    return cleaned


def finished_address(line: str) -> tuple[str, bool]:
    """Return the address of the resource that this line reports finished, and whether it now exists.

    Empty for what was only read: no state is to be waited for.
    """
    if '"apply_complete"' not in line:
        return "", True
    try:
        event = json.loads(line)
        if event["type"] != "apply_complete" or event["hook"]["action"] == "read":
            return "", True
        return str(event["hook"]["resource"]["addr"]), event["hook"]["action"] != "delete"
    except (ValueError, KeyError, TypeError):
        return "", True


def dumped_state(line: bytes) -> bytes:
    """Return the state that Terraform prints where it can write it nowhere (a full disk); empty for other lines."""
    if b'"Emergency state dump"' not in line:
        return b""
    try:
        state = json.loads(line).get("state")
    except (ValueError, AttributeError):
        return b""
    return json.dumps(state).encode() if isinstance(state, dict) else b""
