"""What an ended run left on this host that is not in the database yet: stored as soon as that can be.

So it is where another host wrote off the runs of this one, which was silent for long and is back; where the disk was
full; where a master key was missing. The verdict stays; what the run went on to write is brought in behind it.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import Max

from activation.domain.events import CREATES_A_RUN, ENDS_A_RUN, Kind
from activation.domain.run_status import RunStatus
from activation.domain.sealing import CannotOpen
from activation.models import Event, Run
from activation.runner import control as controls
from activation.runner import journal, lock, workspace
from activation.services import events, host, recovery, salvage, shipping
from activation.services.shipping import LeaseLost, Shipment

log = logging.getLogger(__name__)


def take_in() -> list[str]:
    """Store what lies here of runs that have ended and of which nothing lives; return the runs of which it was any.

    What cannot be stored yet stays as it is, and is tried again. One that makes trouble keeps no other from its turn.
    """
    taken = []
    for run_id, phase, control in host.where().controls():
        if controls.is_saved(control):
            continue
        try:
            if take_in_phase(run_id, phase, control):
                taken.append(run_id)
        except (OSError, LeaseLost) as error:
            log.warning("What is left of run %s cannot be stored yet: %s", run_id, error)
        except Exception:
            log.exception("What is left of run %s cannot be stored", run_id)
    return taken


def take_in_phase(run_id: str, phase: str, control: Path) -> bool:
    """Store one phase's leftovers, then wipe its work directory; return whether there were any."""
    ended = Run.objects.select_related("organization").filter(pk=run_id)
    run = ended.first()
    if run is None or not run.has_ended:
        return False
    try:
        with lock.taken(control):
            controls.close(control)
            late = Leftovers(run, control)
            # A phase before the last was stored to its end, else there would have been no other.
            if run.phase == phase and not late.store_all():
                return late.were_any
            controls.mark_saved(control)
    except lock.Held:
        shipping.stop_what_was_written_off(run)
        return False
    except FileNotFoundError:
        if control.is_dir():
            raise
        # Somebody else has brought it all in, and removed it.
        return False
    workspace.wipe_work(host.where(), run_id=run_id, phase=phase)
    return late.were_any


class Leftovers(Shipment):
    """The rest of a phase's journal, and the states beside it, of a run that has ended."""

    def __init__(self, run: Run, control: Path) -> None:
        super().__init__(run, run.lease_epoch)
        self.control = control
        self.lines_before, self.states_before = run.lines, run.states.count()
        self.is_superseded = False
        self.were_any = False

    @transaction.atomic
    def store_all(self) -> bool:
        """Store everything, and tell it in the run's log and as an event; return whether nothing is left to store.

        Raises OSError, LeaseLost.
        """
        of_the_workspace = Run.objects.filter(workspace=self.run.workspace_id).exclude(pk=self.run.pk)
        if of_the_workspace.active().exists():
            # Its plan goes on from the state that is the newest now.
            return False
        later = of_the_workspace.filter(pk__in=created_after(self.run))
        # Those have looked in AWS for what this one made: their states are newer than any that lie here.
        self.is_superseded = any(run.apply_started_at or run.states.exists() for run in later)
        while True:
            entries, offset = journal.read(self.control, self.run.journal_offset)
            if not entries:
                break
            self.store(entries, offset)
        opened = True
        if not self.is_superseded:
            try:
                salvage.save_states(self.run, self.control)
            except CannotOpen:
                # Whoever puts the master key back has them stored then.
                opened = False
        self.tell(is_whole=opened and not self.is_superseded)
        return opened

    def store_state(self, entry: Mapping[str, Any]) -> None:
        """Store a sealed state, unless a later run went on without it."""
        if not self.is_superseded:
            super().store_state(entry)

    def tell(self, *, is_whole: bool) -> None:
        """Say what was stored, where it was anything; where nothing is missing, also in the reason of the verdict."""
        run = self.run
        lines, states = run.lines - self.lines_before, run.states.count() - self.states_before
        self.were_any = bool(lines or states)
        if not self.were_any:
            return
        reason = salvage.reason_lost(run) if is_whole and run.status == RunStatus.INTERRUPTED else run.reason
        Run.objects.filter(pk=run.pk).update(reason=reason)
        text = words(host.node(), lines=lines, states=states, left_out=self.is_superseded)
        recovery.write(run, text, level="notice")
        events.record_of_run(Kind.RUN_LEFTOVERS_STORED, run, reason=reason, after={"lines": lines, "states": states})

    def give_up(self) -> NoReturn:
        """Leave the run to whoever brings it in at the same time; raises LeaseLost."""
        raise LeaseLost


def created_after(run: Run) -> list[str]:
    """Return the runs that were created after one had ended, as the events have it: the clocks of hosts may differ."""
    of_all = Event.objects.for_organization(run.organization)
    ended = of_all.filter(run_id=run.pk, kind__in=ENDS_A_RUN).aggregate(last=Max("sequence"))["last"] or 0
    return list(of_all.filter(kind__in=CREATES_A_RUN, sequence__gt=ended).values_list("run_id", flat=True))


def words(node: str, *, lines: int, states: int, left_out: bool) -> str:
    """Say what was stored late."""
    counts = [(lines, "line of its log", "lines of its log"), (states, "state", "states")]
    stored = " and ".join(f"{number} {one if number == 1 else more}" for number, one, more in counts if number)
    text = f"What this run had left on {node} is stored now: {stored}."
    if left_out:
        text += " Its states are left out: a later run looked in AWS for what it had made, and went on from there."
    return text
