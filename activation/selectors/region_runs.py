"""Runs that build a cloud region, as their pages show them: phases, percent, what exists, what it waits for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from hashlib import sha256
from operator import or_
from statistics import quantiles
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from activation.domain.checks import Report
from activation.domain.console_links import console_link
from activation.domain.control_plane import ControlPlane
from activation.domain.plan import PlanReview, ResourceChange, configuration_address
from activation.domain.region_lateness import likely_causes
from activation.domain.region_progress import (
    SIGNS,
    RegionPhase,
    Standing,
    Thing,
    Trace,
    percent,
    phases_of,
    standing_of,
    traces_of,
)
from activation.domain.resource_names import type_label
from activation.domain.run_status import AT_WORK, RETRYABLE, SUCCEEDED, RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, LogLine, Plan, RegionSetup, Run
from activation.selectors.runs import Situation

# The vendor's guide: "Allow about 30 minutes". Measured elsewhere; nothing here promises it.
TYPICAL = "typically about 30 minutes in total"
# Earlier activations of this portal that a range is learned from; fewer would be a guess.
LEAST_TO_LEARN, LEARN_FROM = 4, 20
BEGINNING = frozenset({RunStatus.PENDING, RunStatus.PLANNING, RunStatus.CONFIRMED})


@dataclass(frozen=True)
class RegionRun:
    """Where the building of a region stands, over all runs under one approval."""

    run: Run
    chain: tuple[Run, ...]
    phases: tuple[RegionPhase, ...]
    done: int
    total: int
    status: tuple[str, str]
    late: bool
    left: str
    next: Run | None

    @property
    def percent(self) -> int:
        """Return how much exists of what is to exist."""
        return percent(self.done, self.total)

    @property
    def things(self) -> list[Thing]:
        """Return everything the region is made of."""
        return [thing for phase in self.phases for thing in phase.things]

    @property
    def existing(self) -> list[Thing]:
        """Return what exists."""
        return [thing for thing in self.things if thing.is_there]

    @property
    def existing_billed(self) -> list[Thing]:
        """Return what exists and is billed while it does."""
        return [thing for thing in self.existing if thing.billed]

    @property
    def in_hand(self) -> list[Thing]:
        """Return what is being made."""
        return [thing for thing in self.things if thing.standing is Standing.WORKING]

    @property
    def unsure(self) -> list[Thing]:
        """Return what was being made when the run ended, or could not be made."""
        return [thing for thing in self.things if thing.standing in {Standing.OPEN, Standing.FAILED}]

    @property
    def causes(self) -> list[str]:
        """Return why it may take so long."""
        return likely_causes(thing.type for thing in self.in_hand)

    @property
    def is_building(self) -> bool:
        """Return whether the region is being built, also while the next session begins."""
        approved = bool(self.run.approved_at or self.run.continues_id)
        return self.status[0] == "working" and approved and not self.run.has_ended

    @property
    def checking(self) -> bool:
        """Return whether all is built and is being looked at from outside."""
        return RunStatus(self.run.status) in SUCCEEDED and self.activation_status is ActivationStatus.ACTIVATING

    @property
    def active(self) -> bool:
        """Return whether the region is active."""
        return self.activation_status is ActivationStatus.ACTIVE

    @property
    def activation_status(self) -> ActivationStatus:
        """Return where the activation stands."""
        return ActivationStatus(self.run.activation.status)

    @property
    def unwell(self) -> list[dict[str, Any]]:
        """Return what was seen from outside of a region that was built and did not become active."""
        setup = RegionSetup.objects.filter(activation=self.run.activation).only("outside").first()
        return outside_rows(setup) if self.built_unwell else []

    @property
    def blind(self) -> tuple[str, datetime] | None:
        """Return why the look from outside got no answer to go by, and since when; None where it did."""
        setup = RegionSetup.objects.filter(activation=self.run.activation).only("outside").first()
        seen: dict[str, Any] = setup.outside if setup and self.checking else {}
        return (seen["blind"], datetime.fromisoformat(seen["blind_since"])) if seen.get("blind") else None

    @property
    def built_unwell(self) -> bool:
        """Return whether everything was built and the look from outside was not satisfied."""
        return RunStatus(self.run.status) in SUCCEEDED and self.activation_status is ActivationStatus.FAILED

    @property
    def bar(self) -> str:
        """Return the color of the bar."""
        if self.next is not None or self.run.status == RunStatus.CANCELED:
            return "stopped"
        if RunStatus(self.run.status) in SUCCEEDED:
            return "error" if self.built_unwell else "success"
        return "error" if self.run.has_ended else "working"

    @property
    def approved_by(self) -> str:
        """Return who approved what is being built."""
        return next((each.approved_by_name for each in self.chain if each.approved_by_name), "")

    @property
    def can_resume(self) -> bool:
        """Return whether another run may go on where this one stopped."""
        return RunStatus(self.run.status) in RETRYABLE and self.next is None

    @property
    def resume_word(self) -> str:
        """Return what going on is called: before anything was begun there is nothing to resume."""
        return "Resume" if self.run.apply_started_at or self.run.continues_id or self.done else "Try again"

    @property
    def digest(self) -> str:
        """Return a short name for all this: it differs when something in it does."""
        seen = (
            self.status,
            [(phase.name, phase.state, phase.done) for phase in self.phases],
            [thing.address for thing in (*self.in_hand, *self.unsure)],
            (self.done, self.total, self.late, self.left, self.next and self.next.pk, self.activation_status),
            self.blind,
        )
        return sha256(repr(seen).encode()).hexdigest()[:12]


def outside_rows(setup: RegionSetup | None) -> list[dict[str, Any]]:
    """Return what was seen of a region from outside, as `elements/checklist.html` takes it; nothing before a look."""
    return [
        {"title": each.title, "state": each.state.value, "text": each.detail, "remedy": each.remedy}
        for each in Report.from_json({"checks": setup.outside.get("checks", []) if setup else []}).checks
    ]


def with_region(where: Situation) -> tuple[Situation, RegionRun | None]:
    """Return a run's situation as a region's page tells it, and the region; none for a run of another kind."""
    run = where.run
    if not run.is_of_region:
        return where, None
    region = region_of(run)
    counts = region.is_building and region.total and not run.is_stopping
    words = f"Deploying {region.percent} %" if counts else region.status[1]
    may = where.may if region.next is None else where.may - {"retry"}
    if "go_on" in may and region.built_unwell:
        may |= {"look_again"}
    told = replace(
        where,
        title=f"{words} · {run.region}",
        left=region.left,
        more=region.digest,
        may=may - {"go_on"},
        # After the apply the region is looked at from outside; the page waits for that.
        goes_on=region.checking,
    )
    return told, region


def region_of(run: Run) -> RegionRun:
    """Return where the building stands as of a run."""
    chain = chain_of(run)
    after = Run.objects.filter(continues=run).order_by("-created_at").first() if run.has_ended else None
    things = things_of(run, chain)
    there = {thing.address for thing in things if thing.is_there}
    done = len(there)
    at_work = RunStatus(run.status) in AT_WORK or (run.continues_id is not None and not run.has_ended)
    late = not run.has_ended and is_late(run.activation)
    return RegionRun(
        run=run,
        chain=chain,
        phases=phases_of(
            things,
            run.package.description.get("phases", ()),
            at_work=at_work and bool(run.apply_started_at or run.continues_id),
            ended_badly=RunStatus(run.status) in RETRYABLE,
        ),
        done=done,
        total=len(things),
        status=status_of(run, after),
        late=late,
        left=time_left(run.activation) if not run.has_ended and (run.apply_started_at or run.continues_id) else "",
        next=after,
    )


def status_of(run: Run, after: Run | None) -> tuple[str, str]:
    """Return kind and words of the status on top of the page."""
    status = RunStatus(run.status)
    activation = ActivationStatus(run.activation.status)
    if after is not None:
        return "info", "Continued with a new session"
    if run.is_stopping:
        return "working", "Stopping, saving state"
    if status in SUCCEEDED and activation is ActivationStatus.ACTIVATING:
        return "working", "Checking from outside"
    if status in SUCCEEDED and activation is ActivationStatus.ACTIVE:
        return "success", "Active"
    if status in SUCCEEDED and activation is ActivationStatus.FAILED:
        return "error", "Built, but not as it should be"
    if status is RunStatus.APPLYING or (run.continues_id is not None and status in BEGINNING):
        return "working", "Deploying"
    return KINDS.get(status, "pending"), run.status_label


KINDS = {
    RunStatus.PLANNING: "working",
    RunStatus.PLANNED: "info",
    RunStatus.APPLIED: "success",
    RunStatus.PLANNED_AND_FINISHED: "success",
    RunStatus.ERRORED: "error",
    RunStatus.INTERRUPTED: "warning",
    RunStatus.CANCELED: "stopped",
    RunStatus.FORCE_CANCELED: "stopped",
    RunStatus.DISCARDED: "stopped",
}


def chain_of(run: Run) -> tuple[Run, ...]:
    """Return the runs under the same approval up to this one, oldest first."""
    chain = [run]
    while (before := chain[-1].continues) is not None and len(chain) < LEARN_FROM:
        chain.append(before)
    return tuple(reversed(chain))


def things_of(run: Run, chain: tuple[Run, ...]) -> list[Thing]:
    """Return everything the newest plan of a chain knows, with where each thing stands; nothing before a plan."""
    plan = Plan.objects.filter(run__in=chain).defer("sealed").order_by("-created_at").first()
    if plan is None:
        return []
    changes = in_order(run, PlanReview.from_json(plan.review).changes)
    # What was seen of a thing before the plan was made counts only for what the plan leaves as it is.
    ever, since = traces(run, plan)
    progress = run.progress
    current = set(progress.get("current", ()))
    at_work = RunStatus(run.status) in AT_WORK
    begun = any(each.apply_started_at for each in chain if each.created_at >= plan_run(chain, plan).created_at)
    things = []
    for change in changes:
        standing = standing_of(
            change.action,
            bool(change.importing_id),
            since.get(change.address, Trace()),
            in_hand=begun and change.address in current,
            at_work=at_work,
            begun=begun,
        )
        things.append(thing_of(run, change, ever.get(change.address, Trace()), standing))
    return things


def plan_run(chain: tuple[Run, ...], plan: Plan) -> Run:
    """Return the run of a chain whose plan it is."""
    return next(each for each in chain if each.pk == plan.run_id)


def stands(change: ResourceChange) -> bool:
    """Return whether a thing is to stand after the apply."""
    return change.mode == "managed" and change.action not in {"delete", "forget", "read"}


def thing_of(
    run: Run, change: ResourceChange, trace: Trace | None = None, standing: Standing = Standing.WAITING
) -> Thing:
    """Return one thing with its purpose, its id and its page in AWS's console."""
    trace = trace or Trace()
    told = run.package.description.get("resources", {}).get(configuration_address(change.address), {})
    there = standing in {Standing.EXISTS, Standing.FOUND}
    identifier = (trace.id or change.importing_id or str(change.after.get("id") or "")) if there else ""
    url = console_link(change.type, identifier, region=run.region) if identifier else ""
    return Thing(
        address=change.address,
        type=change.type,
        label=type_label(change.type),
        name=name_of(change),
        phase=str(told.get("phase", "")),
        purpose=str(told.get("purpose", "")),
        billed=str(told.get("billed", "")),
        action=change.action,
        standing=standing,
        # Others are names that Terraform makes up.
        id=identifier if url else "",
        # A simulator's things are not in AWS's console.
        url="" if settings.AWS_ENDPOINT_URL else url,
        began=trace.began,
        ended=trace.ended if there else None,
    )


def name_of(change: ResourceChange) -> str:
    """Return what people call a thing; of what belongs to a cluster its own name, not the cluster's."""
    own = change.after.get("node_group_name") or change.after.get("addon_name")
    return str(own) if own else "" if change.display_name == change.address else change.display_name


def in_order(run: Run, changes: Iterable[ResourceChange]) -> list[ResourceChange]:
    """Return what is to stand, in the order in which the package lists it."""
    listed = {address: place for place, address in enumerate(run.package.description.get("resources", ()))}
    found = [each for each in changes if stands(each)]
    return sorted(found, key=lambda each: listed.get(configuration_address(each.address), len(listed)))


def traces(run: Run, plan: Plan) -> tuple[dict[str, Trace], dict[str, Trace]]:
    """Return what the logs up to a run tell of each resource: all of them, and those since the plan was made."""
    wanted = reduce(or_, (Q(text__contains=sign) for sign in SIGNS))
    rows = (
        LogLine.objects.filter(wanted, run__workspace=run.workspace_id, run__created_at__lte=run.created_at)
        .filter(run__apply_started_at__isnull=False)
        .order_by("run__created_at", "number")
        .values_list("text", "at", "run__created_at")
    )
    lines: list[tuple[str, datetime, datetime]] = list(rows)
    made = Run.objects.values_list("created_at", flat=True).get(pk=plan.run_id)
    since = [(text, at) for text, at, created in lines if created >= made]
    return traces_of((text, at) for text, at, _ in lines), traces_of(since)


def is_late(activation: Activation) -> bool:
    """Return whether a region is being built for longer than usual."""
    since = activation.activating_since
    return since is not None and timezone.now() - since > timedelta(seconds=settings.REGION_WARN_SECONDS)


def time_left(activation: Activation) -> str:
    """Return how much longer it will take, as a range learned from this portal's own; else what others say."""
    if activation.activating_since is None:
        return ""
    past = usual_seconds()
    if past is None:
        return TYPICAL
    elapsed = (timezone.now() - activation.activating_since).total_seconds()
    low, high = (each - elapsed for each in past)
    if high < 60:
        return "longer than earlier ones took"
    minutes = max(1, round(high / 60))
    least = max(0, int(low // 60))
    return f"about {least} to {minutes} min left" if 0 < least < minutes else f"up to {minutes} min left"


def usual_seconds() -> tuple[float, float] | None:
    """Return between what most of the last activations took, from approval to active; None where too few are known."""
    rows = Activation.objects.filter(
        control_plane=ControlPlane.SELF, activated_at__isnull=False, activating_since__isnull=False
    ).order_by("-activated_at")
    times = rows.values_list("activating_since", "activated_at")[:LEARN_FROM]
    taken = [(end - begin).total_seconds() for begin, end in times if begin and end and end > begin]
    if len(taken) < LEAST_TO_LEARN:
        return None
    cuts = quantiles(taken, n=10, method="inclusive")
    return cuts[0], cuts[-1]


def newest_region_run(activation: Activation) -> Run | None:
    """Return the latest run that builds, or built, an activation's region."""
    rows = Run.objects.filter(activation=activation, workspace__kind="region").order_by("-created_at")
    return rows.first()


def values_of(review: PlanReview, kinds: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return address and planned values of the resources of some types."""
    wanted = set(kinds)
    return [(each.address, dict(each.after)) for each in review.changes if each.type in wanted and stands(each)]
