"""The watch: every few seconds one look at the account, by whichever worker is free, until all is there.

The row decides: a look is claimed by setting `looking_since`, and only who still holds that claim writes what it found.
A worker that dies in the middle loses its claim after a while, and the next look is another's.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from activation import dispatch
from activation.aws import watch as aws
from activation.aws.sessions import Session, session
from activation.domain.errors import Problem, Refused
from activation.domain.events import Kind
from activation.domain.sealing import CannotOpen
from activation.domain.steps import ActivationStatus
from activation.domain.watch import Look, Memory, could_not_look, remember
from activation.domain.watch_reading import Reading, read
from activation.models import Activation, Handover
from activation.services import activations, cores, events, handover, host, run_keys

log = logging.getLogger(__name__)

# A look takes seconds; one that takes longer than this is a dead worker's.
LEASE = timedelta(minutes=2)


def sweep() -> None:
    """Destroy keys whose time is over, and have looks taken that are due; can be done twice."""
    for row in Handover.objects.filter(sealed__isnull=False, key_expires_at__lte=timezone.now()):
        handover.destroy_key(row, reason=handover.KEY_OVER)
    for row in Handover.objects.filter(sealed__isnull=False).exclude(activation__status=ActivationStatus.ACTIVATING):
        handover.destroy_key(row, reason="nothing is being built any more")
    for activation_id in due().values_list("activation_id", flat=True):
        dispatch.watch(activation_id)


def due() -> QuerySet[Handover]:
    """Return the hand-overs that are watched and at which nobody looks or has just looked."""
    now = timezone.now()
    free = Q(looking_since__isnull=True) | Q(looking_since__lt=now - LEASE)
    ripe = Q(looked_at__isnull=True) | Q(looked_at__lte=now - timedelta(seconds=settings.WATCH_SECONDS))
    watched = Handover.objects.filter(sealed__isnull=False, key_expires_at__gt=now)
    return watched.filter(free, ripe, activation__status=ActivationStatus.ACTIVATING)


def look(activation_id: str) -> None:
    """Look once at an activation's account, where that is due and nobody else does it."""
    claimed = timezone.now()
    if not due().filter(activation=activation_id).update(looking_since=claimed):
        return
    row = Handover.objects.select_related("activation__organization", "activation__cloud_account").get(
        activation=activation_id
    )
    memory = Memory.from_json(row.seen)
    try:
        opened = open_session(row)
        found = aws.look(opened, row.activation.region, at=timezone.now())
    except CannotOpen:
        end(row, claimed, memory, Refused("watch_key_unreadable"), why="the portal cannot open it any more")
    except Problem as problem:
        why = handover.KEY_REFUSED if problem.code in aws.KEY_IS_OVER else ""
        end(row, claimed, memory, problem, why=why)
    else:
        seen = remember(memory, found)
        count_cores(row.activation, reading_of(row.activation, seen), opened)
        keep(row, claimed, seen, problem=trouble_of(found))


def open_session(row: Handover) -> Session:
    """Open a session with the watch's key; raises CannotOpen where the key cannot be had."""
    keys = run_keys.open_for_watch(row)
    return session(keys, row.activation.region, **host.way().of_sessions())


def count_cores(activation: Activation, reading: Reading, opened: Session) -> None:
    """Estimate the cores in use once everything stands; the key is destroyed with this look, and no other follows."""
    if reading.is_complete:
        cores.estimate(activation, opened, clusters=reading.clusters)


def trouble_of(found: Look) -> str:
    """Return why a look could not see everything that its key may see; empty where it could."""
    return next((each.text for each in found.troubles.values() if not each.denied), "")


def end(row: Handover, claimed: datetime, memory: Memory, problem: Problem, *, why: str) -> None:
    """Keep that a look failed; with `why` the key is no good any more and is destroyed."""
    log.info("Could not look at %s: %s", row.activation_id, problem.code)
    with transaction.atomic():
        kept = keep(row, claimed, could_not_look(memory, timezone.now()), problem=problem.text)
        if kept and why:
            handover.destroy_key(row, reason=why)


@transaction.atomic
def keep(row: Handover, claimed: datetime, memory: Memory, *, problem: str) -> bool:
    """Write down what is known now, unless the look was given up meanwhile; return whether it counts."""
    kept = Handover.objects.filter(pk=row.pk, looking_since=claimed).update(
        seen=memory.to_json(), looked_at=timezone.now(), looking_since=None, problem=problem[:500]
    )
    reading = reading_of(row.activation, memory)
    if kept and reading.is_complete:
        complete(row, reading)
    return bool(kept)


def complete(row: Handover, reading: Reading) -> None:
    """End a watch that has seen everything; the first time that is an event."""
    first = Handover.objects.filter(pk=row.pk, complete_at__isnull=True).update(complete_at=timezone.now())
    if first:
        activations.record(
            Kind.WATCH_COMPLETE, row.activation, actor=events.PORTAL, after={"resources": reading.resources}
        )
        dispatch.send_notice(row.activation_id)
    handover.destroy_key(row, reason="everything documented was found")


def reading_of(activation: Activation, memory: Memory) -> Reading:
    """Return what a watch's memory means for an activation."""
    return read(memory, handed_over=activation.activating_since or activation.created_at)
