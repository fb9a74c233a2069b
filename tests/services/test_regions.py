"""What a region that was built counts as, by what could be seen of it; and how long its building may take."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.aws.outside import Seen
from activation.domain.checks import Check, CheckState
from activation.domain.errors import Faulted, Problem, Refused
from activation.domain.events import Kind
from activation.domain.plan import PlanReview
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Event, Plan, RegionSetup, Run
from activation.services import events, launching, region_endings, regions, runs
from tests.views.region_rows import give_region_plan, make_building, make_region_run

pytestmark = pytest.mark.django_db

CODES = ("cluster", "node_group_core", "bucket_tls", "role_ca_irsa")


def built(*, ago: timedelta) -> tuple[Activation, Run]:
    """Return a region whose apply ended that long ago."""
    activation, _ = make_building()
    return activation, make_region_run(activation, RunStatus.APPLIED, finished_at=timezone.now() - ago)


def seen(*passing: str, **states: CheckState) -> Seen:
    """Return a report in which everything passed, but for `states`; `passing` was not seen for a passing reason."""
    lines = tuple(Check(code, code, states.get(code, CheckState.PASSED), "So it is.") for code in CODES)
    return Seen(lines, frozenset(passing))


def status(activation: Activation) -> str:
    return Activation.objects.get(pk=activation.pk).status


@pytest.mark.parametrize("code", CODES)
def test_what_was_not_seen_is_looked_for_again_and_then_keeps_the_region_from_being_active(code: str) -> None:
    activation, run = built(ago=timedelta(seconds=10))
    report = seen(**{code: CheckState.NOT_CHECKED})

    regions.store(activation, run, report)
    assert status(activation) == ActivationStatus.ACTIVATING, "AWS may be busy"

    Run.objects.update(finished_at=timezone.now() - regions.PATIENCE)
    run.refresh_from_db()
    regions.store(activation, run, report)
    assert status(activation) == ActivationStatus.FAILED
    assert f"{code} could not be seen" in Activation.objects.get(pk=activation.pk).reason


def test_once_everything_was_seen_the_region_is_active_without_waiting() -> None:
    activation, run = built(ago=timedelta(seconds=1))
    regions.store(activation, run, seen())
    assert status(activation) == ActivationStatus.ACTIVE


def test_of_the_roles_that_a_removed_bootstrap_role_alone_may_read_nothing_need_be_seen() -> None:
    activation, run = built(ago=timedelta(seconds=1))
    report = seen(role_ca_irsa=CheckState.NOT_CHECKED)
    regions.store(activation, run, report, excused=frozenset({"role_ca_irsa"}))
    assert status(activation) == ActivationStatus.ACTIVE
    assert RegionSetup.objects.get().outside["checks"][-1]["state"] == "not_checked", "and is not said to be right"


def test_a_look_that_saw_nothing_at_all_is_no_proof() -> None:
    activation, run = built(ago=regions.PATIENCE)
    regions.store(activation, run, Seen(()), Refused("aws_denied", action="sts:AssumeRole"))
    assert status(activation) == ActivationStatus.FAILED


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (Seen(()), Faulted("aws_unreachable", host="sts.us-west-2.amazonaws.com")),
        (Seen(()), Refused("aws_key_expired")),
        (seen("cluster", cluster=CheckState.NOT_CHECKED), None),
    ],
)
def test_where_aws_could_not_be_reached_nothing_has_failed_and_it_is_looked_at_again(
    report: Seen, problem: Problem | None
) -> None:
    activation, run = built(ago=timedelta(hours=1))

    regions.store(activation, run, report, problem)
    since = RegionSetup.objects.get().outside["blind_since"]
    regions.store(activation, run, report, problem)

    assert status(activation) == ActivationStatus.ACTIVATING
    kept = RegionSetup.objects.get().outside
    assert kept["blind"]
    assert kept["blind_since"] == since, "since the first look that saw nothing"
    regions.store(activation, run, seen())
    assert status(activation) == ActivationStatus.ACTIVE
    assert "blind" not in RegionSetup.objects.get().outside


@pytest.mark.parametrize("bad", [CheckState.FAILED, CheckState.NOT_CHECKED])
def test_what_is_wrong_or_denied_fails_although_something_else_could_not_be_reached(bad: CheckState) -> None:
    activation, run = built(ago=timedelta(hours=1))
    regions.store(activation, run, seen("cluster", cluster=CheckState.NOT_CHECKED, bucket_tls=bad))
    assert status(activation) == ActivationStatus.FAILED


# --- a continuation that needs a person


def continued() -> tuple[Run, Run]:
    """Return a run whose session ended after 50 minutes, and the planned one that continues it."""
    activation, _ = make_building()
    now = timezone.now()
    first = make_region_run(
        activation,
        RunStatus.INTERRUPTED,
        apply_started_at=now - timedelta(minutes=110),
        approved_by_name="Ada",
        finished_at=now - timedelta(minutes=60),
    )
    give_region_plan(first, exist=("aws_vpc.main",))
    second = make_region_run(
        activation, RunStatus.PLANNED, continues=first, retry_of=first, planned_at=now - timedelta(minutes=55)
    )
    give_region_plan(second)
    return first, second


def test_more_than_was_approved_waits_for_a_person_and_is_an_event() -> None:
    _, run = continued()
    more = region_endings.confirm(run, PlanReview.from_json(Plan.objects.get(run=run).review))
    assert "beyond what Ada approved" in more
    assert Run.objects.get(pk=run.pk).status == RunStatus.PLANNED
    event = Event.objects.get(kind=Kind.RUN_NEEDS_APPROVAL.value)
    assert (event.run_id, event.activation_id) == (run.pk, run.activation_id)


def test_the_time_that_a_person_takes_is_not_taken_from_the_building() -> None:
    _, run = continued()
    run.approved_at = timezone.now()
    # 110 minutes since the approval, 55 of them spent waiting, of 120.
    assert region_endings.seconds_left(run) == pytest.approx(65 * 60, abs=5)


# --- an approved plan that is not begun


def test_an_approved_plan_canceled_before_its_apply_opens_step_3_again() -> None:
    activation, _ = make_building()
    run = make_region_run(activation, RunStatus.CONFIRMED, approved_at=timezone.now())

    runs.cancel(run, actor=events.Actor(name="Ada", role="owner"))

    activation.refresh_from_db()
    assert (activation.status, activation.activating_since) == (ActivationStatus.CONFIGURING, None)
    assert activation.reason == "Canceled by Ada."


def test_what_keeps_an_approved_plan_from_starting_opens_step_3_again(settings: Settings) -> None:
    settings.TERRAFORM = "/nowhere/terraform"
    activation, _ = make_building()
    run = make_region_run(activation, RunStatus.CONFIRMED, approved_at=timezone.now())

    launching.start(run.pk)

    run.refresh_from_db()
    assert (run.status, run.apply_started_at) == (RunStatus.ERRORED, None), "an apply that nobody began"
    assert status(activation) == ActivationStatus.CONFIGURING
    assert Activation.objects.get().reason == run.reason


def test_what_an_apply_was_begun_of_fails_and_does_not_go_back() -> None:
    activation, _ = make_building()
    make_region_run(activation, RunStatus.INTERRUPTED, apply_started_at=timezone.now())
    run = make_region_run(activation, RunStatus.CONFIRMED, approved_at=timezone.now())

    runs.cancel(run, actor=events.Actor(name="Ada", role="owner"))

    assert status(activation) == ActivationStatus.FAILED
