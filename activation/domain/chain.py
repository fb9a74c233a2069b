"""The chain of events: each one holds the hash of the one before it.

hash = SHA-256(0x00 ‖ canonical JSON of the event without `hash`, with `prev_hash`), in hex. Every organization has a
chain, numbered from 1 without gaps; what belongs to no organization is in the chain `installation`. A changed, removed,
inserted or reordered event breaks the chain at a number that can be named; a cut-off end only checkpoints show.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from activation.domain import canonical_json

FORMAT = 1
INSTALLATION = "installation"
# What stands where there is no event before.
GENESIS = "0" * 64

# Every event holds exactly these and `hash`, also where they are empty. The order is that of exports.
HASHED = (
    "format",
    "chain",
    "sequence",
    "at",
    "kind",
    "outcome",
    "reason",
    "actor_id",
    "actor_name",
    "actor_role",
    "signed_in_by",
    "address",
    "request_id",
    "activation_id",
    "run_id",
    "object_type",
    "object_id",
    "before",
    "after",
    "prev_hash",
)
MEMBERS = (*HASHED, "hash")
_MEMBERS = frozenset(MEMBERS)


@dataclass(frozen=True)
class Problem:
    """The first thing that is wrong in a chain: at which number, and why, as a sentence."""

    sequence: int
    why: str

    def __str__(self) -> str:
        return f"#{self.sequence}: {self.why}"


def time_text(moment: datetime) -> str:
    """Return a time as events hold it: UTC, microseconds, `2026-11-23T12:03:04.000005Z` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def optional_time_text(moment: datetime | None) -> str | None:
    """Return a time as events hold it; None where there is none."""
    return time_text(moment) if moment else None


def event_hash(event: Mapping[str, Any]) -> str:
    """Return the hash of an event, whether or not it holds one already; raise NotCanonical."""
    content = {name: event[name] for name in HASHED}
    return hashlib.sha256(b"\x00" + canonical_json.encode(content)).hexdigest()


class Walk:
    """A walk along one chain, event by event, in constant memory.

    `after` and `prev_hash` say where it begins: a record of a period starts behind an event it does not hold.
    """

    def __init__(self, chain: str, *, after: int = 0, prev_hash: str = GENESIS) -> None:
        self.chain = chain
        self.sequence = after
        self.hash = prev_hash
        self.at = ""
        self.count = 0

    def step(self, event: Mapping[str, Any]) -> Problem | None:
        """Go on to the next event; return what is wrong with it, and stay before it then."""
        expected = self.sequence + 1
        why = self.wrong_with(event, expected)
        if why:
            return Problem(expected, why)
        self.sequence, self.at, self.hash = expected, event["at"], event["hash"]
        self.count += 1
        return None

    def wrong_with(self, event: Mapping[str, Any], expected: int) -> str:
        """Return why the event cannot be number `expected` of this chain; empty when it can."""
        if event.keys() != _MEMBERS:
            return "the event does not hold exactly the members of an event"
        if event["format"] != FORMAT:
            return f"the event is written in format {event['format']}, which is not known here"
        if event["chain"] != self.chain:
            return "the event belongs to another chain"
        if event["sequence"] != expected:
            return f"here stands #{event['sequence']}: events are missing, doubled or out of order"
        if event["prev_hash"] != self.hash:
            return "it does not follow from the event before it: something was changed, inserted or taken out here"
        # All times have one length and one zone, so texts compare as times do.
        if type(event["at"]) is not str or event["at"] < self.at:
            return "its time is before that of the event before it"
        try:
            found = event_hash(event)
        except canonical_json.NotCanonical as error:
            return f"it holds what no event holds: {error}"
        return "" if found == event["hash"] else "its contents do not match its hash: it was changed"


def first_problem(events: Iterable[Mapping[str, Any]], walk: Walk) -> Problem | None:
    """Walk along all events and return the first problem; None when there is none."""
    for event in events:
        if problem := walk.step(event):
            return problem
    return None
