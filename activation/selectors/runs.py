"""Runs as pages show them: where one stands, what may be done with it, what it will take."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from statistics import median
from typing import Any

from django.conf import settings
from django.utils import timezone

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.roles import Right
from activation.domain.run_status import AT_WORK, SUCCEEDED, WAITING_TO_START, RunStatus
from activation.models import (
    Activation,
    Credential,
    LogLine,
    Member,
    Node,
    Organization,
    Plan,
    Run,
    StateVersion,
)
from activation.selectors.next_clicks import Click, next_click

# Of so many earlier runs the time that is left is learned; fewer than two would be a guess.
LEARN_FROM = 20
LEAST_TO_LEARN = 2
# A worker that was silent for longer has lost sight of its run, seconds.
AWAY_AFTER = 2
NODE_SILENT_AFTER = 20

PHASES = ("init", "plan", "apply")
PHASE_WORDS = {"done": "Done", "working": "Working", "waiting": "Not yet", "failed": "Failed", "stopped": "Stopped"}
PHASE_KINDS = {
    "done": "success",
    "working": "working",
    "waiting": "pending",
    "failed": "error",
    "stopped": "stopped",
}


def find_run(organization: Organization, pk: str) -> Run | None:
    """Return one of the organization's runs with what its pages need."""
    related = ("organization", "activation__organization", "package", "workspace__cloud_account", "retry_of")
    rows = Run.objects.for_organization(organization).select_related(*related)
    return rows.defer("package__archive").filter(pk=pk).first()


def retried(activation: Activation, pk: str) -> Run | None:
    """Return the ended run of this activation that is to be tried again."""
    run = Run.objects.filter(activation=activation, pk=pk).first() if pk else None
    return run if run is not None and run.can_be_retried else None


def saved_resources(run: Run) -> int:
    """Return how many resources the newest state of a run's workspace holds."""
    newest = StateVersion.objects.defer("sealed").newest(workspace=run.workspace_id)
    return newest.resources if newest else 0


def retry_words(run: Run) -> str:
    """Return what an earlier run left behind, for the person who tries again; empty where that is nothing."""
    planned, saved = int(run.progress.get("planned", 0)), saved_resources(run)
    words = []
    if saved:
        done = f"{saved} of {planned}" if run.apply_started_at and saved <= planned else str(saved)
        words.append(f"{done} were finished and are saved; only the rest is created.")
    if run.apply_started_at:
        words.append(
            "The portal first looks in your account for what was in progress when it stopped, so that "
            "nothing is created twice."
        )
    return " ".join([*words, "The new plan shows it before anything happens."]) if words else ""


@dataclass(frozen=True)
class Phase:
    """One of init, plan and apply, and how it stands."""

    name: str
    state: str

    @property
    def kind(self) -> str:
        """Return what a person sees: color and icon."""
        return PHASE_KINDS[self.state]

    @property
    def word(self) -> str:
        """Return the state as people read it."""
        return PHASE_WORDS[self.state]


@dataclass(frozen=True)
class Situation:
    """Where a run stands, and what this member may do about it."""

    run: Run
    title: str
    phases: tuple[Phase, ...]
    done: int
    total: int
    current: str
    left: str
    since: datetime | None
    elapsed: str
    line: int
    away: bool
    bar: str
    arns: list[dict[str, str]] = field(default_factory=list)
    explanation: dict[str, Any] = field(default_factory=dict)
    click: Click | None = None
    may: frozenset[str] = frozenset()
    later: Run | None = None
    # What else a page shows and is sent again when it differs; whether that goes on after the run has ended.
    more: str = ""
    goes_on: bool = False

    @property
    def is_final(self) -> bool:
        """Return whether nothing changes any more."""
        return self.run.has_ended and not self.goes_on

    @property
    def stopping(self) -> bool:
        """Return whether the run was asked to stop and goes on saving its state."""
        return self.run.is_stopping

    @property
    def working(self) -> bool:
        """Return whether Terraform is, or should be, at work."""
        return RunStatus(self.run.status) in AT_WORK

    @property
    def progress_words(self) -> str:
        """Return what stands beside the numbers."""
        if self.stopping:
            return "finished; work in progress is being stopped" if self.total else "Work in progress is being stopped"
        if self.current and self.working:
            return f"finished; in progress: {self.current}" if self.total else f"In progress: {self.current}"
        if self.working:
            phase = next((phase.name for phase in self.phases if phase.state == "working"), "")
            return {"init": "Preparing", "plan": "Comparing with AWS"}.get(phase, "")
        return "finished and saved" if self.run.has_ended and self.done < self.total else ""

    @property
    def line_words(self) -> str:
        """Return the run's place in line."""
        return "Next to start" if self.line == 1 else f"Number {self.line} in line"

    @property
    def reason_kind(self) -> str:
        """Return how bad what is written as the reason is."""
        if self.run.status == RunStatus.ERRORED:
            return "error"
        if self.run.status in {RunStatus.INTERRUPTED, RunStatus.FORCE_CANCELED}:
            return "warning"
        if "paste" in self.may:
            return "warning"
        return "success" if self.run.status in SUCCEEDED else "info"

    @property
    def refused_by_check(self) -> bool:
        """Return whether the safety check ended the run."""
        return self.run.status == RunStatus.ERRORED and bool(self.run.planned_at) and not self.run.approved_at

    @property
    def digest(self) -> str:
        """Return a short name for what the page's head shows: it differs when something in it does."""
        seen = (
            self.title,
            [(phase.name, phase.state) for phase in self.phases],
            (self.done, self.total, self.current, self.left, self.line, self.away),
            sorted(self.may),
            self.later is None,
            self.more,
        )
        return sha256(repr(seen).encode()).hexdigest()[:12]


def situation(run: Run, member: Member) -> Situation:
    """Return everything that the head of a run's page says."""
    status = RunStatus(run.status)
    progress = run.progress
    done, total = int(progress.get("finished", 0)), int(progress.get("planned", 0))
    shows_progress = bool(run.apply_started_at) and total > 0
    # A plan that waits for people is not at work.
    began = run.planned_at if status is RunStatus.PLANNED and run.planned_at else run.created_at
    later = Run.objects.filter(retry_of=run).order_by("-created_at").first() if run.has_ended else None
    may = allowed(run, member, later)
    return Situation(
        run=run,
        title=title_of(run, done, total),
        phases=phases_of(run),
        done=done if shows_progress else 0,
        total=total if shows_progress else 0,
        current=", ".join(names_of(run, progress.get("current", ())[:3])),
        left=time_left(run),
        since=None if run.has_ended else began,
        elapsed=in_words((run.finished_at or timezone.now()) - began),
        line=place_in_line(run) if status in WAITING_TO_START else 0,
        away=is_away(run),
        bar=bar_of(run),
        arns=arns_of(run) if status in SUCCEEDED else [],
        explanation=run.explanation if run.explanation.get("title") else {},
        click=next_click(run, may),
        may=may,
        later=later,
    )


def names_of(run: Run, addresses: Collection[str]) -> tuple[str, ...]:
    """Return what people call the things at some addresses, as the run's plan has them."""
    if not addresses:
        return ()
    plan = Plan.objects.filter(run=run).only("review").first()
    changes = plan.review.get("changes", ()) if plan else ()
    names = {each["address"]: each.get("display_name") for each in changes}
    return tuple(str(names.get(address) or address.rpartition(".")[2]) for address in addresses)


def title_of(run: Run, done: int, total: int) -> str:
    """Return the words of the browser's tab: what is going on, most telling first."""
    words = "Stopping" if run.is_stopping else run.status_label
    if run.status == RunStatus.APPLYING and total and not run.is_stopping:
        words = f"Applying {done} of {total}"
    return f"{words} · {run.region}"


def phases_of(run: Run) -> tuple[Phase, ...]:
    """Return how far init, plan and apply have come."""
    reached = reached_phase(run)
    status = RunStatus(run.status)
    if status in SUCCEEDED:
        ends = len(PHASES) if status is RunStatus.APPLIED else 2
        return tuple(Phase(name, "done" if place < ends else "waiting") for place, name in enumerate(PHASES))
    here = {
        RunStatus.PENDING: "waiting",
        RunStatus.PLANNED: "waiting",
        RunStatus.CONFIRMED: "waiting",
        RunStatus.ERRORED: "failed",
        RunStatus.INTERRUPTED: "failed",
        RunStatus.CANCELED: "stopped",
        RunStatus.FORCE_CANCELED: "stopped",
        RunStatus.DISCARDED: "stopped",
    }.get(status, "working")
    return tuple(
        Phase(name, "done" if place < reached else here if place == reached else "waiting")
        for place, name in enumerate(PHASES)
    )


def reached_phase(run: Run) -> int:
    """Return the number of the phase that is in hand, next, or in which the run ended."""
    if run.apply_started_at or run.approved_at:
        return 2
    if run.planned_at:
        # A plan that the safety check refused ended there.
        return 1 if run.status == RunStatus.ERRORED else 2
    if run.status == RunStatus.PENDING or not run.started_at:
        return 0
    names = LogLine.objects.filter(run_id=run.pk, level="phase", text__endswith="terraform plan")
    return 1 if names.exists() else 0


def bar_of(run: Run) -> str:
    """Return the color of the progress bar."""
    if run.status == RunStatus.APPLIED:
        return "success"
    if run.status in {RunStatus.ERRORED, RunStatus.INTERRUPTED}:
        return "error"
    return "stopped" if run.has_ended else "working"


def place_in_line(run: Run) -> int:
    """Return how many runs are started before this one, plus one."""
    return Run.objects.filter(status__in=WAITING_TO_START, created_at__lt=run.created_at).count() + 1


def is_away(run: Run) -> bool:
    """Return whether the worker that follows a run has been silent for longer than it may."""
    if RunStatus(run.status) not in AT_WORK:
        return False
    now = timezone.now()
    if run.lease_until is not None:
        return run.lease_until < now - timedelta(seconds=AWAY_AFTER)
    silent = now - timedelta(seconds=NODE_SILENT_AFTER)
    return Node.objects.filter(name=run.node, seen_at__lt=silent).exists()


def time_left(run: Run) -> str:
    """Return how much longer the phase in hand will take, from earlier runs of the same package; nothing invented."""
    began = run.apply_started_at if run.status == RunStatus.APPLYING else run.started_at
    if run.status not in {RunStatus.PLANNING, RunStatus.APPLYING} or began is None or run.is_stopping:
        return ""
    usual = usual_seconds(run)
    if usual is None:
        return ""
    left = usual - (timezone.now() - began).total_seconds()
    if left < 1:
        return ""
    # In steps, so that the words do not change with every look.
    step = 5 if left > 10 else 1
    return f"about {in_words(timedelta(seconds=step * max(1, round(left / step))))} left"


def usual_seconds(run: Run) -> float | None:
    """Return the median of how long this phase took in the latest applied runs of the package."""
    applied = Run.objects.filter(package=run.package_id, status=RunStatus.APPLIED, kind=run.kind)
    names = ("apply_started_at", "finished_at") if run.status == RunStatus.APPLYING else ("started_at", "planned_at")
    times = applied.order_by("-finished_at").values_list(*names)[:LEARN_FROM]
    taken = [(end - begin).total_seconds() for begin, end in times if begin and end]
    return median(taken) if len(taken) >= LEAST_TO_LEARN else None


def in_words(duration: timedelta) -> str:
    """Return a duration as people say it: `45 s`, `3 min 5 s`, `1 h 4 min`."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s" if seconds % 60 else f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def arns_of(run: Run) -> list[dict[str, str]]:
    """Return the ARNs that stand in the run's account, with their names."""
    stored = run.workspace.cloud_account.arns
    return [
        {"name": each.name, "label": each.label, "arn": stored[each.name]}
        for each in ARN_OUTPUTS
        if each.name in stored
    ]


def allowed(run: Run, member: Member, later: Run | None) -> frozenset[str]:
    """Return what the member gets to press: review, cancel, force, discard, retry, go_on, paste, state."""
    if not member.may(Right.WALK_WIZARD):
        return frozenset()
    status = RunStatus(run.status)
    may = set()
    if status is RunStatus.PLANNED:
        may |= {"review", "discard"}
    elif not run.has_ended and not run.cancel_requested_at:
        may.add("cancel")
    elif not run.has_ended and not run.force_requested_at and cooled_off(run):
        may.add("force")
    if run.can_be_retried and later is None:
        may.add("retry")
    if status in SUCCEEDED and run.kind == Run.APPLY:
        # Without ARNs step 3 would send the person back here.
        may.add("go_on" if run.is_of_region or run.workspace.cloud_account.is_authorized else "paste")
    if member.may(Right.DOWNLOAD_STATE) and StateVersion.objects.filter(run=run).exists():
        may.add("state")
    return frozenset(may)


def cooled_off(run: Run) -> bool:
    """Return whether the run was asked to stop long enough ago to be stopped by force."""
    asked = run.cancel_requested_at
    return asked is not None and timezone.now() - asked > timedelta(seconds=settings.FORCE_AFTER_SECONDS)


def key_of(run: Run) -> Credential | None:
    """Return what is kept of the run's key: whose it is and until when it is here; never the key."""
    return Credential.objects.filter(run=run).defer("sealed").first()
