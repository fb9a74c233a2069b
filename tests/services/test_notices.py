"""Mails about an activation: to whom, once, and what a mail server that is away changes."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind, Outcome
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Event, Handover
from activation.services import activations, events, handover, notices
from tests.factories import make_activation, make_cloud_account, make_member, make_organization
from tests.views.region_rows import make_region_run

pytestmark = pytest.mark.django_db

NOBODY_LISTENS = {
    "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "127.0.0.1", "port": 1}}
}


@pytest.fixture
def activation() -> Activation:
    """An activation that began ten minutes ago, of an organization with one owner and one address more."""
    organization = make_organization("Own Company", notification_addresses=["team@example.com"])
    owner = make_member(organization, Role.OWNER)
    owner.user.email = "owner@example.com"
    owner.user.save()
    make_member(organization, Role.OPERATOR)
    return make_activation(
        organization,
        status=ActivationStatus.ACTIVATING,
        cloud_account=make_cloud_account(organization, account_id="222233334444"),
        activating_since=timezone.now() - timedelta(minutes=10),
    )


def end(activation: Activation, status: ActivationStatus) -> None:
    assert activations.move(activation, to=status, by=events.PORTAL)


def sent_events() -> list[Event]:
    return list(Event.objects.filter(kind=Kind.NOTICE_SENT.value).order_by("sequence"))


def older(activation: Activation, minutes: int) -> None:
    since = timezone.now() - timedelta(minutes=minutes)
    Activation.objects.filter(pk=activation.pk).update(activating_since=since)


@pytest.mark.parametrize(
    ("status", "says"), [(ActivationStatus.ACTIVE, "is active"), (ActivationStatus.FAILED, "could not be activated")]
)
def test_owners_and_the_addresses_of_the_settings_are_told_once(
    activation: Activation, status: ActivationStatus, says: str
) -> None:
    notices.send(activation.pk)
    assert mail.outbox == [], "nothing to tell while it goes on"
    end(activation, status)

    for _ in range(2):
        notices.send(activation.pk)

    assert sorted(message.to[0] for message in mail.outbox) == ["owner@example.com", "team@example.com"]
    message = mail.outbox[0]
    assert message.subject == f"us-west-2 {says} · Own Company"
    assert f"http://localhost/o/own-company/activations/{activation.pk}/" in message.body
    assert message.body.count("http") == 1, "one link"
    (event,) = sent_events()
    assert event.activation_id == activation.pk
    assert event.after["to"] == ["team@example.com", "owner@example.com"]


def test_the_sweep_finds_what_is_due_by_itself(
    activation: Activation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as nothing:
        notices.sweep()
    end(activation, ActivationStatus.ACTIVE)
    with django_capture_on_commit_callbacks() as asked:
        notices.sweep()
    notices.send(activation.pk)
    with django_capture_on_commit_callbacks() as afterwards:
        notices.sweep()

    assert (len(nothing), len(asked), len(afterwards)) == (0, 1, 0)


def test_past_thirty_minutes_people_are_told_once_and_of_the_end_as_well(activation: Activation) -> None:
    older(activation, 31)
    for _ in range(2):
        notices.sweep()
        notices.send(activation.pk)

    assert [message.subject for message in mail.outbox] == ["us-west-2 takes longer than usual · Own Company"] * 2
    assert Event.objects.filter(kind=Kind.REGION_LATE.value).count() == 1
    end(activation, ActivationStatus.ACTIVE)
    notices.send(activation.pk)
    assert [message.subject for message in mail.outbox[2:]] == ["us-west-2 is active · Own Company"] * 2


def test_a_mail_server_that_is_away_is_an_event_and_is_asked_again_for_a_while(
    activation: Activation, settings: Settings
) -> None:
    mailers = settings.MAILERS
    settings.MAILERS = NOBODY_LISTENS
    end(activation, ActivationStatus.FAILED)

    for _ in range(2):
        notices.send(activation.pk)

    (event,) = sent_events()
    assert (event.outcome, event.after["to"]) == (Outcome.FAILED, [])
    assert "did not accept it" in event.reason
    settings.MAILERS = mailers
    assert notices.due(activation) is None, "not before a pause"
    found = notices.due(activation, now=timezone.now() + timedelta(minutes=2))
    assert found is not None
    notices.deliver(activation, found[0], reached=found[1])
    assert len(mail.outbox) == 2
    assert [each.outcome for each in sent_events()] == [Outcome.FAILED, Outcome.DONE]


def test_without_a_mail_server_nothing_is_called_sent_and_is_once_there_is_one(
    activation: Activation, settings: Settings
) -> None:
    mailers = settings.MAILERS
    settings.MAILERS = {"default": {"BACKEND": "byoc_portal.mail.LogBackend"}}
    end(activation, ActivationStatus.ACTIVE)

    notices.send(activation.pk)
    assert sent_events() == []

    settings.MAILERS = mailers
    notices.send(activation.pk)
    assert [event.outcome for event in sent_events()] == [Outcome.DONE]


def test_what_was_resumed_after_a_mail_is_told_of_anew(activation: Activation) -> None:
    end(activation, ActivationStatus.FAILED)
    notices.send(activation.pk)
    activation.refresh_from_db()
    end(activation, ActivationStatus.ACTIVATING)
    notices.send(activation.pk)
    activation.refresh_from_db()
    end(activation, ActivationStatus.ACTIVE)
    notices.send(activation.pk)

    subjects = [message.subject.split(" · ")[0] for message in mail.outbox]
    assert subjects == ["us-west-2 could not be activated"] * 2 + ["us-west-2 is active"] * 2


def test_an_organization_s_name_cannot_add_a_header(activation: Activation) -> None:
    activation.organization.name = "Own\nBcc: all@example.com"
    activation.organization.save()
    end(activation, ActivationStatus.ACTIVE)
    notices.send(activation.pk)

    assert mail.outbox[0].subject == "us-west-2 is active · Own Bcc: all@example.com"


def test_an_owner_is_told_that_a_run_needs_an_approval_and_not_that_it_is_late(activation: Activation) -> None:
    run = make_region_run(activation, RunStatus.PLANNED)
    older(activation, 31)
    events.record_of_run(Kind.RUN_NEEDS_APPROVAL, run, reason="This is more than what Ada approved.")

    for _ in range(2):
        notices.sweep()
        notices.send(activation.pk)

    assert [message.subject for message in mail.outbox] == ["us-west-2 needs your approval · Own Company"] * 2
    assert not Event.objects.filter(kind=Kind.REGION_LATE.value).exists()


# --- where a vendor's console builds it


@pytest.fixture
def at_zilliz(activation: Activation) -> Activation:
    """The same, of a customer of Zilliz Cloud, with its values not handed over yet."""
    Activation.objects.filter(pk=activation.pk).update(control_plane=ControlPlane.ZILLIZ.value)
    activation.refresh_from_db()
    handover.of(activation)
    return activation


def handed_over(activation: Activation, minutes: int, **values: object) -> None:
    since = timezone.now() - timedelta(minutes=minutes)
    Handover.objects.filter(activation=activation).update(handed_over_at=since, **values)


def test_a_console_is_late_by_when_the_values_were_handed_over_and_the_mail_says_no_more_than_was_seen(
    at_zilliz: Activation,
) -> None:
    older(at_zilliz, 300)
    notices.sweep()
    assert not Event.objects.filter(kind=Kind.REGION_LATE.value).exists(), "nothing was entered yet"

    handed_over(at_zilliz, 31)
    notices.sweep()
    notices.send(at_zilliz.pk)

    assert [message.subject for message in mail.outbox] == ["us-west-2 has not been seen complete · Own Company"] * 2
    assert "nothing is lost" not in mail.outbox[0].body
    assert "this portal has not seen everything" in mail.outbox[0].body


def test_what_was_found_complete_is_not_late_and_is_told_of_once(at_zilliz: Activation) -> None:
    handed_over(at_zilliz, 200, complete_at=timezone.now())
    activations.record(Kind.WATCH_COMPLETE, at_zilliz, actor=events.PORTAL, after={"resources": 20})
    activations.record(Kind.WATCH_ENDED, at_zilliz, actor=events.PORTAL, reason="everything documented was found")

    for _ in range(2):
        notices.sweep()
        notices.send(at_zilliz.pk)

    assert [message.subject for message in mail.outbox] == ["us-west-2: resources found · Own Company"] * 2
    # Another look after that ends without a word.
    activations.record(Kind.WATCH_ENDED, at_zilliz, actor=events.PORTAL, reason=handover.KEY_OVER)
    notices.send(at_zilliz.pk)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("reason", "mails"), [(handover.KEY_OVER, 2), (handover.KEY_REFUSED, 2), ("a person ended the watch", 0)]
)
def test_a_watch_that_loses_its_key_is_told_of(at_zilliz: Activation, reason: str, mails: int) -> None:
    activations.record(Kind.WATCH_ENDED, at_zilliz, actor=events.PORTAL, reason=reason)
    for _ in range(2):
        notices.send(at_zilliz.pk)
    assert [message.subject for message in mail.outbox] == ["us-west-2 is no longer watched · Own Company"] * mails


@pytest.mark.parametrize(("outcome", "mails"), [(Outcome.FAILED, 1), (Outcome.DONE, 0)])
def test_that_an_approved_plan_could_not_begin_is_told_unless_a_person_canceled_it(
    activation: Activation, outcome: Outcome, mails: int
) -> None:
    make_region_run(activation, RunStatus.ERRORED, approved_at=timezone.now())
    back = {"to": ActivationStatus.CONFIGURING, "activating_since": None}
    assert activations.move(activation, by=events.PORTAL, outcome=outcome, **back)

    assert [each.pk for each in notices.candidates()] == [activation.pk]
    notices.send(activation.pk)

    subjects = {message.subject for message in mail.outbox}
    assert subjects == ({"us-west-2 was not begun · Own Company"} if mails else set())
