"""What a failure means, for a person who has never used Terraform."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from activation.domain.failures import SAFE, Failure
from activation.domain.failures_aws import AWS_FAILURES
from activation.domain.failures_terraform import TERRAFORM_FAILURES

FAILURES = TERRAFORM_FAILURES + AWS_FAILURES

TEXT_LIMIT = 20_000
"""Characters of a plain text that are looked at, from its end: that is where the error stands."""

MATCHED_LIMIT = 600
NOT_RECOGNIZED = "not_recognized"

_GROUPS = {
    "action": "what it tried",
    "resource": "this resource",
    "name": "It",
    "quota": "its quota is",
    "limit": "used up",
}
_FRAME = re.compile("[│╷╵]")
# From "Error:" to the end of its box, to the next error, or to the end.
_ERROR_BLOCK = re.compile(r"^[\s│]*Error: .*?(?=╵|^[\s│]*Error: |\Z)", re.MULTILINE | re.DOTALL)
_ENCODED = re.compile(r"\.? ?Encoded authorization failure message: [\w-]+")


@dataclass(frozen=True)
class Explanation:
    """A failure in plain words.

    `action` names the button that helps (`retry`, `wait`, `recover`, `replan`, `edit`, `new_key`, `check_trust`,
    `show_permissions`, `raise_quota`, `ask_administrator`, `ask_aws_administrator`, `show_log`); `terminal` says that
    trying again without a change cannot help. `missing_action` and `missing_resource` name the right that was lacking.
    """

    code: str
    title: str
    cause: str
    meaning: str
    next_step: str
    action: str
    terminal: bool
    matched_text: str
    missing_action: str = ""
    missing_resource: str = ""

    def to_json(self) -> dict[str, object]:
        """Give plain JSON values, to be stored with the run."""
        return asdict(self)


def explain(diagnostics: Sequence[Mapping[str, object]] | str) -> Explanation:
    """Explain why Terraform failed, from its diagnostics (as `EventReader` keeps them) or from any text it left.

    Never raises. What is not recognized keeps its text, with the code `not_recognized`.
    """
    errors, whole = _texts(diagnostics)
    for texts in (errors, whole):
        for failure in FAILURES:
            for text in texts:
                match = next(filter(None, (pattern.search(text) for pattern in failure.patterns)), None)
                if match:
                    return _explanation(failure, match, text)
    return Explanation(
        code=NOT_RECOGNIZED,
        title="Terraform reported an error",
        cause="The portal does not recognize this error.",
        meaning=SAFE,
        next_step="Read Terraform's own message below and the end of the log. Then try again, or ask for help and "
        "include them.",
        action="show_log",
        terminal=False,
        matched_text=_shortened(next(iter((*errors, *(text[-MATCHED_LIMIT:] for text in whole))), "")),
    )


def _texts(diagnostics: Sequence[Mapping[str, object]] | str) -> tuple[list[str], list[str]]:
    """Give the errors, each as one line; and what to look at where none of them is known: all of a text as one line.

    One line, since terminals wrap long lines and a known text may run over several.
    """
    if isinstance(diagnostics, str):
        text = diagnostics[-TEXT_LIMIT:]
        blocks = (_FRAME.sub(" ", block) for block in _ERROR_BLOCK.findall(text))
        return [_one_line(block) for block in blocks], [_one_line(_FRAME.sub(" ", text))]
    every = [each for each in diagnostics if isinstance(each, Mapping)]
    errors = [each for each in every if each.get("severity") != "warning"] or every
    parts = [[str(each.get(key) or "") for key in ("summary", "detail")] for each in errors]
    return [_one_line(": ".join(filter(None, each)))[:TEXT_LIMIT] for each in parts], []


def _one_line(text: str) -> str:
    return _ENCODED.sub("", " ".join(text.split()))


def _shortened(text: str) -> str:
    return text if len(text) <= MATCHED_LIMIT else f"{text[: MATCHED_LIMIT - 1]}…"


def _explanation(failure: Failure, match: re.Match[str], text: str) -> Explanation:
    found = {key: value.strip(" .") for key, value in match.groupdict().items() if value}
    cause = failure.cause
    for key, fallback in _GROUPS.items():
        cause = cause.replace(f"{{{key}}}", found.get(key, fallback))
    # Of a long text, show the part that was recognized.
    start = 0 if len(text) <= MATCHED_LIMIT else max(0, match.start() - 150)
    return Explanation(
        code=failure.code,
        title=failure.title,
        cause=cause,
        meaning=failure.meaning,
        next_step=failure.next_step,
        action=failure.action,
        terminal=failure.terminal,
        matched_text=_shortened(text[start:]),
        missing_action=found.get("action", ""),
        missing_resource=found.get("resource", ""),
    )
