"""The hand-over page in Chromium: ticks that stay, values in the clipboard, a watch that fills in by itself."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django import Settings

from activation.models import Activation, Handover, Member
from activation.services import licenses, watching
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.browser import pictures
from tests.browser.conftest import Seat, license_page
from tests.services.consoles import REGIONS, build_by_hand, handed_over, local_aws, name_of_plane

TakeSeat = Callable[..., Seat]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws")


@pytest.fixture(scope="module")
def console_aws(place: Path) -> Iterator[Simulator]:
    with local_aws(place) as simulator:
        yield simulator


@pytest.fixture
def customer(console_aws: Simulator, settings: Settings) -> dict[str, Any]:
    settings.AWS_ENDPOINT_URL = console_aws.endpoint
    settings.WATCH_SECONDS = 0
    identities: dict[str, Any] = console_aws.identities()["customer"]
    return identities


@pytest.fixture
def handed(transactional_db: None) -> tuple[Activation, Member]:
    return handed_over("222233334444", next(REGIONS))


def address(activation: Activation) -> str:
    return f"/o/{activation.organization.slug}/activations/{activation.pk}/hand-over/"


def enter_key(page: Page, identity: dict[str, str]) -> None:
    for name in ("access_key_id", "secret_access_key", "session_token"):
        page.locator(f"[name={name}]").fill(identity[name])
    page.get_by_role("button", name="Start watching").click()


def look(activation: Activation) -> None:
    """Look as a worker would: beside the page, not in its thread."""

    def work() -> None:
        watching.look(activation.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()


def test_ticks_are_kept_as_they_are_made_and_values_are_copied(
    seat: TakeSeat, handed: tuple[Activation, Member], console_aws: Simulator
) -> None:
    activation, owner = handed
    here = seat(owner, permissions=["clipboard-read", "clipboard-write"])
    here.open(address(activation))
    page = here.page

    page.get_by_role("checkbox", name="Bootstrap role").check()
    expect(page.locator("#ticked")).to_have_text("1 of 9 ticked off")
    page.get_by_role("checkbox", name="Netmask").check()
    expect(page.locator("#ticked")).to_have_text("2 of 9 ticked off")
    page.get_by_role("button", name="Copy Bootstrap role").click()
    expect(page.locator("#announcer")).to_have_text("Copied")

    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role"
    assert Handover.objects.get(activation=activation).ticked == ["bootstrap_role_arn", "netmask"]
    page.reload()
    expect(page.get_by_role("checkbox", name="Bootstrap role")).to_be_checked()
    expect(page.get_by_role("checkbox", name="EBS CSI IRSA policy")).not_to_be_checked()


def test_the_watch_fills_in_without_a_reload_up_to_the_confirmation(
    seat: TakeSeat, handed: tuple[Activation, Member], customer: dict[str, Any], place: Path
) -> None:
    activation, owner = handed
    here = seat(owner)
    here.open(address(activation))
    page = here.page
    page.evaluate("() => { window.neverReloaded = true }")
    enter_key(page, customer["session"])
    expect(page.locator("#standing")).to_contain_text("Watching your account")
    page.evaluate("() => { window.sameDocument = true }")
    look(activation)
    expect(page.locator("#status")).to_contain_text("0 of 11", timeout=30_000)
    name = name_of_plane()

    build_by_hand(place, activation.region, name, "--until", "subnets")
    look(activation)
    expect(page.locator("#status")).to_contain_text("2 of 11", timeout=30_000)
    expect(page.get_by_role("link", name=f"{name}-vpc", exact=True)).to_be_visible()
    expect(page).to_have_title(f"2 of 11 found · {activation.region} · BYOC Portal")
    # Half a confirmation that somebody is at is left alone while the watch goes on.
    page.locator("[name=seen]").check()
    page.get_by_role("button", name="End the watch").focus()
    build_by_hand(place, activation.region, f"{name}-more", "--until", "vpc")
    look(activation)
    expect(page.locator("#status")).to_contain_text("A second data plane", timeout=30_000)
    expect(page.locator("[name=seen]")).to_be_checked()
    assert page.evaluate("() => window.sameDocument") is True


def test_found_is_said_live_and_an_owner_confirms_it(
    seat: TakeSeat, handed: tuple[Activation, Member], customer: dict[str, Any], place: Path
) -> None:
    activation, owner = handed
    terms: dict[str, Any] = {
        "license_id": "lic-1",
        "cores": 64,
        "first_day": date(2026, 1, 1),
        "last_day": date(2099, 12, 31),
    }
    licenses.report(organization=activation.organization, actor=Actor.of(owner), **terms)
    here = seat(owner)
    here.open(address(activation))
    page = here.page
    enter_key(page, customer["session"])
    look(activation)
    build_by_hand(place, activation.region, name_of_plane())
    look(activation)

    # The page asks less often the longer nothing is new.
    expect(page.locator("#standing")).to_contain_text("Resources found", timeout=20_000)
    expect(page.locator("[data-poll]")).to_have_count(0)
    expect(page.locator("#announcer")).to_contain_text("Resources found")
    pictures.look(page, "hand-over-found")
    expect(page.locator("[name=unseen]")).to_have_count(0)
    page.get_by_role("button", name="Confirm: active").click()
    expect(page.get_by_role("alert")).to_contain_text("This box is not ticked")
    page.locator("[name=seen]").check()
    page.get_by_role("button", name="Confirm: active").click()

    page.wait_for_url("**/done/")
    pictures.look(page, "done-as-reported")
    here.open(address(activation))
    expect(page.locator("#standing")).to_contain_text("Active (as reported)")
    pictures.look(page, "hand-over-as-reported")
    page.get_by_role("link", name="What to do now").click()
    license_page(page, license_status="active (as reported)", region_status="active (as reported)")
    pictures.look(page, "license-as-reported")


def test_without_javascript_everything_works_by_pressing_buttons(
    seat: TakeSeat, handed: tuple[Activation, Member], customer: dict[str, Any]
) -> None:
    activation, owner = handed
    here = seat(owner, java_script_enabled=False)
    here.open(address(activation))
    page = here.page

    page.get_by_label("Region", exact=True).check()
    page.get_by_role("button", name="Save the ticks").click()
    expect(page.locator("#ticked")).to_have_text("1 of 9 ticked off")
    enter_key(page, customer["session"])
    look(activation)
    page.reload()
    expect(page.locator("#status")).to_contain_text("0 of 11", timeout=30_000)
    page.get_by_role("button", name="End the watch").click()

    expect(page.locator("#standing")).to_contain_text("Not watching")
    assert Handover.objects.get(activation=activation).sealed is None


def test_a_phone_shows_the_page_without_scrolling_sideways(
    seat: TakeSeat, handed: tuple[Activation, Member], customer: dict[str, Any], place: Path
) -> None:
    activation, owner = handed
    here = seat(owner, viewport={"width": 390, "height": 800})
    here.open(address(activation))
    page = here.page
    enter_key(page, customer["session"])
    build_by_hand(place, activation.region, name_of_plane(), "--until", "address")
    look(activation)
    expect(page.locator("#status")).to_contain_text("of 11")

    pictures.look(page, "hand-over")
