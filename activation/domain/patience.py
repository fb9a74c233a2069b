"""What is tried again by itself: a command that changes nothing, after a failure that may pass."""

from collections.abc import Mapping, Sequence

from activation.domain.explanations import explain

PAUSES = (2.0, 6.0, 18.0)
"""Seconds before each further try."""

# Nothing is made by these: a second try repeats nothing. An apply is never repeated by itself.
_CHANGE_NOTHING = frozenset({"init", "plan"})
# The provider tries a call again itself, but not every kind of call and not for every reason; what it gives up on, a
# plan asks once more.
_MAY_PASS = frozenset(
    {"registry_unreachable", "plugin_not_started", "network", "name_resolution", "throttled", "aws_trouble"}
)


def pause_before_another(command: str, diagnostics: Sequence[Mapping[str, object]], *, tries: int) -> float | None:
    """Return the seconds to wait before a failed command is tried again; None where it is not.

    `tries` is how often it was carried out. What was reported must all be known to pass: one terminal error ends it.
    """
    if command not in _CHANGE_NOTHING or tries > len(PAUSES) or not diagnostics:
        return None
    errors = [each for each in diagnostics if each.get("severity") != "warning"]
    codes = {explain([each]).code for each in errors}
    return PAUSES[tries - 1] if codes and codes <= _MAY_PASS else None


def words_before_another(diagnostics: Sequence[Mapping[str, object]], pause: float, *, tries: int) -> str:
    """Say what happened and when it is tried again, with the count."""
    return f"{explain(diagnostics).title}. Trying again in {pause:.0f} s ({tries} of {len(PAUSES)})."
