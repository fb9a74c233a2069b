"""How far a region is built: what Terraform's own lines say of each resource, and the phases that they make up."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# `aws_vpc.main: Creation complete after 2s [id=vpc-0abc]`, as `terraform apply` writes it, also with -json.
_LINE = re.compile(
    r"(?P<address>[a-z0-9_]+\.[A-Za-z0-9_-]+(?:\[[^\]]{1,80}\])?): "
    r"(?P<words>Creating\.\.\.|Creation complete after |Creation errored after |Modifying\.\.\. "
    r"|Modifications complete after |Destroying\.\.\. |Destruction complete after )"
    r"(?P<rest>.*)"
)
_ID = re.compile(r"\[id=(?P<id>[^\]]{1,400})\]\s*$")
# How a line of interest is found among thousands; the colon keeps `Still creating...` out.
SIGNS = (
    ": Creating...",
    ": Creation complete after ",
    ": Creation errored after ",
    ": Modifi",
    ": Destruction complete ",
)

_BEGUN = frozenset({"Creating...", "Modifying... "})
_DONE = frozenset({"Creation complete after ", "Modifications complete after "})


class Standing(StrEnum):
    """Where one resource stands."""

    EXISTS = "exists"
    FOUND = "found"
    WORKING = "working"
    FAILED = "failed"
    # Its making was under way when the run ended: it may exist.
    OPEN = "open"
    WAITING = "waiting"


@dataclass
class Trace:
    """What the log tells of one resource: when its making began and ended, and under which id it exists."""

    began: datetime | None = None
    ended: datetime | None = None
    id: str = ""
    failed: bool = False

    @property
    def exists(self) -> bool:
        """Return whether it was made."""
        return self.ended is not None and not self.failed


def traces_of(lines: Iterable[tuple[str, datetime]]) -> dict[str, Trace]:
    """Read lines of one or more runs, oldest first: by address, what they tell."""
    traces: dict[str, Trace] = {}
    for text, at in lines:
        found = _LINE.match(text)
        if found is None:
            continue
        trace = traces.setdefault(found["address"], Trace())
        words = found["words"]
        if words in _BEGUN:
            trace.began, trace.ended, trace.failed = at, None, False
        elif words in _DONE:
            trace.ended, trace.failed = at, False
            if named := _ID.search(found["rest"]):
                trace.id = named["id"]
        elif words.startswith("Creation errored"):
            trace.ended, trace.failed = at, True
        elif words.startswith("Destruction"):
            traces[found["address"]] = Trace()
    return traces


def standing_of(action: str, importing: bool, trace: Trace, *, in_hand: bool, at_work: bool, begun: bool) -> Standing:
    """Return where a resource stands: its action in the plan, then what was seen of it since.

    `in_hand` as the run's progress says; `at_work` while Terraform is; `begun` once the plan's apply has.
    """
    if action in {"no-op", "update", "import"}:
        return Standing.FOUND if importing else Standing.EXISTS
    if begun and trace.exists:
        return Standing.EXISTS
    if begun and trace.failed:
        return Standing.FAILED
    if in_hand:
        return Standing.WORKING if at_work else Standing.OPEN
    return Standing.WAITING


@dataclass(frozen=True)
class Thing:
    """One resource of a region: what it is, what it is for, where it stands."""

    address: str
    type: str
    label: str
    name: str
    phase: str
    purpose: str = ""
    billed: str = ""
    action: str = ""
    standing: Standing = Standing.WAITING
    id: str = ""
    url: str = ""
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def is_there(self) -> bool:
        """Return whether it exists in AWS, as far as is known."""
        return self.standing in {Standing.EXISTS, Standing.FOUND}


class PhaseState(StrEnum):
    """Where a phase stands."""

    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class RegionPhase:
    """One of the phases that show how far a region is: its things, and how they stand together."""

    name: str
    label: str
    things: tuple[Thing, ...]
    state: PhaseState

    @property
    def done(self) -> int:
        """Return how many of its things exist."""
        return sum(thing.is_there for thing in self.things)

    @property
    def total(self) -> int:
        """Return how many things it has."""
        return len(self.things)

    @property
    def began(self) -> datetime | None:
        """Return when the first of its things was begun."""
        return min((thing.began for thing in self.things if thing.began), default=None)

    @property
    def ended(self) -> datetime | None:
        """Return when the last of its things was finished; None while it is not."""
        if self.state is not PhaseState.DONE:
            return None
        return max((thing.ended for thing in self.things if thing.ended), default=None)

    @property
    def in_hand(self) -> tuple[Thing, ...]:
        """Return what is being made right now."""
        return tuple(thing for thing in self.things if thing.standing is Standing.WORKING)


def phases_of(
    things: Iterable[Thing], listed: Iterable[Mapping[str, Any]], *, at_work: bool, ended_badly: bool
) -> tuple[RegionPhase, ...]:
    """Group things by phase, in the package's order; what names no phase comes last, as *Other*."""
    grouped: dict[str, list[Thing]] = {}
    for thing in things:
        grouped.setdefault(thing.phase, []).append(thing)
    labels = {str(each["name"]): str(each.get("label") or each["name"]) for each in listed}
    order = [*(name for name in labels if name in grouped), *(name for name in grouped if name not in labels)]
    return tuple(
        RegionPhase(
            name,
            labels.get(name, "Other"),
            tuple(grouped[name]),
            _state_of(grouped[name], at_work=at_work, ended_badly=ended_badly),
        )
        for name in order
    )


def _state_of(things: list[Thing], *, at_work: bool, ended_badly: bool) -> PhaseState:
    standings = {thing.standing for thing in things}
    if all(thing.is_there for thing in things):
        return PhaseState.DONE
    if Standing.FAILED in standings:
        return PhaseState.FAILED
    touched = any(thing.is_there or thing.standing in {Standing.WORKING, Standing.OPEN} for thing in things)
    if touched and ended_badly:
        return PhaseState.STOPPED
    return PhaseState.RUNNING if at_work and touched else PhaseState.WAITING


def percent(done: int, total: int) -> int:
    """Return how much is done, rounded down: 100 only when all is."""
    return 100 * done // total if total else 0
