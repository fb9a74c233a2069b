"""Events are chained as they are written, tell nothing they should not, and cannot be changed by the application."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from activation.domain import chain
from activation.domain.events import Kind
from activation.domain.run_status import RunStatus
from activation.models import Checkpoint, CloudAccount, Event, Organization, append_only
from activation.selectors.chains import events_of
from activation.services import activations, events
from activation.services.events import PORTAL, Actor
from tests.factories import make_activation, make_organization, make_run

pytestmark = pytest.mark.django_db

SOMEBODY = Actor("7", "Ann Bell", "owner", "password", "192.0.2.7")


def record(organization: Organization | None, **more: object) -> Event:
    """Record something harmless."""
    return events.record(Kind.SIGNED_IN, actor=SOMEBODY, organization=organization, **more)  # type: ignore[arg-type]


def test_each_event_follows_from_the_one_before_it_in_its_own_chain() -> None:
    one, other = make_organization(), make_organization()
    written = [record(each) for each in (one, other, one, None, one, None)]
    assert [event.sequence for event in written] == [1, 1, 2, 1, 3, 2]
    for organization in (one, other, None):
        walk = chain.Walk(organization.pk if organization else "installation")
        assert chain.first_problem(events_of(organization), walk) is None
        assert walk.count == Event.objects.filter(organization=organization).count()


def test_an_event_is_read_back_as_it_was_hashed() -> None:
    organization = make_organization()
    event = events.record(
        Kind.ARNS_STORED,
        actor=SOMEBODY,
        organization=organization,
        reason="“Grüße” \U0001f600 \ue000",
        before={"arns": {}},
        after={"arns": {"b": "arn:aws:s3:::x", "a": "é"}, "source": "pasted"},
    )
    read = next(events_of(organization))
    assert read == event.chained()
    assert read["hash"] == chain.event_hash(read)
    assert read["at"] == chain.time_text(event.at)


def test_what_a_database_cannot_hold_is_replaced_before_it_is_hashed() -> None:
    organization = make_organization()
    record(organization, object_type="page", object_id="/o/\x00/" + "x" * 200, reason="\ud800")
    read = next(events_of(organization))
    assert read["object_id"] == "/o/\ufffd/" + "x" * 75
    assert read["reason"] == "\ufffd"
    assert read["hash"] == chain.event_hash(read)


def test_a_clock_that_was_set_back_makes_no_event_older_than_the_one_before_it() -> None:
    organization = make_organization()
    ahead = datetime.now(UTC) + timedelta(hours=2)
    Event.objects.create(organization=organization, sequence=1, at=ahead, kind=Kind.SIGNED_IN, hash="a" * 64)
    Organization.objects.filter(pk=organization.pk).update(last_sequence=1)
    event = record(organization)
    assert (event.sequence, event.at, event.prev_hash) == (2, ahead, "a" * 64)
    assert event.at > timezone.now()


def test_a_field_that_is_on_no_list_is_an_error_here() -> None:
    with pytest.raises(ValueError, match="may not tell password"):
        record(make_organization(), after={"password": "x"})
    assert not Event.objects.exists()


def test_in_production_a_field_that_is_on_no_list_is_left_out_and_logged(
    settings: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STRICT_EVENTS = False  # type: ignore[attr-defined]
    event = events.record(
        Kind.MEMBER_INVITED,
        actor=SOMEBODY,
        organization=make_organization(),
        after={"email": "a@example.com", "token": "hush"},
    )
    assert event.after == {"email": "a@example.com"}
    assert "token" in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize("table", sorted(append_only.TABLES))
@pytest.mark.parametrize("statement", ["UPDATE {} SET hash = 'b'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(table: str, statement: str) -> None:
    organization = make_organization()
    events.record_of_run(Kind.RUN_APPLIED, make_run(make_activation(organization)), actor=PORTAL)
    assert append_only.faulty_triggers(connection) == []
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert Event.objects.count() == 1
    assert Checkpoint.objects.count() == 1


def test_the_database_refuses_to_write_over_what_is_there() -> None:
    record(make_organization())
    columns = ", ".join(f'"{field.column}"' for field in Event._meta.concrete_fields)
    words = {
        "sqlite": f"INSERT OR REPLACE INTO activation_event ({columns}) SELECT {columns} FROM activation_event",
        "postgresql": f"INSERT INTO activation_event ({columns}) SELECT {columns} FROM activation_event "
        "ON CONFLICT (id) DO UPDATE SET hash = 'b'",
    }
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(words[connection.vendor])


def test_the_end_of_a_run_is_signed() -> None:
    run = make_run(make_activation(make_organization()), status=RunStatus.APPLYING)
    events.record_of_run(Kind.RUN_APPLY_STARTED, run)
    assert not Checkpoint.objects.exists()
    events.record_of_run(Kind.RUN_APPLIED, run)
    signed = Checkpoint.objects.get()
    assert (signed.chain, signed.number, signed.last_sequence) == (run.organization_id, 1, 2)


def test_an_account_is_claimed_with_its_event_or_not_at_all() -> None:
    organization = make_organization()
    record(organization)
    # The counter was set back: the next event's number is taken, and it cannot be written.
    Organization.objects.filter(pk=organization.pk).update(last_sequence=0)
    with pytest.raises(IntegrityError):
        activations.claim_account(organization, account_id="111122223333", partition="aws", by=SOMEBODY)
    assert not CloudAccount.objects.filter(account_id="111122223333").exists()
