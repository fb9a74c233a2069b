"""What people do with runs: start, approve, discard, cancel, force."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from activation import dispatch
from activation.domain.credentials import AccessKeys
from activation.domain.durations import spoken
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Credential, Event, Member, Plan, Run, Workspace
from activation.models.identity import run_identity
from activation.selectors.activations import active_run
from activation.selectors.run_logs import raw_log
from activation.services import activations, endings, events, packages, recovery, region_endings, run_keys

# Less of the key's hour left than this, and an approval asks for the key again.
APPROVAL_NEEDS = timedelta(minutes=15)
# Who sees the external ID in full on a page is recorded again after this.
SEEN_AGAIN = timedelta(hours=1)
TYPED_YES = "yes"
TYPED_FORCE = "stop by force"


def start_iam_run(
    activation: Activation,
    *,
    account: CloudAccount,
    keys: AccessKeys,
    principal_arn: str,
    by: Member,
    actor: events.Actor,
    kind: str = Run.APPLY,
    retry_of: Run | None = None,
    preflight: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
) -> Run:
    """Start a run of the IAM package; a second press while one is active returns that one.

    `inputs` are the values that a person gave for the package's own variables. Raises Refused where the activation has
    no package or the account has an activation of that region already.
    """
    packages.demand_fitting_key(packages.settle(activation), keys)
    if activation.cloud_account_id not in {None, account.pk}:
        raise Refused("other_account", field="access_key_id", account=account.account_id)
    activations.refuse_other_activation(activation, account)
    try:
        return create_run(
            activation,
            account=account,
            keys=keys,
            principal_arn=principal_arn,
            by=by,
            actor=actor,
            kind=kind,
            retry_of=retry_of,
            preflight=preflight or {},
            inputs=inputs or {},
        )
    except IntegrityError:
        standing = active_run(activation, account)
        if standing is None:
            raise
        return standing


@transaction.atomic
def create_run(
    activation: Activation,
    *,
    account: CloudAccount,
    keys: AccessKeys,
    principal_arn: str,
    by: Member,
    actor: events.Actor,
    kind: str,
    retry_of: Run | None,
    preflight: dict[str, Any],
    inputs: dict[str, Any],
) -> Run:
    """Write down a run with its sealed key, and have it started after the commit."""
    workspace, _ = Workspace.objects.get_or_create(cloud_account=account, kind=Workspace.IAM)
    if kind == Run.APPLY:
        # Whichever button was pressed: after a run that was cut off, the next one recovers.
        retry_of = retry_of or recovery.cut_off(workspace)
    pk = run_identity()
    assert activation.package is not None
    run = Run.objects.create(
        pk=pk,
        organization=activation.organization,
        workspace=workspace,
        activation=activation,
        package=activation.package,
        kind=kind,
        region=activation.region,
        retry_of=retry_of,
        preflight=preflight,
        four_eyes=activation.organization.four_eyes,
        inputs=inputs,
        created_by=by.user,
        created_by_name=str(by.user),
        wrapped_key=run_keys.fresh(pk),
    )
    store_credential(run, keys, account_id=account.account_id, principal_arn=principal_arn)
    Activation.objects.filter(pk=activation.pk).update(cloud_account=account)
    activations.move(activation, to=ActivationStatus.PROVISIONING_IAM, by=actor)
    events.record_of_run(Kind.RUN_CREATED, run, actor=actor, after={"kind": kind, "package": run.package.sha256})
    events.record_of_run(
        Kind.CREDENTIAL_ENTERED,
        run,
        actor=actor,
        after={"account": account.account_id, "principal": principal_arn, "key": f"…{keys.access_key_id[-4:]}"},
    )
    dispatch.start_run(pk)
    return run


def store_credential(run: Run, keys: AccessKeys, *, account_id: str, principal_arn: str) -> None:
    """Seal a run's AWS keys; they are destroyed when it ends, and at the latest after `CREDENTIAL_SECONDS`."""
    known = Credential.objects.filter(run=run).first()
    replaced = known.long_term_keys if known else []
    # By the database's clock, as its end is looked for: hosts may disagree about the time.
    Credential.objects.update_or_create(
        run=run,
        defaults={
            "replaced": [each for each in replaced if each["last_four"] != keys.access_key_id[-4:]],
            "sealed": run_keys.seal_keys(run, keys),
            "account_id": account_id,
            "principal_arn": principal_arn,
            "last_four": keys.access_key_id[-4:],
            "is_long_term": keys.is_long_term,
            "entered_at": Now(),
            "expires_at": Now() + timedelta(seconds=settings.CREDENTIAL_SECONDS),
            "destroyed_at": None,
        },
    )


@transaction.atomic
def renew_credential(run: Run, keys: AccessKeys, *, account_id: str, principal_arn: str, actor: events.Actor) -> None:
    """Take the key again before an approval; raises Refused where it is another account's or another principal's."""
    known = Credential.objects.get(run=run)
    if (known.account_id, known.principal_arn) != (account_id, principal_arn):
        raise Refused("other_principal", field="access_key_id", principal=known.principal_arn)
    packages.demand_fitting_key(run.package, keys)
    store_credential(run, keys, account_id=account_id, principal_arn=principal_arn)
    events.record_of_run(
        Kind.CREDENTIAL_ENTERED,
        run,
        actor=actor,
        after={"account": account_id, "principal": principal_arn, "key": f"…{keys.access_key_id[-4:]}"},
    )


def needs_key_again(run: Run) -> bool:
    """Return whether too little of the key's time is left for an approval; a region's run gets its key by itself."""
    if run.is_of_region:
        return False
    lasting = Credential.objects.filter(run=run, sealed__isnull=False, expires_at__gte=Now() + APPROVAL_NEEDS)
    return not lasting.exists()


def demand_approver(run: Run, *, by: Member) -> None:
    """Raise Refused where this member may not approve the run."""
    if not by.may_approve(started_by_id=run.created_by_id, four_eyes=run.four_eyes):
        raise Refused("approval_not_yours")


@transaction.atomic
def approve(run: Run, *, typed: str, by: Member, actor: events.Actor) -> None:
    """Approve exactly the plan that was shown.

    Raises Refused where yes was not typed, the role may not, the plan is too old or stale, the safety check said
    no, the key's time is nearly over, or somebody was faster.
    """
    if typed.strip().lower() != TYPED_YES:
        raise Refused("type_yes", field="confirmation")
    demand_approver(run, by=by)
    plan = Plan.objects.filter(run=run).only("verdict").first()
    if plan is None or not plan.verdict.get("passed"):
        raise Refused("safety_check_refused")
    if Plan.objects.older_than(timedelta(seconds=settings.PLAN_VALID_SECONDS)).filter(pk=plan.pk).exists():
        raise Refused("plan_too_old", age=spoken(settings.PLAN_VALID_SECONDS))
    if not Run.objects.filter(pk=run.pk, status=RunStatus.PLANNED).exists():
        # Whoever discards a plan destroys its key: that is not what is to be mended.
        raise Refused("run_moved_on")
    if needs_key_again(run):
        raise Refused("key_again", field="access_key_id")
    now = timezone.now()
    moved = Run.objects.move(
        run.pk, to=RunStatus.CONFIRMED, approved_by=by.user, approved_by_name=str(by.user), approved_at=now
    )
    if not moved:
        raise Refused("run_moved_on")
    events.record_of_run(Kind.RUN_APPROVED, run, actor=actor)
    if run.is_of_region:
        region_endings.begun(run, actor=actor)
    dispatch.start_run(run.pk)


@transaction.atomic
def discard(run: Run, *, actor: events.Actor, reason: str = "") -> None:
    """Throw a plan away; nothing was changed. Raises Refused where it has moved on."""
    moved = Run.objects.move(run.pk, to=RunStatus.DISCARDED, reason=reason or f"Discarded by {actor.name}.")
    if not moved:
        raise Refused("run_moved_on")
    endings.destroy_credential(run, reason="the plan was discarded")
    events.record_of_run(Kind.RUN_DISCARDED, run, actor=actor, reason=reason)
    if run.is_of_region:
        region_endings.ended(run, to=RunStatus.DISCARDED, reason=reason or "The plan was discarded.", by=actor)


@transaction.atomic
def cancel(run: Run, *, actor: events.Actor) -> None:
    """Ask a run to stop: the flag first, the signal follows within a second. Asking twice changes nothing.

    A run that has not begun is canceled at once. Raises Refused where it has ended.
    """
    now = timezone.now()
    for waiting in (RunStatus.PENDING, RunStatus.CONFIRMED):
        moved = Run.objects.filter(pk=run.pk, status=waiting).update(
            status=RunStatus.CANCELED, finished_at=now, cancel_requested_at=now, reason=f"Canceled by {actor.name}."
        )
        if moved:
            endings.destroy_credential(run, reason="the run was canceled")
            events.record_of_run(Kind.RUN_CANCELED, run, actor=actor)
            if run.is_of_region:
                region_endings.ended(run, to=RunStatus.CANCELED, reason=f"Canceled by {actor.name}.", by=actor)
            return
    asked = Run.objects.at_work().filter(pk=run.pk, cancel_requested_at__isnull=True).update(cancel_requested_at=now)
    if asked:
        events.record_of_run(Kind.RUN_CANCEL_REQUESTED, run, actor=actor)
    elif not Run.objects.at_work().filter(pk=run.pk).exists():
        raise Refused("run_moved_on")


@transaction.atomic
def force(run: Run, *, typed: str, actor: events.Actor) -> None:
    """Have a run killed that did not stop when asked; raises Refused before the cool-off is over."""
    if typed.strip().lower() != TYPED_FORCE:
        raise Refused("type_force", field="confirmation")
    ripe = timezone.now() - timedelta(seconds=settings.FORCE_AFTER_SECONDS)
    asked = (
        Run.objects.at_work()
        .filter(pk=run.pk, cancel_requested_at__lt=ripe, force_requested_at__isnull=True)
        .update(force_requested_at=timezone.now())
    )
    if asked:
        events.record_of_run(Kind.RUN_FORCE_REQUESTED, run, actor=actor)
    elif not Run.objects.at_work().filter(pk=run.pk, force_requested_at__isnull=False).exists():
        raise Refused("force_too_early", seconds=settings.FORCE_AFTER_SECONDS)


def download_log(run: Run, *, actor: events.Actor) -> Iterator[str]:
    """Hand out the whole masked log, a piece at a time; the download is an event of its own."""
    events.record_of_run(Kind.RUN_LOG_DOWNLOADED, run, actor=actor, after={"lines": run.lines})
    return raw_log(run)


def note_plan_downloaded(run: Run, *, actor: events.Actor) -> None:
    """Record that the plan was taken away as the safety check read it."""
    events.record_of_run(Kind.RUN_PLAN_DOWNLOADED, run, actor=actor, after={"sha256": run.plan.sha256})


@transaction.atomic
def note_external_id_seen(run: Run, *, actor: events.Actor) -> None:
    """Record, once an hour for each run and person, that a review showed the external ID in full."""
    since = timezone.now() - SEEN_AGAIN
    seen = Event.objects.filter(kind=Kind.EXTERNAL_ID_SEEN.value, run_id=run.pk, actor_id=actor.id, at__gt=since)
    if not seen.exists():
        events.record_of_run(Kind.EXTERNAL_ID_SEEN, run, actor=actor)
