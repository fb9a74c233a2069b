"""Start a phase of a run on this host: win the row, fill the directories, start the supervisor."""

import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from activation import dispatch
from activation.domain.archive import unpack
from activation.domain.credentials import AccessKeys
from activation.domain.durations import spoken
from activation.domain.errors import Faulted, Problem
from activation.domain.events import Kind
from activation.domain.package import LOCK
from activation.domain.run_status import RunStatus
from activation.domain.sealing import CannotOpen
from activation.models import Credential, Node, Plan, Run, StateVersion
from activation.runner import control as controls
from activation.runner import process, providers, sandbox, terraform, workspace
from activation.runner.control import KEPT_PLAN, KEPT_REVIEW
from activation.runner.lock import Held, taken
from activation.runner.spec import Command, Spec
from activation.runner.states import STATE
from activation.services import endings, events, host, recovery, region_endings, region_trust, run_keys, vendor
from activation.services.packages import key_environment
from activation.services.run_inputs import variables_for

log = logging.getLogger(__name__)

PLAN, APPLY = "plan", "apply"
# Starting takes a second; a worker that needs longer has lost its turn.
START_LEASE_SECONDS = 60
# A plan is approved within `PLAN_VALID_SECONDS`; the approved run may wait this much longer for a place on a host.
LATE_START = timedelta(minutes=10)
# Of a run whose supervisor was never started: an apply that nobody began has changed nothing.
NOT_BEGUN: dict[str, Any] = {"apply_started_at": None}
# Less of its key's time left than this, and no apply begins: it would be cut off in the middle.
START_NEEDS = timedelta(minutes=10)


class Unexpected(Exception):
    """Something that no rule of ours foresees; its kind alone is told, as its text may repeat what was sent."""

    def __str__(self) -> str:
        return f"unexpected {super().__str__()}; the worker's log on {host.node()} says more."


def start(run_id: str) -> None:
    """Start what is next for a run: its plan, or its approved apply. Does nothing where that was done already."""
    run = Run.objects.select_related("package", "workspace__cloud_account", "activation", "organization").get(pk=run_id)
    if is_key_nearly_over(run):
        fault = Faulted("key_nearly_over", least=spoken(int(START_NEEDS.total_seconds())))
        endings.fail(run, epoch=run.lease_epoch, reason=str(fault), explanation={"code": fault.code})
        return
    epoch = win(run)
    if epoch is None:
        return
    try:
        orders = specification(run)
        if not Run.objects.renew_lease(run_id, epoch=epoch, seconds=START_LEASE_SECONDS):
            log.warning("Run %s was written off while it was prepared", run_id)
            return
        process.start(orders)
    except Held:
        log.info("Run %s is alive already; attaching", run_id)
    except Problem as problem:
        if problem.code == recovery.CANCELED:
            endings.conclude(run, to=RunStatus.CANCELED, epoch=epoch, reason=problem.text, **NOT_BEGUN)
        else:
            explained = recovery.explained(problem)
            endings.fail(run, epoch=epoch, reason=str(problem), explanation=explained, **NOT_BEGUN)
        return
    except OSError as error:
        not_started(run, epoch=epoch, error=error)
        return
    except process.CouldNotStart as error:
        if keep_from_starting(run):
            not_started(run, epoch=epoch, error=error)
            return
        log.warning("Run %s did not say that it started (%s), and lives; attaching", run_id, error)
    except Exception as error:
        log.exception("Run %s could not be started", run_id)
        if keep_from_starting(run):
            not_started(run, epoch=epoch, error=Unexpected(type(error).__name__))
            return
    Run.objects.release_lease(run_id, epoch=epoch)
    dispatch.ship_run(run_id, host.node())


def not_started(run: Run, *, epoch: int, error: Exception) -> None:
    """End a run of which nothing was started."""
    fault = Faulted("could_not_start", detail=str(error))
    endings.fail(run, epoch=epoch, reason=str(fault), explanation={"code": fault.code}, **NOT_BEGUN)


def keep_from_starting(run: Run) -> bool:
    """Close a phase whose supervisor was not heard of, so that it cannot begin any more; False where it lives."""
    control = host.where().control(run.pk, run.phase)
    control.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with taken(control):
            controls.close(control)
    except Held:
        return False
    return True


def is_key_nearly_over(run: Run) -> bool:
    """Return whether an approved run waited so long that its key would not last; a region's is taken at the start."""
    ends = Now() + START_NEEDS
    return run.status == RunStatus.CONFIRMED and Credential.objects.filter(run=run, expires_at__lt=ends).exists()


def has_slot() -> bool:
    """Return whether this host may begin another run; those that wait are started by the sweep, oldest first."""
    return Run.objects.at_work().filter(node=host.node()).count() < settings.RUN_SLOTS


@transaction.atomic
def win(run: Run) -> int | None:
    """Move a waiting run to its next phase; return the lease's epoch.

    None where another delivery was first, or this host has no slot: the sweep sends the run again.
    """
    # One after the other: two that count at the same time would both take the last slot.
    list(Node.objects.select_for_update().filter(pk=host.node()).values_list("pk"))
    if not has_slot():
        return None
    now = timezone.now()
    lease = {
        "node": host.node(),
        "lease_owner": f"start on {host.node()}",
        "lease_until": Now() + timedelta(seconds=START_LEASE_SECONDS),
        "journal_offset": 0,
        "progress": {},
    }
    epoch = run.lease_epoch + 1
    if run.status == RunStatus.PENDING:
        moved = Run.objects.move(
            run.pk, to=RunStatus.PLANNING, epoch=run.lease_epoch, phase=PLAN, started_at=now, lease_epoch=epoch, **lease
        )
        kind = Kind.RUN_STARTED
    elif run.status == RunStatus.CONFIRMED:
        moved = Run.objects.move(
            run.pk,
            to=RunStatus.APPLYING,
            epoch=run.lease_epoch,
            phase=APPLY,
            apply_started_at=now,
            lease_epoch=epoch,
            **lease,
        )
        kind = Kind.RUN_APPLY_STARTED
    else:
        return None
    if not moved:
        return None
    run.refresh_from_db()
    events.record_of_run(kind, run)
    return epoch


def specification(run: Run) -> Spec:
    """Prepare the directories of the run's present phase and return the supervisor's orders.

    Raises Refused or Faulted where it cannot be begun.
    """
    where, way, program = host.where(), host.way(), host.find_terraform()
    level, landlock = host.demand_sandbox()
    Run.objects.filter(pk=run.pk).update(sandbox=level, terraform_version=program.version)
    try:
        workspace.demand_room(where)
    except workspace.NoRoom as error:
        raise Faulted("disk_full", detail=str(error)) from error
    if run.is_of_region:
        region_trust.demand_protected(run)
    keys = keys_of(run)
    task = planning(run, program, keys) if run.phase == PLAN else applying(run, program)
    if run.phase == PLAN and run.retry_of_id:
        # Looking may wait for AWS longer than keys live: Terraform starts with what is good now.
        keys = keys_of(run)
    uid = sandbox.uid_for(run.pk)
    template = where.templates / f"{run.package.sha256[:32]}-{program.version}"
    initialized = template.is_dir()
    control, work = workspace.prepare(
        where, run_id=run.pk, phase=run.phase, files=task.files, template=template, uid=uid
    )
    mirror, cache = settings.TERRAFORM_PROVIDER_MIRROR, str(where.cache)
    return Spec(
        run_id=run.pk,
        phase=run.phase,
        control=str(control),
        work=str(work),
        commands=task.commands if initialized else (initialization(task, program), *task.commands),
        environment=terraform.environment(work=work, home=where.home, way=way, region=run.region),
        secrets=secrets_of(run, keys),
        key=sealing_key(run),
        confinement=sandbox.Confinement(
            readable=terraform.readable(program, mirror=mirror, cache=where.cache, home=where.home, way=way),
            # Only a run that initializes a package fills the directory of providers, which all runs read.
            writable=(str(work),) if initialized else (str(work), cache),
            ports=way.ports,
            uid=uid,
            landlock=landlock,
        ),
        deadline_seconds=deadline_of(run),
        session_seconds=session_of(run),
        abandoned_seconds=settings.RUN_ABANDONED_SECONDS,
        keep=task.keep,
        template=str(template),
        cache="" if initialized else cache,
    )


@dataclass(frozen=True)
class Task:
    """What Terraform is given and told in one phase, once the package is initialized, and what is kept of it."""

    files: dict[str, bytes]
    commands: tuple[Command, ...]
    keep: dict[str, str] = field(default_factory=dict)


def planning(run: Run, program: terraform.Terraform, keys: AccessKeys) -> Task:
    """Return a plan's task, with what an earlier run left in AWS; raises as `recovery.find` does."""
    files = common_files(run)
    found = recovery.find(run, keys)
    whole = tuple(terraform.untaint(program, each.address) for each in found.untaint)
    # What is to be made anew is listed; Terraform would keep some of it, where AWS alone says that it is broken.
    plan = terraform.plan(program, destroy=run.kind == Run.DESTROY, replace=found.replaceable)
    keep = {terraform.PLAN: KEPT_PLAN, terraform.REVIEW: KEPT_REVIEW}
    return Task(files | recovery.imports_file(found), (*whole, *plan), keep)


def applying(run: Run, program: terraform.Terraform) -> Task:
    """Return the task of an approved plan; raises Faulted where that may not be applied any more."""
    return Task({**common_files(run), terraform.PLAN: saved_plan(run)}, (terraform.apply(program),))


def initialization(task: Task, program: terraform.Terraform) -> Command:
    """Return the `init` of a package that no run has initialized yet on this host."""
    begin = terraform.init if LOCK in task.files else terraform.init_without_lock
    return begin(program, cache=host.where().cache)


def sealing_key(run: Run) -> bytes:
    """Return the run's own key, with which its supervisor seals states and plan; raises Faulted."""
    try:
        return run_keys.key_of(run)
    except CannotOpen as error:
        raise Faulted("cannot_open") from error


def secrets_of(run: Run, keys: AccessKeys) -> dict[str, str]:
    """Return the environment variables through which Terraform gets the run's AWS keys."""
    token = {"AWS_SESSION_TOKEN": keys.session_token} if keys.session_token else {}
    return {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        **token,
        **key_environment(run.package, keys),
    }


def session_of(run: Run) -> float:
    """Return for how many seconds the phase may use the bootstrap role's session; 0 where it has none to outlive."""
    return settings.REGION_SESSION_SECONDS if run.is_of_region and run.phase == APPLY else 0


def deadline_of(run: Run) -> float:
    """Return how long the run's present phase may take, seconds."""
    if run.phase == PLAN:
        return settings.PLAN_DEADLINE_SECONDS
    return region_endings.seconds_left(run) if run.is_of_region else settings.APPLY_DEADLINE_SECONDS


def keys_of(run: Run) -> AccessKeys:
    """Return the run's AWS keys: for a region an hour's session of the bootstrap role, taken now and stored nowhere.

    Raises Faulted where they were destroyed, and Refused and Faulted where AWS gives no session.
    """
    if run.is_of_region:
        return vendor.take_role(
            run.workspace.cloud_account.arns["bootstrap_role_arn"],
            external_id=run.organization.external_id or "",
            region=run.region,
            name=run.pk,
        )
    credential = Credential.objects.select_related("run").filter(run=run).first()
    if credential is None or credential.sealed is None:
        raise Faulted("key_destroyed")
    try:
        return run_keys.open_keys(credential)
    except CannotOpen as error:
        raise Faulted("cannot_open") from error


def common_files(run: Run) -> dict[str, bytes]:
    """Return the package's files, the values of its variables, the newest state, and where providers come from."""
    values, mirror = variables_for(run), settings.TERRAFORM_PROVIDER_MIRROR
    if run.phase == PLAN:
        Run.objects.filter(pk=run.pk).update(values=values)
    state = run_keys.open_newest(workspace=run.workspace_id)
    return {
        **unpack(bytes(run.package.archive)),
        terraform.VARIABLES: json.dumps(values, sort_keys=True).encode(),
        **({STATE: state} if state is not None else {}),
        terraform.CONFIGURATION: providers.configuration(mirror=mirror).encode(),
    }


def saved_plan(run: Run) -> bytes:
    """Return the approved plan's bytes; raises Faulted where it is not the one that was approved, or is stale."""
    plan = Plan.objects.get(run=run)
    oldest = timedelta(seconds=settings.PLAN_VALID_SECONDS) + LATE_START
    if Plan.objects.older_than(oldest).filter(pk=plan.pk).exists():
        raise Faulted("plan_too_old", age=spoken(settings.PLAN_VALID_SECONDS))
    newest = StateVersion.objects.defer("sealed").newest(workspace=run.workspace_id)
    serial, lineage = (newest.serial, newest.lineage) if newest else (0, "")
    if (plan.state_serial, plan.state_lineage) != (serial, lineage) or plan.package_sha256 != run.package.sha256:
        raise Faulted("plan_stale")
    try:
        content = run_keys.open_file(run, bytes(plan.sealed), KEPT_PLAN)
    except CannotOpen as error:
        raise Faulted("cannot_open") from error
    if sha256(content).hexdigest() != plan.sha256:
        raise Faulted("plan_changed")
    return content
