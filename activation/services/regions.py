"""A cloud region: its plan begun, its runs in order, and what is seen of it from outside before it counts as active."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from activation import dispatch
from activation.aws import outside
from activation.aws.errors import may_pass
from activation.aws.outside import Seen
from activation.aws.sessions import Session, session
from activation.domain.checks import CheckState
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Problem, Refused
from activation.domain.events import Kind, Outcome
from activation.domain.run_status import SUCCEEDED
from activation.domain.state import read_state
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Member, RegionSetup, Run, Workspace
from activation.models.identity import run_identity
from activation.selectors.region_setup import region_run_under_way
from activation.services import activations, events, host, recovery, region_endings, region_setup, run_keys, vendor
from activation.services.region_packages import bundled_package

log = logging.getLogger(__name__)

MAY_START = frozenset({ActivationStatus.CONFIGURING, ActivationStatus.FAILED})
# AWS may tell a little later than Terraform that all is well.
PATIENCE = timedelta(minutes=3)
# One look at a time, and the next not sooner than this, seconds.
LOOK_SECONDS = 15
SESSION_SECONDS = 900


def start(activation: Activation, *, by: Member, actor: events.Actor, retry_of: Run | None = None) -> Run:
    """Begin the plan of a region; a second press while a run is active returns that one.

    After a run that was cut off this one recovers, whichever button was pressed. Raises Refused where step 3 is not
    done or its checks are not passed (any more), where the region is built or being built, and where the vendor's
    console builds it. What failed after step 3 tries its roles again before it plans (`region_trust`).
    """
    if activation.control_plane != ControlPlane.SELF:
        raise Refused("region_is_built_by_zilliz")
    if (standing := region_run_under_way(activation)) is not None:
        return standing
    if activation.status not in MAY_START:
        raise Refused("region_not_startable", status=activation.status_label)
    if activation.status == ActivationStatus.CONFIGURING:
        region_setup.demand_ready(activation)
    try:
        return create_run(activation, by=by, actor=actor, retry_of=retry_of)
    except IntegrityError:
        if (standing := region_run_under_way(activation)) is not None:
            return standing
        raise


@transaction.atomic
def create_run(activation: Activation, *, by: Member, actor: events.Actor, retry_of: Run | None) -> Run:
    """Write down a region's run and have it started after the commit."""
    assert activation.cloud_account is not None
    workspace, _ = Workspace.objects.get_or_create(
        kind=Workspace.REGION, activation=activation, defaults={"cloud_account": activation.cloud_account}
    )
    pk = run_identity()
    run = Run.objects.create(
        pk=pk,
        organization=activation.organization,
        workspace=workspace,
        activation=activation,
        package=bundled_package(),
        region=activation.region,
        retry_of=retry_of or recovery.cut_off(workspace),
        four_eyes=activation.organization.four_eyes,
        created_by=by.user,
        created_by_name=str(by.user),
        wrapped_key=run_keys.fresh(pk),
    )
    after = {"kind": run.kind, "package": run.package.sha256}
    events.record_of_run(Kind.RUN_CREATED, run, actor=actor, after=after)
    dispatch.start_run(pk)
    return run


def runs_of(activation: Activation) -> list[Run]:
    """Return the region's runs, oldest first."""
    found = Run.objects.filter(activation=activation, workspace__kind=Workspace.REGION)
    return list(found.select_related("package", "workspace__cloud_account").order_by("created_at", "pk"))


def chain(run: Run) -> list[Run]:
    """Return the runs that went on under one approval, oldest first; a run that nothing continues is alone."""
    every = {each.pk: each for each in runs_of(run.activation)}
    first = region_endings.root_of(run)
    found = [every.get(first.pk, first)]
    following = {each.continues_id: each for each in every.values() if each.continues_id}
    while (onward := following.get(found[-1].pk)) is not None:
        found.append(onward)
    return found


# --- what can be seen from outside


def sweep() -> None:
    """Have regions looked at that are built and do not count as active yet."""
    built = Run.objects.filter(workspace__kind=Workspace.REGION, status__in=sorted(SUCCEEDED))
    for activation in Activation.objects.filter(
        status=ActivationStatus.ACTIVATING, control_plane=ControlPlane.SELF, runs__in=built
    ).distinct():
        dispatch.check_outside(activation.pk)


def check_outside(activation_id: str) -> None:
    """Look at a built region from outside; where all is well it is active, where it is not for long it has failed."""
    if not cache.add(f"outside:{activation_id}", 1, LOOK_SECONDS):
        return
    activation = Activation.objects.select_related("organization", "cloud_account").get(pk=activation_id)
    newest = next(iter(reversed(runs_of(activation))), None)
    if activation.status != ActivationStatus.ACTIVATING or newest is None or newest.status not in SUCCEEDED:
        return
    try:
        report, excused = look(activation, newest)
    except Problem as error:
        store(activation, newest, Seen(()), error)
    else:
        store(activation, newest, report, excused=excused)


def look(activation: Activation, run: Run) -> tuple[Seen, frozenset[str]]:
    """Ask AWS about what the newest state speaks of; raises Refused and Faulted where no role can be taken.

    The second value are the codes of lines that need not be seen: those that the bootstrap role alone may read, where
    the customer has removed it.
    """
    content = run_keys.open_newest(workspace=run.workspace_id)
    if content is None:
        raise Refused("region_without_state")
    outputs = read_state(content).outputs
    account = run.workspace.cloud_account
    try:
        reader: Session | None = role_session(activation, account.arns["bootstrap_role_arn"])
    except Problem as error:
        if error.code != "aws_denied":
            raise
        log.info("The bootstrap role cannot be assumed; roles are read with the management role")
        reader = None
    report = outside.look(
        role_session(activation, account.arns["management_role_arn"]),
        cluster=str(outputs["cluster_name"]),
        node_groups=tuple(str(each) for each in outputs["node_group_names"]),
        bucket=str(outputs["bucket_name"]),
        roles=reader,
    )
    excused = {each.code for each in report.checks if reader is None and each.code.startswith(outside.ROLE_LINES)}
    return report, frozenset(excused)


def role_session(activation: Activation, role_arn: str) -> Session:
    """Open a short session of one of the two roles in the activation's region; raises as `vendor.take_role` does."""
    keys = vendor.take_role(
        role_arn,
        external_id=activation.organization.external_id or "",
        region=activation.region,
        name=activation.pk,
        seconds=SESSION_SECONDS,
    )
    return session(keys, activation.region, **host.way().of_sessions())


@transaction.atomic
def store(
    activation: Activation,
    run: Run,
    report: Seen,
    problem: Problem | None = None,
    *,
    excused: frozenset[str] = frozenset(),
) -> None:
    """Keep a report and take the activation on by it: active, failed, or looked at again a little later.

    `problem` is why nobody could look at all; `excused` are codes of lines that need not be seen. Where AWS gave no
    answer to go by, nothing is known: the region stays as it is, its page says since when, and the sweep looks again.
    """
    now = timezone.now()
    failed = [each for each in report.checks if each.state is CheckState.FAILED]
    # What nobody saw keeps a region from being active as much as what is wrong.
    unseen = [each for each in report.checks if each.state is CheckState.NOT_CHECKED and each.code not in excused]
    why = problem.text if problem else " ".join(f"{each.title} could not be seen: {each.detail}" for each in unseen)
    passing = may_pass(problem) if problem else bool(unseen) and report.passing.issuperset(e.code for e in unseen)
    blind = passing and not failed
    keep_seen(activation, report, blind=why if blind else "", now=now)
    well = bool(report.checks) and not failed and not unseen
    if blind or (not well and run.finished_at is not None and now - run.finished_at < PATIENCE):
        return
    activations.record(
        Kind.REGION_CHECKED,
        activation,
        actor=events.PORTAL,
        outcome=Outcome.DONE if well else Outcome.FAILED,
        reason=problem.text if problem else "",
        run_id=run.pk,
        after={
            "passed": [each.code for each in report.checks if each.state is CheckState.PASSED],
            "failed": [each.code for each in failed],
        },
    )
    if well:
        activations.move(activation, to=ActivationStatus.ACTIVE, by=events.PORTAL, activated_at=now, reason="")
        dispatch.send_notice(activation.pk)
        dispatch.read_cores(activation.pk)
        return
    found = " ".join(filter(None, (*(each.detail for each in failed), why)))
    text = f"Terraform has built it, but the checks from outside found a problem: {found}"
    region_endings.fail(activation, reason=text)


def keep_seen(activation: Activation, report: Seen, *, blind: str, now: datetime) -> None:
    """Keep what was seen; `blind` is why AWS gave no answer to go by, kept with the time of the first such look."""
    seen: dict[str, Any] = report.to_json()
    if blind:
        before = RegionSetup.objects.filter(activation=activation).values_list("outside", flat=True).first() or {}
        seen |= {"blind": blind, "blind_since": before.get("blind_since") or now.isoformat()}
    RegionSetup.objects.filter(activation=activation).update(outside=seen, outside_at=now)
