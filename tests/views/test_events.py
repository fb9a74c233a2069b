"""The Events page: who did what, found by filters, a page at a time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activation.domain.events import LABELS, SENTENCES, SENTENCES_OF_THE_PORTAL, Kind, Outcome
from activation.domain.roles import Role
from activation.models import ChainStatus, Event, Member
from activation.services import checkpoints, events
from activation.services.events import PORTAL, Actor
from tests.factories import PASSWORD, make_activation, make_member, make_organization, make_run, make_user

pytestmark = pytest.mark.django_db
ANN, BO = Actor("7", "Ann Bell", "owner"), Actor("8", "Bo Carr", "auditor", address="192.0.2.8")
HERE = "/o/own-company/events/"


@pytest.fixture
def auditor() -> Member:
    """Return an auditor of an organization that has no events."""
    return make_member(make_organization("Own Company"), Role.AUDITOR)


@pytest.fixture
def reader(auditor: Member) -> Client:
    """Return the auditor's browser; the sign-in is event 1."""
    client = Client()
    client.force_login(auditor.user)
    return client


def record(auditor: Member, kind: Kind = Kind.SIGNED_OUT, actor: Actor = BO, **more: Any) -> Event:
    """Record an event."""
    return events.record(kind, actor=actor, organization=auditor.organization, **more)


def numbers(page: str) -> list[int]:
    """Return the numbers of the events on a page, as they stand."""
    return [int(number) for number in re.findall(r'<tr id="event-(\d+)"', page)]


def read(client: Client, path: str) -> str:
    """Return a page."""
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def link(page: str, rel: str) -> str:
    """Return where the link to the neighboring page leads; empty where there is none."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found.group(1).replace("&amp;", "&") if found else ""


def test_pages_lead_down_and_up_without_a_gap_and_nothing_is_counted(auditor: Member, reader: Client) -> None:
    for _ in range(119):
        record(auditor)
    with CaptureQueriesContext(connection) as queries:
        first = read(reader, HERE)
    assert not any("COUNT(" in query["sql"].upper() for query in queries)
    second = read(reader, link(first, "next"))
    third = read(reader, link(second, "next"))
    assert numbers(first) + numbers(second) + numbers(third) == list(range(120, 0, -1))
    assert link(third, "next") == link(first, "prev") == ""
    again = read(reader, link(third, "prev"))
    assert numbers(again) == numbers(second)
    assert numbers(read(reader, link(again, "prev"))) == numbers(first)


# Queries, and what they find among the events of the test below.
FILTERS: list[tuple[str, list[int]]] = [
    ("person=bell", [6, 5, 2]),
    ("kind=run.", [5, 4]),
    ("kind=run.approved", [5]),
    ("kind=nonsense", [7, 6, 5, 4, 3, 2, 1]),
    ("outcome=refused", [3]),
    ("about={activation}", [6, 5, 4]),
    ("about={run}", [5, 4]),
    ("about=secret", [3]),
    ("person=bell&kind=run.", [5]),
    ("since=2040-01-01", []),
    ("since={today}&until={today}&outcome=refused", [3]),
    ("until=2020-01-01", []),
    ("since=yesterday", [7, 6, 5, 4, 3, 2, 1]),
    ("before=4", [3, 2, 1]),
    ("before=99999999999999999999999", [7, 6, 5, 4, 3, 2, 1]),
    ("before=²", [7, 6, 5, 4, 3, 2, 1]),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=[query for query, _ in FILTERS])
def test_filters_find_what_they_say(auditor: Member, reader: Client, query: str, expected: list[int]) -> None:
    activation = make_activation(auditor.organization)
    run = make_run(activation)
    record(auditor, Kind.SIGNED_IN, ANN)
    record(
        auditor, Kind.ACCESS_REFUSED, outcome=Outcome.REFUSED, object_type="page", object_id="/o/own-company/secret/"
    )
    events.record_of_run(Kind.RUN_STARTED, run)
    events.record_of_run(Kind.RUN_APPROVED, run, actor=ANN)
    record(auditor, Kind.ARNS_STORED, ANN, activation_id=activation.pk)
    record(auditor)
    today = datetime.now(UTC).date().isoformat()
    page = read(reader, f"{HERE}?{query.format(activation=activation.pk, run=run.pk, today=today)}")
    assert numbers(page) == expected


def test_filters_go_along_from_page_to_page(auditor: Member, reader: Client) -> None:
    for number in range(120):
        record(auditor, Kind.SIGNED_OUT, ANN if number % 2 else BO)
    first = read(reader, f"{HERE}?person=Bell")
    second = read(reader, link(first, "next"))
    assert len(numbers(first) + numbers(second)) == 60
    assert "Bo Carr" not in first + second


def test_an_event_has_an_address_of_its_own_and_says_when_it_was_changed(auditor: Member, reader: Client) -> None:
    event = record(auditor, Kind.MEMBER_ROLE_CHANGED, ANN, before={"role": "operator"}, after={"role": "owner"})
    page = read(reader, f"{HERE}{event.sequence}/")
    assert event.hash in page
    assert "operator → owner" in page
    assert "This event was changed" not in page
    Event.objects.create(organization=auditor.organization, sequence=50, kind=Kind.SIGNED_IN, hash=event.hash)
    assert "This event was changed" in read(reader, f"{HERE}50/")


@pytest.mark.parametrize("number", ["0", "77", "-1", "one", "9" * 30])
def test_an_event_that_is_not_there_is_not_found(reader: Client, number: str) -> None:
    assert reader.get(f"{HERE}{number}/").status_code == 404


def test_a_kind_of_another_version_of_the_portal_is_shown_as_it_is(auditor: Member, reader: Client) -> None:
    Event.objects.create(organization=auditor.organization, sequence=50, kind="moon.landed", outcome="done")
    assert "moon.landed" in read(reader, HERE)
    assert "moon.landed" in read(reader, f"{HERE}50/")


def test_the_page_says_where_the_chain_stands(auditor: Member, reader: Client) -> None:
    assert "Not verified yet" in read(reader, HERE)
    checkpoints.verify_everywhere()
    assert "The chain is intact up to #1" in read(reader, HERE)
    ChainStatus.objects.update(verified_at=timezone.now() - timedelta(hours=4))
    assert "Check that the workers are running." in read(reader, HERE)
    ChainStatus.objects.update(problem_sequence=1, problem="it was changed", last_sequence=0)
    assert "broken at #1" in read(reader, HERE)


def test_the_timeline_tells_of_one_activation_from_its_beginning(auditor: Member, reader: Client) -> None:
    activation, other = make_activation(auditor.organization), make_activation(auditor.organization)
    for number in range(60):
        record(auditor, Kind.PREREQUISITES_TICKED, ANN, activation_id=(activation, other)[number % 2].pk)
    record(auditor, Kind.ACTIVATION_MOVED, PORTAL, activation_id=activation.pk)
    page = read(reader, f"/o/own-company/activations/{activation.pk}/events/")
    assert page.count("timeline-time") == 31
    assert page.index("ticked off prerequisites") < page.index("The activation moved to another step")
    assert reader.get("/o/own-company/activations/act-none/events/").status_code == 404


def test_the_servers_own_events_are_for_who_runs_it() -> None:
    client = Client()
    client.force_login(make_user("server@example.com", is_installation_administrator=True))
    events.record(Kind.PACKAGE_ADDED, actor=PORTAL, organization=None, object_type="package", object_id="abc")
    page = read(client, "/installation/events/")
    assert "A configuration package was added on the server" in page
    assert re.search(r'href="/installation/events/\d+/"', page)


def test_every_kind_has_a_sentence_and_a_place_among_the_filters(reader: Client) -> None:
    page = read(reader, HERE)
    assert set(SENTENCES) == set(LABELS) == set(Kind)
    assert set(SENTENCES_OF_THE_PORTAL) <= set(Kind)
    for kind in Kind:
        assert f'<option value="{kind}">{LABELS[kind]}</option>' in page


def test_events_tell_how_somebody_signed_in(auditor: Member, reader: Client) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": auditor.user.email, "password": PASSWORD})
    client.get(HERE)
    client.get("/o/own-company/settings/")
    client.post("/accounts/logout/")
    told = Event.objects.filter(organization=auditor.organization).order_by("sequence")
    assert list(told.values_list("kind", "signed_in_by")) == [
        # `force_login` is like coming in by an invitation.
        (Kind.SIGNED_IN, "link"),
        (Kind.SIGNED_IN, "password"),
        (Kind.ACCESS_REFUSED, "password"),
        (Kind.SIGNED_OUT, "password"),
    ]
