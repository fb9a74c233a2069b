"""What takes two owners while four eyes are asked for: switching that off, and making somebody an owner.

Otherwise one person could be both: switch it off, or make a second owner of their own.
"""

from django.conf import settings
from django.db import transaction

from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Member, Organization, PendingChange
from activation.selectors.people import owners_of
from activation.services import events, mail
from activation.services.events import Actor


def are_asked(organization: Organization) -> bool:
    """Return whether the organization asks for four eyes now, whatever the page was loaded with."""
    return Organization.objects.filter(pk=organization.pk, four_eyes=True).exists()


@transaction.atomic
def ask(organization: Organization, *, by: Member, actor: Actor, member: Member | None = None) -> PendingChange:
    """Write down what an owner asks for, for another owner to confirm; raise Refused where it waits already.

    With a member, that they become an owner; without one, that four eyes are switched off.
    """
    change, is_new = PendingChange.objects.get_or_create(
        organization=organization, member=member, defaults={"asked_by": by}
    )
    if not is_new:
        raise Refused("change_asked_already")
    record(Kind.CHANGE_ASKED, change, actor)
    text = f"{actor.name} requests: {change}.\n\nAnother owner must confirm or withdraw it on the Members page."
    tell_owners(organization, "A change is waiting for another owner", text)
    return change


@transaction.atomic
def confirm(change: PendingChange, *, by: Member, actor: Actor) -> None:
    """Do what another owner asked for; raise Refused for whoever asked, and where it is not theirs to confirm."""
    organization = Organization.objects.select_for_update().get(pk=change.organization_id)
    present = waiting(change)
    owners = set(owners_of(organization).values_list("pk", flat=True))
    if by.pk == present.asked_by_id or not {by.pk, present.asked_by_id} <= owners:
        raise Refused("change_by_other_owner")
    asked_by = str(present.asked_by.user)
    present.delete()
    if present.member is None:
        switch_off(organization, actor=actor, asked_by=asked_by)
        return
    Member.objects.filter(pk=present.member.pk).update(role=Role.OWNER.value, granted_by_name=actor.name[:120])
    name = str(present.member.user)
    events.record(
        Kind.MEMBER_ROLE_CHANGED,
        actor=actor,
        organization=organization,
        object_type="member",
        object_id=str(present.member.pk),
        before={"name": name, "role": present.member.role},
        after={"name": name, "role": Role.OWNER.value, "asked_by": asked_by},
    )
    tell_owners(
        organization,
        "There is a new owner",
        f"{name} is now an owner: requested by {asked_by}, confirmed by {actor.name}.",
    )


@transaction.atomic
def switch_off(organization: Organization, *, actor: Actor, asked_by: str) -> None:
    """Switch four eyes off; runs that began with them keep them. What waits for a second owner waits no more."""
    PendingChange.objects.filter(organization=organization).delete()
    Organization.objects.filter(pk=organization.pk).update(four_eyes=False)
    events.record(
        Kind.ORGANIZATION_SETTINGS_CHANGED,
        actor=actor,
        organization=organization,
        object_type="organization",
        object_id=organization.pk,
        before={"four_eyes": True},
        after={"four_eyes": False, "asked_by": asked_by},
    )
    text = (
        f"A second owner no longer has to approve runs that start from now on: requested by {asked_by}, confirmed by "
        f"{actor.name}."
    )
    tell_owners(organization, "Four eyes turned off", text)


@transaction.atomic
def withdraw(change: PendingChange, *, by: Member, actor: Actor) -> None:
    """Drop what was asked for; any owner may. Raise Refused where it does not wait any more."""
    present = waiting(change)
    if not owners_of(present.organization).filter(pk=by.pk).exists():
        raise Refused("change_by_other_owner")
    record(Kind.CHANGE_WITHDRAWN, present, actor)
    present.delete()


def waiting(change: PendingChange) -> PendingChange:
    """Return a change as it stands now; raise Refused where it does not wait any more."""
    present = (
        PendingChange.objects.select_for_update(of=("self",))
        .select_related("organization", "member__user", "asked_by__user")
        .filter(pk=change.pk)
        .first()
    )
    if present is None:
        raise Refused("change_gone")
    return present


def record(kind: Kind, change: PendingChange, actor: Actor) -> None:
    """Record what happened to a change that waits."""
    events.record(
        kind,
        actor=actor,
        organization=change.organization,
        object_type="organization",
        object_id=change.organization_id,
        after={"change": str(change)},
    )


def tell_owners(organization: Organization, subject: str, text: str) -> None:
    """Write to all owners after the commit; mail that cannot be sent is logged and undoes nothing."""
    addresses = list(owners_of(organization).values_list("user__email", flat=True))
    name = " ".join(organization.name.split())
    link = f"{settings.PORTAL_URL}/o/{organization.slug}/members/"

    def deliver() -> None:
        for address in addresses:
            mail.send(f"{name}: {subject}", f"{text}\n\n{link}\n", address)

    transaction.on_commit(deliver, robust=True)
