"""Logs: one JSON object a line, nothing in it that lets its reader in."""

import json
import logging

import pytest
from django.core.mail import EmailMessage, send_mail
from django.test import RequestFactory
from pytest_django import Settings

from byoc_portal.logging import LONGEST_MESSAGE, JsonFormatter, TextFormatter
from byoc_portal.mail import LogBackend
from byoc_portal.settings import mailer


def entry(message: str, **extra: object) -> dict[str, str]:
    record = logging.LogRecord("portal", logging.WARNING, __file__, 1, "%s", (message,), None)
    vars(record).update(extra)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", ["/setup/{}/", "/join/{}/", "/accounts/password/reset/key/{}/"])
def test_tokens_of_one_time_links_stay_out(path: str) -> None:
    said = entry("Unprocessable Entity: " + path.format("q8TokenOfALink-_"))["message"]

    assert "q8Token" not in said
    assert said == "Unprocessable Entity: " + path.format("[masked]")


def test_a_refused_request_has_its_identity_also_after_the_last_middleware() -> None:
    request = RequestFactory().get("/")
    request.identity = "0123456789abcdef"  # type: ignore[attr-defined]

    assert entry("Not Found: /", request=request)["request_id"] == "0123456789abcdef"


def test_a_line_has_an_end() -> None:
    assert len(entry("Not Found: /" + "a" * 10_000)["message"]) == LONGEST_MESSAGE


def test_text_for_a_terminal_is_masked_too() -> None:
    record = logging.LogRecord("portal", logging.WARNING, __file__, 1, "%s", ("Gone: /join/q8Token/",), None)

    assert TextFormatter("%(message)s").format(record) == "Gone: /join/[masked]/"


def test_mail_that_nobody_sends_is_written_down_without_its_link(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAILERS = {"default": mailer("console:")}

    send_mail("Invitation", "Open http://localhost/join/q8TokenOfALink/ to accept.", None, ["new@example.com"])

    assert "new@example.com: Invitation" in caplog.text
    assert "Open http://localhost/join/[masked]/ to accept." in caplog.text


def test_made_up_peoples_mail_is_one_line_of_the_log_with_its_link(caplog: pytest.LogCaptureFixture) -> None:
    letter = EmailMessage("Invitation", "Open this:\nhttp://localhost/join/q8TokenOfALink/", None, ["new@example.com"])

    LogBackend(links=True, alias="default").send_messages([letter])

    (record,) = caplog.records
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"].endswith("http://localhost/join/q8TokenOfALink/")
