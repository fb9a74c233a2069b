"""Logs: one JSON object a line, nothing in it that lets its reader in."""

import json
import logging

import pytest
from django.test import RequestFactory

from byoc_portal.logging import LONGEST_MESSAGE, JsonFormatter


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
