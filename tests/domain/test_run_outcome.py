from typing import Any

import pytest

from activation.domain.run_outcome import lost, outcome
from activation.domain.run_status import RunStatus

LOST: dict[str, Any] = {"node": "host-2", "time": "14:03", "phase": "apply", "finished": 6, "planned": 11}


def test_a_lost_run_says_who_went_when_what_was_in_hand_and_what_is_saved() -> None:
    assert lost(**LOST, current=("zilliz-bootstrap-role",)) == (
        "The worker on host-2 went away at 14:03 UTC while creating zilliz-bootstrap-role. "
        "6 of 11 were finished and are saved. Recover finds what was in progress."
    )
    many = lost(**LOST, current=("aws_iam_policy.a", "aws_iam_policy.b", "c", "d", "e"))
    assert "while creating a, b, c and 2 more." in many


def test_a_lost_run_with_nothing_in_hand_or_nothing_begun_says_so() -> None:
    assert "between two resources. 6 of 11 were finished and are saved." in lost(**LOST, current=())
    assert lost(**LOST | {"phase": "plan"}, current=()).endswith("while planning. Nothing was changed in AWS.")
    assert "It had not begun to change anything." in lost(**LOST | {"finished": 0, "planned": 0}, current=())


END: dict[str, Any] = {
    "finished": False, "stopped_for": "", "killed_for": "", "signal": 0, "interrupted": False, "code": 1,
    "command": "apply",
}  # fmt: skip


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        ({"stopped_for": "cancel"}, RunStatus.CANCELED, "Stopped as requested"),
        ({"stopped_for": "cancel", "killed_for": "force"}, RunStatus.FORCE_CANCELED, "was killed"),
        ({"stopped_for": "abandoned"}, RunStatus.INTERRUPTED, "No worker was available"),
        ({"stopped_for": "disk: full"}, RunStatus.ERRORED, "disk is full"),
        ({"signal": 9}, RunStatus.INTERRUPTED, "killed by signal 9"),
        ({}, RunStatus.ERRORED, "ended with an error in its apply"),
    ],
)
def test_an_end_becomes_a_status_and_a_reason(end: dict[str, Any], status: RunStatus, words: str) -> None:
    found = outcome(END | end, phase="apply", finished=6, planned=11, current=("aws_iam_role.a",))
    assert found.status is status
    assert words in found.reason
    assert "6 of 11 were finished and are saved; in progress was a." in found.reason
