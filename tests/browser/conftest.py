"""Chromium in front of a real server; whatever it complains about fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from activation.models import Member

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
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is missing. Get it with your system's packages (chromium), or with: playwright install chromium"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start one Chromium for the session: the system's, else Playwright's own."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        except Error as error:
            pytest.fail(f"{MISSING}\n{error.message.splitlines()[0]}")
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
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
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
