"""Bring what a run's supervisor wrote into the database: in order, once, within a quarter of a second."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection, transaction

from activation import dispatch
from activation.domain.errors import Problem
from activation.domain.run_outcome import CANCEL, DATABASE_AWAY
from activation.domain.run_status import AT_WORK
from activation.models import LogLine, Run
from activation.runner import control as controls
from activation.runner import journal, lock, orphans, states, workspace
from activation.services import endings, host, salvage

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
# Where the database is away, or the disk is full: try again after this long.
RETRY_SECONDS = 1.0
# The row is looked at this often, however much there is to ship: a cancel reaches Terraform within a second.
LOOK_SECONDS = 0.5
# So long a worker vouches for a run without having reached the database; then it has Terraform stopped. Other hosts
# write this one off `sweeping.node_gone()` after it was last heard of, and nothing of it may live by then.
LONGEST_AWAY_SECONDS = 300.0
WRITTEN_OFF = "written off"
ALL_APPLIED = "Terraform created everything, but the results could not be read."
PHASE_HEADERS = {"init": "Preparing", "plan": "Planning", "show": "", "apply": "Applying", "untaint": "Found again"}


class LeaseLost(Exception):
    """Another worker ships this run now, or it has ended."""


def ship(run_id: str) -> None:
    """Attach to a run of this host and ship for `RUN_SHIP_SECONDS`, then hand over to the next delivery."""
    epoch = Run.objects.take_lease(run_id, owner=f"ship on {host.node()}", seconds=settings.RUN_LEASE_SECONDS)
    run = Run.objects.select_related(*Shipment.RELATED).filter(pk=run_id).first()
    if run is None:
        return
    if epoch is None:
        stop_what_was_written_off(run)
        return
    shipment = Shipment(run, epoch)
    try:
        while shipment.ship_for(settings.RUN_SHIP_SECONDS) and not shipment.hand_over():
            continue
    except LeaseLost:
        log.info("Run %s is shipped by another worker now, or has ended", run_id)


def demand_away(error: Exception) -> None:
    """Raise the error again where it lies in what was to be stored, and not in the database.

    Away has many names: PostgreSQL refuses writes with an InternalError while a standby takes over.
    """
    if isinstance(error, IntegrityError | DataError):
        raise error


def stop_what_was_written_off(run: Run) -> None:
    """Have Terraform stopped at once where its phase is over without it: a retry may be next, and make things twice."""
    if Run.objects.at_work().filter(pk=run.pk, phase=run.phase).exists():
        return
    control = host.where().control(run.pk, run.phase)
    if lock.is_held(control):
        controls.request_stop(control, WRITTEN_OFF)


class Shipment:
    """One worker's turn at one run."""

    RELATED = ("package", "workspace__cloud_account", "activation", "organization")

    def __init__(self, run: Run, epoch: int) -> None:
        self.run, self.epoch = run, epoch
        self.control: Path = host.where().control(run.pk, run.phase)
        # When the lease was renewed, when the database was last reached; `looked` 0: look at the row at once.
        self.renewed = self.began = self.reached = time.monotonic()
        self.looked = 0.0
        self.orphaned_since = 0.0

    def hand_over(self) -> bool:
        """Leave the run to the next delivery; return False where this worker has to go on itself.

        Where broker or database are away nobody else would come, and Terraform would stop for want of a worker.
        """
        try:
            Run.objects.release_lease(self.run.pk, epoch=self.epoch)
            return dispatch.send(dispatch.SHIP_RUN, self.run.pk, dispatch.ship_queue(host.node())) or not self.go_on()
        except (DatabaseError, InterfaceError) as error:
            demand_away(error)
            log.warning("The database is away (%s); run %s is not handed over", error, self.run.pk)
            connection.close()
            return False

    def go_on(self) -> bool:
        """Take the lease for another turn; return whether it was still free."""
        owner = f"ship on {host.node()}"
        epoch = Run.objects.take_lease(self.run.pk, owner=owner, seconds=settings.RUN_LEASE_SECONDS)
        self.epoch = epoch or self.epoch
        return epoch is not None

    def ship_for(self, seconds: float) -> bool:
        """Ship until the phase has ended or the time is over; return whether there is more to come."""
        ends = time.monotonic() + seconds
        while True:
            away = False
            try:
                if self.step():
                    return False
            except (DatabaseError, InterfaceError) as error:
                demand_away(error)
                away = True
                # Terraform goes on meanwhile; the journal keeps what the database cannot take.
                log.warning("The database is away (%s); run %s goes on", error, self.run.pk)
                connection.close()
                time.sleep(RETRY_SECONDS)
            self.tell_supervisor()
            # With the database away nobody could take over.
            if time.monotonic() > ends and not away:
                return True

    def tell_supervisor(self) -> None:
        """Say that a worker is there; where it has long lost sight of the database, have Terraform stopped instead."""
        if not self.control.is_dir():
            return
        if time.monotonic() - self.reached < LONGEST_AWAY_SECONDS:
            controls.renew_lease(self.control)
        else:
            controls.request_stop(self.control, DATABASE_AWAY)

    def step(self) -> bool:
        """Ship what is there, obey what people asked; return whether the phase has ended."""
        # Before reading: what a dead supervisor wrote is then all there.
        alive = lock.is_held(self.control)
        if time.monotonic() - self.looked >= LOOK_SECONDS:
            # By the clock, and not when there is nothing to ship: a cancel does not wait for a long log.
            self.looked = time.monotonic()
            self.look_at_row()
            self.look_for_orphans()
        entries, offset = journal.read(self.control, self.run.journal_offset)
        if entries and entries[0]["kind"] == journal.END:
            self.end(entries[0], offset)
            return True
        if entries:
            self.store(entries, offset)
            return False
        if not alive and not self.is_missing():
            return self.take_over()
        # Nothing to read is no proof of death: a disk may come late after a restart.
        time.sleep(TICK_SECONDS)
        return False

    def take_over(self) -> bool:
        """Write off what died without telling how; return whether that is done: a disk that is full is waited for."""
        try:
            salvage.interrupt(self.run, epoch=self.epoch, control=self.control)
        except OSError as error:
            log.warning("What is left of run %s cannot be saved yet: %s", self.run.pk, error)
            time.sleep(RETRY_SECONDS)
            return False
        return True

    def is_missing(self) -> bool:
        """Return whether the run's directory is not there, and was not waited for long enough: for one lease."""
        patience = min(settings.RUN_LEASE_SECONDS, settings.RUN_SHIP_SECONDS * 0.8)
        return not self.control.is_dir() and time.monotonic() - self.began < patience

    def look_for_orphans(self) -> None:
        """End what a dead supervisor left behind, so that the run can be taken over."""
        if not orphans.are_left(self.control):
            self.orphaned_since = 0.0
        elif not self.orphaned_since:
            self.orphaned_since = time.monotonic()
        else:
            orphans.end(self.control, since=self.orphaned_since)

    def look_at_row(self) -> None:
        """Renew the lease, and hand on what people asked for; raises LeaseLost."""
        row = (
            Run.objects.filter(pk=self.run.pk, lease_epoch=self.epoch, status__in=[s.value for s in AT_WORK])
            .values("cancel_requested_at", "force_requested_at")
            .first()
        )
        self.reached = time.monotonic()
        if row is None:
            self.give_up()
        if row["cancel_requested_at"] and self.control.is_dir():
            controls.request_stop(self.control, CANCEL)
        if row["force_requested_at"] and self.control.is_dir():
            controls.request_force(self.control)
        self.keep_lease()

    def keep_lease(self) -> None:
        """Renew the lease in time; raises LeaseLost."""
        if time.monotonic() - self.renewed > settings.RUN_LEASE_SECONDS / 4:
            self.renewed = time.monotonic()
            if not Run.objects.renew_lease(self.run.pk, epoch=self.epoch, seconds=settings.RUN_LEASE_SECONDS):
                self.give_up()

    def give_up(self) -> NoReturn:
        """Leave the run to whoever has it now; raises LeaseLost."""
        stop_what_was_written_off(self.run)
        raise LeaseLost

    def store(self, entries: list[Mapping[str, Any]], offset: int) -> None:
        """Store a batch and move the offset, in one transaction that only the holder of the lease wins."""
        run = self.run
        lines, changes = self.read(entries)
        with transaction.atomic():
            moved = Run.objects.filter(
                pk=run.pk,
                status=run.status,
                lease_epoch=self.epoch,
                phase=run.phase,
                journal_offset=run.journal_offset,
            ).update(journal_offset=offset, lines=run.lines + len(lines), **changes)
            if not moved:
                self.give_up()
            LogLine.objects.bulk_create(lines, batch_size=500)
            for entry in entries:
                if entry["kind"] == "state":
                    self.store_state(entry)
        self.reached = time.monotonic()
        run.journal_offset, run.lines = offset, run.lines + len(lines)
        run.progress = changes.get("progress", run.progress)

    def read(self, entries: list[Mapping[str, Any]]) -> tuple[list[LogLine], dict[str, Any]]:
        """Return the log lines of a batch and what changes in the run's row."""
        lines: list[LogLine] = []
        changes: dict[str, Any] = {}
        for entry in entries:
            text, level = line_of(entry)
            if text is not None:
                number = self.run.lines + len(lines) + 1
                at = datetime.fromisoformat(entry["t"])
                lines.append(LogLine(run=self.run, number=number, at=at, level=level, text=text))
            if entry["kind"] == "progress":
                changes["progress"] = {name: value for name, value in entry.items() if name not in {"t", "kind"}}
            elif entry["kind"] == "end":
                changes["diagnostics"] = entry["diagnostics"]
                counts = {"lines": entry.get("lines"), "masked": entry.get("masked")}
                changes["emitted"] = {**self.run.emitted, self.run.phase: counts}
        return lines, changes

    def store_state(self, entry: Mapping[str, Any]) -> None:
        """Store a sealed state as the supervisor left it; the same serial twice is one."""
        salvage.store_state(self.run, self.control / states.FOLDER / entry["file"], entry)

    def end(self, entry: Mapping[str, Any], offset: int) -> None:
        """Conclude the phase, in one move with the offset behind its last entry, then forget its directories.

        A worker that dies before that leaves the entry unread, and the next one reads it again; raises LeaseLost.
        """
        self.run = Run.objects.select_related(*self.RELATED).get(pk=self.run.pk)
        _, changes = self.read([entry])
        changes["journal_offset"] = offset
        try:
            moved = endings.finish(self.run, entry, epoch=self.epoch, control=self.control, **changes)
        except Problem as problem:
            done = f"{ALL_APPLIED} " if entry["finished"] and self.run.phase == "apply" else ""
            code = {"code": problem.code}
            moved = endings.fail(self.run, epoch=self.epoch, reason=f"{done}{problem}", explanation=code, **changes)
        if not moved:
            self.give_up()
        workspace.forget(host.where(), run_id=self.run.pk, phase=self.run.phase)


def line_of(entry: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the log line that an entry becomes, and its level; None for those that become none."""
    kind = entry["kind"]
    if kind == "line":
        return str(entry["text"]), str(entry.get("level", ""))
    if kind == "phase" and (header := PHASE_HEADERS.get(str(entry["name"]), "")):
        return f"{header}: terraform {entry['name']}", "phase"
    if kind == "stopping":
        return "Terraform was asked to stop. It is saving its state.", "notice"
    if kind == "killing":
        return "Terraform did not stop and was killed.", "notice"
    return None, ""
