"""Start a phase of a run on this host: win the row, fill the directories, start the supervisor."""

import json
import logging
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from activation import dispatch
from activation.domain.archive import unpack
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem
from activation.domain.events import Kind
from activation.domain.run_status import RunStatus
from activation.domain.sealing import CannotOpen
from activation.models import Credential, Plan, Run, StateVersion
from activation.runner import process, sandbox, terraform, workspace
from activation.runner.lock import Held
from activation.runner.spec import Command, Spec
from activation.services import endings, events, host, recovery, region_endings, run_keys, vendor
from activation.services.packages import key_environment
from activation.services.run_inputs import variables_for

log = logging.getLogger(__name__)

PLAN, APPLY = "plan", "apply"
KEPT_PLAN, KEPT_REVIEW = "plan.sealed", "review.sealed"
# Starting takes a second; a worker that needs longer has lost its turn.
START_LEASE_SECONDS = 60


def start(run_id: str) -> None:
    """Start what is next for a run: its plan, or its approved apply. Does nothing where that was done already."""
    run = Run.objects.select_related("package", "workspace__cloud_account", "activation", "organization").get(pk=run_id)
    if run.status == RunStatus.PENDING and not has_slot():
        return
    epoch = win(run)
    if epoch is None:
        return
    try:
        process.start(specification(run))
    except Held:
        log.info("Run %s is alive already; attaching", run_id)
    except Problem as problem:
        if problem.code == recovery.CANCELED:
            endings.conclude(run, to=RunStatus.CANCELED, epoch=epoch, reason=problem.text)
        else:
            endings.fail(run, epoch=epoch, reason=str(problem), explanation=recovery.explained(problem))
        return
    except (process.CouldNotStart, OSError) as error:
        fault = Faulted("could_not_start", detail=str(error))
        endings.fail(run, epoch=epoch, reason=str(fault), explanation={"code": fault.code})
        return
    Run.objects.release_lease(run_id, epoch=epoch)
    dispatch.ship_run(run_id, host.node())


def has_slot() -> bool:
    """Return whether this host may begin another run; those that wait are started by the sweep, oldest first."""
    return Run.objects.at_work().filter(node=host.node()).count() < settings.RUN_SLOTS


@transaction.atomic
def win(run: Run) -> int | None:
    """Move a waiting run to its next phase; return the lease's epoch, or None where another delivery was first."""
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
    keys = keys_of(run)
    uid = sandbox.uid_for(run.pk)
    template = where.templates / f"{run.package.sha256[:32]}-{program.version}"
    files = {**package_files(run), **state_file(run)}
    if settings.TERRAFORM_PROVIDER_MIRROR:
        files["terraform.rc"] = terraform.mirror_configuration(settings.TERRAFORM_PROVIDER_MIRROR).encode()
    commands: tuple[Command, ...]
    writable: tuple[str, ...] = ()
    keep: dict[str, str] = {}
    if run.phase == PLAN:
        found = recovery.find(run, keys)
        files |= recovery.imports_file(found)
        whole = tuple(terraform.untaint(program, each.address) for each in found.untaint)
        # What is to be made anew is listed; Terraform would keep some of it, where AWS alone says that it is broken.
        anew = found.replaceable
        commands = (*whole, *terraform.plan(program, destroy=run.kind == Run.DESTROY, replace=anew))
        keep = {terraform.PLAN: KEPT_PLAN, terraform.REVIEW: KEPT_REVIEW}
    else:
        files[terraform.PLAN] = saved_plan(run)
        commands = (terraform.apply(program),)
    if not template.is_dir():
        begin = terraform.init if ".terraform.lock.hcl" in files else terraform.init_without_lock
        commands = (begin(program, cache=where.cache), *commands)
        writable = (str(where.cache),)
        if uid:
            workspace.hand_over(where.cache, uid)
    control, work = workspace.prepare(where, run_id=run.pk, phase=run.phase, files=files, template=template, uid=uid)
    return Spec(
        run_id=run.pk,
        phase=run.phase,
        control=str(control),
        work=str(work),
        commands=commands,
        environment=terraform.environment(
            work=work,
            way=way,
            region=run.region,
            mirror=settings.TERRAFORM_PROVIDER_MIRROR,
        ),
        secrets={
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            **({"AWS_SESSION_TOKEN": keys.session_token} if keys.session_token else {}),
            **key_environment(run.package, keys),
        },
        masked=(),
        key=run_keys.key_of(run),
        confinement=sandbox.Confinement(
            readable=terraform.readable(program, mirror=settings.TERRAFORM_PROVIDER_MIRROR, cache=where.cache, way=way),
            writable=(str(work), *writable),
            ports=way.ports,
            uid=uid,
            landlock=landlock,
        ),
        deadline_seconds=deadline_of(run),
        session_seconds=settings.REGION_SESSION_SECONDS if run.is_of_region and run.phase == APPLY else 0,
        abandoned_seconds=settings.RUN_ABANDONED_SECONDS,
        keep=keep,
        template=str(template),
        cache=str(where.cache) if writable else "",
    )


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


def package_files(run: Run) -> dict[str, bytes]:
    """Return the package's files and the values of its variables."""
    values = variables_for(run)
    return {**unpack(bytes(run.package.archive)), terraform.VARIABLES: json.dumps(values, sort_keys=True).encode()}


def newest_state(run: Run) -> StateVersion | None:
    """Return the newest state of the run's workspace."""
    return StateVersion.objects.select_related("run").filter(workspace=run.workspace_id).order_by("-pk").first()


def state_file(run: Run) -> dict[str, bytes]:
    """Return the newest state as the file that Terraform starts from; nothing before the first apply."""
    newest = newest_state(run)
    if newest is None:
        return {}
    try:
        return {"terraform.tfstate": run_keys.open_state(newest)}
    except CannotOpen as error:
        raise Faulted("cannot_open") from error


def saved_plan(run: Run) -> bytes:
    """Return the approved plan's bytes; raises Faulted where it is not the one that was approved, or is stale."""
    import hashlib

    plan = Plan.objects.get(run=run)
    newest = newest_state(run)
    serial, lineage = (newest.serial, newest.lineage) if newest else (0, "")
    if (plan.state_serial, plan.state_lineage) != (serial, lineage) or plan.package_sha256 != run.package.sha256:
        raise Faulted("plan_stale")
    try:
        content = run_keys.open_file(run, bytes(plan.sealed), KEPT_PLAN)
    except CannotOpen as error:
        raise Faulted("cannot_open") from error
    if hashlib.sha256(content).hexdigest() != plan.sha256:
        raise Faulted("plan_changed")
    return content


def control_of(run: Run) -> Path:
    """Return the control directory of the run's present phase."""
    return host.where().control(run.pk, run.phase)
