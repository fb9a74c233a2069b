"""The report of checks: what blocks, and that it survives the database."""

import json

import pytest

from activation.domain.checks import CHECK_STATE_LABELS, Check, CheckState, Report

PASSED = Check("a", "A", CheckState.PASSED, "fine")
WARNED = Check("b", "B", CheckState.WARNING, "hm", "do this", "https://docs.aws.amazon.com/")
OPEN = Check("c", "C", CheckState.NOT_CHECKED, "not allowed to look")
FAILED = Check("d", "D", CheckState.FAILED, "no", "mend it", items=("one", "two"))


def test_only_a_failed_check_blocks() -> None:
    assert not Report((PASSED, WARNED, OPEN)).blocking
    report = Report((PASSED, FAILED, OPEN))
    assert report.blocking
    assert report.failed == (FAILED,)


def test_a_check_is_found_by_its_code() -> None:
    report = Report((PASSED, FAILED))
    assert report.find("d") == FAILED
    assert report.find("z") is None


def test_a_report_comes_back_from_json_as_it_was() -> None:
    report = Report((PASSED, WARNED, OPEN, FAILED))
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_an_unknown_state_is_not_read_as_any_other() -> None:
    with pytest.raises(ValueError, match="splendid"):
        Check.from_json({"code": "a", "title": "A", "state": "splendid"})


def test_every_state_has_a_word() -> None:
    assert set(CHECK_STATE_LABELS) == set(CheckState)
    assert OPEN.state_label == "Not checked"
