"""What takes two owners, takes two: neither of them alone gets around it."""

import pytest
from django.core import mail
from django.core.management import call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from activation.domain.credentials import AccessKeys
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.models import Event, Member, Organization, PendingChange, Run
from activation.services import four_eyes, members, organizations, packages, runs
from activation.services.events import Actor
from tests.factories import make_activation, make_invitation, make_member, make_organization
from tests.views.run_rows import TEMPORARY

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization("Two Owners", four_eyes=True)


@pytest.fixture
def first(organization: Organization) -> Member:
    return make_member(organization, Role.OWNER)


@pytest.fixture(autouse=True)
def second(organization: Organization) -> Member:
    return make_member(organization, Role.OWNER)


def save(by: Member, *, asks_four_eyes: bool) -> bool:
    return organizations.change_settings(
        organization=by.organization,
        name=by.organization.name,
        asks_four_eyes=asks_four_eyes,
        requires_second_factor=False,
        notification_addresses=[],
        by=by,
        actor=Actor.of(by),
    )


def are_asked(organization: Organization) -> bool:
    return Organization.objects.get(pk=organization.pk).four_eyes


def test_one_owner_cannot_switch_it_off_and_two_can(
    first: Member,
    second: Member,
    organization: Organization,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert save(first, asks_four_eyes=False)
    assert are_asked(organization)
    change = PendingChange.objects.get()
    with pytest.raises(Refused, match="An owner other than"):
        four_eyes.confirm(change, by=first, actor=Actor.of(first))
    assert are_asked(organization)
    # The other one is told, and confirms.
    assert {letter.to[0] for letter in mail.outbox} == {first.user.email, second.user.email}

    four_eyes.confirm(change, by=second, actor=Actor.of(second))

    assert not are_asked(organization)
    event = Event.objects.get(kind=Kind.ORGANIZATION_SETTINGS_CHANGED)
    assert (event.actor_name, event.after) == (str(second.user), {"four_eyes": False, "asked_by": str(first.user)})


def test_an_admin_cannot_even_ask(organization: Organization) -> None:
    admin = make_member(organization, Role.ADMIN)
    with pytest.raises(Refused, match="two owners"):
        save(admin, asks_four_eyes=False)
    assert not PendingChange.objects.exists()


def test_an_owner_is_made_by_two(first: Member, second: Member, organization: Organization) -> None:
    member = make_member(organization, Role.OPERATOR)
    assert not members.change_role(member=member, role=Role.OWNER, by=first, actor=Actor.of(first))
    change = PendingChange.objects.get()
    # Neither whoever asked nor the one who would become an owner confirms it.
    for one in (first, member):
        with pytest.raises(Refused, match="An owner other than"):
            four_eyes.confirm(change, by=one, actor=Actor.of(one))
    assert Member.objects.get(pk=member.pk).role == Role.OPERATOR

    four_eyes.confirm(change, by=second, actor=Actor.of(second))

    assert Member.objects.get(pk=member.pk).role == Role.OWNER


def test_nobody_becomes_an_owner_by_an_invitation(first: Member, organization: Organization) -> None:
    with pytest.raises(Refused, match="through an invitation"):
        members.invite(
            organization=organization, email="x@example.com", role=Role.OWNER, by=first, actor=Actor.of(first)
        )
    # Nor by one of before it was switched on.
    make_invitation(organization, token="an-invitation", role=Role.OWNER.value)
    with pytest.raises(Refused, match="through an invitation"):
        members.join_as_new_person(token="an-invitation", name="X", password="a long enough password 1")
    assert Member.objects.filter(organization=organization).count() == 2


def test_two_owners_are_kept(first: Member, second: Member) -> None:
    with pytest.raises(Refused, match="two owners"):
        members.remove(member=second, by=first, actor=Actor.of(first))
    with pytest.raises(Refused, match="two owners"):
        members.change_role(member=first, role=Role.ADMIN, by=first, actor=Actor.of(first))


def test_a_change_of_somebody_who_is_no_owner_any_more_cannot_be_confirmed(
    first: Member, second: Member, organization: Organization
) -> None:
    third = make_member(organization, Role.OWNER)
    save(first, asks_four_eyes=False)
    members.change_role(member=first, role=Role.AUDITOR, by=third, actor=Actor.of(third))
    with pytest.raises(Refused, match="An owner other than"):
        four_eyes.confirm(PendingChange.objects.get(), by=second, actor=Actor.of(second))
    four_eyes.withdraw(PendingChange.objects.get(), by=second, actor=Actor.of(second))
    assert are_asked(organization)


def test_it_is_switched_on_only_where_there_are_two_owners() -> None:
    alone = make_member(make_organization("One Owner"), Role.OWNER)
    with pytest.raises(Refused, match="at least two owners"):
        save(alone, asks_four_eyes=True)


def test_a_run_keeps_what_was_asked_for_when_it_began(first: Member, organization: Organization) -> None:
    activation = make_activation(organization)
    account = activation.organization.cloud_accounts.create(account_id="222233334444")
    packages.ensure_bundled()
    run = runs.start_iam_run(
        activation,
        account=account,
        keys=AccessKeys(**TEMPORARY),
        principal_arn="arn:aws:iam::222233334444:user/a",
        by=first,
        actor=Actor.of(first),
    )
    Run.objects.filter(pk=run.pk).update(status=RunStatus.PLANNED.value)
    call_command("switch_off_four_eyes", organization.slug)
    assert not are_asked(organization)
    with pytest.raises(Refused, match="cannot approve"):
        runs.approve(Run.objects.get(pk=run.pk), typed="yes", by=first, actor=Actor.of(first))
