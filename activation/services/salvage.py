"""Take over from a run of which nothing lives any more: its log, its states, then the verdict."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

from django.utils import timezone

from activation.domain import run_outcome
from activation.domain.run_status import RunStatus
from activation.domain.sealing import CannotOpen
from activation.domain.state import NotAState
from activation.models import LogLine, Run, StateVersion
from activation.runner import control as controls
from activation.runner import lock, states, workspace
from activation.selectors.runs import names_of
from activation.services import endings, host, run_keys

log = logging.getLogger(__name__)

NOT_OPENED = (
    "Its last output cannot be decrypted with this portal's master keys and is left where it is on {node}. Put the "
    "earlier master key back into MASTER_KEYS."
)


def interrupt(run: Run, *, epoch: int, control: Path) -> bool:
    """Write a run off, under its lock, after everything that it left was saved.

    Returns False where something of the run is alive after all. The mark that it is closed stays behind, so that a
    worker which was frozen while it started this run cannot start it any more.
    """
    with ExitStack() as stack:
        control.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            stack.enter_context(lock.taken(control))
        except lock.Held:
            return False
        controls.close(control)
        reason, is_saved = reason_lost(run), True
        try:
            save_states(run, control)
        except CannotOpen:
            # Where somebody puts the master key back, `leftovers` brings it in.
            reason, is_saved = f"{reason} {NOT_OPENED.format(node=host.node())}", False
        moved = endings.conclude(run, to=RunStatus.INTERRUPTED, epoch=epoch, reason=reason)
        if moved and is_saved:
            controls.mark_saved(control)
    if moved and is_saved:
        workspace.wipe_work(host.where(), run_id=run.pk, phase=run.phase)
    return moved


def reason_lost(run: Run) -> str:
    """Return in words what is known of a run that nobody sees any more: when it was last heard of, what was in hand."""
    last = LogLine.objects.filter(run=run).order_by("-number").values_list("at", flat=True).first()
    heard = last or run.apply_started_at or run.started_at or timezone.now()
    return run_outcome.lost(
        node=run.node,
        time=f"{heard.astimezone(UTC):%H:%M}",
        phase=run.phase,
        finished=int(run.progress.get("finished", 0)),
        planned=int(run.progress.get("planned", 0)),
        current=names_of(run, run.progress.get("current", ())),
    )


def save_states(run: Run, control: Path) -> None:
    """Store every state that lies about, oldest first: also what Terraform wrote after the last was sealed.

    Raises CannotOpen where the master key is not the one that wrapped the run's key.
    """
    key = run_keys.key_of(run)
    work = host.where().work_of(run.pk, run.phase)
    sealer = states.Sealer(run_id=run.pk, control=control, work=work, key=key)
    sealer.look()
    sealer.errored()
    for path in sorted((control / states.FOLDER).glob("*.sealed")):
        try:
            store_state(run, path, asdict(states.describe(path, run_id=run.pk, key=key)))
        except (CannotOpen, NotAState):
            log.exception("A sealed state of %s cannot be read: %s", run.pk, path.name)


def store_state(run: Run, path: Path, described: Mapping[str, Any]) -> None:
    """Store one sealed state as it lies on disk; the same serial twice is one row."""
    StateVersion.objects.get_or_create(
        workspace_id=run.workspace_id,
        lineage=described["lineage"],
        serial=described["serial"],
        defaults={
            "run": run,
            "sha256": described["sha256"],
            "sealed": path.read_bytes(),
            "resources": described["resources"],
        },
    )
