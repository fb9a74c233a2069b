"""Create organizations and change their settings."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from activation.domain import membership
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Member, Organization, User
from activation.selectors import license_keys
from activation.selectors.people import owners_of
from activation.services import events, four_eyes, vendor
from activation.services.events import Actor

SLUG_LENGTH = 50


def may_host_control_plane() -> bool:
    """Return whether this installation is configured to be its own control plane."""
    return bool(settings.DEMO or (settings.VENDOR_HOSTS_PORTAL and not missing_of_vendor()))


def missing_of_vendor() -> list[str]:
    """Return the settings without which this installation cannot be its own control plane, the first first."""
    parts = {
        "VENDOR_PRINCIPAL_ARN": bool(settings.VENDOR_PRINCIPAL_ARN),
        "VENDOR_IDENTITY or VENDOR_ACCESS_KEY_ID": vendor.is_configured(),
        "LICENSE_SIGNING_KEY": license_keys.signing_key() is not None,
    }
    return [name for name, there in parts.items() if not there]


@transaction.atomic
def create_organization(
    *, name: str, control_plane: ControlPlane, owner: User, address: str = "", granted_by: str = "set-up"
) -> Organization:
    """Create an organization with its first owner.

    Raise Refused("vendor_not_configured") where this portal cannot be the control plane.
    """
    if control_plane is ControlPlane.SELF and not may_host_control_plane():
        raise Refused("vendor_not_configured", field="contract")
    organization = Organization.objects.create(name=name, slug=free_slug(name), control_plane=control_plane.value)
    member = Member.objects.create(
        organization=organization, user=owner, role=Role.OWNER.value, granted_by_name=granted_by
    )
    events.record(
        Kind.ORGANIZATION_CREATED,
        actor=Actor.of(member, address=address),
        organization=organization,
        object_type="organization",
        object_id=organization.pk,
        after={"name": name, "control_plane": control_plane.value},
    )
    return organization


def free_slug(name: str) -> str:
    """Return the word that stands for the organization in addresses; numbered where it is taken."""
    base = slugify(name)[:SLUG_LENGTH].strip("-") or "organization"
    slug, number = base, 2
    while Organization.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


@transaction.atomic
def change_settings(
    *,
    organization: Organization,
    name: str,
    asks_four_eyes: bool,
    requires_second_factor: bool,
    notification_addresses: list[str],
    by: Member,
    actor: Actor,
) -> bool:
    """Change the name, the rules of four eyes and second factors, who is written to; return whether anything changed.

    The slug stays: addresses that people have kept go on working. That approval needs a second owner is switched off
    only once another owner confirms it. Raise Refused where it is not this member's to ask, or there is one owner.
    """
    present = Organization.objects.select_for_update().get(pk=organization.pk)
    if asks_four_eyes != present.four_eyes:
        membership.check_four_eyes(Role(by.role), wanted=asks_four_eyes, owners=owners_of(present).count())
    is_asked_off = present.four_eyes and not asks_four_eyes
    if is_asked_off:
        four_eyes.ask(present, by=by, actor=actor)
    after: dict[str, Any] = {
        "name": name,
        "four_eyes": present.four_eyes or asks_four_eyes,
        "requires_second_factor": requires_second_factor,
        "notification_addresses": notification_addresses,
    }
    before = {field: getattr(present, field) for field in after}
    changed = [field for field, value in after.items() if before[field] != value]
    if not changed:
        return is_asked_off
    Organization.objects.filter(pk=present.pk).update(**after)
    events.record(
        Kind.ORGANIZATION_SETTINGS_CHANGED,
        actor=actor,
        organization=present,
        object_type="organization",
        object_id=present.pk,
        before={field: before[field] for field in changed},
        after={field: after[field] for field in changed},
    )
    if "four_eyes" in changed:
        four_eyes.tell_owners(present, "Four eyes turned on", f"{actor.name} turned on approval by a second owner.")
    return True
