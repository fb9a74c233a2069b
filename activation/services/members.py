"""Invite people, let them join, change their roles, take them out."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activation.domain import membership
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.record.csv_cells import harmless_cell
from activation.domain.roles import ROLE_LABELS, Role
from activation.models import Invitation, Member, Organization, User
from activation.selectors.people import find_invitation, members_of, open_invitations_of, owners_of, token_hash
from activation.services import events, four_eyes, mail, people
from activation.services.events import Actor

VALID_FOR = timedelta(days=7)


@dataclass
class Invited:
    """An invitation and its link, which nobody can show again; after the commit also whether a mail server took it.

    `link` is empty where a mail server is named: then only who reads that mailbox can join, not whoever invites.
    """

    invitation: Invitation
    link: str
    is_mailed: bool = False


def lock(organization: Organization) -> None:
    """Let changes of one organization's members take turns, so that owners are counted right."""
    Organization.objects.select_for_update().get(pk=organization.pk)


def present_role(member: Member) -> Role:
    """Return the role a member has now; raise Refused where the membership has ended since the page was loaded."""
    role = Member.objects.filter(pk=member.pk).values_list("role", flat=True).first()
    if role is None:
        raise Refused("membership_ended")
    return Role(role)


@transaction.atomic
def access_list(*, organization: Organization, actor: Actor) -> list[list[str]]:
    """Return who has access as rows of a table, a heading first; that it was taken away is an event."""
    rows = access_rows(organization)
    events.record(
        Kind.ACCESS_LIST_DOWNLOADED,
        actor=actor,
        organization=organization,
        object_type="organization",
        object_id=organization.pk,
        after={"members": len(rows) - 1},
    )
    return rows


def access_rows(organization: Organization) -> list[list[str]]:
    """Return who has access as rows of a table for spreadsheets, a heading first."""
    rows = [["Name", "E-mail address", "Role", "Since (UTC)", "Granted by", "Last seen (UTC)"]]
    for member in members_of(organization):
        seen = member.last_seen_at.isoformat(timespec="seconds") if member.last_seen_at else ""
        since = member.since.isoformat(timespec="seconds")
        row = [member.user.name, member.user.email, member.role_label, since, member.granted_by_name, seen]
        rows.append([harmless_cell(text) for text in row])
    return rows


@transaction.atomic
def invite(*, organization: Organization, email: str, role: Role, by: Member, actor: Actor) -> Invited:
    """Invite a person by a link valid for seven days, sent by mail; where none leaves, returned to be shown once.

    Raise Refused where the role is not the inviter's to give, the person is a member, or an open invitation exists.
    """
    lock(organization)
    membership.check_may_grant(present_role(by), role)
    if role is Role.OWNER and four_eyes.are_asked(organization):
        raise Refused("owner_by_two", field="role")
    email = email.strip().lower()
    if Member.objects.for_organization(organization).filter(user__email__iexact=email).exists():
        raise Refused("member_already", field="email")
    if open_invitations_of(organization).filter(email__iexact=email).exists():
        raise Refused("invitation_open", field="email")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        role=role.value,
        token_sha256=token_hash(token),
        invited_by_name=actor.name[:120],
        expires_at=timezone.now() + VALID_FOR,
    )
    record(Kind.MEMBER_INVITED, invitation, actor, after={"email": email, "role": role.value})
    link = f"{settings.PORTAL_URL}/join/{token}/"
    invited = Invited(invitation, "" if mail.server() else link)
    # Mail that cannot be sent is logged and undoes nothing.
    transaction.on_commit(lambda: send_invitation(invited, link), robust=True)
    return invited


def send_invitation(invited: Invited, link: str) -> None:
    """Send the link by mail, and note whether a mail server took it."""
    invitation = invited.invitation
    organization = " ".join(invitation.organization.name.split())
    invited.is_mailed = mail.send(
        f"Invitation to {organization}",
        f"{invitation.invited_by_name} invites you to join {organization} as {ROLE_LABELS[Role(invitation.role)]}.\n\n"
        f"Open this link to accept:\n{link}\n\n"
        f"It works once, until {invitation.expires_at:%B %d, %Y %H:%M} UTC.\n",
        invitation.email,
    )


def record(kind: Kind, invitation: Invitation, actor: Actor, *, after: dict[str, str] | None = None) -> None:
    """Record what happened to an invitation."""
    events.record(
        kind,
        actor=actor,
        organization=invitation.organization,
        object_type="invitation",
        object_id=str(invitation.pk),
        after=after,
    )


def check_acceptable(invitation: Invitation | None, *, email: str | None = None) -> Invitation:
    """Return the invitation; raise Refused where it cannot be accepted, or not by the person with this address."""
    if invitation is None:
        raise Refused("invitation_unknown")
    if invitation.accepted_at is not None:
        raise Refused("invitation_used")
    if invitation.withdrawn_at is not None:
        raise Refused("invitation_withdrawn")
    if invitation.expires_at <= timezone.now():
        raise Refused("invitation_expired")
    if email is not None and email.lower() != invitation.email.lower():
        raise Refused("invitation_foreign")
    return invitation


@transaction.atomic
def join(*, token: str, user: User, address: str = "") -> Member:
    """Accept an invitation as a person who has an account with its address; raise Refused otherwise."""
    invitation = check_acceptable(find_invitation(token), email=user.email)
    lock(invitation.organization)
    if not Invitation.objects.open().filter(pk=invitation.pk).update(accepted_at=timezone.now()):
        raise Refused("invitation_used")
    if invitation.role == Role.OWNER and four_eyes.are_asked(invitation.organization):
        raise Refused("owner_by_two")
    if Member.objects.for_organization(invitation.organization).filter(user=user).exists():
        raise Refused("member_already")
    member = Member.objects.create(
        organization=invitation.organization,
        user=user,
        role=invitation.role,
        granted_by_name=invitation.invited_by_name,
    )
    record(
        Kind.MEMBER_JOINED,
        invitation,
        Actor.of(member, address=address),
        after={"member": str(member.pk), "role": member.role, "invited_by": invitation.invited_by_name},
    )
    if member.role == Role.OWNER:
        tell_of_owner(member, f"{member.user} joined as an owner, invited by {invitation.invited_by_name}.")
    return member


def tell_of_owner(member: Member, text: str) -> None:
    """Write to the owners that there is one more, or one less."""
    four_eyes.tell_owners(member.organization, "The owners have changed", text)


@transaction.atomic
def join_as_new_person(*, token: str, name: str, password: str, address: str = "") -> Member:
    """Accept an invitation and make the account for it; raise Refused where that cannot be."""
    invitation = check_acceptable(find_invitation(token))
    user = people.create_person(email=invitation.email, name=name, password=password)
    return join(token=token, user=user, address=address)


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Member, actor: Actor) -> None:
    """End an open invitation; raise Refused where it is not open, or of a role that is not `by`'s to give."""
    lock(invitation.organization)
    membership.check_may_grant(present_role(by), Role(invitation.role))
    if not Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        raise Refused("invitation_not_open")
    record(Kind.INVITATION_WITHDRAWN, invitation, actor, after={"email": invitation.email})


@transaction.atomic
def change_role(*, member: Member, role: Role, by: Member, actor: Actor) -> bool:
    """Give a member another role; return False where another owner has to confirm it first.

    Raise Refused where the rules of `domain.membership` forbid it.
    """
    lock(member.organization)
    present, other_owners = present_role(member), owners_of(member.organization).exclude(pk=member.pk).count()
    asks_four_eyes = four_eyes.are_asked(member.organization)
    membership.check_may_change(
        present_role(by), present=present, wanted=role, is_self=by.pk == member.pk, other_owners=other_owners
    )
    membership.check_owners_left(four_eyes=asks_four_eyes, present=present, wanted=role, other_owners=other_owners)
    if role is present:
        return True
    if role is Role.OWNER and asks_four_eyes:
        four_eyes.ask(member.organization, by=by, actor=actor, member=member)
        return False
    Member.objects.filter(pk=member.pk).update(role=role.value, granted_by_name=actor.name[:120])
    events.record(
        Kind.MEMBER_ROLE_CHANGED,
        actor=actor,
        organization=member.organization,
        object_type="member",
        object_id=str(member.pk),
        before={"name": str(member.user), "role": present.value},
        after={"name": str(member.user), "role": role.value},
    )
    if Role.OWNER in (present, role):
        tell_of_owner(
            member,
            f"{actor.name} changed the role of {member.user} from {ROLE_LABELS[present]} to {ROLE_LABELS[role]}.",
        )
    return True


@transaction.atomic
def remove(*, member: Member, by: Member, actor: Actor) -> None:
    """Take a member out of the organization, with effect from the next request; raise Refused as `change_role`."""
    lock(member.organization)
    present, other_owners = present_role(member), owners_of(member.organization).exclude(pk=member.pk).count()
    membership.check_may_remove(present_role(by), present=present, other_owners=other_owners)
    membership.check_owners_left(
        four_eyes=four_eyes.are_asked(member.organization), present=present, wanted=None, other_owners=other_owners
    )
    Member.objects.filter(pk=member.pk).delete()
    events.record(
        Kind.MEMBER_REMOVED,
        actor=actor,
        organization=member.organization,
        object_type="member",
        object_id=str(member.pk),
        before={"name": str(member.user), "role": present.value},
    )
    if present is Role.OWNER:
        tell_of_owner(member, f"{actor.name} removed {member.user}, who was an owner.")
