"""What the end of a region's run means for its activation, and how it goes on when only its session was over."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from activation import dispatch
from activation.domain.continuation import beyond
from activation.domain.events import Kind, Outcome
from activation.domain.plan import PlanReview
from activation.domain.run_status import SUCCEEDED, RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Plan, Run, Workspace
from activation.models.identity import run_identity
from activation.services import activations, events, region_trust, run_keys

# Less than this of the time left is not worth a new session, seconds.
WORTH_IT = 60
TIME_OVER = "It was not done within {minutes} minutes and was stopped. Its state was saved."


def root_of(run: Run) -> Run:
    """Return the run whose plan a person approved and which this one, perhaps, continues."""
    while run.continues is not None:
        run = run.continues
    return run


def seconds_left(run: Run) -> float:
    """Return what is left of the time that building may take, from the approved run's apply on.

    Not counted is for how long a continuation waited for a person.
    """
    since = root_of(run).apply_started_at or timezone.now()
    taken = timezone.now() - since - waited(run)
    return max(1.0, settings.REGION_DEADLINE_SECONDS - taken.total_seconds())


def waited(run: Run) -> timedelta:
    """Return for how long plans of a run and of those that it continues lay before somebody approved them."""
    total = timedelta()
    while run.continues is not None:
        if run.planned_at and run.approved_at:
            total += run.approved_at - run.planned_at
        run = run.continues
    return total


def goes_on(run: Run) -> Run | None:
    """Let another run go on, with a fresh session, where one that has just ended stopped for that; within its commit.

    Returns None where too little of the time is left.
    """
    if seconds_left(run) < WORTH_IT:
        return None
    pk = run_identity()
    next_run = Run.objects.create(
        pk=pk,
        organization=run.organization,
        workspace=run.workspace,
        activation=run.activation,
        package=run.package,
        region=run.region,
        retry_of=run,
        continues=run,
        four_eyes=run.four_eyes,
        created_by=run.created_by,
        created_by_name=run.created_by_name,
        wrapped_key=run_keys.fresh(pk),
    )
    root = root_of(run)
    after = {"continues": run.pk, "approved_by": root.approved_by_name}
    events.record_of_run(Kind.RUN_CONTINUED, next_run, after=after)
    dispatch.start_run(pk)
    return next_run


def confirm(run: Run, review: PlanReview) -> str:
    """Confirm a continuation's plan under the approval that its first run got, within the commit of the plan.

    Returns why it is not covered by that, for a person to decide; empty where it was confirmed.
    """
    root = root_of(run)
    approved = PlanReview.from_json(Plan.objects.only("review").get(run=root).review)
    more = beyond(review, approved)
    if more:
        reason = f"This goes beyond what {root.approved_by_name} approved: {' '.join(more[:3])}"
        events.record_of_run(Kind.RUN_NEEDS_APPROVAL, run, reason=reason)
        dispatch.send_notice(run.activation_id)
        return reason
    moved = Run.objects.move(
        run.pk,
        to=RunStatus.CONFIRMED,
        approved_by=root.approved_by,
        approved_by_name=root.approved_by_name,
        approved_at=timezone.now(),
    )
    if moved:
        after = {"continues": root.pk, "approved_by": root.approved_by_name}
        events.record_of_run(Kind.RUN_APPROVED, run, reason=f"covered by the approval of {root.pk}", after=after)
        dispatch.start_run(run.pk)
    return ""


def begun(run: Run, *, actor: events.Actor) -> None:
    """Take the activation to step 4's work once its plan is approved, within the approval's commit.

    Raises Refused where the license allows no new region, and where the trust of the roles is not proved of late; what
    goes on under way is asked for neither.
    """
    activation = Activation.objects.select_related("organization").get(pk=run.activation_id)
    if activation.status != ActivationStatus.ACTIVATING:
        region_trust.demand_approvable(activation)
    changes: dict[str, Any] = {"activating_since": timezone.now(), "warned_at": None, "reason": ""}
    activations.move(activation, to=ActivationStatus.ACTIVATING, by=actor, **changes)


def ended(run: Run, *, to: RunStatus, reason: str, by: events.Actor = events.PORTAL) -> None:
    """Take the activation on after a region's run ended and nothing goes on from it, within the run's commit.

    What no apply was begun of goes back to step 3, where everything can be changed: nothing exists that could fail.
    """
    activation = Activation.objects.select_related("organization").get(pk=run.activation_id)
    if to in SUCCEEDED:
        if activation.status != ActivationStatus.ACTIVATING:
            activations.move(activation, to=ActivationStatus.ACTIVATING, by=events.PORTAL, reason="")
        dispatch.check_outside(activation.pk)
    elif activation.status == ActivationStatus.ACTIVATING and is_begun(activation):
        fail(activation, reason=reason or "The run ended before the region was built.")
    elif activation.status == ActivationStatus.ACTIVATING:
        # Who wanted it to stop is not written to.
        outcome = Outcome.DONE if to in {RunStatus.CANCELED, RunStatus.DISCARDED} else Outcome.FAILED
        changes: dict[str, Any] = {"activating_since": None, "reason": reason}
        activations.move(activation, to=ActivationStatus.CONFIGURING, by=by, outcome=outcome, **changes)
        dispatch.send_notice(activation.pk)


def is_begun(activation: Activation) -> bool:
    """Return whether the apply of any run of the region was begun, so that something of it may exist."""
    runs = Run.objects.filter(activation=activation, workspace__kind=Workspace.REGION)
    return runs.filter(apply_started_at__isnull=False).exists()


def fail(activation: Activation, *, reason: str) -> bool:
    """Let an activation fail, with the reason in words, and have people told; return whether this call did it."""
    moved = activations.move(activation, to=ActivationStatus.FAILED, by=events.PORTAL, reason=reason)
    if moved:
        dispatch.send_notice(activation.pk)
    return moved


def timed_out(run: Run) -> str:
    """Return the reason of a run that used up all the time that building may take."""
    return TIME_OVER.format(minutes=int(timedelta(seconds=settings.REGION_DEADLINE_SECONDS).total_seconds() // 60))
