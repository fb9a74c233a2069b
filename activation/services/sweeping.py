"""The sweep: every few seconds, find what was lost sight of, what waits, what is over its time."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from activation import dispatch
from activation.domain.durations import spoken
from activation.domain.errors import Refused
from activation.domain.run_status import WAITING_TO_START, RunStatus
from activation.models import Credential, Node, Plan, Run
from activation.runner import control as controls
from activation.runner import lock, workspace
from activation.runner.spec import GRACE_SECONDS
from activation.services import endings, events, host, leftovers, runs, salvage, shipping

log = logging.getLogger(__name__)

# A message may be this late before another is sent.
PATIENCE = timedelta(seconds=5)
# Beyond the time in which all that lives of a silent host has ended, seconds.
MARGIN_SECONDS = 120
# Messages that piled up while no worker was there are one sweep: so soon after it nothing has changed, seconds.
PILED_UP = 0.2


def sweep() -> None:
    """Do all of it; each part can be done twice."""
    if watch.has_just_swept():
        return
    host.report_node()
    begin_waiting()
    find_unshipped()
    write_off_gone_hosts()
    let_plans_lapse()
    destroy_old_credentials()
    leftovers.take_in()
    clear_away()


def begin_waiting() -> None:
    """Send waiting runs to the workers again, oldest first."""
    now = timezone.now()
    # What was written in the future was written by a host whose clock is ahead of this one's.
    young, old = (now - PATIENCE, now + PATIENCE)
    waiting = Run.objects.filter(status__in=[s.value for s in WAITING_TO_START]).exclude(
        Q(approved_at__isnull=True, created_at__range=(young, old)) | Q(approved_at__range=(young, old))
    )
    for pk in waiting.order_by("created_at").values_list("pk", flat=True)[: settings.RUN_SLOTS * 4]:
        dispatch.start_run(pk)


def find_unshipped() -> None:
    """Send runs at work that nobody ships to the host where they live."""
    for pk, node in Run.objects.at_work().unleased().values_list("pk", "node"):
        dispatch.ship_run(pk, node)


class Watch:
    """When this process swept, and since when it sees hosts silent, without having looked away itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent: dict[str, float] = {}
        self._looked = 0.0
        self._swept = -PILED_UP

    def has_just_swept(self) -> bool:
        """Return whether this process swept a moment ago; else it does now."""
        now = self._clock()
        if now - self._swept < PILED_UP:
            return True
        self._swept = now
        return False

    def long_silent(self, names: Collection[str]) -> list[str]:
        """Return which of the hosts that are silent now were seen so for `watched()`.

        After a restart of database or broker all hosts look silent, this one to the others as well: each gets the
        time to report again. Hosts share the sweeps, so that each looks only now and then.
        """
        now = self._clock()
        if now - self._looked > watched().total_seconds():
            self._silent.clear()
        self._looked = now
        self._silent = {name: self._silent.get(name, now) for name in names}
        return [name for name, since in self._silent.items() if now - since >= watched().total_seconds()]


watch = Watch()


def node_gone() -> timedelta:
    """Return the silence after which nothing of a host can be alive.

    A worker that has lost the database vouches for its runs a while; then, or when it is dead, a supervisor stops
    Terraform, and kills what does not end in its grace.
    """
    longest = shipping.LONGEST_AWAY_SECONDS + settings.RUN_ABANDONED_SECONDS + GRACE_SECONDS
    return timedelta(seconds=longest + MARGIN_SECONDS)


def watched() -> timedelta:
    """Return of this silence how long one process has to have watched, looking again before it is over once more."""
    return node_gone() / 2


def write_off_gone_hosts() -> None:
    """Interrupt runs of hosts that are gone for good; nothing of theirs can be alive any more."""
    others = Node.objects.exclude(name=host.node())
    silent = others.filter(seen_at__lt=Now() - watched()).values_list("name", flat=True)
    gone = others.filter(seen_at__lt=Now() - node_gone(), name__in=watch.long_silent(list(silent)))
    for run in Run.objects.at_work().unleased().filter(node__in=gone.values("name")):
        endings.conclude(run, to=RunStatus.INTERRUPTED, epoch=run.lease_epoch, reason=salvage.reason_lost(run))


def let_plans_lapse() -> None:
    """Discard plans that nobody approved in time."""
    lapsed = Plan.objects.older_than(timedelta(seconds=settings.PLAN_VALID_SECONDS))
    for plan in lapsed.filter(run__status=RunStatus.PLANNED).select_related("run"):
        try:
            runs.discard(
                plan.run,
                actor=events.PORTAL,
                reason=f"Nobody approved the plan within {spoken(settings.PLAN_VALID_SECONDS)}.",
            )
        except Refused:
            continue


def destroy_old_credentials() -> None:
    """Destroy keys whose time is over, whatever their run does; an apply that is under way has its copy."""
    for credential in Credential.objects.filter(sealed__isnull=False, expires_at__lt=Now()):
        endings.destroy_credential(credential.run, reason=f"{spoken(settings.CREDENTIAL_SECONDS)} after entry")


def clear_away() -> None:
    """Remove directories of runs that have ended and of which nothing lives, after all in them was stored."""
    where = host.where()
    day = timezone.now() - timedelta(days=1)
    for run_id, phase, control in where.controls():
        run = Run.objects.filter(pk=run_id).first()
        ended = run is not None and run.has_ended and run.finished_at is not None and run.finished_at < day
        over = run is None or (ended and controls.is_saved(control))
        if over and not lock.is_held(control):
            workspace.forget(where, run_id=run_id, phase=phase)
