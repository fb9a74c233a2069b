"""Events as people browse them: filtered, a page at a time by number, one alone, along one activation."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from activation.models import Activation, ChainStatus, Event, Organization
from activation.models.events import chain_name

EVENTS_PER_PAGE = 50
# The hourly verification is late by now: something does not run.
LATE = timedelta(hours=3)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; what is empty does not matter. `kind` ending in "." is all kinds that begin so.

    `since` and `until` are days in UTC, both included.
    """

    person: str = ""
    kind: str = ""
    about: str = ""
    outcome: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class EventPage:
    """Events, newest first, and the numbers where the neighboring pages begin; None where there is none."""

    events: list[Event]
    older: int | None
    newer: int | None


@dataclass(frozen=True)
class Standing:
    """What is known of a chain: `kind` as `elements/note.html` takes it."""

    kind: str
    status: ChainStatus | None
    late: bool = False


def events_wanted(organization: Organization | None, wanted: Wanted) -> QuerySet[Event]:
    """Return the events of a chain that somebody looks for."""
    found = Event.objects.filter(organization=organization)
    if wanted.person:
        found = found.filter(actor_name__icontains=wanted.person)
    if wanted.kind.endswith("."):
        found = found.filter(kind__startswith=wanted.kind)
    elif wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.outcome:
        found = found.filter(outcome=wanted.outcome)
    if wanted.about:
        found = found.filter(is_about(wanted.about))
    if wanted.since:
        found = found.filter(at__gte=datetime.combine(wanted.since, time.min, UTC))
    if wanted.until:
        found = found.filter(at__lte=datetime.combine(wanted.until, time.max, UTC))
    return found


def is_about(text: str) -> Q:
    """Return the condition that an event is about an activation, a run, or something else named so."""
    if text.startswith("act-"):
        return Q(activation_id=text)
    if text.startswith("run-"):
        return Q(run_id=text)
    return Q(object_id__icontains=text) | Q(object_type__icontains=text)


def event_page(
    organization: Organization | None, wanted: Wanted, *, before: int | None = None, after: int | None = None
) -> EventPage:
    """Return a page: older than `before`, or newer than `after`, or the newest. Nothing is counted."""
    found = events_wanted(organization, wanted)
    if after is not None:
        upwards = list(found.filter(sequence__gt=after).order_by("sequence")[: EVENTS_PER_PAGE + 1])
        more, page = len(upwards) > EVENTS_PER_PAGE, upwards[:EVENTS_PER_PAGE][::-1]
        # Below the page is the event from which somebody came.
        return EventPage(page, page[-1].sequence if page else after + 1, page[0].sequence if more else None)
    downwards = found.order_by("-sequence")
    if before is not None:
        downwards = downwards.filter(sequence__lt=before)
    rows = list(downwards[: EVENTS_PER_PAGE + 1])
    more, page = len(rows) > EVENTS_PER_PAGE, rows[:EVENTS_PER_PAGE]
    newer = None if before is None else (page[0].sequence if page else before - 1)
    return EventPage(page, page[-1].sequence if more else None, newer)


def find_event(organization: Organization | None, sequence: int) -> Event | None:
    """Return the event of that number."""
    return Event.objects.filter(organization=organization, sequence=sequence).first()


def timeline(activation: Activation, *, after: int = 0) -> tuple[list[Event], int | None]:
    """Return a page of an activation's events, oldest first, and the number behind which the next one begins."""
    found = Event.objects.for_organization(activation.organization).filter(activation_id=activation.pk)
    rows = list(found.filter(sequence__gt=after).order_by("sequence")[: EVENTS_PER_PAGE + 1])
    page = rows[:EVENTS_PER_PAGE]
    return page, page[-1].sequence if len(rows) > EVENTS_PER_PAGE else None


def standing(organization: Organization | None) -> Standing:
    """Return what the last verification of a chain came to."""
    status = ChainStatus.objects.filter(chain=chain_name(organization.pk if organization else None)).first()
    if status is None:
        return Standing("info", None)
    late = timezone.now() - status.verified_at > LATE
    if status.problem_sequence is not None:
        return Standing("error", status, late)
    return Standing("warning" if late or status.lacking else "success", status, late)
