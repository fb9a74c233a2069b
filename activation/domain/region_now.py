"""A region's resources as AWS shows them now, beside what Terraform's state says: the same, missing, more, changed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from activation.domain.resource_names import type_label


class Standing(StrEnum):
    """How a type of resource stands. What was not looked at is never called the same."""

    SAME = "same"
    MISSING = "missing"
    MORE = "more"
    CHANGED = "changed"
    NOT_LOOKED = "not_looked"


STANDING_LABELS = {
    Standing.SAME: "Matches Terraform",
    Standing.MISSING: "Missing in AWS",
    Standing.MORE: "More than in Terraform",
    Standing.CHANGED: "Changed",
    Standing.NOT_LOOKED: "Not checked",
}


@dataclass(frozen=True)
class Thing:
    """One resource: its type and ID as Terraform has them, a name for people, and a few of its settings."""

    type: str
    id: str
    name: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return what people find it by."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id


@dataclass(frozen=True)
class Found:
    """What AWS showed: the things of all types that were looked at, and why others were not, by type."""

    things: tuple[Thing, ...] = ()
    looked: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON values; `from_json` reads them back."""
        return {
            "things": [asdict(each) for each in self.things],
            "looked": list(self.looked),
            "problems": dict(self.problems),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        things = tuple(Thing(**each) for each in stored.get("things", ()))
        return cls(things, tuple(stored.get("looked", ())), stored.get("problems", {}))


@dataclass(frozen=True)
class Line:
    """One type of resource on the page; `in_aws` is None where nobody looked, and `why` says why not."""

    type: str
    standing: Standing
    in_terraform: int
    in_aws: int | None
    items: tuple[str, ...] = ()
    why: str = ""

    @property
    def label(self) -> str:
        """Return the type in plain words."""
        return type_label(self.type, max(self.in_terraform, self.in_aws or 0))

    @property
    def word(self) -> str:
        """Return the standing as people read it."""
        return STANDING_LABELS[self.standing]

    @property
    def kind(self) -> str:
        """Return the standing as pages color it."""
        return {
            Standing.SAME: "success",
            Standing.MISSING: "error",
            Standing.MORE: "warning",
            Standing.CHANGED: "warning",
            Standing.NOT_LOOKED: "unknown",
        }[self.standing]


def compare(stated: Iterable[Thing], found: Found) -> tuple[Line, ...]:
    """Compare the state with what AWS showed, type by type, in the order of the state.

    What Terraform never says of a thing is not compared; nor is what AWS did not tell.
    """
    by_type: dict[str, dict[str, Thing]] = {}
    for each in stated:
        by_type.setdefault(each.type, {})[each.id] = each
    seen: dict[str, dict[str, Thing]] = {kind: {} for kind in found.looked}
    for each in found.things:
        seen.setdefault(each.type, {})[each.id] = each
    kinds = dict.fromkeys([*by_type, *(kind for kind, things in seen.items() if things)])
    return tuple(_line(kind, by_type.get(kind, {}), seen.get(kind), found.problems.get(kind, "")) for kind in kinds)


def _line(kind: str, stated: Mapping[str, Thing], seen: Mapping[str, Thing] | None, problem: str) -> Line:
    if seen is None or problem:
        return Line(kind, Standing.NOT_LOOKED, len(stated), None, why=problem)
    missing = [f"{stated[name].label} is not in AWS." for name in stated if name not in seen]
    more = [f"{seen[name].label} is not in Terraform's state." for name in seen if name not in stated]
    changed = [text for name in stated if name in seen for text in _changes(stated[name], seen[name])]
    standing = (
        Standing.MISSING if missing else Standing.CHANGED if changed else Standing.MORE if more else Standing.SAME
    )
    return Line(kind, standing, len(stated), len(seen), (*missing, *changed, *more))


def _changes(stated: Thing, seen: Thing) -> list[str]:
    return [
        f"{seen.label}: {name} is {seen.settings[name]}, Terraform says {value}."
        for name, value in stated.settings.items()
        if name in seen.settings and seen.settings[name] != value
    ]


def drifted(lines: Iterable[Line]) -> int:
    """Return how many types of resources are not as Terraform says."""
    return sum(line.standing not in (Standing.SAME, Standing.NOT_LOOKED) for line in lines)
