"""What a watch's memory means: which data plane is the one awaited, how far it is, and what is not counted, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from activation.domain.watch import DOCUMENTED, Documented, Item, Memory, Sighting, State, Thing, present

# By so much AWS's clocks and this host's may differ.
SKEW: Final = timedelta(minutes=2)


class Progress(StrEnum):
    """How far one line of the documented set is."""

    FOUND = "found"
    BUILDING = "building"
    PARTLY = "partly"
    FAILED = "failed"
    GONE = "gone"
    MISSING = "missing"
    CANNOT_SEE = "cannot_see"
    NOT_LOOKED = "not_looked"


@dataclass(frozen=True)
class Finding:
    """One line of the set: what stands there, what stood there, and since when it could not be looked at."""

    wanted: Documented
    progress: Progress
    here: tuple[Sighting, ...] = ()
    gone: tuple[Sighting, ...] = ()
    failing: str = ""
    says: str = ""
    denied: str = ""

    @property
    def ready(self) -> int:
        """How many stand and work."""
        return sum(each.item.state is State.READY for each in self.here)

    @property
    def whole_since(self) -> str:
        """When the last one needed was first seen; empty while some are missing."""
        ready = sorted(each.first for each in self.here if each.item.state is State.READY)
        return ready[self.wanted.needed - 1] if len(ready) >= self.wanted.needed else ""


class Why(StrEnum):
    """Why something is shown beside the set and not counted."""

    BEFORE = "before"
    OWN = "own"
    ANOTHER = "another"
    UNCLEAR = "unclear"
    UNMARKED = "unmarked"


WHY_WORDS: Final = {
    Why.BEFORE: "It existed before the hand-over: it belongs to another region of Zilliz Cloud, or an earlier one "
    "left it.",
    Why.OWN: "Another activation of this portal created it.",
    Why.ANOTHER: "A second data plane that has appeared since. The one that is further along is counted.",
    Why.UNCLEAR: "It existed at the first check, and nothing shows when it was created. It counts as soon as "
    "something in it turns out to be newer than the hand-over.",
    Why.UNMARKED: "It appeared after the first check, but has neither the tags nor the name of what Zilliz builds. "
    "AWS may take some minutes to list the tags of a new cluster.",
}


@dataclass(frozen=True)
class Aside:
    """What is not counted, for one reason; `title` names the network or the resource."""

    why: Why
    title: str
    sightings: tuple[Sighting, ...]

    @property
    def words(self) -> str:
        """Say why it does not count."""
        return WHY_WORDS[self.why]


@dataclass(frozen=True)
class Reading:
    """What is known of the region that the console builds.

    `unmarked_before` counts networks and clusters of others; `failing` says since when not everything can be looked at.
    """

    findings: tuple[Finding, ...]
    asides: tuple[Aside, ...]
    plane: str = ""
    unmarked_before: int = 0
    failing: str = ""

    @property
    def found(self) -> int:
        """How many lines of the set are whole."""
        return sum(each.progress is Progress.FOUND for each in self.findings)

    @property
    def total(self) -> int:
        """How many lines the set has."""
        return len(self.findings)

    @property
    def is_complete(self) -> bool:
        """Whether the whole set stands and works, all of it seen at the last look."""
        well = all(each.progress is Progress.FOUND and not each.failing for each in self.findings)
        return well and not self.failing

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it was ever seen."""
        return not any(each.here or each.gone for each in self.findings)

    @property
    def resources(self) -> int:
        """How many resources are counted."""
        return sum(len(each.here) for each in self.findings)

    @property
    def clusters(self) -> list[str]:
        """The names of the clusters that are counted."""
        return [seen.item.name for each in self.findings if each.wanted.thing is Thing.CLUSTER for seen in each.here]

    def of(self, progress: Progress) -> tuple[Finding, ...]:
        """Return the lines that are so far."""
        return tuple(each for each in self.findings if each.progress is progress)


def read(memory: Memory, *, handed_over: datetime) -> Reading:
    """Say how far the region is whose values were handed over at that time.

    One data plane is counted, never halves of two. What AWS says is older than the hand-over does not belong to it;
    what stood there at the first look and is of unknown age waits until something in its network is known to be newer.
    """
    began = handed_over - SKEW
    every = tuple(memory.sightings.values())
    marked = [each for each in every if each.item.marks]
    networks = {each.item.network for each in marked if each.item.network}
    planes = [_Plane(network, [each for each in marked if each.item.network == network]) for network in networks]
    judged = {plane.network: plane.judge(began) for plane in planes}
    fresh = sorted((plane for plane in planes if judged[plane.network] is None), key=_Plane.rank)
    main = fresh[0] if fresh else None
    asides, counted = [], list(main.members) if main else []
    for each in (one for one in marked if not one.item.network):
        plane = _named_plane(each.item, main, planes)
        why = _why_not(each, began)
        if plane is not None and plane is not main:
            plane.around.append(each)
        elif why is None or (why is Why.UNCLEAR and plane is not None):
            counted.append(each)
        else:
            asides.append(Aside(why, each.item.name or each.item.identity, present([each])))
    others = [
        Aside(judged[plane.network] or Why.ANOTHER, plane.title, present([*plane.members, *plane.around]))
        for plane in sorted(planes, key=_Plane.rank)
        if plane is not main
    ]
    unmarked = [each for each in present(every) if not each.item.marks]
    new = [each for each in unmarked if not each.at_first]
    late = [Aside(Why.UNMARKED, each.item.name or each.item.identity, (each,)) for each in new]
    return Reading(
        tuple(_finding(wanted, counted, memory) for wanted in DOCUMENTED),
        tuple(each for each in (*others, *asides, *late) if each.sightings),
        plane=main.title if main else "",
        unmarked_before=len(unmarked) - len(late),
        failing=memory.failing_since,
    )


class _Plane:
    """What stands in one network."""

    def __init__(self, network: str, members: list[Sighting]) -> None:
        self.network = network
        self.members = members
        names = {thing: _newest_name(members, thing) for thing in (Thing.CLUSTER, Thing.VPC)}
        # What the parts of a data plane are named after: `zilliz-byoc-NAME`.
        self.stem = names[Thing.CLUSTER] or names[Thing.VPC].removesuffix("-vpc")
        self.title = self.stem or network
        # What stands outside the network, and is named after this data plane.
        self.around: list[Sighting] = []

    def names(self, item: Item) -> bool:
        """Return whether a resource is named after this data plane."""
        return bool(self.stem) and (item.name == self.stem or item.name.startswith(f"{self.stem}-"))

    def judge(self, began: datetime) -> Why | None:
        """Return why it is not the one awaited; None where it may be."""
        if any(each.item.owner for each in self.members):
            return Why.OWN
        made = [datetime.fromisoformat(each.item.created) for each in self.members if each.item.created]
        if any(each < began for each in made):
            return Why.BEFORE
        vpc_at_first = any(each.at_first for each in self.members if each.item.thing is Thing.VPC)
        return Why.UNCLEAR if vpc_at_first and not made else None

    def rank(self) -> tuple[int, str, str]:
        """Order planes: the one farthest first."""
        kinds = {each.item.thing for each in present(self.members)}
        return -len(kinds), min((each.first for each in self.members), default=""), self.network


def _newest_name(members: Iterable[Sighting], thing: Thing) -> str:
    names = [each.item.name for each in members if each.item.thing is thing and each.item.name]
    return names[-1] if names else ""


def _named_plane(item: Item, main: _Plane | None, planes: Iterable[_Plane]) -> _Plane | None:
    """Return the data plane after which something outside all networks is named, the one awaited before others."""
    named = [plane for plane in planes if plane.names(item)]
    return max(named, key=lambda plane: (len(plane.stem), plane is main), default=None)


def _why_not(each: Sighting, began: datetime) -> Why | None:
    """Return why a resource outside all networks does not count: a bucket, an address that nothing uses yet."""
    item = each.item
    if item.owner:
        return Why.OWN
    if item.created:
        return Why.BEFORE if datetime.fromisoformat(item.created) < began else None
    return Why.UNCLEAR if each.at_first else None


def _finding(wanted: Documented, counted: list[Sighting], memory: Memory) -> Finding:
    mine = [each for each in counted if each.item.thing is wanted.thing]
    here = present(mine)
    gone = tuple(each for each in mine if each not in here)
    sight = memory.sights.get(wanted.thing)
    failing, says, denied = (sight.failing, sight.says, sight.denied) if sight else ("", "", "")
    states = [each.item.state for each in here]
    ready = states.count(State.READY)
    if denied:
        progress = Progress.CANNOT_SEE
    elif sight is None or not sight.first:
        progress = Progress.NOT_LOOKED
    elif ready >= wanted.needed:
        progress = Progress.FOUND
    elif State.FAILED in states:
        progress = Progress.FAILED
    elif State.BUILDING in states:
        progress = Progress.BUILDING
    elif ready:
        progress = Progress.PARTLY
    else:
        progress = Progress.GONE if gone else Progress.MISSING
    return Finding(wanted, progress, here, gone, failing, says, denied)
