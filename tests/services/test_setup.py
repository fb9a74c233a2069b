"""The one-time link by which the first owner comes in."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from activation.checks import own_control_plane, regions
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Event, Organization, SetupLink, User
from activation.services.setup import NewOwner, create_setup_link, set_up
from tests.factories import PASSWORD, make_member, make_organization, make_user
from tests.services.test_licenses import KEY, in_settings

pytestmark = pytest.mark.django_db

OWNER = NewOwner("First Owner", "First@Example.com", PASSWORD)


def token_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def use(token: str, owner: NewOwner | User = OWNER, control_plane: ControlPlane = ControlPlane.ZILLIZ) -> Organization:
    return set_up(token=token, organization_name="Some Company", control_plane=control_plane, owner=owner)


def test_the_command_prints_an_address_of_this_portal() -> None:
    output = StringIO()

    call_command("setup_link", stdout=output)

    assert output.getvalue().startswith("http://localhost/setup/")


def test_the_database_does_not_hold_the_token() -> None:
    token = token_of(create_setup_link())

    assert len(token) >= 43
    assert token not in str(list(SetupLink.objects.values()))


def test_a_second_owner_is_not_made_by_accident() -> None:
    make_member(make_organization(), Role.OWNER)

    with pytest.raises(CommandError, match="already has an owner"):
        call_command("setup_link")
    assert create_setup_link(force=True)


def test_a_newer_link_ends_the_older() -> None:
    older, newer = token_of(create_setup_link()), token_of(create_setup_link())

    with pytest.raises(Refused) as refused:
        use(older)
    assert refused.value.code == "setup_link_gone"
    assert use(newer)


def test_set_up_makes_organization_owner_and_event_at_once() -> None:
    organization = use(token_of(create_setup_link()))

    owner = organization.members.get()
    assert (owner.role, owner.user.email, owner.user.name) == ("owner", "first@example.com", "First Owner")
    assert owner.user.check_password(PASSWORD)
    event = Event.objects.for_organization(organization).get()
    assert (event.kind, event.actor_name, event.sequence) == (Kind.ORGANIZATION_CREATED.value, "First Owner", 1)
    assert PASSWORD not in str(event.after)


def test_a_link_works_once() -> None:
    token = token_of(create_setup_link())
    use(token)

    with pytest.raises(Refused):
        use(token, NewOwner("Second", "second@example.com", PASSWORD))
    assert Organization.objects.count() == 1


def test_a_link_ends_after_a_day() -> None:
    token = token_of(create_setup_link())
    assert SetupLink.objects.get().expires_at - timezone.now() <= timedelta(hours=24)
    SetupLink.objects.update(expires_at=timezone.now())

    with pytest.raises(Refused):
        use(token)


@pytest.mark.parametrize(
    ("owner", "code"),
    [
        (NewOwner("Weak", "weak@example.com", "password1234"), "password_weak"),
        (NewOwner("Short", "short@example.com", "k9#xQ2"), "password_weak"),
        (NewOwner("Taken", "TAKEN@example.com", PASSWORD), "address_taken"),
    ],
)
def test_what_cannot_be_done_leaves_the_link_open(owner: NewOwner, code: str) -> None:
    make_user("taken@example.com")
    token = token_of(create_setup_link())

    with pytest.raises(Refused) as refused:
        use(token, owner)

    assert refused.value.code == code
    assert not Organization.objects.exists()
    assert use(token)


def test_this_portal_is_control_plane_only_where_a_vendor_is_configured(settings: object) -> None:
    token = token_of(create_setup_link())

    with pytest.raises(Refused) as refused:
        use(token, control_plane=ControlPlane.SELF)
    assert refused.value.code == "vendor_not_configured"

    parts = {
        "VENDOR_HOSTS_PORTAL": True,
        "VENDOR_PRINCIPAL_ARN": "arn:aws:iam::111122223333:role/byoc-vendor",
        "VENDOR_IDENTITY": "host",
        "LICENSE_SIGNING_KEY": in_settings(KEY),
    }
    for name, value in parts.items():
        with pytest.raises(Refused, match="not configured for a vendor"):
            use(token, control_plane=ControlPlane.SELF)
        setattr(settings, name, value)
    assert use(token, control_plane=ControlPlane.SELF).control_plane == "self"


def test_a_control_plane_without_principal_identity_or_key_does_not_start(settings: Settings) -> None:
    assert own_control_plane() == []
    settings.VENDOR_HOSTS_PORTAL = True
    (error,) = own_control_plane()
    assert error.id == "activation.E003"
    assert "not VENDOR_PRINCIPAL_ARN, VENDOR_IDENTITY or VENDOR_ACCESS_KEY_ID, LICENSE_SIGNING_KEY" in error.msg
    settings.VENDOR_PRINCIPAL_ARN = "arn:aws:iam::111122223333:role/byoc-vendor"
    settings.VENDOR_IDENTITY, settings.LICENSE_SIGNING_KEY = "host", in_settings(KEY)
    assert own_control_plane() == []


def test_a_portal_for_regions_of_another_partition_does_not_start(settings: Settings) -> None:
    assert regions() == []
    settings.REGIONS = ["us-west-2", "us-gov-west-1"]
    (error,) = regions()
    assert error.id == "activation.E004"
    assert "REGIONS has us-gov-west-1" in error.msg


@pytest.mark.parametrize(("name", "slug"), [("Größe & Söhne", "groe-sohne"), ("株式会社", "organization")])
def test_names_of_all_scripts_get_an_address(name: str, slug: str) -> None:
    for expected in (slug, f"{slug}-2"):
        organization = set_up(
            token=token_of(create_setup_link(force=True)),
            organization_name=name,
            control_plane=ControlPlane.ZILLIZ,
            owner=make_user(),
        )
        assert organization.slug == expected
