"""The walk of a smoke test: a form is sent as a browser sends it, and whatever goes wrong ends it with words."""

import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from activation.domain.control_plane import ControlPlane
from activation.management.browser import Browser
from activation.management.walk import Key, Walk, WalkFailed

FORM = (
    '<form method="post" action="/kept/"><input name="token" value="t">'
    '<input type="checkbox" name="ticked" value="a"><input type="checkbox" name="ticked" value="b" checked>'
    '<input type="checkbox" name="ticked" value="c" checked></form>'
)


class Portal(BaseHTTPRequestHandler):
    """A form, and what was sent of it."""

    def do_GET(self) -> None:
        """Answer with the form."""
        self.answer(FORM)

    def do_POST(self) -> None:
        """Answer with what came."""
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def answer(self, text: str) -> None:
        """Send a page."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Return where the portal answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def walk(address: str, folder: Path) -> Walk:
    return Walk(address, ControlPlane.SELF, passwords={}, key=Key("", ""), folder=folder)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, [("token", "t"), ("ticked", "b"), ("ticked", "c")]),
        ({"ticked": ["a", "b"]}, [("token", "t"), ("ticked", "a"), ("ticked", "b")]),
        ({"token": "other", "ticked": []}, [("token", "other")]),
    ],
)
def test_a_form_is_sent_with_every_box_that_is_ticked(
    address: str, given: dict[str, str | list[str]], sent: list[tuple[str, str]]
) -> None:
    browser = Browser(address)
    browser.get("/")

    page = browser.submit(browser.form_with("ticked"), **given)

    assert urllib.parse.parse_qsl(page.body) == sent


def test_a_portal_that_does_not_answer_ends_the_walk_with_the_step(tmp_path: Path) -> None:
    with pytest.raises(WalkFailed, match=r"Sign in: URLError: .*refused"):
        walk("http://127.0.0.1:1", tmp_path).go()


def test_a_page_that_is_not_as_it_should_be_ends_the_walk_with_the_step(address: str, tmp_path: Path) -> None:
    walker = walk(address, tmp_path)
    walker.browser.get("/")

    with pytest.raises(WalkFailed, match="Read: StopIteration"), walker.timed("Read"):
        walker.read_arns()
