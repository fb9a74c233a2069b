"""Write to people about an activation: that it is active, that it failed, that it takes longer or needs somebody.

Nothing has to call this: the sweep finds what is due in the events, so that a message that was lost, or a mail server
that was away, costs a minute and not the mail.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from activation import dispatch
from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind, Outcome
from activation.domain.notices import Notice, text_of
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Event, Handover, Organization, Run, Workspace
from activation.selectors.people import owners_of
from activation.services import activations, events, handover, mail

log = logging.getLogger(__name__)

# What is told of wherever it happens; the end of a watch by its reason.
TOLD = {
    Kind.REGION_LATE.value: Notice.LATE,
    Kind.RUN_NEEDS_APPROVAL.value: Notice.APPROVAL,
    Kind.WATCH_COMPLETE.value: Notice.FOUND,
    Kind.WATCH_ENDED.value: Notice.KEY_OVER,
}
ENDS = {ActivationStatus.ACTIVE.value: Notice.ACTIVE, ActivationStatus.FAILED.value: Notice.FAILED}
BACK = ActivationStatus.CONFIGURING.value
# What began longer ago is not written about any more.
LOOK_BACK = timedelta(days=2)
# So often is a mail server that refuses asked again; each pause is twice the one before, seconds.
ATTEMPTS = 5
PAUSE_SECONDS = 30
# One worker at a time writes about an activation.
TURN_SECONDS = 120


def sweep() -> None:
    """Note which regions take longer than usual, and have everything that is due sent; can be done twice."""
    note_late()
    for activation in candidates():
        if due(activation) is not None:
            dispatch.send_notice(activation.pk)


def note_late() -> None:
    """Write down, once an activation, that its region takes longer than usual.

    A vendor's console has the time from when the values were handed over; a run that waits for a person is not late.
    """
    ripe = timezone.now() - timedelta(seconds=settings.REGION_WARN_SECONDS)
    here = Q(control_plane=ControlPlane.SELF, activating_since__lt=ripe)
    there = Q(control_plane=ControlPlane.ZILLIZ, handover__handed_over_at__lt=ripe, handover__complete_at__isnull=True)
    waiting = Run.objects.filter(workspace__kind=Workspace.REGION, status=RunStatus.PLANNED)
    late = Activation.objects.filter(here | there, status=ActivationStatus.ACTIVATING, warned_at__isnull=True).exclude(
        pk__in=waiting.values("activation")
    )
    for activation in late.select_related("organization"):
        note_one_late(activation)


@transaction.atomic
def note_one_late(activation: Activation) -> None:
    """Write down that a region takes longer than usual, where nobody has yet."""
    warned = Activation.objects.filter(
        pk=activation.pk, status=ActivationStatus.ACTIVATING, warned_at__isnull=True
    ).update(warned_at=timezone.now())
    if warned:
        minutes = settings.REGION_WARN_SECONDS // 60
        activations.record(Kind.REGION_LATE, activation, actor=events.PORTAL, after={"minutes": minutes})


def candidates() -> list[Activation]:
    """Return the activations of the last days about which there may be something to write."""
    since = timezone.now() - LOOK_BACK
    recent = Q(activating_since__gte=since) | Q(handover__key_expires_at__gte=since)
    approved = Run.objects.filter(workspace__kind=Workspace.REGION, approved_at__gte=since)
    rows = Activation.objects.filter(
        Q(recent, status__in=[ActivationStatus.ACTIVATING, *ENDS])
        | Q(status=BACK, pk__in=approved.values("activation"))
    )
    return list(rows.select_related("organization"))


def due(activation: Activation, *, now: datetime | None = None) -> tuple[Notice, set[str]] | None:
    """Return what is to be written about an activation now, and who has it already; None for nothing."""
    if not mail.leaves() and not settings.DEMO:
        # An event must not say that something was sent. Where a mail server is named within LOOK_BACK, it is.
        return None
    # A watch that has seen everything, or that somebody ended, ends without a mail.
    seen_all = Handover.objects.filter(activation=activation, complete_at__isnull=False).exists()
    unwanted = Q(kind=Kind.WATCH_ENDED.value, reason__in=() if seen_all else handover.UNWANTED_ENDS)
    kinds = {Kind.ACTIVATION_MOVED.value, Kind.NOTICE_SENT.value, *TOLD} - {Kind.WATCH_ENDED.value}
    told = Event.objects.filter(
        Q(kind__in=kinds) | unwanted, organization=activation.organization, activation_id=activation.pk
    ).order_by("-sequence")
    reached: set[str] = set()
    attempts: list[Event] = []
    for event in told[: ATTEMPTS + 1]:
        if event.kind != Kind.NOTICE_SENT:
            notice = notice_of(event)
            break
        if event.outcome == Outcome.DONE:
            return None
        attempts.append(event)
        reached |= set(event.after.get("to", ()))
    else:
        return None
    if notice is None or len(attempts) >= ATTEMPTS:
        return None
    pause = timedelta(seconds=PAUSE_SECONDS * 2 ** len(attempts))
    if attempts and (now or timezone.now()) - attempts[0].at < pause:
        return None
    return notice, reached


def notice_of(event: Event) -> Notice | None:
    """Return what an event is worth writing about; who goes back to step 3 by their own will knows it."""
    if event.after.get("status") == BACK:
        return Notice.NOT_BEGUN if event.outcome == Outcome.FAILED else None
    return TOLD.get(event.kind) or ENDS.get(str(event.after.get("status", "")))


def send(activation_id: str) -> None:
    """Write what is due about an activation; a mail server that refuses is an event, and is asked again later."""
    if not cache.add(f"notice:{activation_id}", 1, TURN_SECONDS):
        return
    try:
        activation = Activation.objects.select_related("organization", "cloud_account").get(pk=activation_id)
        found = due(activation)
        if found is not None:
            deliver(activation, found[0], reached=found[1])
    finally:
        cache.delete(f"notice:{activation_id}")


def deliver(activation: Activation, notice: Notice, *, reached: set[str]) -> None:
    """Send one mail to each address that has it not yet, and write down who got it."""
    organization = activation.organization
    account = activation.cloud_account.account_id if activation.cloud_account else ""
    subject, body = text_of(
        notice,
        region=activation.region,
        account=account,
        organization=organization.name,
        link=f"{settings.PORTAL_URL}/o/{organization.slug}/activations/{activation.pk}/",
        reported=activation.is_reported,
        minutes=settings.REGION_WARN_SECONDS // 60,
    )
    sent, refused = [], []
    for address in addresses_of(organization):
        if address in reached:
            continue
        try:
            send_mail(subject, body, None, [address])
            sent.append(address)
        except (SMTPException, OSError) as error:
            log.warning("The mail server did not take a message about %s: %s", activation.pk, error)
            refused.append(address)
    activations.record(
        Kind.NOTICE_SENT,
        activation,
        actor=events.PORTAL,
        outcome=Outcome.FAILED if refused else Outcome.DONE,
        reason=f"The mail server did not accept it for {', '.join(refused)}." if refused else "",
        after={"subject": subject, "to": sent},
    )


def addresses_of(organization: Organization) -> list[str]:
    """Return who is written to: the owners, and the addresses of the settings; nobody twice."""
    owners = [member.user.email for member in owners_of(organization).select_related("user").order_by("pk")]
    every = {address.lower(): address for address in (*organization.notification_addresses, *owners)}
    return list(every.values())
