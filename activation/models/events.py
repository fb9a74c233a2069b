"""Events: who did what, when, and how it ended."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar

import orjson
from django.db import models
from django.db.models import Func
from django.db.models.functions import Cast
from django.utils import timezone

from activation.domain import canonical_json, chain
from activation.domain.events import SENTENCES, SENTENCES_OF_THE_PORTAL, Kind
from activation.models.people import Organization


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of events."""

    def for_organization(self, organization: Organization) -> "EventQuerySet":
        """Return the events of one organization."""
        return self.filter(organization=organization)

    def chained_rows(self) -> "models.QuerySet[Event, tuple[Any, ...]]":
        """Return rows for `read_chained`: where many events are read, converting values would be most of the work."""
        return self.values_list(*READ_COLUMNS)


class Event(models.Model):
    """One entry of the audit trail; rows are only ever added, and triggers refuse everything else."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, blank=True)
    # Without gaps in one organization; those of no organization are numbered by the installation.
    sequence = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    actor_role = models.CharField(max_length=40, blank=True)
    signed_in_by = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    activation_id = models.CharField(max_length=40, blank=True, db_index=True)
    run_id = models.CharField(max_length=40, blank=True, db_index=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=80, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    # `domain.chain`: SHA-256 in hex of the event before, and of this one with it.
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "sequence"], name="one_event_per_sequence_number"),
            models.UniqueConstraint(
                fields=["sequence"],
                condition=models.Q(organization__isnull=True),
                name="one_installation_event_per_sequence_number",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-sequence"], name="events_newest_first")]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind}"

    @property
    def sentence(self) -> str:
        """Return what happened as the end of a sentence that begins with the actor."""
        # A kind of another version of the portal must not keep the others from being read.
        return SENTENCES[Kind(self.kind)] if self.kind in SENTENCES else f"did something new: {self.kind}"

    def chained(self) -> dict[str, Any]:
        """Return the event as it is hashed and exported (`domain.chain`)."""
        return chained([getattr(self, name) for name in CHAINED_COLUMNS])

    @property
    def sentence_of_the_portal(self) -> str:
        """Return what happened as a whole sentence where nobody did it; empty where somebody did."""
        is_known = self.actor_role == PORTAL_ROLE and self.kind in SENTENCES_OF_THE_PORTAL
        return SENTENCES_OF_THE_PORTAL[Kind(self.kind)] if is_known else ""

    @property
    def json(self) -> str:
        """Return the event as it is hashed and exported, for people to read."""
        return json.dumps(self.chained(), indent=2, ensure_ascii=False)

    @property
    def is_unchanged(self) -> bool:
        """Return whether the event still is what its hash says; the chain as a whole is for the verification."""
        try:
            return chain.event_hash(self.chained()) == self.hash
        except canonical_json.NotCanonical:
            return False

    @property
    def changes(self) -> list[dict[str, str]]:
        """Return what stood before and after, as lines of `elements/key_values.html`."""
        lines = []
        for name in dict.fromkeys((*self.before, *self.after)):
            values = dict.fromkeys(in_words(side[name]) for side in (self.before, self.after) if name in side)
            lines.append({"label": name.replace("_", " "), "value": " → ".join(values)})
        return lines

    @property
    def brief(self) -> str:
        """Return what changed in a few words, for the line under the sentence; empty where it takes more."""
        changes = self.changes
        if not changes or any(len(change["value"]) > BRIEF for change in changes):
            return ""
        return ", ".join(f"{change['label']}: {change['value']}" for change in changes)


# The role of an actor who is nobody.
PORTAL_ROLE = "portal"
# Characters of a value that still fits in a line.
BRIEF = 60


def in_words(value: Any) -> str:
    """Return a value of an event as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {in_words(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(in_words(each) for each in value) or "none"
    return str(value)


# The order of `chained`.
CHAINED_COLUMNS = ("organization_id", *(name for name in chain.MEMBERS if name not in {"format", "chain"}))
_NAMES = CHAINED_COLUMNS[1:]


class TimeText(Func):
    """A time as `chain.time_text` writes it, written by the database."""

    output_field = models.TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return it from the text that Django keeps: without fractions where there are none."""
        own = "replace(%(expressions)s, ' ', 'T') || CASE length(%(expressions)s) WHEN 19 THEN '.000000Z' ELSE 'Z' END"
        return self.as_sql(compiler, connection, template=own, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return it from a time with its zone."""
        own = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        return self.as_sql(compiler, connection, template=own, **context)


# Where Django would convert each value of each row, the database writes what is hashed, or JSON as it holds it.
_OBJECTS = ("before", "after")
_AS_TEXT = {"at": TimeText("at")} | {name: Cast(name, models.TextField()) for name in _OBJECTS}
READ_COLUMNS = tuple(_AS_TEXT.get(name, name) for name in CHAINED_COLUMNS)


def chain_name(organization_id: str | None) -> str:
    """Return the name of an organization's chain; of the installation's for None."""
    return organization_id or chain.INSTALLATION


def chained(columns: Sequence[Any]) -> dict[str, Any]:
    """Return values of CHAINED_COLUMNS as an event is hashed and exported."""
    event = named(columns)
    event["at"] = chain.time_text(event["at"])
    return event


def named(columns: Sequence[Any]) -> dict[str, Any]:
    """Return values of CHAINED_COLUMNS by their names in an event."""
    event: dict[str, Any] = {"format": chain.FORMAT, "chain": chain_name(columns[0])}
    event.update(zip(_NAMES, columns[1:], strict=True))
    return event


def read_chained(columns: Sequence[Any]) -> dict[str, Any]:
    """Return a row of `EventQuerySet.chained_rows` as an event is hashed and exported.

    What somebody put there that is no JSON stays a text: no event was hashed so, and the verification names it.
    """
    event = named(columns)
    for name in _OBJECTS:
        text = event[name]
        if text == "{}":
            event[name] = {}
            continue
        with contextlib.suppress(orjson.JSONDecodeError):
            event[name] = orjson.loads(text)
    return event


class Checkpoint(models.Model):
    """A signed statement of how far a chain went (`domain.checkpoint`); rows are only ever added."""

    # An organization's identity, or `installation`.
    chain = models.CharField(max_length=40)
    number = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    # All of it, as it is signed and as the file outside of the database holds it.
    envelope = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain", "number"], name="one_checkpoint_per_number"),
        ]
        indexes: ClassVar = [models.Index(fields=["chain", "last_sequence"], name="checkpoints_along_a_chain")]

    def __str__(self) -> str:
        return f"checkpoint {self.number} of {self.chain}"


class ChainStatus(models.Model):
    """What the last verification of a chain came to, for pages; written again each time."""

    chain = models.CharField(primary_key=True, max_length=40)
    verified_at = models.DateTimeField()
    # The chain is whole up to here.
    last_sequence = models.BigIntegerField()
    # Where it is broken; null: it is not.
    problem_sequence = models.BigIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    # What protects the chain and is not there; empty: nothing is missing.
    lacking = models.CharField(max_length=500, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.chain} to #{self.last_sequence}"


class EventCounter(models.Model):
    """The last number given to an event that has no organization; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_sequence)
