"""Walk along a stored chain of events and its checkpoints, in constant memory, and say what is wrong first."""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max

from activation.domain import canonical_json, chain, checkpoint, dsse
from activation.domain.chain import GENESIS, Problem
from activation.models import Checkpoint, Event, EventCounter, Organization
from activation.models.append_only import faulty_triggers
from activation.models.events import chain_name, read_chained

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
    # Numbers of the checkpoints in the database of which the file outside holds no copy.
    not_outside: list[int] = field(default_factory=list)
    # Lines of the file outside that prove nothing, and triggers that are missing or were exchanged.
    unreadable: list[str] = field(default_factory=list)
    unguarded: list[str] = field(default_factory=list)

    @property
    def lacking(self) -> list[str]:
        """Return what protects the chain and is not there."""
        copies = []
        if self.not_outside:
            first, count = self.not_outside[0], len(self.not_outside)
            which = f"checkpoint {first}" if count == 1 else f"{count:,} checkpoints, the first of them {first}"
            copies = [f"The file outside the database has no copy of {which}."]
        return copies + self.unguarded

    @property
    def remarks(self) -> list[str]:
        """Return what is no proof of a change, but somebody should look at."""
        return self.unreadable + self.lacking

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
    """A checkpoint in the file outside of the database; `contradicted`: a later line says something else of it."""

    number: int
    hash: str
    head_hash: str
    contradicted: bool = False


def events_of(
    organization: Organization | None, *, after: int = 0, upto: int | None = None
) -> Generator[dict[str, Any], None, None]:
    """Yield the events of a chain as they are hashed and exported, by number, in constant memory."""
    rows = Event.objects.filter(organization=organization, sequence__gt=after)
    if upto is not None:
        rows = rows.filter(sequence__lte=upto)
    for columns in rows.order_by("sequence").chained_rows().iterator(CHUNK):
        yield read_chained(columns)


def checkpoints_of(name: str, *, upto: int) -> Generator[Checkpoint, None, None]:
    """Yield the checkpoints of a chain by number, in constant memory."""
    yield from Checkpoint.objects.filter(chain=name, number__lte=upto).order_by("number").iterator(CHUNK)


def last_number(organization: Organization | None) -> int:
    """Return the number last given to an event of the chain; 0 for none."""
    if organization is None:
        return EventCounter.objects.filter(pk=1).values_list("last_sequence", flat=True).first() or 0
    return Organization.objects.values_list("last_sequence", flat=True).get(pk=organization.pk)


def problem_behind(
    before: Checkpoint | None, organization: Organization | None, *, upto: int, public_keys: Mapping[str, bytes]
) -> Problem | None:
    """Return what is wrong first with the events behind a checkpoint (None: with all); the next one may not sign it."""
    walk = chain.Walk(chain_name(organization.pk if organization else None))
    if before is not None:
        try:
            payload = checkpoint.read(before.envelope, public_keys)
        except dsse.NotAuthentic as error:
            return Problem(before.last_sequence, f"checkpoint {before.number} proves nothing: {error}")
        walk = chain.Walk(walk.chain, after=payload["last_sequence"], prev_hash=payload["head_hash"])
    with closing(events_of(organization, after=walk.sequence, upto=upto)) as events:
        return chain.first_problem(events, walk)


def verify(
    organization: Organization | None,
    *,
    public_keys: Mapping[str, bytes],
    outside: Path,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Return what is wrong first with a chain: events among themselves, checkpoints, and the file outside.

    What is written while this reads is left for the next time. `advance` is called now and then.
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
        report.problem = Walk(report, kept, statements, public_keys).through(events, given, advance)
    report.unguarded = [
        f"The database does not prevent changes: the trigger {each}." for each in faulty_triggers(connection)
    ]
    return report


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

    def through(self, events: Iterator[dict[str, Any]], given: int, advance: Callable[[], None]) -> Problem | None:
        """Go to the end; return the first problem."""
        report = self.report
        for event in events:
            if self.events.sequence % CHUNK == 0:
                advance()
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
        if vouched and vouched.contradicted:
            return Problem(
                sequence,
                f"the file outside of the database holds two different statements as checkpoint {vouched.number}: "
                "it was signed again over something else",
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
        if not vouched:
            self.report.not_outside.append(row.number)
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

    Of several lines for one checkpoint the first counts: the file is only ever added to, and who rewrites the database
    gets the portal to sign once more, but not to take back what it signed. A line that is not signed proves nothing and
    is remarked, but for a last one without its end: that is being written.
    """
    first: dict[int, dict[str, Any]] = {}
    contradicted: set[int] = set()
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return {}
    with file:
        for number, line in enumerate(file, start=1):
            try:
                payload = checkpoint.read(json.loads(line), public_keys)
            except (ValueError, dsse.NotAuthentic) as error:
                if line.endswith(b"\n"):
                    why = error if isinstance(error, dsse.NotAuthentic) else "it is no JSON, as a crash would leave it"
                    report.unreadable.append(f"{path}, line {number}, proves nothing: {why}.")
                continue
            if payload["chain"] == report.chain and first.setdefault(payload["number"], payload) != payload:
                contradicted.add(payload["number"])
    report.outside = len(first)
    return {
        payload["last_sequence"]: Kept(
            number,
            checkpoint.checkpoint_hash(canonical_json.encode(payload)),
            payload["head_hash"],
            number in contradicted,
        )
        # Where two numbers go up to one event, the one written first stays.
        for number, payload in reversed(first.items())
    }
