"""Lost sight of: what is alive and what is not, with the proof; and saving what a dead run left, without keys."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone

from activation.domain.run_status import AT_WORK, RunStatus
from activation.models import Node, Run, Workspace
from activation.runner import lock
from activation.services import host, leftovers, recovery, shipping, sweeping

LIVE, ORPHANED, FREE, ELSEWHERE = "live", "orphaned", "free", "elsewhere"
# What a page says of a run whose worker is away; the proof follows.
WORDS = {
    LIVE: "The run is live: Terraform continues. Its output is kept and shown as soon as a worker is back.",
    ORPHANED: "The run is orphaned: the process that supervised Terraform is dead. Terraform is being stopped. Then "
    "its log and its states are saved, and the page shows what to do.",
    FREE: "No process of this run is alive. In a moment, its log and its states are saved, and the page shows what "
    "to do.",
    ELSEWHERE: "There is no news of this run, so its state is not known: it may be alive or dead.",
}
PROGRAMS = {"terraform": "Terraform", "tofu": "OpenTofu", "terraform-provi": "its provider"}


@dataclass(frozen=True)
class Lock:
    """Whether anything of a run lives: `live`, `orphaned`, `free` or `elsewhere`, and what proves it."""

    kind: str
    proof: str

    @property
    def words(self) -> str:
        """Return what that means for the run, as a page says it."""
        return WORDS[self.kind]


@dataclass(frozen=True)
class Case:
    """One run that somebody should look at: what is the matter, and what to do."""

    run: Run
    lock: Lock
    matter: str
    next_step: str
    salvaged: bool = False


def lock_of(run: Run) -> Lock:
    """Say what holds a run's lock: the operating system frees it when the last process of the run is gone."""
    if run.node and run.node != host.node():
        return Lock(ELSEWHERE, f"It was started on {run.node}. Only that host can tell. {heard_of(run.node)}")
    control = host.where().control(run.pk, run.phase)
    if not lock.is_held(control):
        where = "its lock is free" if control.is_dir() else "its directory is gone"
        return Lock(FREE, f"No process of it is alive on {host.node()}: {where}.")
    held = ", ".join(named(process) for process in lock.holders(control)) or "a process that cannot be inspected"
    if lock.has_supervisor(control):
        return Lock(LIVE, f"It is alive on {host.node()}: its lock is held by {held}.")
    return Lock(ORPHANED, f"Its supervisor is dead. Its lock is still held by {held}, which is being stopped.")


def heard_of(name: str) -> str:
    """Say when a host was last heard of, and when its runs are written off."""
    node = Node.objects.filter(pk=name).first()
    if node is None:
        return "That host has never reported."
    silence = sweeping.node_gone()
    ends = node.seen_at + silence
    if ends < timezone.now():
        return f"It last reported at {clock(node.seen_at)}. Its runs are being written off."
    return f"It last reported at {clock(node.seen_at)}. If it stays silent, its runs are written off at {clock(ends)}."


def clock(at: datetime) -> str:
    """Return a time as these sentences tell it."""
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


def named(process: int) -> str:
    """Return what a process of a run is, with its number."""
    try:
        program = Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        program = ""
    return f"{PROGRAMS.get(program, 'its supervisor')} (process {process})"


def take_stock(*, save: bool) -> list[Case]:
    """Go through all runs that are lost sight of; with `save` take in what the dead ones of this host left.

    No key is needed for that. A run of which anything lives is left alone, and nothing is applied again.
    """
    taken = leftovers.take_in() if save else []
    at_work = Run.objects.at_work().select_related("organization", "workspace__cloud_account").order_by("created_at")
    unfollowed = set(Run.objects.at_work().unleased().values_list("pk", flat=True))
    looked = (case_of(run, save=save) if run.pk in unfollowed else leased_case(run) for run in at_work)
    cases = [case for case in looked if case is not None]
    seen = {case.run.pk for case in cases}
    cases += [case for case in ended_cases() if case.run.pk not in seen]
    told = [replace(case, salvaged=case.salvaged or case.run.pk in taken) for case in cases]
    silent = Run.objects.filter(pk__in=taken).exclude(pk__in=[case.run.pk for case in cases])
    return told + [late_case(run) for run in silent.select_related("organization", "workspace__cloud_account")]


def case_of(run: Run, *, save: bool) -> Case:
    """Look at one run that nobody follows."""
    found = lock_of(run)
    if found.kind == ELSEWHERE:
        return Case(run, found, "No worker follows it.", f"Start the workers of {run.node}, or run this command there.")
    if found.kind != FREE:
        return Case(
            run, found, "It continues, and no worker follows it.", "Start the workers. Nothing is lost in the meantime."
        )
    if not save:
        return Case(
            run, found, "It ended without reporting how.", "Run this command without --list, or start the workers."
        )
    shipping.ship(run.pk)
    run.refresh_from_db()
    if RunStatus(run.status) in AT_WORK:
        return Case(
            run, found, "It could not be taken over.", "Another worker is handling it. Check again in a minute."
        )
    return Case(run, found, run.reason or run.status_label, press(run), salvaged=True)


def leased_case(run: Run) -> Case | None:
    """Look at a run that a worker has, or had when it died: only what is alive needs nobody."""
    found = lock_of(run)
    if found.kind in {LIVE, ELSEWHERE}:
        return None
    ends = f" until {clock(run.lease_until)}" if run.lease_until else ""
    return Case(run, found, f"A worker is handling it{ends}.", "Run this command again after that.")


def late_case(run: Run) -> Case:
    """Tell of a run that needs nobody, and of which something was stored late."""
    return Case(run, lock_of(run), run.reason or run.status_label, "", salvaged=True)


def ended_cases() -> list[Case]:
    """Return the runs that ended in the middle of an account, and that no later run has made good."""
    cut_off = (recovery.cut_off(workspace) for workspace in Workspace.objects.order_by("created_at"))
    active = set(Run.objects.active().values_list("workspace_id", flat=True))
    return [
        Case(run, lock_of(run), run.reason or run.status_label, press(run))
        for run in cut_off
        if run is not None and run.workspace_id not in active
    ]


def press(run: Run) -> str:
    """Say what a person does about an ended run."""
    if not run.can_be_retried:
        return ""
    return "Open the run and press Recover. It asks for a new key and shows its plan before anything happens."
