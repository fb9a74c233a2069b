"""Activations: begun, given their external ID, led from step to step."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from activation.domain import external_id as external_ids
from activation.domain.arn_set import ArnSetCheck, check_set
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind, Outcome
from activation.domain.prerequisites import PREREQUISITES as LISTED
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Member, Organization, Run, Workspace
from activation.services import events, packages

PREREQUISITES = tuple(each.name for each in LISTED)
# Two presses of the same button lie this close together.
DOUBLE_CLICK = timedelta(seconds=5)


@transaction.atomic
def create(
    *, organization: Organization, region: str, account: CloudAccount | None, by: events.Actor, user_id: int
) -> Activation:
    """Begin an activation of one region; in an account that is authorized already it begins at step 3.

    Raises Refused where the region is activated, or being activated, in that account.
    """
    # Whoever has not had the external ID before gets to see what it is for, also where it is issued here.
    locked_before = organization.external_id_locked_at is not None
    issue_external_id(organization, by=by)
    # Held until the end: of two presses the second one waits here, and finds what the first one made.
    organization.refresh_from_db(from_queryset=Organization.objects.select_for_update())
    if (twin := begun_just_now(organization, region=region, account=account, user_id=user_id)) is not None:
        return twin
    if account is not None:
        refuse_second(organization, region=region, account=account)
    if account is not None and account.is_authorized:
        status = ActivationStatus.CONFIGURING
    elif locked_before:
        status = ActivationStatus.PROVISIONING_IAM
    else:
        status = ActivationStatus.AUTHORIZING
    activation = Activation.objects.create(
        organization=organization,
        region=region,
        cloud_account=account,
        status=status,
        control_plane=organization.control_plane,
        package=packages.chosen(organization.control_plane),
        created_by_id=user_id,
        created_by_name=by.name,
    )
    record(Kind.ACTIVATION_CREATED, activation, actor=by, after={"region": region, "status": status.value})
    return activation


def begun_just_now(
    organization: Organization, *, region: str, account: CloudAccount | None, user_id: int
) -> Activation | None:
    """Return what the same person began for the same place a moment ago: a double click is one activation."""
    since = timezone.now() - DOUBLE_CLICK
    rows = Activation.objects.for_organization(organization).filter(created_by_id=user_id, created_at__gt=since)
    return rows.filter(region=region, cloud_account=account, ticked=[]).order_by("created_at").first()


def refuse_second(organization: Organization, *, region: str, account: CloudAccount) -> None:
    """Raise Refused where the account has an activation of this region that is not over."""
    standing = Activation.objects.for_organization(organization).filter(cloud_account=account, region=region)
    if standing.exclude(status=ActivationStatus.DEACTIVATED).exists():
        raise Refused("region_taken", field="region", region=region, account=account.account_id)


@transaction.atomic
def tick(activation: Activation, *, ticked: Iterable[str], by: events.Actor) -> None:
    """Remember which prerequisites are ticked off."""
    wanted = [name for name in PREREQUISITES if name in set(ticked)]
    if wanted != activation.ticked:
        Activation.objects.filter(pk=activation.pk).update(ticked=wanted)
        record(
            Kind.PREREQUISITES_TICKED,
            activation,
            actor=by,
            before={"ticked": activation.ticked},
            after={"ticked": wanted},
        )


@transaction.atomic
def issue_external_id(organization: Organization, *, by: events.Actor) -> None:
    """Issue and lock the external ID where this portal is the control plane; once, and never changed."""
    if organization.control_plane != ControlPlane.SELF or organization.external_id:
        return
    fresh = external_ids.issue()
    issued = Organization.objects.filter(pk=organization.pk, external_id__isnull=True).update(
        external_id=fresh, external_id_locked_at=timezone.now()
    )
    if issued:
        events.record(
            Kind.EXTERNAL_ID_ISSUED,
            actor=by,
            organization=organization,
            object_type="organization",
            object_id=organization.pk,
            after={"external_id": external_ids.mask(fresh)},
        )


def check_external_id(organization: Organization, *, text: str) -> str:
    """Return the external ID as it would be locked, for the second look; raises Refused as locking it would."""
    if organization.control_plane != ControlPlane.ZILLIZ:
        raise Refused("external_id_is_issued_here", field="external_id")
    if organization.external_id_locked_at:
        raise Refused("external_id_locked", field="external_id")
    value = external_ids.check(text)
    if Organization.objects.filter(external_id=value).exclude(pk=organization.pk).exists():
        raise Refused("external_id_taken", field="external_id")
    return value


@transaction.atomic
def lock_external_id(activation: Activation, *, text: str, by: events.Actor) -> None:
    """Lock the external ID that came from the Zilliz Cloud console, after the second look.

    Raises Refused where it breaks AWS's grammar, is another organization's, or one is locked already.
    """
    organization = activation.organization
    if organization.external_id_locked_at and organization.external_id == text.strip():
        # The second press of the button: nothing is left to do.
        return
    value = check_external_id(organization, text=text)
    try:
        with transaction.atomic():
            locked = Organization.objects.filter(pk=organization.pk, external_id_locked_at__isnull=True).update(
                external_id=value, external_id_locked_at=timezone.now()
            )
    except IntegrityError as error:
        raise Refused("external_id_taken", field="external_id") from error
    if not locked:
        if Organization.objects.filter(pk=organization.pk, external_id=value).exists():
            return
        raise Refused("external_id_locked", field="external_id")
    events.record(
        Kind.EXTERNAL_ID_LOCKED,
        actor=by,
        organization=organization,
        activation_id=activation.pk,
        object_type="organization",
        object_id=organization.pk,
        after={"external_id": external_ids.mask(value), "unusual": external_ids.is_unusual(value)},
    )


@transaction.atomic
def reveal_external_id(activation: Activation, *, by: Member, actor: events.Actor) -> str:
    """Return the external ID in full, to somebody who may see it; an event tells who did."""
    record(Kind.EXTERNAL_ID_SEEN, activation, actor=actor)
    return activation.organization.external_id or ""


@transaction.atomic
def continue_to_arns(activation: Activation, *, by: events.Actor) -> None:
    """Take an activation from step 1 to step 2; raises Refused while the external ID is not locked."""
    if not activation.organization.external_id_locked_at:
        raise Refused("external_id_not_locked")
    move(activation, to=ActivationStatus.PROVISIONING_IAM, by=by)


def move(
    activation: Activation,
    *,
    to: ActivationStatus,
    by: events.Actor,
    outcome: Outcome = Outcome.DONE,
    **changes: Any,
) -> bool:
    """Move an activation and record it; return whether this call did it. `outcome` is how what it moves from ended."""
    moved = Activation.objects.move(activation.pk, to=to, **changes)
    if moved:
        record(
            Kind.ACTIVATION_MOVED,
            activation,
            actor=by,
            outcome=outcome,
            before={"status": activation.status},
            after={"status": to.value},
        )
    return moved


@transaction.atomic
def claim_account(organization: Organization, *, account_id: str, partition: str, by: events.Actor) -> CloudAccount:
    """Return the organization's row for an AWS account, made where new; what is only pasted keeps nobody else out.

    Raises Refused where another organization proved that the account is its own, without saying which.
    """
    account, fresh = CloudAccount.objects.get_or_create(
        organization=organization, account_id=account_id, defaults={"partition": partition}
    )
    if account.is_of_another:
        raise Refused("account_taken", field="access_key_id", account=account_id)
    if fresh:
        record_of_account(Kind.CLOUD_ACCOUNT_ADDED, account, actor=by)
    return account


@transaction.atomic
def prove_account(account: CloudAccount, *, by: events.Actor) -> None:
    """Note that an account is its organization's, as a key or its roles showed; doing it twice changes nothing.

    Others who only pasted its ARNs lose it, which is an event on both sides. Raises Refused where another organization
    was first.
    """
    try:
        with transaction.atomic():
            first = CloudAccount.objects.filter(pk=account.pk, proved_at__isnull=True).update(proved_at=timezone.now())
    except IntegrityError as error:
        raise Refused("account_taken", field="access_key_id", account=account.account_id) from error
    if not first:
        return
    record_of_account(Kind.CLOUD_ACCOUNT_PROVED, account, actor=by)
    for other in CloudAccount.objects.filter(account_id=account.account_id).exclude(pk=account.pk):
        record_of_account(Kind.CLOUD_ACCOUNT_YIELDED, other, actor=events.PORTAL)


def record_of_account(kind: Kind, account: CloudAccount, *, actor: events.Actor) -> None:
    """Add one event about a cloud account, in its organization's chain."""
    events.record(
        kind,
        actor=actor,
        organization=account.organization,
        object_type="cloud account",
        object_id=account.account_id,
    )


@transaction.atomic
def store_arns(
    account: CloudAccount,
    arns: dict[str, str],
    *,
    source: str,
    actor: events.Actor,
    activation: Activation,
    run: Run | None = None,
) -> None:
    """Store the seven ARNs of an account and take its waiting activations on to step 3."""
    now = timezone.now()
    CloudAccount.objects.filter(pk=account.pk).update(arns=arns, arns_source=source, arns_stored_at=now)
    record(
        Kind.ARNS_STORED,
        activation,
        actor=actor,
        run_id=run.pk if run else "",
        before={"arns": account.arns},
        after={"arns": arns, "source": source},
    )
    waiting = Activation.objects.for_organization(account.organization).filter(
        cloud_account=account, status=ActivationStatus.PROVISIONING_IAM
    )
    for each in waiting:
        move(each, to=ActivationStatus.CONFIGURING, by=actor)


@transaction.atomic
def take_arns(activation: Activation, arns: dict[str, str], *, by: events.Actor) -> ArnSetCheck:
    """Take ARNs that a person pasted; what is wrong with them is in the answer, and then nothing is stored."""
    known = activation.cloud_account
    checked = check_set(arns, partition=known.partition if known else None)
    if checked.problems:
        return checked
    first = next(iter(checked.parsed.values()))
    account = claim_account(activation.organization, account_id=first.account, partition=first.partition, by=by)
    if activation.cloud_account_id not in {None, account.pk}:
        raise Refused("other_account", field="paste", account=first.account)
    refuse_other_activation(activation, account)
    building = Run.objects.filter(workspace__cloud_account=account, workspace__kind=Workspace.REGION).active()
    if arns != account.arns and building.exists():
        # All regions of an account share its roles, also those that are being built with them right now.
        raise Refused("account_in_use", field="paste", account=first.account)
    Activation.objects.filter(pk=activation.pk).update(cloud_account=account)
    store_arns(account, arns, source="pasted", actor=by, activation=activation)
    return checked


def refuse_other_activation(activation: Activation, account: CloudAccount) -> None:
    """Raise Refused where another activation of the same region stands in that account."""
    others = (
        Activation.objects.for_organization(activation.organization)
        .filter(cloud_account=account, region=activation.region)
        .exclude(pk=activation.pk)
        .exclude(status=ActivationStatus.DEACTIVATED)
    )
    if others.exists():
        raise Refused("region_taken", field="region", region=activation.region, account=account.account_id)


def record(kind: Kind, activation: Activation, *, actor: events.Actor, **more: Any) -> None:
    """Add one event about an activation."""
    events.record(
        kind,
        actor=actor,
        organization=activation.organization,
        activation_id=activation.pk,
        object_type=more.pop("object_type", "activation"),
        object_id=more.pop("object_id", activation.pk),
        **more,
    )
