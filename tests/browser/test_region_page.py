"""Step 3 in Chromium: the map follows the choice, the lights appear, and all of it by keyboard and on a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation import tasks
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, RegionSetup
from activation.services import packages
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, VENDOR, customer, iam, running, simulator, trust
from tests.browser.conftest import Seat
from tests.browser.pictures import look
from tests.factories import make_activation, make_cloud_account, make_member, make_organization

__all__ = ["customer", "iam", "running", "simulator"]

pytestmark = pytest.mark.django_db(transaction=True)

TakeSeat = Callable[..., Seat]


@pytest.fixture
def activation(settings: Any, simulator: Simulator, customer: dict[str, Any], iam: Any) -> Activation:
    """An activation at step 3, whose two roles stand in the simulator and trust this portal."""
    keys = simulator.identities()["vendor"]["role"]
    settings.AWS_ENDPOINT_URL, settings.VENDOR_PRINCIPAL_ARN = simulator.endpoint, VENDOR
    settings.VENDOR_ACCESS_KEY_ID = keys["access_key_id"]
    settings.VENDOR_SECRET_ACCESS_KEY = keys["secret_access_key"]
    settings.VENDOR_SESSION_TOKEN = keys["session_token"]
    for name in ("zilliz-bootstrap-role", "zilliz-management-role"):
        iam.create_role(RoleName=name, Path="/zilliz/", AssumeRolePolicyDocument=trust())
    return at_step_3(customer["account"])


def at_step_3(account: str, control_plane: ControlPlane = ControlPlane.SELF) -> Activation:
    """Return an activation whose seven ARNs are stored."""
    organization = make_organization(
        control_plane=control_plane, external_id=EXTERNAL_ID, external_id_locked_at=timezone.now()
    )
    arns = {each.name: f"arn:aws:iam::{account}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
    row = make_cloud_account(
        organization, account_id=account, arns=arns, arns_source="pasted", arns_stored_at=timezone.now()
    )
    package = packages.ensure_bundled()
    return make_activation(organization, cloud_account=row, status=ActivationStatus.CONFIGURING, package=package)


def open_page(take: TakeSeat, activation: Activation, **options: Any) -> Page:
    """Open step 3 as an owner."""
    at = take(make_member(activation.organization, Role.OWNER), **options)
    at.open(f"/o/{activation.organization.slug}/activations/{activation.pk}/region/")
    return at.page


def drawn(page: Page) -> list[float]:
    """Return where the drawn subnets begin, of 1000."""
    return [float(each.get_attribute("x") or -1) for each in page.locator(".map-bar rect:not(.map-free)").all()]


def test_the_map_follows_the_choice(seat: TakeSeat, activation: Activation) -> None:
    page = open_page(seat, activation)
    expect(page.locator(".map-head")).to_contain_text("10.0.0.0/16")
    assert drawn(page) == [0, 250, 500, 992.19]

    page.get_by_label("/20").check(force=True)
    expect(page.locator(".map-head")).to_contain_text("10.0.0.0/20")
    expect(page.locator(".map-parts")).to_contain_text("10.0.15.224/28")
    # A mask behind the address counts, and the choice follows it; then the choice counts again.
    address = page.get_by_label("First address of the network")
    address.fill("10.64.0.0/18")
    expect(page.get_by_label("/18")).to_be_checked()
    expect(page.locator(".map-parts")).to_contain_text("10.64.32.0/20")
    page.get_by_label("/17").check(force=True)
    expect(address).to_have_value("10.64.0.0")
    expect(page.locator(".map-head")).to_contain_text("10.64.0.0/17")

    address.fill("10.64.0.0/21")
    expect(page.get_by_text("/21 is too small")).to_be_visible()
    expect(page.locator(".map-bar")).to_have_count(0)
    assert not RegionSetup.objects.exists()


def test_the_lights_appear_and_the_way_on_opens(seat: TakeSeat, activation: Activation) -> None:
    page = open_page(seat, activation)
    # By keyboard: the arrow keys choose among the masks, Enter in the field sends the form.
    page.get_by_label("/16").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".map-head")).to_contain_text("10.0.0.0/17")
    page.get_by_label("First address of the network").press("Enter")
    expect(page.locator("#network-panel .panel-head")).to_contain_text("Chosen")
    assert RegionSetup.objects.get().vpc_cidr == "10.0.0.0/17"

    page.get_by_role("button", name="Check trust and room").click()
    expect(page.get_by_text("Waiting for a free worker")).to_be_visible()
    tasks.check_region(activation.pk)
    expect(page.locator("#checks")).to_have_attribute("data-region-checks", "passed")
    expect(page.locator(".light-success")).to_have_count(8)
    # What stands below follows without another press.
    ready = page.locator("#ready")
    expect(ready).to_contain_text("Checked within the last hour")
    expect(ready.get_by_role("button", name=re.compile("Plan the region"))).to_be_disabled()
    expect(ready).to_contain_text("No license is installed")


def test_a_simulator_that_ignores_external_ids_shows_red_lights(
    seat: TakeSeat, activation: Activation, simulator: Simulator
) -> None:
    simulator.change_settings(ignore_external_ids=True)
    page = open_page(seat, activation)
    page.get_by_role("button", name="Check trust and room").click()
    tasks.check_region(activation.pk)
    expect(page.locator("#checks")).to_have_attribute("data-region-checks", "blocked")
    expect(page.get_by_text("ROLE_NOT_PROTECTED")).to_have_count(2)
    expect(page.locator(".light-error")).to_have_count(6)
    expect(page.get_by_text("--role-name zilliz-bootstrap-role")).to_be_visible()


def test_without_javascript_it_works_by_loading_again(seat: TakeSeat, activation: Activation) -> None:
    page = open_page(seat, activation, java_script_enabled=False)
    page.get_by_label("First address of the network").fill("10.32.0.0/19")
    page.get_by_role("button", name="Choose this network").click()
    expect(page.locator(".map-head")).to_contain_text("10.32.0.0/19")
    page.get_by_role("button", name="Check trust and room").click()
    tasks.check_region(activation.pk)
    page.get_by_role("link", name="Reload").click()
    page.reload()
    expect(page.locator(".light-success")).to_have_count(8)


def test_a_field_is_checked_while_it_is_typed(seat: TakeSeat, activation: Activation) -> None:
    page = open_page(seat, activation)
    page.get_by_text("Change them or paste them again").click()
    field = page.get_by_role("textbox", name="Management role")
    field.fill("arn:aws:iam::999988887777:role/zilliz/zilliz-management-role")
    expect(page.get_by_text("This ARN belongs to the AWS account 999988887777")).to_be_visible()
    expect(page.locator("#arns-standing")).to_contain_text("6 of 7 are correct")
    expect(field).to_be_focused()


@pytest.mark.parametrize("control_plane", [ControlPlane.SELF, ControlPlane.ZILLIZ])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(seat: TakeSeat, control_plane: ControlPlane, scheme: str) -> None:
    page = open_page(
        seat,
        at_step_3("123456789012", control_plane),
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
        has_touch=True,
        is_mobile=True,
    )
    page.evaluate("for (const each of document.querySelectorAll('#main details')) each.open = true")
    look(page, f"region-{control_plane.value}")
    assert page.get_by_role("heading", level=1).count() == 1
