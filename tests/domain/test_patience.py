import json
from pathlib import Path
from typing import Any

import pytest

from activation.domain.patience import PAUSES, pause_before_another, words_before_another

CAPTURED: dict[str, Any] = {
    each["code"]: each["diagnostics"]
    for each in json.loads((Path(__file__).parent / "fixtures" / "failures_captured.json").read_text())
}


@pytest.mark.parametrize(
    "code", ["registry_unreachable", "plugin_not_started", "network", "name_resolution", "throttled", "aws_trouble"]
)
def test_what_may_pass_is_tried_again_each_time_later(code: str) -> None:
    pauses = [pause_before_another("plan", CAPTURED[code], tries=tries) for tries in (1, 2, 3, 4)]
    assert pauses == [*PAUSES, None]
    assert sorted(PAUSES) == list(PAUSES)


@pytest.mark.parametrize("code", ["access_denied", "token_expired", "name_taken", "clock_skew", "disk_full"])
def test_a_terminal_failure_is_not(code: str) -> None:
    assert pause_before_another("plan", CAPTURED[code], tries=1) is None


def test_one_terminal_failure_among_others_ends_it() -> None:
    both = [*CAPTURED["plugin_not_started"], *CAPTURED["access_denied"]]
    assert pause_before_another("plan", both, tries=1) is None


@pytest.mark.parametrize("code", ["plugin_not_started", "network", "throttled", "aws_trouble"])
def test_an_apply_is_never_repeated_by_itself(code: str) -> None:
    assert pause_before_another("apply", CAPTURED[code], tries=1) is None


def test_what_said_nothing_is_not_repeated() -> None:
    assert pause_before_another("plan", [], tries=1) is None


def test_the_count_is_said() -> None:
    assert words_before_another(CAPTURED["plugin_not_started"], 2.0, tries=1).endswith("Trying again in 2 s (1 of 3).")
