"""The wizard's pages in Chromium: by mouse, by keyboard, without JavaScript, on a phone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Organization
from tests.browser.conftest import Seat
from tests.browser.pictures import look
from tests.factories import make_activation, make_cloud_account, make_member, make_organization

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT = "123456789012"
ARNS = {each.name: f"arn:aws:iam::{ACCOUNT}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
OUTPUT = "\n".join(f'{name} = "{arn}"' for name, arn in sorted(ARNS.items()))
EXTERNAL_ID = "cid-0123456789abcdefghijklmno"

TakeSeat = Callable[..., Seat]


@pytest.fixture
def vendor() -> Organization:
    """Return an organization whose control plane is this portal."""
    return make_organization("Own Vendor")


@pytest.fixture
def customer() -> Organization:
    """Return an organization of Zilliz Cloud."""
    return make_organization("Own Customer", control_plane=ControlPlane.ZILLIZ)


def button(page: Page, name: str) -> None:
    """Press the button with these words."""
    page.get_by_role("button", name=name, exact=True).click()


def shown_arns(page: Page) -> dict[str, str]:
    """Return the ARNs that stand on the page."""
    found = page.locator("[data-arn]")
    return {each.get_attribute("data-arn") or "": each.inner_text() for each in found.all()}


def begin(seat: Seat, organization: Organization) -> Page:
    """Go from the first page to *Before you start* of a new activation."""
    seat.open(f"/o/{organization.slug}/activations/")
    seat.page.get_by_role("link", name="New activation").click()
    button(seat.page, "Begin")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("Before you start")
    return seat.page


def test_from_the_first_page_to_seven_arns(seat: TakeSeat, vendor: Organization) -> None:
    page = begin(seat(make_member(vendor, Role.OWNER), permissions=["clipboard-read", "clipboard-write"]), vendor)
    page.get_by_label("I know which AWS account to use").check()
    button(page, "Continue to step 1")
    expect(page).to_have_title("External ID · us-west-2 · BYOC Portal")

    button(page, "Reveal")
    page.get_by_role("button", name="Copy external ID").click()
    vendor.refresh_from_db()
    assert page.evaluate("navigator.clipboard.readText()") == vendor.external_id

    button(page, "Continue to step 2")
    page.get_by_role("link", name="Run it yourself").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="terraform-aws-iam.tar.gz").click()
    assert download.value.suggested_filename == "terraform-aws-iam.tar.gz"

    page.get_by_label("Terraform's output").fill(OUTPUT)
    expect(page.get_by_text("All seven ARNs are there")).to_be_visible()
    expect(page.get_by_label("Bootstrap role")).to_have_value(ARNS["bootstrap_role_arn"])
    button(page, "Use these seven ARNs")

    expect(page).to_have_title(f"Seven ARNs of account {ACCOUNT} · us-west-2 · BYOC Portal")
    assert shown_arns(page) == ARNS
    page.get_by_role("button", name="Copy Management role").click()
    assert page.evaluate("navigator.clipboard.readText()") == ARNS["management_role_arn"]


def test_the_same_way_without_javascript(seat: TakeSeat, vendor: Organization) -> None:
    page = begin(seat(make_member(vendor, Role.OWNER), java_script_enabled=False), vendor)
    button(page, "Continue to step 1")
    button(page, "Reveal")
    button(page, "Continue to step 2")
    page.get_by_role("link", name="Run it yourself").click()
    page.get_by_label("Terraform's output").fill(OUTPUT[:-9])
    button(page, "Check what was understood")
    expect(page.get_by_text("This line is cut off in the middle")).to_be_visible()
    page.get_by_label("Terraform's output").fill(OUTPUT)
    button(page, "Use these seven ARNs")
    assert shown_arns(page) == ARNS


def test_a_paste_is_understood_while_it_is_typed(seat: TakeSeat, vendor: Organization) -> None:
    at = seat(make_member(vendor, Role.OPERATOR))
    activation = make_activation(vendor, status=ActivationStatus.PROVISIONING_IAM)
    at.open(f"/o/{vendor.slug}/activations/{activation.pk}/arns/yourself/")
    box = at.page.get_by_label("Terraform's output")

    box.fill("\n".join(OUTPUT.splitlines()[:3]) + "\nsomething else")
    expect(at.page.get_by_text("3 of 7 are there")).to_be_visible()
    expect(at.page.get_by_text("Line 4 in the paste")).to_be_visible()
    # The other half takes the place of the first; what was understood stays.
    box.fill("\n".join(OUTPUT.splitlines()[3:]))
    expect(at.page.get_by_text("All seven ARNs are there")).to_be_visible()
    assert not CloudAccount.objects.exists()


def test_a_state_file_is_understood_when_it_is_chosen(seat: TakeSeat, vendor: Organization, tmp_path: Path) -> None:
    outputs = {name: {"value": arn, "type": "string"} for name, arn in ARNS.items()}
    state = {"terraform_version": "1.11.4", "lineage": "x", "serial": 1, "outputs": outputs}
    file = tmp_path / "terraform.tfstate"
    file.write_text(json.dumps(state))
    at = seat(make_member(vendor, Role.OWNER))
    activation = make_activation(vendor, status=ActivationStatus.PROVISIONING_IAM)
    at.open(f"/o/{vendor.slug}/activations/{activation.pk}/arns/yourself/")

    at.page.get_by_label("Or a file").set_input_files(file)
    expect(at.page.get_by_text("All seven ARNs are there")).to_be_visible()


def test_an_external_id_from_the_console_is_mended_looked_at_and_locked(seat: TakeSeat, customer: Organization) -> None:
    page = begin(seat(make_member(customer, Role.OWNER)), customer)
    button(page, "Continue to step 1")
    field = page.get_by_label("External ID", exact=True)
    field.fill(f'"{EXTERNAL_ID}"')
    # By keyboard: Enter sends the form, and the summary of what is wrong has the focus.
    field.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(field).to_have_value(f'"{EXTERNAL_ID}"')
    expect(field).to_have_attribute("aria-invalid", "true")

    field.fill(f" {EXTERNAL_ID} ")
    button(page, "Check it")
    expect(page.get_by_text(EXTERNAL_ID)).to_be_visible()
    button(page, "Yes, lock it")
    expect(page.get_by_text("cid-…lmno").first).to_be_visible()
    button(page, "Continue to step 2")
    expect(page.get_by_text("No configuration package was chosen")).to_be_visible()


def test_the_way_can_be_gone_by_keyboard_alone(seat: TakeSeat, vendor: Organization) -> None:
    at = seat(make_member(vendor, Role.OWNER))
    activation = make_activation(vendor, status=ActivationStatus.AUTHORIZING)
    at.open(f"/o/{vendor.slug}/activations/{activation.pk}/before/")
    seen = []
    for _ in range(40):
        at.page.keyboard.press("Tab")
        name = at.page.evaluate("document.activeElement.id || document.activeElement.innerText")
        seen.append(name.strip())
        if name == "ticked-owner":
            at.page.keyboard.press("Space")
        if name.strip() == "Save":
            at.page.keyboard.press("Enter")
            break
    expect(at.page.get_by_label("I can reach an Organization Owner")).to_be_checked()
    assert seen[0] == "Skip to the content"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(seat: TakeSeat, customer: Organization, vendor: Organization, scheme: str) -> None:
    Organization.objects.filter(pk=vendor.pk).update(external_id=EXTERNAL_ID, external_id_locked_at=timezone.now())
    account = make_cloud_account(vendor, account_id=ACCOUNT, arns=ARNS, arns_stored_at=timezone.now())
    activation = make_activation(vendor, cloud_account=account, status=ActivationStatus.CONFIGURING)
    at = seat(
        make_member(vendor, Role.OWNER),
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
        has_touch=True,
        is_mobile=True,
    )
    base = f"/o/{vendor.slug}/activations/"
    for rest in ("", "new/", *(f"{activation.pk}/{each}" for each in PAGES)):
        at.open(base + rest)
        look(at.page, rest.strip("/").replace(activation.pk, "").strip("/").replace("/", "-") or "activations")
        assert at.page.get_by_role("heading", level=1).count() == 1, rest
    assert Activation.objects.count() == 1


PAGES = ("before/", "external-id/", "arns/", "arns/yourself/", "region/")
