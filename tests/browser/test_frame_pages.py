"""Pages beside the wizard, on a phone: help, the server, members, license, records, packages, a run's state."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from activation.domain.control_plane import ControlPlane
from activation.domain.license import CoreUse
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Node, RegionSetup, User
from activation.services import licenses
from activation.services.events import Actor
from activation.services.packages import ensure_bundled
from activation.services.setup import create_setup_link
from tests.browser.conftest import Seat
from tests.browser.pictures import look
from tests.factories import PASSWORD, make_activation, make_cloud_account, make_member, make_organization
from tests.services.test_licenses import KEY, document, in_settings
from tests.views.run_rows import make_sealed_run
from tests.views.test_states import keep

pytestmark = pytest.mark.django_db(transaction=True)

TakeSeat = Callable[..., Seat]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
REPORT = {
    "sandbox": {"level": "", "walls": {"/srv/private/terraform can be reached": False}, "holds": False},
    "terraform": {"name": "Terraform", "version": "1.11.4"},
    "provider": {"name": "hashicorp/aws", "wanted": ["5.100.0"], "directory": "/srv/mirror", "held": []},
    "portal": "0.1.0",
    "python": "3.13.1",
    "free_bytes": 9 * 2**30,
    "free_work_bytes": 2 * 2**30,
    "least_free_bytes": 64 * 2**20,
}


def sign_in_elsewhere(user: User) -> None:
    """Give somebody a second session, from an address that is as long as one can be."""
    client = Client(
        REMOTE_ADDR="2001:db8:1234:5678:9abc:def0:1234:5678", HTTP_USER_AGENT="(X11; Linux x86_64) Firefox/145.0"
    )
    assert client.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302


def test_frame_pages_fit_a_phone_and_help_is_one_press_away(seat: TakeSeat) -> None:
    owner = make_member(make_organization("Own Company"), Role.OWNER)
    User.objects.filter(pk=owner.user_id).update(is_installation_administrator=True)
    now = timezone.now()
    Node.objects.create(name="host-of-a-long-name.internal.example", seen_at=now, started_at=now, report=REPORT)
    sign_in_elsewhere(owner.user)
    at = seat(owner, **PHONE)
    addresses = {
        "sessions": "/accounts/sessions/",
        "installation": "/installation/",
        "members": "/o/own-company/members/",
        "settings": "/o/own-company/settings/",
        "set-up": create_setup_link(force=True).removeprefix("http://localhost"),
    }
    for name, address in addresses.items():
        at.open(address)
        look(at.page, name)

    at.open("/o/own-company/activations/")
    at.page.locator("summary[aria-label^='Account']").click()
    at.page.get_by_role("link", name="Help").click()
    expect(at.page.get_by_role("heading", level=1)).to_have_text("Help")
    look(at.page, "help")


def test_license_records_and_packages_fit_a_phone(seat: TakeSeat, settings: Settings) -> None:
    settings.LICENSE_SIGNING_KEY = in_settings(KEY)
    organization = make_organization("Own Company", external_id="cid-0123456789abcdefghijklmno")
    owner, auditor = make_member(organization, Role.OWNER), make_member(organization, Role.AUDITOR)
    User.objects.filter(pk=owner.user_id).update(is_installation_administrator=True)
    account = make_cloud_account(organization)
    region = make_activation(organization, status=ActivationStatus.ACTIVE, cloud_account=account)
    RegionSetup.objects.create(activation=region, vpc_cidr="10.20.0.0/17", netmask=17)
    ensure_bundled()

    at = seat(owner, **PHONE)
    for name, address in {"license": "/o/own-company/license/", "packages": "/installation/packages/"}.items():
        at.open(address)
        look(at.page, name)
    admin = make_member(organization, Role.ADMIN)
    licenses.install(organization=organization, document=document(organization), actor=Actor.of(admin))
    used = CoreUse("Query nodes", "products-search", region.region, "4 × m6id.4xlarge", 64)
    licenses.note_cores(activation=region, method="Instances seen by ec2:DescribeInstances.", uses=[used])
    at = seat(admin, **PHONE)
    for name, rest in {"license-installed": "", "license-details": "details/", "license-install": "install/"}.items():
        at.open(f"/o/own-company/license/{rest}")
        look(at.page, name)
    console = make_organization("At Zilliz", control_plane=ControlPlane.ZILLIZ)
    at = seat(make_member(console, Role.ADMIN), **PHONE)
    at.open("/o/at-zilliz/license/install/")
    expect(at.page.get_by_role("heading", level=1)).to_have_text("Enter the license")
    look(at.page, "license-report")
    at = seat(auditor, **PHONE)
    at.open("/o/own-company/records/")
    look(at.page, "records")


def test_the_page_of_a_state_fits_a_phone_once_its_owner_has_proven_who_it_is(seat: TakeSeat) -> None:
    owner = make_member(make_organization("Own Company"), Role.OWNER)
    activation = make_activation(owner.organization, package=ensure_bundled())
    run = make_sealed_run(activation, RunStatus.APPLIED)
    keep(run, 12)

    at = seat(owner, **PHONE)
    at.open(f"/o/own-company/runs/{run.pk}/state/")
    look(at.page, "proof")
    at.page.locator("[name=password]").fill(PASSWORD)
    at.page.locator("[name=password]").press("Enter")
    expect(at.page.get_by_role("heading", level=1)).to_have_text("Terraform state")
    look(at.page, "state")
