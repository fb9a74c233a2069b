"""The one-time link by which the first owner comes in."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Member, Organization, SetupLink, User
from activation.selectors.people import token_hash
from activation.services import events, organizations, people

VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class NewOwner:
    """The account that set-up makes for the first owner."""

    name: str
    email: str
    password: str


def has_owner() -> bool:
    """Return whether anybody owns an organization here."""
    return Member.objects.filter(role=Role.OWNER.value).exists()


@transaction.atomic
def create_setup_link(*, force: bool = False) -> str:
    """Make a link that creates one organization and its owner, valid for 24 hours, and return its address.

    Links made before and not yet used end here: of two printed addresses only the newer one works. The database
    keeps the token's SHA-256 only. Raise Refused("setup_done") where an owner exists, unless `force`.
    """
    if has_owner() and not force:
        raise Refused("setup_done")
    now = timezone.now()
    SetupLink.objects.filter(used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
    token = secrets.token_urlsafe(32)
    SetupLink.objects.create(token_sha256=token_hash(token), created_at=now, expires_at=now + VALID_FOR)
    events.record(Kind.SETUP_LINK_CREATED, actor=events.PORTAL, organization=None, object_type="setup link")
    return f"{settings.PORTAL_URL}/setup/{token}/"


@transaction.atomic
def set_up(
    *, token: str, organization_name: str, control_plane: ControlPlane, owner: NewOwner | User, address: str = ""
) -> Organization:
    """Use a set-up link: create the organization, its owner (a new account, or one that is signed in), and events.

    Raise Refused where the link is gone, the address has an account, the password is weak, or this portal cannot be
    the control plane; the link then stays as it was.
    """
    now = timezone.now()
    used = SetupLink.objects.filter(token_sha256=token_hash(token), used_at__isnull=True, expires_at__gt=now).update(
        used_at=now
    )
    if not used:
        raise Refused("setup_link_gone")
    if isinstance(owner, NewOwner):
        owner = people.create_person(email=owner.email, name=owner.name, password=owner.password)
    return organizations.create_organization(
        name=organization_name, control_plane=control_plane, owner=owner, address=address
    )
