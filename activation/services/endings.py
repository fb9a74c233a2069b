"""How a phase ends in the database: planned, applied, failed, stopped, interrupted."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from activation import dispatch
from activation.domain.arn_set import ARN_OUTPUTS, check_set
from activation.domain.errors import Faulted
from activation.domain.events import Kind
from activation.domain.events import Outcome as EventOutcome
from activation.domain.explanations import explain
from activation.domain.plan import PlanReview, read_plan
from activation.domain.run_outcome import SESSION_OVER, outcome
from activation.domain.run_status import ENDED, RunStatus
from activation.domain.sealing import CannotOpen
from activation.domain.state import read_state
from activation.models import CloudAccount, Credential, Plan, Run, StateVersion
from activation.runner.control import KEPT_PLAN, KEPT_REVIEW
from activation.selectors.runs import names_of
from activation.services import activations, events, region_endings, run_inputs, run_keys

log = logging.getLogger(__name__)

CANCELED_PLAN = "Stopped as requested. Nothing was changed in AWS."
OUTPUTS_UNUSABLE = (
    "Terraform finished, but the package did not return usable ARNs of this account as {names}. Enter the seven ARNs "
    "yourself."
)

KINDS: dict[RunStatus, Kind] = {
    RunStatus.PLANNED: Kind.RUN_PLANNED,
    RunStatus.PLANNED_AND_FINISHED: Kind.RUN_NOTHING_TO_DO,
    RunStatus.APPLIED: Kind.RUN_APPLIED,
    RunStatus.ERRORED: Kind.RUN_ERRORED,
    RunStatus.CANCELED: Kind.RUN_CANCELED,
    RunStatus.FORCE_CANCELED: Kind.RUN_CANCELED,
    RunStatus.INTERRUPTED: Kind.RUN_INTERRUPTED,
    RunStatus.DISCARDED: Kind.RUN_DISCARDED,
}


def finish(run: Run, end: Mapping[str, Any], *, epoch: int, control: Path, **changes: Any) -> bool:
    """Bring the end of a phase into the database, and `changes` of the row with it, in one move; return whether it did.

    Everything else of the phase is there already. Raises Problem where what it left cannot be read.
    """
    if end["finished"] and run.phase == "plan":
        return store_plan(run, end, epoch=epoch, control=control, **changes)
    if end["finished"]:
        return conclude(run, to=RunStatus.APPLIED, epoch=epoch, **changes)
    return stop_short(run, end, epoch=epoch, **changes)


@transaction.atomic
def stop_short(run: Run, end: Mapping[str, Any], *, epoch: int, **changes: Any) -> bool:
    """Conclude a phase that did not do all it should; return whether this call did it."""
    progress = run.progress
    asked = is_cancel_asked(run)
    found = outcome(
        end,
        phase=run.phase,
        finished=int(progress.get("finished", 0)),
        planned=int(progress.get("planned", 0)),
        current=names_of(run, progress.get("current", ())),
        cancel_asked=asked,
    )
    return conclude(
        run,
        to=found.status,
        epoch=epoch,
        reason=found.reason,
        explanation=explanation_of(end) if found.explain else {},
        session_over=end["stopped_for"] == SESSION_OVER and not asked,
        **changes,
    )


def is_cancel_asked(run: Run) -> bool:
    """Return whether somebody asked for a stop, and let nobody ask until this transaction ends: then it is too late."""
    row = Run.objects.select_for_update().filter(pk=run.pk)
    return row.values_list("cancel_requested_at", flat=True).get() is not None


def explanation_of(end: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the failure means, as it is stored with the run."""
    errors = [each for each in end["diagnostics"] if each.get("severity") == "error"]
    return asdict(explain(errors or f"terraform ended by signal {end['signal']}"))


def store_plan(run: Run, end: Mapping[str, Any], *, epoch: int, control: Path, **changes: Any) -> bool:
    """Keep the sealed plan, its review and the safety check's verdict; raises Problem where they cannot be read.

    Nothing is kept where another worker was faster, or somebody asked for a stop: that is never too late for a plan.
    """
    sealed, review = kept_plan(run, control)
    verdict = run_inputs.judge(run, review)
    newest = StateVersion.objects.defer("sealed").newest(workspace=run.workspace_id)
    with transaction.atomic():
        if is_cancel_asked(run):
            return conclude(run, to=RunStatus.CANCELED, epoch=epoch, reason=CANCELED_PLAN, **changes)
        if not review.has_changes and verdict.passed:
            target, reason = RunStatus.PLANNED_AND_FINISHED, "Everything already exists as the package describes it."
        elif verdict.passed:
            target, reason = RunStatus.PLANNED, ""
        else:
            target, reason = RunStatus.ERRORED, "The safety check refused this plan. Nothing was changed in AWS."
        if not conclude(run, to=target, epoch=epoch, reason=reason, planned_at=timezone.now(), **changes):
            return False
        Plan.objects.update_or_create(
            run=run,
            defaults={
                "sha256": end["kept"][KEPT_PLAN]["sha256"],
                "sealed": sealed,
                "state_serial": newest.serial if newest else 0,
                "state_lineage": newest.lineage if newest else "",
                "package_sha256": run.package.sha256,
                "review": review.to_json(),
                "verdict": verdict.to_json(),
                # By the database's clock, as its age is measured.
                "created_at": Now(),
            },
        )
        if target is RunStatus.PLANNED and not run.is_of_region:
            dispatch.check_plan(run.pk)
        if target is RunStatus.PLANNED and run.continues_id is not None:
            more = region_endings.confirm(run, review)
            Run.objects.filter(pk=run.pk).update(reason=more)
        return True


def kept_plan(run: Run, control: Path) -> tuple[bytes, PlanReview]:
    """Return the plan as the supervisor sealed it, and what it says; raises Problem."""
    try:
        sealed = (control / KEPT_PLAN).read_bytes()
        content = run_keys.open_file(run, (control / KEPT_REVIEW).read_bytes(), KEPT_REVIEW)
        return sealed, read_plan(json.loads(content))
    except CannotOpen as error:
        raise Faulted("cannot_open") from error
    except (FileNotFoundError, ValueError) as error:
        raise Faulted("plan_unreadable") from error


@transaction.atomic
def conclude(
    run: Run,
    *,
    to: RunStatus,
    epoch: int | None,
    reason: str = "",
    explanation: Any = None,
    session_over: bool = False,
    **changes: Any,
) -> bool:
    """Move a run to what its phase came to, with all that belongs to it; return whether this call did it."""
    moved = Run.objects.move(run.pk, to=to, epoch=epoch, reason=reason, explanation=explanation or {}, **changes)
    if not moved:
        return False
    if to is RunStatus.PLANNED:
        Run.objects.filter(pk=run.pk).update(lease_until=None)
    else:
        destroy_credential(run, reason=f"the run ended: {to}")
    if to in {RunStatus.APPLIED, RunStatus.PLANNED_AND_FINISHED} and not run.is_of_region:
        store_outputs(run)
    failed = to in {RunStatus.ERRORED, RunStatus.INTERRUPTED, RunStatus.FORCE_CANCELED}
    events.record_of_run(KINDS[to], run, outcome=EventOutcome.FAILED if failed else EventOutcome.DONE, reason=reason)
    if run.is_of_region and to in ENDED and not (session_over and region_endings.goes_on(run)):
        region_endings.ended(run, to=to, reason=region_endings.timed_out(run) if session_over else reason)
    return True


def fail(run: Run, *, epoch: int | None, reason: str, explanation: Mapping[str, Any], **changes: Any) -> bool:
    """End a run that could not be carried out, with the reason in words and at least its code as explanation.

    Return whether this call did it.
    """
    return conclude(run, to=RunStatus.ERRORED, epoch=epoch, reason=reason, explanation=explanation, **changes)


@transaction.atomic
def destroy_credential(run: Run, *, reason: str) -> None:
    """Destroy a run's AWS keys; doing it twice changes nothing."""
    gone = Credential.objects.filter(run=run, sealed__isnull=False).update(sealed=None, destroyed_at=timezone.now())
    if gone:
        events.record_of_run(Kind.CREDENTIAL_DESTROYED, run, reason=reason)


def store_outputs(run: Run) -> None:
    """Take the seven ARNs from the newest state into the cloud account, and the activation a step on.

    Raises Faulted where the state cannot be opened.
    """
    content = run_keys.open_newest(workspace=run.workspace_id) if run.kind != Run.DESTROY else None
    if content is None:
        return
    outputs = read_state(content).outputs
    arns = {each.name: str(outputs[each.name]) for each in ARN_OUTPUTS if each.name in outputs}
    account = CloudAccount.objects.get(pk=run.workspace.cloud_account_id)
    _, problems = check_set(arns, account=account.account_id, partition=account.partition)
    if problems:
        log.error("Run %s ended with unusable outputs: %s", run.pk, "; ".join(str(p) for p in problems.values()))
        Run.objects.filter(pk=run.pk).update(reason=OUTPUTS_UNUSABLE.format(names=", ".join(problems)))
        return
    activations.store_arns(account, arns, source="terraform", run=run, actor=events.PORTAL, activation=run.activation)


def review_of(run: Run) -> PlanReview | None:
    """Return the stored review of a run's plan."""
    plan = Plan.objects.filter(run=run).only("review").first()
    return PlanReview.from_json(plan.review) if plan else None
