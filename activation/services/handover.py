"""The hand-over to a vendor's console: begun, ticked off, watched with a key that may read, confirmed by an owner."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activation import dispatch
from activation.aws.identity import Identity, PrincipalKind, who_am_i
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.handover_sheet import NAMES
from activation.domain.steps import ActivationStatus, Step
from activation.domain.trust_proof import TrustProof
from activation.models import Activation, Handover, Member, RegionSetup
from activation.services import activations, events, host, run_keys

# Why a watch ended without anybody wanting it to.
KEY_OVER = "the time of the key was over"
KEY_REFUSED = "AWS says that it is over"
UNWANTED_ENDS = frozenset({KEY_OVER, KEY_REFUSED})


@transaction.atomic
def begin(activation: Activation, *, by: Member, actor: events.Actor) -> Handover:
    """Take an activation whose region the vendor's console builds to step 4; a second press changes nothing.

    Raises Refused where this portal builds the region, and while ARNs, netmask or the check of the trust are missing.
    """
    if activation.control_plane != ControlPlane.ZILLIZ:
        raise Refused("handover_is_built_here")
    if activation.step is Step.ACTIVATION:
        return of(activation)
    setup, account = RegionSetup.objects.filter(activation=activation).first(), activation.cloud_account
    if account is None or not account.is_authorized or setup is None or setup.netmask is None:
        raise Refused("handover_not_ready")
    if not TrustProof.from_json(setup.trust).passed:
        raise Refused("handover_not_ready")
    # After a way back to step 3 the console may be building since the first time.
    since = activation.activating_since or timezone.now()
    activations.move(activation, to=ActivationStatus.ACTIVATING, by=actor, activating_since=since)
    return of(activation)


@transaction.atomic
def reopen(activation: Activation, *, actor: events.Actor) -> None:
    """Take an activation that nobody has confirmed back to step 3, so that a wrong value can be put right.

    What was ticked off and seen belongs to the old values and is forgotten, and the watch's key is destroyed. Raises
    Refused where the console is not building the region.
    """
    demand_open(activation)
    handover = of(activation)
    if not activations.move(activation, to=ActivationStatus.CONFIGURING, by=actor):
        return
    destroy_key(handover, reason="step 3 was opened again", actor=actor)
    Handover.objects.filter(pk=handover.pk).update(
        ticked=[],
        handed_over_at=None,
        started_at=None,
        looked_at=None,
        looking_since=None,
        problem="",
        seen={},
        complete_at=None,
    )


def of(activation: Activation) -> Handover:
    """Return the activation's hand-over, made where it is missing."""
    return Handover.objects.get_or_create(activation=activation)[0]


@transaction.atomic
def tick(activation: Activation, *, ticked: Iterable[str], actor: events.Actor, changed: str = "") -> None:
    """Remember which values were handed over; nothing happens where that is known already.

    `changed` is the one value whose box was changed: what others ticked meanwhile stays. Without it all of them count.
    """
    demand_open(activation)
    handover = Handover.objects.select_for_update().get(pk=of(activation).pk)
    before, given = set(handover.ticked), set(ticked)
    now_ticked = (before - {changed}) | (given & {changed}) if changed else given
    wanted = [name for name in NAMES if name in now_ticked]
    if wanted == handover.ticked:
        return
    # Once a watch has begun, the time counts from then or from before.
    begins = handover.started_at is None and not now_ticked <= before
    handed_over_at = timezone.now() if begins else handover.handed_over_at
    Handover.objects.filter(pk=handover.pk).update(ticked=wanted, handed_over_at=handed_over_at)
    activations.record(
        Kind.HANDOVER_TICKED, activation, actor=actor, before={"ticked": handover.ticked}, after={"ticked": wanted}
    )


def start_watch(activation: Activation, *, keys: AccessKeys, actor: events.Actor) -> None:
    """Have the account watched with a key that may read; one that is there already is replaced.

    Raises Refused and Faulted as `whose` does, and where nothing is being built.
    """
    demand_open(activation)
    store_key(activation, keys=keys, who=whose(activation, keys, actor=actor), actor=actor)


def whose(activation: Activation, keys: AccessKeys, *, actor: events.Actor) -> Identity:
    """Return whose key it is that is to read an activation's account.

    Raises Refused and Faulted where AWS does not know the key, and where it is another account's or the root user's.
    """
    who = who_am_i(keys, activation.region, **host.way().of_sessions())
    account = activation.cloud_account
    if account is None or who.account_id != account.account_id:
        expected = account.account_id if account else ""
        raise Refused("watch_other_account", field="access_key_id", found=who.account_id, expected=expected)
    if who.kind is PrincipalKind.ROOT:
        raise Refused("watch_root", field="access_key_id")
    activations.prove_account(account, by=actor)
    return who


@transaction.atomic
def store_key(activation: Activation, *, keys: AccessKeys, who: Identity, actor: events.Actor) -> None:
    """Seal a key to the hand-over for an hour, and have the first look taken at once."""
    handover = of(activation)
    now = timezone.now()
    wrapped_key, sealed = run_keys.seal_for_watch(handover, keys)
    Handover.objects.filter(pk=handover.pk).update(
        wrapped_key=wrapped_key,
        sealed=sealed,
        principal_arn=who.arn,
        last_four=keys.access_key_id[-4:],
        key_expires_at=now + timedelta(seconds=settings.CREDENTIAL_SECONDS),
        started_at=handover.started_at or now,
        handed_over_at=handover.handed_over_at or now,
        # A look with the key before this one writes nothing any more.
        looking_since=None,
        looked_at=None,
        problem="",
    )
    after = {"account": who.account_id, "principal": who.arn, "key": keys.access_key_id[-4:]}
    activations.record(Kind.WATCH_STARTED, activation, actor=actor, after=after)
    dispatch.watch(activation.pk)


def stop_watch(activation: Activation, *, actor: events.Actor) -> None:
    """End the watch because somebody says so; its key is destroyed."""
    destroy_key(of(activation), reason="a person ended the watch", actor=actor)


@transaction.atomic
def destroy_key(handover: Handover, *, reason: str, actor: events.Actor = events.PORTAL) -> None:
    """Destroy a watch's key, and with it end the watch; doing it twice changes nothing."""
    gone = Handover.objects.filter(pk=handover.pk, sealed__isnull=False).update(
        sealed=None, wrapped_key=None, looking_since=None
    )
    if gone:
        activations.record(Kind.WATCH_ENDED, handover.activation, actor=actor, reason=reason)
        activations.record(Kind.CREDENTIAL_DESTROYED, handover.activation, actor=events.PORTAL, reason=reason)
        if reason in UNWANTED_ENDS:
            dispatch.send_notice(handover.activation_id)


@transaction.atomic
def confirm(activation: Activation, *, unseen_too: bool, actor: events.Actor) -> None:
    """Take an activation to *active (as reported)*, because an owner saw it on the console's License page.

    `unseen_too` says that the person knows that the portal has not seen the whole region; without it that is Refused.
    A second press changes nothing.
    """
    handover = of(activation)
    if handover.confirmed_at is not None:
        return
    demand_open(activation)
    if handover.complete_at is None and not unseen_too:
        raise Refused("confirm_unseen", field="unseen")
    now = timezone.now()
    if not activations.move(activation, to=ActivationStatus.ACTIVE, by=actor, activated_at=now, reason=""):
        return
    Handover.objects.filter(pk=handover.pk).update(confirmed_by_name=actor.name, confirmed_at=now)
    seen = "the whole documented set was seen" if handover.complete_at else "the portal had not seen the whole set"
    after = {"status": "active (as reported)"}
    activations.record(Kind.ACTIVE_CONFIRMED, activation, actor=actor, reason=seen, after=after)
    destroy_key(handover, reason="the region is active, as reported")
    dispatch.send_notice(activation.pk)


def demand_open(activation: Activation) -> None:
    """Raise Refused where the console is not building this activation's region."""
    if activation.control_plane != ControlPlane.ZILLIZ:
        raise Refused("handover_is_built_here")
    if activation.status != ActivationStatus.ACTIVATING:
        raise Refused("watch_not_open", status=activation.status_label)
