"""Walk along a stored chain of events and its checkpoints, in constant memory, and say what is wrong first."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max

from activation.domain import canonical_json, chain, checkpoint, dsse
from activation.domain.chain import GENESIS, Problem
from activation.models import Checkpoint, Event, EventCounter, Organization
from activation.models.append_only import missing_triggers
from activation.models.events import CHAINED_COLUMNS, chain_name, chained

# Rows fetched at a time.
CHUNK = 2000


@dataclass
class Report:
    """What verifying a chain came to: whole up to `last_sequence`, or a problem at the number behind it."""

    chain: str
    name: str
    events: int = 0
    last_sequence: int = 0
    head_hash: str = GENESIS
    checkpoints: int = 0
    # How many checkpoints of this chain the file outside of the database holds; None: there is no such file.
    outside: int | None = None
    problem: Problem | None = None
    # What is no proof of a change, but somebody should look at.
    remarks: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "chain": self.chain,
            "name": self.name,
            "whole": self.problem is None,
            "events": self.events,
            "last_sequence": self.last_sequence,
            "head_hash": self.head_hash,
            "checkpoints": self.checkpoints,
            "outside": self.outside,
            "first_bad_sequence": self.problem.sequence if self.problem else None,
            "why": self.problem.why if self.problem else "",
            "remarks": self.remarks,
        }


@dataclass(frozen=True)
class Kept:
    """A checkpoint in the file outside of the database."""

    number: int
    hash: str
    head_hash: str


def events_of(
    organization: Organization | None, *, after: int = 0, upto: int | None = None
) -> Generator[dict[str, Any], None, None]:
    """Yield the events of a chain as they are hashed and exported, by number, in constant memory."""
    rows = Event.objects.filter(organization=organization, sequence__gt=after)
    if upto is not None:
        rows = rows.filter(sequence__lte=upto)
    for columns in rows.order_by("sequence").values_list(*CHAINED_COLUMNS).iterator(CHUNK):
        yield chained(columns)


def checkpoints_of(name: str, *, upto: int) -> Generator[Checkpoint, None, None]:
    """Yield the checkpoints of a chain by number, in constant memory."""
    yield from Checkpoint.objects.filter(chain=name, number__lte=upto).order_by("number").iterator(CHUNK)


def last_number(organization: Organization | None) -> int:
    """Return the number last given to an event of the chain; 0 for none."""
    if organization is None:
        return EventCounter.objects.filter(pk=1).values_list("last_sequence", flat=True).first() or 0
    return Organization.objects.values_list("last_sequence", flat=True).get(pk=organization.pk)


def verify(organization: Organization | None, *, public_keys: Mapping[str, bytes], outside: Path) -> Report:
    """Return what is wrong first with a chain: events among themselves, checkpoints, and the file outside.

    What is written while this reads is left for the next time.
    """
    name = chain_name(organization.pk if organization else None)
    report = Report(name, organization.name if organization else "the installation")
    # In this order: nothing that counts below can be newer than the numbers above it.
    last_checkpoint = Checkpoint.objects.filter(chain=name).aggregate(number=Max("number"))["number"] or 0
    kept = read_outside(outside, report, public_keys)
    given = last_number(organization)
    with (
        # A problem ends the walk early; what was being read must not stay open.
        closing(checkpoints_of(name, upto=last_checkpoint)) as statements,
        closing(events_of(organization, upto=given)) as events,
    ):
        report.problem = Walk(report, kept, statements, public_keys).through(events, given)
    report.remarks += [f"The database does not refuse changes: the trigger {each} is missing." for each in triggers()]
    return report


def triggers() -> list[str]:
    """Return the triggers that are missing."""
    return missing_triggers(connection)


class Walk:
    """One walk along events and, beside them, the checkpoints in the database and those outside of it."""

    def __init__(
        self,
        report: Report,
        kept: dict[int, Kept],
        signed: Iterator[Checkpoint],
        public_keys: Mapping[str, bytes],
    ) -> None:
        self.report, self.kept, self.signed, self.public_keys = report, kept, signed, public_keys
        self.events = chain.Walk(report.chain)
        self.statements = checkpoint.Sequence(report.chain)
        self.next_signed = next(signed, None)
        # The highest number that anything outside of the events vouches for, and what that is.
        self.vouched, self.voucher = max(kept, default=0), "the file outside of the database"

    def through(self, events: Iterator[dict[str, Any]], given: int) -> Problem | None:
        """Go to the end; return the first problem."""
        report = self.report
        for event in events:
            problem = self.events.step(event) or self.at_checkpoints(self.events.sequence)
            if problem:
                return problem
            report.events, report.last_sequence, report.head_hash = (
                self.events.count,
                self.events.sequence,
                self.events.hash,
            )
        return self.behind_the_end(given)

    def at_checkpoints(self, sequence: int) -> Problem | None:
        """Compare with the checkpoints that speak of this number."""
        vouched = self.kept.pop(sequence, None)
        if vouched and vouched.head_hash != self.events.hash:
            return Problem(
                sequence,
                f"the file outside of the database, checkpoint {vouched.number}, vouches for another event here: "
                "this one or one before it was written anew",
            )
        row = self.next_signed
        if row is None or row.last_sequence > sequence:
            if vouched:
                return Problem(sequence, f"checkpoint {vouched.number} is missing in the database")
            return None
        problem = self.at_checkpoint(row, sequence, vouched)
        self.next_signed = next(self.signed, None)
        return problem

    def at_checkpoint(self, row: Checkpoint, sequence: int, vouched: Kept | None) -> Problem | None:
        """Check one checkpoint of the database."""
        try:
            payload = checkpoint.read(row.envelope, self.public_keys)
        except dsse.NotAuthentic as error:
            return Problem(sequence, f"checkpoint {row.number} proves nothing: {error}")
        own_hash = checkpoint.checkpoint_hash(canonical_json.encode(payload))
        if problem := self.statements.step(payload):
            return problem
        if (payload["number"], payload["last_sequence"], own_hash) != (row.number, sequence, row.hash):
            return Problem(sequence, f"checkpoint {row.number} says something else than its row in the database")
        if payload["head_hash"] != self.events.hash:
            return Problem(
                sequence,
                f"checkpoint {row.number} vouches for another event here: this one or one before it was written anew",
            )
        if vouched and vouched.hash != own_hash:
            return Problem(sequence, f"checkpoint {row.number} is not the one in the file outside of the database")
        self.report.checkpoints += 1
        return None

    def behind_the_end(self, given: int) -> Problem | None:
        """Say that events are cut off, where anything vouches for more of them."""
        end = self.events.sequence
        vouched, voucher = given, "the counter of the chain"
        if self.next_signed is not None:
            last = max(self.next_signed.last_sequence, *(row.last_sequence for row in self.signed), 0)
            vouched, voucher = max((vouched, voucher), (last, "a checkpoint"))
        if self.kept:
            vouched, voucher = max((vouched, voucher), (max(self.kept), "the file outside of the database"))
        if vouched > end:
            return Problem(end + 1, f"events are cut off here: {voucher} vouches for events up to #{vouched}")
        return None


def read_outside(path: Path, report: Report, public_keys: Mapping[str, bytes]) -> dict[int, Kept]:
    """Return the chain's checkpoints in the file outside of the database, by the number they go up to.

    A line that is not signed proves nothing and is remarked, but for a last one without its end: that is being written.
    """
    kept: dict[int, Kept] = {}
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return kept
    with file:
        for number, line in enumerate(file, start=1):
            try:
                payload = checkpoint.read(json.loads(line), public_keys)
            except (ValueError, dsse.NotAuthentic) as error:
                if line.endswith(b"\n"):
                    why = error if isinstance(error, dsse.NotAuthentic) else "it is no JSON, as a crash would leave it"
                    report.remarks.append(f"{path}, line {number}, proves nothing: {why}.")
                continue
            if payload["chain"] == report.chain:
                own_hash = checkpoint.checkpoint_hash(canonical_json.encode(payload))
                kept[payload["last_sequence"]] = Kept(payload["number"], own_hash, payload["head_hash"])
    report.outside = len(kept)
    return kept
