"""What goes into a record: events, runs, logs, plans, checkpoints, read a piece at a time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from activation.domain.events import Kind
from activation.domain.record.manifest import ACTIVATION
from activation.models import (
    Activation,
    Checkpoint,
    Event,
    LogLine,
    Organization,
    PackageVersion,
    Plan,
    Record,
    Run,
    StateVersion,
)
from activation.models.events import CHAINED_COLUMNS, read_chained
from activation.selectors.activations import source_run

# Rows fetched at a time: what is held in memory of a record of any size.
CHUNK = 2000
RECORDS_PER_PAGE = 25
# Of the downloads; all of them are among the events.
DOWNLOADS_SHOWN = 25
# Being asked for and downloaded does not belong to what a record is about: else no two would be the same.
ABOUT_RECORDS = "record."


@dataclass(frozen=True)
class Stretch:
    """The first and the last event of what was asked for."""

    first: int
    last: int


def stretch_of_activation(activation: Activation) -> Stretch | None:
    """Return from where to where the chain tells of an activation; None where it tells nothing."""
    rows = Event.objects.filter(organization=activation.organization_id, activation_id=activation.pk)
    return stretch(rows.exclude(kind__startswith=ABOUT_RECORDS).aggregate(Min("sequence"), Max("sequence")))


def stretch_of_period(organization: Organization, first_moment: datetime, end: datetime) -> Stretch | None:
    """Return the events from a moment on and before another; None where there are none.

    Of a period that goes on, the records asked for and taken away last do not count: else asking again would never be
    the same request. Of one that is over they do, so that no event stands in no record of a day.
    """
    rows = Event.objects.filter(organization=organization, at__gte=first_moment, at__lt=end)
    whole = stretch(rows.aggregate(Min("sequence"), Max("sequence")))
    if whole is None or end <= timezone.now():
        return whole
    last = rows.exclude(kind__startswith=ABOUT_RECORDS).aggregate(Max("sequence"))["sequence__max"]
    return Stretch(whole.first, last) if last is not None else whole


def stretch(found: dict[str, Any]) -> Stretch | None:
    """Return what an aggregate found."""
    first, last = found["sequence__min"], found["sequence__max"]
    return Stretch(first, last) if first is not None else None


def bounds(first_day: Any, last_day: Any) -> tuple[datetime, datetime]:
    """Return when a period of whole days in UTC begins, and when it is over."""
    return (
        datetime.combine(first_day, time(), tzinfo=UTC),
        datetime.combine(last_day + timedelta(days=1), time(), tzinfo=UTC),
    )


def events_of(record: Record) -> Iterator[dict[str, Any]]:
    """Yield the record's events in order, as they are hashed."""
    after = record.first_sequence - 1
    while True:
        rows = list(
            Event.objects.filter(
                organization=record.organization_id, sequence__gt=after, sequence__lte=record.last_sequence
            )
            .order_by("sequence")
            .chained_rows()[:CHUNK]
        )
        for row in rows:
            yield read_chained(row)
        if len(rows) < CHUNK:
            return
        after = rows[-1][CHAINED_COLUMNS.index("sequence")]


def within(record: Record) -> Q:
    """Return the condition for the record's events."""
    return Q(
        organization=record.organization_id,
        sequence__gte=record.first_sequence,
        sequence__lte=record.last_sequence,
    )


def matching(record: Record) -> int:
    """Return how many of the record's events are about what was asked for."""
    rows = Event.objects.filter(within(record))
    if record.scope == ACTIVATION:
        rows = rows.filter(activation_id=record.activation_id).exclude(kind__startswith=ABOUT_RECORDS)
    return rows.count()


def license_event(record: Record) -> Event | None:
    """Return the event by which the organization's license came, as of the record's last event."""
    kinds = [Kind.LICENSE_INSTALLED.value, Kind.LICENSE_REPORTED.value]
    rows = Event.objects.for_organization(record.organization).filter(kind__in=kinds)
    return rows.filter(sequence__lte=record.last_sequence).order_by("-sequence").first()


def timeline(record: Record) -> Iterator[Event]:
    """Yield the events about the record's activation."""
    rows = Event.objects.filter(within(record), activation_id=record.activation_id)
    return rows.exclude(kind__startswith=ABOUT_RECORDS).order_by("sequence").iterator(chunk_size=CHUNK)


def counted_kinds(record: Record) -> list[tuple[str, str, int]]:
    """Return kind, outcome and number of the record's events."""
    rows = Event.objects.filter(within(record)).values_list("kind", "outcome")
    return [(kind, outcome, number) for kind, outcome, number in rows.annotate(Count("pk")).order_by("kind", "outcome")]


def people(record: Record) -> list[tuple[str, str, int]]:
    """Return name, role and number of events of everybody who did something."""
    rows = Event.objects.filter(within(record)).exclude(actor_name="").values_list("actor_name", "actor_role")
    counted: Counter[tuple[str, str]] = Counter()
    for name, role, number in rows.annotate(Count("pk")).order_by("actor_name", "actor_role"):
        counted[name, role] += number
    return [(name, role, number) for (name, role), number in sorted(counted.items())]


def activations_of(record: Record) -> list[Activation]:
    """Return the activations that the record is about, in the order they were begun."""
    related = ("cloud_account", "package", "organization", "setup", "handover")
    rows = Activation.objects.select_related(*related).defer("package__archive", "handover__sealed")
    rows = rows.filter(organization=record.organization_id)
    if record.scope == ACTIVATION:
        return list(rows.filter(pk=record.activation_id))
    named = Event.objects.filter(within(record)).exclude(activation_id="").values("activation_id")
    return list(rows.filter(pk__in=named).order_by("created_at", "pk"))


def runs_of(record: Record) -> list[Run]:
    """Return the runs that the record is about, in the order they were made.

    Of an activation whose account was authorized earlier, the run that did it is among them.
    """
    related = ("workspace__cloud_account", "activation__setup", "package", "organization", "credential", "plan")
    # Large, or read where the record is made: this is called under the chain's lock.
    unread = ("package__archive", "credential__sealed", "plan__sealed", "plan__review", "plan__verdict")
    rows = Run.objects.select_related(*related).defer(*unread)
    rows = rows.filter(organization=record.organization_id)
    if record.scope != ACTIVATION:
        named = Event.objects.filter(within(record)).exclude(run_id="").values("run_id")
        return list(rows.filter(pk__in=named).order_by("created_at", "pk"))
    assert record.activation is not None
    wanted = set(
        Event.objects.filter(within(record), activation_id=record.activation_id).values_list("run_id", flat=True)
    )
    if (source := source_run(record.activation)) is not None:
        wanted.add(source.pk)
    return list(rows.filter(pk__in=wanted).order_by("created_at", "pk"))


def packages_of(activations: list[Activation], runs: list[Run]) -> list[PackageVersion]:
    """Return the packages of activations and runs, without their archives."""
    wanted = {each.package_id for each in activations} | {each.package_id for each in runs}
    rows = PackageVersion.objects.defer("archive").filter(pk__in=[each for each in wanted if each is not None])
    return list(rows.order_by("name", "sha256"))


def archive_of(sha256: str) -> bytes:
    """Return the archive of the package with this content."""
    return bytes(PackageVersion.objects.values_list("archive", flat=True).get(sha256=sha256))


def plan_of(run_id: str, sha256: str) -> Plan:
    """Return a run's plan without its sealed file."""
    return Plan.objects.defer("sealed").get(run=run_id, sha256=sha256)


def last_states(runs: list[Run]) -> dict[str, StateVersion]:
    """Return the newest state that each run left, by the run's ID, without its sealed content."""
    newest = StateVersion.objects.filter(run__in=runs).values("run").annotate(last=Max("pk")).values("last")
    return {each.run_id: each for each in StateVersion.objects.defer("sealed").filter(pk__in=newest)}


def state_of(run_id: str, *, lineage: str, serial: int) -> StateVersion:
    """Return one of the states that a run left."""
    return StateVersion.objects.select_related("run").get(run=run_id, lineage=lineage, serial=serial)


def log_of(run_id: str, *, upto: int) -> Iterator[LogLine]:
    """Yield a run's log lines in order, up to a number."""
    after = 0
    while True:
        rows = list(LogLine.objects.filter(run=run_id, number__lte=upto).after(after, most=CHUNK))
        yield from rows
        if len(rows) < CHUNK:
            return
        after = rows[-1].number


@dataclass(frozen=True)
class StoredLines:
    """How far a run's log goes, how many lines that are, and how many of them are the portal's own."""

    last: int = 0
    count: int = 0
    own: int = 0


def stored_lines(runs: list[Run]) -> dict[str, StoredLines]:
    """Return what is stored of each run's log, by the run's ID; the portal's own lines are its headings and notices."""
    own = Count("pk", filter=Q(level__in=("phase", "notice")))
    rows = LogLine.objects.filter(run__in=runs).values("run_id")
    rows = rows.annotate(last=Max("number"), count=Count("pk"), own=own)
    return {each["run_id"]: StoredLines(each["last"], each["count"], each["own"]) for each in rows}


def checkpoints_of(record: Record) -> list[dict[str, Any]]:
    """Return the envelopes of the checkpoints that were signed within the record's events."""
    rows = Checkpoint.objects.filter(
        chain=record.organization_id,
        last_sequence__gte=record.first_sequence,
        last_sequence__lte=record.last_sequence,
    )
    return list(rows.order_by("number").values_list("envelope", flat=True))


def recordable(organization: Organization) -> list[Activation]:
    """Return the activations of which a record can be asked for, newest first."""
    rows = Activation.objects.for_organization(organization).select_related("organization", "cloud_account")
    return list(rows.order_by("-created_at", "pk"))


def records_page(organization: Organization, *, before: str = "") -> tuple[list[Record], str]:
    """Return a page of the organization's records, newest first, and behind which one the next page begins."""
    rows = Record.objects.for_organization(organization).select_related("activation", "organization")
    last = rows.filter(pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(Q(asked_at__lt=last.asked_at) | Q(asked_at=last.asked_at, pk__lt=last.pk))
    page = list(rows.order_by("-asked_at", "-pk")[: RECORDS_PER_PAGE + 1])
    more = len(page) > RECORDS_PER_PAGE
    page = page[:RECORDS_PER_PAGE]
    return page, page[-1].pk if more else ""


def find_record(organization: Organization, pk: str) -> Record | None:
    """Return one of the organization's records."""
    rows = Record.objects.for_organization(organization).select_related("activation", "organization")
    return rows.filter(pk=pk).first()


def downloads(organization: Organization, record: Record | None = None) -> list[Event]:
    """Return the latest downloads of records, newest first: all of the organization's, or one record's."""
    rows = Event.objects.for_organization(organization).filter(kind=Kind.RECORD_DOWNLOADED)
    if record is not None:
        rows = rows.filter(object_id=record.pk)
    return list(rows.order_by("-sequence")[:DOWNLOADS_SHOWN])
