"""A run's page: where it stands, its log while it grows, and what may be done about it."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import PortalRequest, member_with, poll
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.domain.run_status import RunStatus
from activation.domain.steps import Step
from activation.forms import refusal
from activation.forms.runs import ForceForm
from activation.models import Run
from activation.selectors import activations as activation_reads
from activation.selectors import region_runs, run_logs
from activation.selectors import runs as reads
from activation.services import rescue
from activation.services import runs as services

LONGEST_QUERY = 200
# Where a person waits for the plan, the page goes on to the review by itself.
WAITING_FOR_PLAN = {RunStatus.PENDING.value, RunStatus.PLANNING.value}
# Where a poll comes from: the review, or the tab with the log, of a region's run.
PAGES = {"review", "log"}


@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def run(request: PortalRequest, run: str) -> HttpResponse:
    """Show a run: its state, and the part of its log that the address asks for."""
    row = demand_run(request, run)
    asked = {name: request.GET.get(name, "") for name in ("line", "before", "after")}
    where, region = region_runs.with_region(reads.situation(row, request.member))
    where, lock = with_lock(where)
    log = run_logs.open_log(row, query=request.GET.get("q", "").strip()[:LONGEST_QUERY], **asked)
    context = {
        "run": row,
        "where": where,
        "region": region,
        "page": tab_of(request) if region else "",
        "lock": lock,
        "key": reads.key_of(row),
        "log": log,
        "steps": activation_reads.stepper(row.activation, step_of(row)),
        "place": activation_reads.place_of(row.region),
    }
    return render(request, "activation/run.html", context)


def with_lock(where: reads.Situation) -> tuple[reads.Situation, rescue.Lock | None]:
    """Return what holds the lock of a run whose worker is away, and have the page sent again when that changes."""
    if not where.away:
        return where, None
    lock = rescue.lock_of(where.run)
    return replace(where, more=f"{where.more}{lock.kind}"), lock


@poll
@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def run_status(request: PortalRequest, run: str) -> HttpResponse:
    """Answer a poll: the next poller, and the head of the page where something in it has changed."""
    row = demand_run(request, run)
    waits = row.created_by_id == request.user.pk or request.GET.get("page") == "review"
    if waits and request.GET.get("was") in WAITING_FOR_PLAN and row.status == RunStatus.PLANNED:
        return go_to(request, "run_review", row)
    where, region = region_runs.with_region(reads.situation(row, request.member))
    if region is not None and region.next is not None and request.GET.get("page") != "review":
        return go_to(request, "run", region.next)
    where, lock = with_lock(where)
    changed = request.GET.get("seen") != where.digest
    idle = 0 if changed else number_of(request.GET.get("idle", "")) + 1
    context = {
        "run": row,
        "where": where,
        "region": region,
        "lock": lock,
        "changed": changed,
        "page": request.GET.get("page") if request.GET.get("page") in PAGES else "",
        "idle": idle,
        "wait": run_logs.wait_after(idle),
        "steps": activation_reads.stepper(row.activation, step_of(row)) if where.is_final else (),
    }
    return render(request, "activation/run.html#polled", context)


@poll
@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def run_log(request: PortalRequest, run: str) -> HttpResponse:
    """Answer a poll: the lines behind the last one shown, and the next poller while there is more to come."""
    after, idle = (number_of(request.GET.get(name, "")) for name in ("after", "idle"))
    polled = run_logs.poll_log(request.organization, run, after=after, idle=idle)
    if polled is None:
        raise Http404
    context = {"lines": polled.lines, "poll_url": polled.poll_url, "wait": polled.wait}
    return render(request, "activation/elements/log_lines.html", context)


@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def run_log_raw(request: PortalRequest, run: str) -> StreamingHttpResponse:
    """Hand out the whole log as text."""
    row = demand_run(request, run)
    lines = services.download_log(row, actor=request.actor)
    answer = StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.pk}.log"'
    return answer


@require_POST
@member_with(Right.WALK_WIZARD)
def run_cancel(request: PortalRequest, run: str) -> HttpResponse:
    """Ask a run to stop."""
    row = demand_run(request, run)
    try:
        services.cancel(row, actor=request.actor)
    except Refused as error:
        messages.warning(request, str(error))
    return redirect("run", request.organization.slug, row.pk)


@require_POST
@member_with(Right.WALK_WIZARD)
def run_discard(request: PortalRequest, run: str) -> HttpResponse:
    """Throw a plan away."""
    row = demand_run(request, run)
    try:
        services.discard(row, actor=request.actor)
        key = "" if row.is_of_region else " and the key destroyed"
        messages.success(request, f"The plan was discarded{key}. Nothing was changed in AWS.")
    except Refused as error:
        messages.warning(request, str(error))
    return redirect("run", request.organization.slug, row.pk)


@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
def run_force(request: PortalRequest, run: str) -> HttpResponse:
    """Say what may be lost, have it confirmed in words, then have the run killed."""
    row = demand_run(request, run)
    if row.has_ended:
        return redirect("run", request.organization.slug, row.pk)
    form = ForceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.force(row, typed=form.cleaned_data["confirmation"], actor=request.actor)
            return redirect("run", request.organization.slug, row.pk)
        except Refused as error:
            refusal.show(form, error)
    context = {"run": row, "form": form, "where": reads.situation(row, request.member)}
    return render(request, "activation/run_force.html", context, status=200 if request.method == "GET" else 422)


def step_of(row: Run) -> Step:
    """Return the step of the wizard that a run belongs to."""
    return Step.ACTIVATION if row.is_of_region else Step.ARNS


def tab_of(request: PortalRequest) -> str:
    """Return `log` where the address asks for a part of the log, or for that tab; empty for the resources."""
    return "log" if {"line", "before", "after", "q"} & set(request.GET) or request.GET.get("show") == "log" else ""


def demand_run(request: PortalRequest, pk: str) -> Run:
    """Return one of the organization's runs; raises Http404."""
    row = reads.find_run(request.organization, pk)
    if row is None:
        raise Http404
    return row


def go_to(request: PortalRequest, name: str, row: Run) -> HttpResponse:
    """Lead a page that polls to another one."""
    answer = redirect(name, request.organization.slug, row.pk)
    return HttpResponse(status=204, headers={"HX-Redirect": answer["Location"]})


def number_of(text: str) -> int:
    """Return a count from an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0
