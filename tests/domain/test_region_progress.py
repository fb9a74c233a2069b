"""What Terraform's lines say of a region's things, and what they say of its phases."""

from datetime import UTC, datetime, timedelta

import pytest

from activation.domain.region_progress import (
    SIGNS,
    PhaseState,
    Standing,
    Thing,
    Trace,
    percent,
    phases_of,
    standing_of,
    traces_of,
)

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LISTED = ({"name": "network", "label": "Network"}, {"name": "nodes", "label": "Nodes"})


def told(*texts: str) -> list[tuple[str, datetime]]:
    return [(text, START + timedelta(seconds=number)) for number, text in enumerate(texts)]


def test_a_thing_is_begun_and_made_with_its_id() -> None:
    lines = told(
        "aws_vpc.main: Creating...",
        "aws_vpc.main: Still creating... [00m10s elapsed]",
        "aws_vpc.main: Creation complete after 2s [id=vpc-0123456789abcdef0]",
    )
    (trace,) = traces_of(lines).values()

    assert (trace.began, trace.ended, trace.id) == (START, START + timedelta(seconds=2), "vpc-0123456789abcdef0")
    assert trace.exists


def test_a_thing_that_failed_was_not_made_until_it_is_made_after_all() -> None:
    failed = told("aws_eip.nat: Creating...", "aws_eip.nat: Creation errored after 1s")
    assert traces_of(failed)["aws_eip.nat"].failed
    again = told(*(text for text, _ in failed), "aws_eip.nat: Creating...", "aws_eip.nat: Creation complete after 1s")
    assert traces_of(again)["aws_eip.nat"].exists
    gone = told(*(text for text, _ in again), "aws_eip.nat: Destruction complete after 1s")
    assert not traces_of(gone)["aws_eip.nat"].exists


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Apply complete! Resources: 43 added, 0 changed, 0 destroyed.",
        "data.aws_caller_identity.current: Read complete after 0s [id=222233334444]",
        "│ Error: aws_vpc.main: Creating... failed",
        "aws_vpc.main: Still creating... [00m10s elapsed]",
        "AWS_VPC.MAIN: Creation complete after 2s [id=vpc-0]",
    ],
)
def test_other_lines_say_nothing(text: str) -> None:
    assert traces_of(told(text)) == {}


def test_lines_are_found_by_signs_that_leave_out_what_repeats_itself() -> None:
    repeated = "aws_vpc.main: Still creating... [00m10s elapsed]"
    assert not any(sign.lower() in repeated.lower() for sign in SIGNS), "SQLite compares without case"


@pytest.mark.parametrize(
    ("action", "importing", "trace", "in_hand", "at_work", "expected"),
    [
        ("no-op", False, Trace(), False, True, Standing.EXISTS),
        ("import", True, Trace(), False, True, Standing.FOUND),
        ("update", False, Trace(), True, True, Standing.EXISTS),
        ("create", False, Trace(), False, True, Standing.WAITING),
        ("create", False, Trace(began=START), True, True, Standing.WORKING),
        ("create", False, Trace(began=START), True, False, Standing.OPEN),
        ("create", False, Trace(began=START, ended=START), False, True, Standing.EXISTS),
        ("create", False, Trace(began=START, ended=START, failed=True), False, False, Standing.FAILED),
    ],
)
def test_where_a_thing_stands(
    action: str, importing: bool, trace: Trace, in_hand: bool, at_work: bool, expected: Standing
) -> None:
    assert standing_of(action, importing, trace, in_hand=in_hand, at_work=at_work, begun=True) is expected


def thing(phase: str, standing: Standing) -> Thing:
    return Thing("a.b", "a", "a", "", phase, standing=standing)


@pytest.mark.parametrize(
    ("standings", "at_work", "ended_badly", "expected"),
    [
        ([Standing.WAITING], True, False, PhaseState.WAITING),
        ([Standing.EXISTS, Standing.WAITING], True, False, PhaseState.RUNNING),
        ([Standing.WORKING], True, False, PhaseState.RUNNING),
        ([Standing.EXISTS, Standing.FOUND], False, True, PhaseState.DONE),
        ([Standing.EXISTS, Standing.OPEN], False, True, PhaseState.STOPPED),
        ([Standing.EXISTS, Standing.FAILED], False, True, PhaseState.FAILED),
        ([Standing.WAITING], False, True, PhaseState.WAITING),
    ],
)
def test_where_a_phase_stands(
    standings: list[Standing], at_work: bool, ended_badly: bool, expected: PhaseState
) -> None:
    (phase,) = phases_of(
        [thing("network", each) for each in standings], LISTED, at_work=at_work, ended_badly=ended_badly
    )
    assert phase.state is expected


def test_phases_stand_in_the_package_s_order_and_what_has_none_comes_last() -> None:
    things = [thing("", Standing.WAITING), thing("nodes", Standing.WAITING), thing("network", Standing.WAITING)]
    assert [each.label for each in phases_of(things, LISTED, at_work=False, ended_badly=False)] == [
        "Network",
        "Nodes",
        "Other",
    ]


@pytest.mark.parametrize(("done", "total", "expected"), [(0, 0, 0), (0, 47, 0), (46, 47, 97), (47, 47, 100)])
def test_hundred_percent_is_said_only_when_all_is_done(done: int, total: int, expected: int) -> None:
    assert percent(done, total) == expected
