"""Invitations, roles, removals."""

import threading

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Event, Invitation, Member, Organization, User
from activation.services import members
from activation.services.events import Actor
from tests.factories import PASSWORD, World, make_invitation, make_member, make_organization, make_user, prove


def invite(organization: Organization, by: Member, email: str, role: Role) -> members.Invited:
    return members.invite(organization=organization, email=email, role=role, by=by, actor=Actor.of(by))


def token_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def signed_in_page(owner: Member) -> str:
    client = Client()
    client.force_login(owner.user)
    prove(client)
    posted = {"email": "c@example.com", "role": "auditor"}
    return client.post(f"/o/{owner.organization.slug}/members/invite/", posted).content.decode()


def last_event(organization: Organization) -> Event:
    return Event.objects.for_organization(organization).order_by("-sequence")[0]


def test_an_invitation_is_mailed_once_it_is_stored(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    owner = world.own.members[Role.OWNER]
    with django_capture_on_commit_callbacks(execute=True):
        invited = invite(world.own.organization, owner, "New@Example.com", Role.AUDITOR)
        assert mail.outbox == []

    (message,) = mail.outbox
    assert message.to == ["new@example.com"]
    assert invited.link in message.body
    assert invited.is_mailed
    assert token_of(invited.link) not in str(list(Invitation.objects.values()))
    event = last_event(world.own.organization)
    assert (event.kind, event.after) == (Kind.MEMBER_INVITED.value, {"email": "new@example.com", "role": "auditor"})


def test_mail_that_cannot_be_sent_undoes_nothing(
    world: World, settings: object, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    settings.MAILERS = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 1},
        }
    }
    with django_capture_on_commit_callbacks(execute=True):
        invited = invite(world.own.organization, world.own.members[Role.OWNER], "new@example.com", Role.AUDITOR)

    assert members.check_acceptable(invited.invitation)
    assert not invited.is_mailed


def test_whoever_invites_by_mail_does_not_see_the_link(world: World, settings: object) -> None:
    owner = world.own.members[Role.OWNER]
    assert "/join/" in invite(world.own.organization, owner, "a@example.com", Role.AUDITOR).link
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "127.0.0.1", "port": 1}}
    settings.MAILERS = {"default": smtp}  # type: ignore[attr-defined]
    assert invite(world.own.organization, owner, "b@example.com", Role.AUDITOR).link == ""
    page = signed_in_page(owner)
    assert "The mail was not sent" in page
    assert "/join/" not in page


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_a_role_without_the_right_invites_nobody(world: World, role: Role) -> None:
    with pytest.raises(Refused):
        invite(world.own.organization, world.own.members[role], "new@example.com", Role.AUDITOR)


def test_nobody_is_invited_twice(world: World) -> None:
    owner = world.own.members[Role.OWNER]
    invite(world.own.organization, owner, "new@example.com", Role.AUDITOR)

    with pytest.raises(Refused) as again:
        invite(world.own.organization, owner, "NEW@example.com", Role.OPERATOR)
    with pytest.raises(Refused) as member:
        invite(world.own.organization, owner, world.own.subject.user.email.upper(), Role.OPERATOR)

    assert (again.value.code, member.value.code) == ("invitation_open", "member_already")


def test_a_new_person_joins_with_the_role_and_the_address_of_the_invitation(world: World) -> None:
    invited = invite(world.own.organization, world.own.members[Role.ADMIN], "new@example.com", Role.OPERATOR)

    member = members.join_as_new_person(token=token_of(invited.link), name="New Person", password=PASSWORD)

    assert (member.role, member.user.email) == ("operator", "new@example.com")
    assert member.granted_by_name == str(world.own.members[Role.ADMIN].user)
    assert last_event(world.own.organization).kind == Kind.MEMBER_JOINED.value
    with pytest.raises(Refused) as refused:
        members.join(token=token_of(invited.link), user=member.user)
    assert refused.value.code == "invitation_used"


def test_a_weak_password_leaves_the_invitation_open(world: World) -> None:
    make_invitation(world.own.organization, token="t")

    with pytest.raises(Refused) as refused:
        members.join_as_new_person(token="t", name="New Person", password="short")

    assert (refused.value.code, refused.value.field) == ("password_weak", "password")
    assert members.join_as_new_person(token="t", name="New Person", password=PASSWORD)


def test_an_invitation_is_for_its_address_alone(world: World) -> None:
    make_invitation(world.own.organization, token="t", email="one@example.com")

    with pytest.raises(Refused) as refused:
        members.join(token="t", user=make_user("other@example.com"))
    assert refused.value.code == "invitation_foreign"
    assert members.join(token="t", user=make_user("One@example.com"))


@pytest.mark.parametrize(
    ("ended_by", "code"),
    [
        ("withdrawn_at", "invitation_withdrawn"),
        ("expires_at", "invitation_expired"),
        ("accepted_at", "invitation_used"),
    ],
)
def test_an_invitation_that_has_ended_lets_nobody_in(world: World, ended_by: str, code: str) -> None:
    invitation = make_invitation(world.own.organization, token="t")
    Invitation.objects.filter(pk=invitation.pk).update(**{ended_by: timezone.now()})

    with pytest.raises(Refused) as refused:
        members.join_as_new_person(token="t", name="New Person", password=PASSWORD)

    assert refused.value.code == code


def test_an_admin_does_not_withdraw_the_invitation_of_an_owner(world: World) -> None:
    admin, invitation = world.own.members[Role.ADMIN], make_invitation(world.own.organization, role="owner")

    with pytest.raises(Refused):
        members.withdraw(invitation=invitation, by=admin, actor=Actor.of(admin))
    owner = world.own.members[Role.OWNER]
    members.withdraw(invitation=invitation, by=owner, actor=Actor.of(owner))

    assert last_event(world.own.organization).kind == Kind.INVITATION_WITHDRAWN.value


def test_a_change_of_role_says_what_it_was_before(world: World) -> None:
    admin, subject = world.own.members[Role.ADMIN], world.own.subject

    members.change_role(member=subject, role=Role.OPERATOR, by=admin, actor=Actor.of(admin))

    event = last_event(world.own.organization)
    assert (event.before["role"], event.after["role"]) == ("auditor", "operator")
    subject.refresh_from_db()
    assert (subject.role, subject.granted_by_name) == ("operator", str(admin.user))


def test_a_change_to_the_same_role_leaves_no_event(world: World) -> None:
    owner, subject = world.own.members[Role.OWNER], world.own.subject
    number = Event.objects.count()

    members.change_role(member=subject, role=Role.AUDITOR, by=owner, actor=Actor.of(owner))

    assert Event.objects.count() == number


def test_who_was_removed_meanwhile_changes_nothing(world: World) -> None:
    admin, owner = world.own.members[Role.ADMIN], world.own.members[Role.OWNER]
    members.remove(member=admin, by=owner, actor=Actor.of(owner))

    with pytest.raises(Refused):
        members.remove(member=world.own.subject, by=admin, actor=Actor.of(admin))


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one_owner() -> None:
    organization = make_organization()
    pair = [make_member(organization, Role.OWNER) for _ in range(2)]
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def demote(by: Member, other: Member) -> None:
        together.wait()
        try:
            members.change_role(member=other, role=Role.AUDITOR, by=by, actor=Actor.of(by))
            outcomes.append("done")
        except Refused as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=(pair[i], pair[1 - i])) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", "owner_changed_by_owner"]
    assert Member.objects.filter(organization=organization, role="owner").count() == 1
    assert User.objects.count() == 2
