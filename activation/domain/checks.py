"""What a check before a run can say, and the report that many of them make."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class CheckState(StrEnum):
    """How a check went. There is no way from "not checked" to "passed" but to check."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    NOT_CHECKED = "not_checked"


CHECK_STATE_LABELS = {
    CheckState.PASSED: "Passed",
    CheckState.FAILED: "Failed",
    CheckState.WARNING: "Warning",
    CheckState.NOT_CHECKED: "Not checked",
}


@dataclass(frozen=True)
class Check:
    """One line of a report.

    `code` is stable, `title` says what is looked at, `detail` what was found (or why nothing was looked at), `remedy`
    what the person can do; `items` are the findings one by one where there are several. None of them holds a secret.
    """

    code: str
    title: str
    state: CheckState
    detail: str = ""
    remedy: str = ""
    docs_url: str = ""
    items: tuple[str, ...] = ()

    @property
    def state_label(self) -> str:
        """Return the state as people read it."""
        return CHECK_STATE_LABELS[self.state]

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON can carry it."""
        return {**asdict(self), "state": self.state.value, "items": list(self.items)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError, TypeError or ValueError where it is something else."""
        return cls(**{**values, "state": CheckState(values["state"]), "items": tuple(values.get("items", ()))})


@dataclass(frozen=True)
class Report:
    """All lines of a report, in the order in which they were found."""

    checks: tuple[Check, ...]

    @property
    def blocking(self) -> bool:
        """Whether any check failed: then nothing may start."""
        return any(check.state is CheckState.FAILED for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that stand in the way."""
        return tuple(check for check in self.checks if check.state is CheckState.FAILED)

    def find(self, code: str) -> Check | None:
        """Return the line with this code, or None."""
        return next((check for check in self.checks if check.code == code), None)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON can carry it."""
        return {"checks": [check.to_json() for check in self.checks]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError, TypeError or ValueError where it is something else."""
        return cls(tuple(Check.from_json(each) for each in values["checks"]))
