"""What a known failure is: how Terraform or AWS words it, and what a person needs to hear."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One known failure; `action` names the button that helps, `terminal` says that trying again as is cannot."""

    code: str
    patterns: tuple[re.Pattern[str], ...]
    title: str
    cause: str
    meaning: str
    next_step: str
    action: str
    terminal: bool


SAFE = "Nothing that was already created is lost; a new run continues from there."
UNTOUCHED = "Nothing was created or changed."


def failure(code: str, patterns: str | tuple[str, ...], *words: str, action: str, terminal: bool = True) -> Failure:
    """Build a failure; `words` are title, cause, meaning, next step.

    `{action}`, `{resource}`, `{name}`, `{quota}`, `{limit}` in the cause come from the pattern's named groups.
    """
    title, cause, meaning, next_step = words
    given = (patterns,) if isinstance(patterns, str) else patterns
    compiled = tuple(re.compile(pattern, re.IGNORECASE) for pattern in given)
    return Failure(code, compiled, title, cause, meaning, next_step, action, terminal)
