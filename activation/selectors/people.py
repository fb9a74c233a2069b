"""Who belongs where: reads for the frame, the members page and the links that let people in."""

from hashlib import sha256
from typing import Any

from django.db.models import QuerySet

from activation.domain.roles import Role
from activation.models import Invitation, Member, Organization, PendingChange, SetupLink, User


def token_hash(token: str) -> str:
    """Return what the database keeps of a link's token: its SHA-256 in hex."""
    return sha256(token.encode()).hexdigest()


def organizations_of(user: Any) -> list[Organization]:
    """Return the organizations between which a person may switch, by name; none for the anonymous."""
    return list(Organization.objects.of(user)) if user.is_authenticated else []


def find_user(email: str) -> User | None:
    """Return the account of an address, whatever its case."""
    return User.objects.filter(email__iexact=email.strip()).first()


def find_setup_link(token: str) -> SetupLink | None:
    """Return the set-up link of a token."""
    return SetupLink.objects.filter(token_sha256=token_hash(token)).first()


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a token, with its organization."""
    return Invitation.objects.select_related("organization").filter(token_sha256=token_hash(token)).first()


def members_of(organization: Organization) -> QuerySet[Member]:
    """Return the members as the Members page lists them: owners first, then by name."""
    return Member.objects.for_organization(organization).select_related("user").order_by("-role", "user__name")


def invitations_of(organization: Organization) -> QuerySet[Invitation]:
    """Return the organization's invitations, whatever became of them."""
    return Invitation.objects.for_organization(organization)


def open_invitations_of(organization: Organization) -> QuerySet[Invitation]:
    """Return the invitations that can still be accepted, newest first."""
    return Invitation.objects.for_organization(organization).open().order_by("-created_at")


def pending_changes_of(organization: Organization) -> QuerySet[PendingChange]:
    """Return what waits for another owner, oldest first."""
    rows = PendingChange.objects.filter(organization=organization).order_by("asked_at")
    return rows.select_related("member__user", "asked_by__user")


def owners_of(organization: Organization) -> QuerySet[Member]:
    """Return the organization's owners."""
    return Member.objects.for_organization(organization).filter(role=Role.OWNER.value)


def roles_of(user: Any) -> set[Role]:
    """Return the roles that a person has, in whatever organizations."""
    return {Role(role) for role in Member.objects.filter(user_id=user.pk).values_list("role", flat=True)}
