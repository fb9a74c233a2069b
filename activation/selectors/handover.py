"""A hand-over as its page shows it: the sheet, where the watch stands, what was seen, what may be the matter."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from typing import Any

from django.utils import timezone

from activation.aws.watch_rights import read_policy, recipes
from activation.domain.console_links import console_link
from activation.domain.handover_sheet import Entry, sheet
from activation.domain.roles import Right
from activation.domain.steps import ActivationStatus
from activation.domain.watch import SINGULAR, Memory, Sighting, State, Thing
from activation.domain.watch_causes import LONGEST_MINUTES, USUAL_MINUTES, Cause, causes
from activation.domain.watch_reading import Aside, Finding, Progress, Reading, read
from activation.models import Activation, Handover, Member, RegionSetup
from activation.selectors.activations import FINISHED

# So long after the last look the page asks less often, seconds.
QUICK, SLOW = 3, 5

# Kind and word of a line; "{}" is how many of how many.
WORDS: dict[Progress, tuple[str, str]] = {
    Progress.FOUND: ("success", "Found"),
    Progress.BUILDING: ("working", "Being built"),
    Progress.PARTLY: ("working", "{ready} of {needed} so far"),
    Progress.FAILED: ("error", "AWS says: failed"),
    Progress.GONE: ("warning", "Gone again"),
    Progress.MISSING: ("pending", "Not there yet"),
    Progress.CANNOT_SEE: ("unknown", "Cannot see"),
    Progress.NOT_LOOKED: ("unknown", "Not checked yet"),
}
TERRAFORM_TYPES = {
    Thing.VPC: "aws_vpc",
    Thing.SUBNET: "aws_subnet",
    Thing.INTERNET_GATEWAY: "aws_internet_gateway",
    Thing.ADDRESS: "aws_eip",
    Thing.NAT_GATEWAY: "aws_nat_gateway",
    Thing.SECURITY_GROUP: "aws_security_group",
    Thing.S3_ENDPOINT: "aws_vpc_endpoint",
    Thing.PRIVATE_LINK: "aws_vpc_endpoint",
    Thing.BUCKET: "aws_s3_bucket",
    Thing.CLUSTER: "aws_eks_cluster",
    Thing.NODE_GROUP: "aws_eks_node_group",
}


class Phase(StrEnum):
    """Where a hand-over stands."""

    UNWATCHED = "unwatched"
    WATCHING = "watching"
    KEY_OVER = "key_over"
    COMPLETE = "complete"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Tick:
    """One value of the sheet, and whether it was entered in the console."""

    entry: Entry
    done: bool


@dataclass(frozen=True)
class Seen:
    """One resource as a line shows it; times are None where there is none."""

    name: str
    pk: str
    url: str
    first: datetime | None
    gone: datetime | None
    at_first: bool
    state: str
    created: datetime | None


@dataclass(frozen=True)
class Line:
    """One line of the documented set."""

    title: str
    purpose: str
    kind: str
    word: str
    seen: tuple[Seen, ...]
    needed: int
    denied: str
    failing: datetime | None
    says: str


@dataclass(frozen=True)
class Group:
    """The lines of one phase of the building."""

    title: str
    lines: tuple[Line, ...]
    kind: str


@dataclass(frozen=True)
class Beside:
    """What was seen and is not counted."""

    title: str
    words: str
    things: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True)
class Moment:
    """Something that appeared, or went away."""

    at: datetime
    what: str
    name: str
    gone: bool


@dataclass(frozen=True)
class Situation:
    """Where a hand-over stands, and what this member may do about it."""

    handover: Handover
    phase: Phase
    ticks: tuple[Tick, ...]
    reading: Reading
    groups: tuple[Group, ...]
    asides: tuple[Beside, ...]
    moments: tuple[Moment, ...]
    causes: tuple[Cause, ...]
    minutes: int
    failing: datetime | None
    title: str
    may: frozenset[str]

    @property
    def ticked(self) -> int:
        """How many values were entered in the console."""
        return sum(each.done for each in self.ticks)

    @property
    def is_watching(self) -> bool:
        """Whether a worker looks again and again."""
        return self.phase is Phase.WATCHING

    @property
    def sheet_open(self) -> bool:
        """Whether the values are still needed."""
        copying = self.ticked < len(self.ticks) and self.reading.is_empty
        return copying and self.phase not in {Phase.COMPLETE, Phase.CONFIRMED}

    @property
    def late(self) -> str:
        """Return `long` past the longest time, `usual` past the usual one, nothing before and at the end."""
        if self.phase in {Phase.COMPLETE, Phase.CONFIRMED} or self.reading.is_complete:
            return ""
        return "long" if self.minutes >= LONGEST_MINUTES else "usual" if self.minutes >= USUAL_MINUTES else ""

    @property
    def partial(self) -> bool:
        """Whether some kinds could be looked at and others not."""
        return any(line.failing for group in self.groups for line in group.lines)

    @property
    def bar_words(self) -> str:
        """Return what stands beside the numbers."""
        hidden = len(self.reading.of(Progress.CANNOT_SEE))
        return "documented kinds of resources found" + (f", {hidden} cannot be seen" if hidden else "")

    @property
    def changed_since(self) -> bool:
        """Whether something of what was once complete is missing now."""
        return self.phase is Phase.COMPLETE and not self.reading.is_complete

    @property
    def over_title(self) -> str:
        """Return the title of a watch that has no key any more."""
        return "The key has expired: enter one again" if self.failing or self.expired else "The watch was ended"

    @property
    def over_text(self) -> str:
        """Return why nobody looks, and what that means."""
        why = f"{self.handover.problem} " if self.failing else "Its hour has passed. " if self.expired else ""
        return (
            f"{why}The key is destroyed. What is shown below was seen before. "
            "What has appeared since then is not known."
        )

    @property
    def expired(self) -> bool:
        """Whether the hour of the last key is over."""
        end = self.handover.key_expires_at
        return end is not None and end <= timezone.now()

    @property
    def bar(self) -> str:
        """Return the color of the progress bar."""
        if self.phase in {Phase.COMPLETE, Phase.CONFIRMED}:
            return "success"
        return "working" if self.is_watching else "stopped"

    @property
    def wait(self) -> int:
        """Return how many seconds the page waits before it asks again."""
        return SLOW if self.handover.looked_at else QUICK

    @property
    def digest(self) -> str:
        """Return a short name for what the watch's part of the page shows: it differs when something in it does."""
        row = self.handover
        shown = (self.title, row.looked_at, row.problem, self.groups, self.late, len(self.asides), sorted(self.may))
        return sha256(repr(shown).encode()).hexdigest()[:12]


def handover_of(activation: Activation) -> Handover:
    """Return the activation's hand-over without its key; an empty one where nothing was begun."""
    found = Handover.objects.filter(activation=activation).defer("wrapped_key").first()
    return found or Handover(activation=activation)


def situation(activation: Activation, member: Member) -> Situation:
    """Return everything that the page of a hand-over says."""
    row = handover_of(activation)
    memory = Memory.from_json(row.seen)
    since = activation.activating_since or activation.created_at
    reading = read(memory, handed_over=since)
    end = row.confirmed_at or timezone.now()
    # Opening the page hands nothing over.
    minutes = max(0, int((end - (row.handed_over_at or end)).total_seconds() // 60))
    phase = phase_of(activation, row)
    account = activation.cloud_account
    setup = RegionSetup.objects.filter(activation=activation).first()
    entries = sheet(account.arns if account else {}, netmask=setup.netmask if setup else None, region=activation.region)
    likely = causes(reading, minutes=minutes, region=activation.region)
    return Situation(
        handover=row,
        phase=phase,
        ticks=tuple(Tick(each, each.name in row.ticked) for each in entries),
        reading=reading,
        groups=groups_of(reading, activation.region),
        asides=tuple(beside(each, activation.region) for each in reading.asides),
        moments=tuple(sorted(moments_of(reading), key=lambda each: each.at)),
        causes=likely if phase in {Phase.WATCHING, Phase.KEY_OVER} else (),
        minutes=minutes,
        failing=moment(reading.failing),
        title=f"{title_of(phase, reading)} · {activation.region}",
        may=allowed(activation, phase, member),
    )


def phase_of(activation: Activation, row: Handover) -> Phase:
    """Return where a hand-over stands."""
    if row.confirmed_at is not None or ActivationStatus(activation.status) in FINISHED:
        return Phase.CONFIRMED
    if row.sealed is not None and row.key_expires_at is not None and row.key_expires_at > timezone.now():
        return Phase.WATCHING
    if row.complete_at is not None:
        return Phase.COMPLETE
    return Phase.UNWATCHED if row.started_at is None else Phase.KEY_OVER


def title_of(phase: Phase, reading: Reading) -> str:
    """Return the words of the browser's tab, most telling first."""
    return {
        Phase.UNWATCHED: "Hand over",
        Phase.WATCHING: f"{reading.found} of {reading.total} found",
        Phase.KEY_OVER: f"Not watching, {reading.found} of {reading.total} found",
        Phase.COMPLETE: "Resources found",
        Phase.CONFIRMED: "Active (as reported)",
    }[phase]


def allowed(activation: Activation, phase: Phase, member: Member) -> frozenset[str]:
    """Return what the member gets to do: tick, watch, stop, confirm."""
    if activation.status != ActivationStatus.ACTIVATING or not member.may(Right.WALK_WIZARD):
        return frozenset()
    may = {"tick", "stop" if phase is Phase.WATCHING else "watch"}
    if member.may(Right.CONFIRM_ACTIVE):
        may.add("confirm")
    return frozenset(may)


def groups_of(reading: Reading, region: str) -> tuple[Group, ...]:
    """Return the documented set by the phases of its building."""
    groups = []
    for title, findings in groupby(reading.findings, key=lambda each: each.wanted.phase):
        lines = tuple(line_of(each, region) for each in findings)
        kinds = {line.kind for line in lines}
        whole = next(iter(kinds)) if len(kinds) == 1 else ""
        groups.append(Group(title, lines, whole or ("error" if "error" in kinds else "working")))
    return tuple(groups)


def line_of(finding: Finding, region: str) -> Line:
    """Return one line of the documented set."""
    kind, word = WORDS[finding.progress]
    return Line(
        finding.wanted.title,
        finding.wanted.purpose,
        kind,
        word.format(ready=finding.ready, needed=finding.wanted.needed),
        tuple(seen_of(each, region) for each in (*finding.here, *finding.gone)),
        finding.wanted.needed,
        finding.denied,
        moment(finding.failing) if not finding.denied else None,
        finding.says,
    )


def seen_of(sighting: Sighting, region: str) -> Seen:
    """Return one resource as a line shows it."""
    item = sighting.item
    gone = sighting.gone or (sighting.last if item.state is State.ENDING else "")
    pk = item.identity.partition("/")[2] or item.identity
    link = pk.replace("/", ":") if item.thing is Thing.NODE_GROUP else pk
    return Seen(
        name=item.name or pk,
        pk=pk if item.name and pk != item.name and item.thing is not Thing.NODE_GROUP else "",
        url="" if gone else console_link(TERRAFORM_TYPES[item.thing], link, region=region),
        first=moment(sighting.first),
        gone=moment(gone),
        at_first=sighting.at_first,
        state="" if item.state is State.READY else item.said or item.state.value,
        created=moment(item.created),
    )


def beside(aside: Aside, region: str) -> Beside:
    """Return what is not counted, and why."""
    kinds = [SINGULAR[each.item.thing] for each in aside.sightings]
    counted = [f"{kinds.count(kind)} × {kind}" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)]
    return Beside(
        aside.title, aside.words, ", ".join(counted), tuple(seen_of(each, region) for each in aside.sightings)
    )


def moments_of(reading: Reading) -> Iterator[Moment]:
    """Yield what of the counted resources appeared and went away."""
    for finding in reading.findings:
        what = SINGULAR[finding.wanted.thing]
        for each in (*finding.here, *finding.gone):
            name = each.item.name or each.item.identity
            first, gone = moment(each.first), moment(each.gone)
            if first is not None:
                yield Moment(first, what, name, gone=False)
            if gone is not None:
                yield Moment(gone, what, name, gone=True)


def moment(text: str) -> datetime | None:
    """Return a time that was stored as text."""
    return datetime.fromisoformat(text) if text else None


def key_help(activation: Activation) -> dict[str, Any]:
    """Return which rights the key of a watch needs, and how to make one."""
    account = activation.cloud_account
    if account is None:
        return {}
    policy = read_policy(account.account_id, activation.region, account.partition)
    return {"read_policy": json.dumps(policy, indent=2), "recipes": recipes(account.account_id, account.partition)}


def for_support(activation: Activation, where: Situation) -> str:
    """Return what somebody at the vendor needs to know, as text to copy; no external ID, no key."""
    account = activation.cloud_account.account_id if activation.cloud_account else ""
    lines = [
        f"AWS account {account}, region {activation.region}",
        (
            f"Last value ticked off here, or watch begun, {stamp(where.handover.handed_over_at)}; "
            f"{where.minutes} minutes ago."
        ),
        f"Last check of the account: {stamp(where.handover.looked_at)}.",
    ]
    for group in where.groups:
        for line in group.lines:
            names = ", ".join(each.pk or each.name for each in line.seen if not each.gone)
            reason = f" ({line.denied} denied)" if line.denied else ""
            lines.append(f"{line.title}: {line.word}{reason}{f': {names}' if names else ''}")
    return "\n".join(lines)


def stamp(at: datetime | None) -> str:
    """Return a time for a text that is read elsewhere."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "never"
