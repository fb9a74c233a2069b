"""Chromium in front of a real server; whatever it complains about fails the test."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from activation.models import Member
from activation.simulator.client import Simulator
from tests import tools
from tests.management.running import Up

# Playwright keeps an event loop in the thread of the test, in which Django would refuse its database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A quiet Chromium, which also runs as root, without a graphics card, and calls nobody.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Without a graphics card every frame of something that moves is drawn by the processor, which Terraform needs.
WINDOW: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start one Chromium for the session."""
    found = tools.demand("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Seat:
    """Somebody in front of a browser window, signed in."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the portal."""
        self.page.goto(self.address + path)

    def listen(self) -> None:
        """Note errors of scripts, breaches of the content security policy, and answers nobody expects."""
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self.on_response)

    def on_console(self, message: Any) -> None:
        """Keep what Chromium writes; that a form came back with its errors (422) is no complaint."""
        if message.type in {"error", "warning"} and "status of 422" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def on_response(self, response: Any) -> None:
        """Keep failures, also those of pictures and style sheets."""
        if response.status >= 400 and response.status != 422:
            self.complaints.append(f"{response.status} {response.url}")


@pytest.fixture
def seat(chromium: Browser, live_server: LiveServer, valkey: None) -> Iterator[Callable[..., Seat]]:
    """Return what opens a window for a member; options are those of a Playwright context."""
    contexts: list[BrowserContext] = []
    seats: list[Seat] = []

    def take(member: Member, **options: Any) -> Seat:
        client = Client()
        client.force_login(member.user)
        name = settings.SESSION_COOKIE_NAME
        context = chromium.new_context(**WINDOW | options)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        contexts.append(context)
        seats.append(Seat(context.new_page(), live_server.url))
        seats[-1].listen()
        return seats[-1]

    yield take
    for context in contexts:
        context.close()
    assert [complaint for each in seats for complaint in each.complaints] == []


@dataclass
class Demo:
    """A whole portal with workers and a local AWS, as `up --demo` starts it."""

    address: str
    data: Path
    simulator: Simulator
    passwords: dict[str, str]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Start the portal of the demo once for all tests that need real runs."""
    yield from demo_in(tmp_path_factory.mktemp("portal") / "data")


def demo_in(data: Path) -> Iterator[Demo]:
    """Start the portal of the demo in a directory and end it again: for tests that need its accounts for themselves."""
    up = Up(data, "--demo", "--no-open", "--port", "0")
    try:
        up.wait_until_up()
        passwords = json.loads((data / "demo-sign-ins.json").read_text())
        yield Demo(up.address, data, Simulator.from_directory(data / "simulator"), passwords)
    finally:
        up.clean_up()


@pytest.fixture
def visitor(chromium: Browser, demo: Demo) -> Iterator[Seat]:
    """Somebody who signed in to the demo as its owner, by the form."""
    demo.simulator.clear()
    context = chromium.new_context(**WINDOW)
    context.set_default_timeout(20_000)
    seat = Seat(context.new_page(), demo.address)
    seat.listen()
    seat.open("/accounts/login/")
    seat.page.locator("[name=login]").fill("owner@demo.example")
    seat.page.locator("[name=password]").fill(demo.passwords["owner@demo.example"])
    seat.page.get_by_role("button", name="Sign in").click()
    seat.page.wait_for_url(lambda url: "/accounts/" not in url)
    yield seat
    context.close()
    assert seat.complaints == []


def license_page(page: Page, *, license_status: str, region_status: str) -> None:
    """Hold that the License page, to which the page at hand links, shows both, on the screen and on paper."""
    page.get_by_role("main").get_by_role("link", name="License").first.click()
    page.wait_for_url("**/license/")
    expect(page.get_by_role("heading", name="License Information")).to_be_visible()
    expect(page.locator("[data-license-status]")).to_have_attribute("data-license-status", license_status)
    expect(page.locator("[data-region-status]")).to_have_attribute("data-region-status", region_status)
    expect(page.locator("#usage")).to_be_visible()
    page.emulate_media(media="print")
    for shown in (page.locator(".print-only"), page.locator("[data-license-status]"), page.locator("#usage")):
        expect(shown).to_be_visible()
    for hidden in (page.get_by_role("button", name="Print", exact=True), page.locator(".side")):
        expect(hidden).to_be_hidden()
    page.emulate_media(media="screen")
