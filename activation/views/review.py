"""The review of a plan, and its approval."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from activation.decorators import PortalRequest, member_with, refuse
from activation.domain.errors import Problem
from activation.domain.roles import Right
from activation.domain.run_status import RunStatus
from activation.forms import refusal
from activation.forms.runs import ApprovalForm
from activation.models import Run
from activation.selectors import activations as activation_reads
from activation.selectors import region_reviews, region_runs, run_reviews
from activation.selectors import runs as reads
from activation.selectors.packages import inputs_of
from activation.services import preflight, refusals
from activation.services import runs as services
from activation.views.runs import demand_run, step_of


@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def run_review(request: PortalRequest, run: str) -> HttpResponse:
    """Show what a plan will do, and ask for the word yes where this member may say it."""
    row = demand_run(request, run)
    return show(request, row, approval_form(row))


@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def run_plan(request: PortalRequest, run: str) -> HttpResponse:
    """Hand out the plan as the safety check read it, as JSON; values that Terraform calls sensitive are not in it."""
    row = demand_run(request, run)
    reviewed = run_reviews.reviewed(row, request.member)
    if reviewed is None:
        raise Http404
    if reviewed.in_full:
        services.note_external_id_seen(row, actor=request.actor)
    services.note_plan_downloaded(row, actor=request.actor)
    return HttpResponse(reviewed.raw, content_type="application/json; charset=utf-8")


@sensitive_post_parameters("access_key_id", "secret_access_key", "session_token")
@sensitive_variables("form")
@never_cache
@require_POST
@member_with(Right.APPROVE_RUN)
def run_approve(request: PortalRequest, run: str) -> HttpResponse:
    """Approve exactly the plan that was shown; a second press changes nothing."""
    row = demand_run(request, run)
    if row.status != RunStatus.PLANNED:
        messages.info(request, "The status of this run has changed. This is its current status.")
        return redirect("run", request.organization.slug, row.pk)
    form = approval_form(row, request.POST)
    if form.is_valid():
        try:
            services.demand_approver(row, by=request.member)
            if form.keys is not None:
                preflight.renew(row, keys=form.keys, actor=request.actor)
            services.approve(row, typed=form.cleaned_data["confirmation"], by=request.member, actor=request.actor)
            return redirect("run", request.organization.slug, row.pk)
        except Problem as error:
            if error.code == "approval_not_yours":
                refuse(request, refusals.APPROVAL, request.member)
            refusal.show(form, error)
    return show(request, row, form, status=422)


def approval_form(row: Run, typed: QueryDict | None = None) -> ApprovalForm:
    """Return the form with what was typed, which knows whether the key is asked for again, and of which kind."""
    needs_long_term_key = inputs_of(row.package).needs_long_term_key
    return ApprovalForm(typed, ask_key=services.needs_key_again(row), needs_long_term_key=needs_long_term_key)


def show(request: PortalRequest, row: Run, form: ApprovalForm, *, status: int = 200) -> HttpResponse:
    """Answer with the review page; who sees the external ID in full on it is recorded."""
    reviewed = run_reviews.reviewed(row, request.member)
    if reviewed is not None and reviewed.in_full:
        services.note_external_id_seen(row, actor=request.actor)
    where, region = region_runs.with_region(reads.situation(row, request.member))
    building = region_reviews.region_review(row, reviewed.review, reviewed.trusts) if region and reviewed else None
    context = {
        "run": row,
        "reviewed": reviewed,
        "building": building,
        "region": region,
        "where": where,
        "form": form,
        "may_approve": request.member.may_approve(started_by_id=row.created_by_id, four_eyes=row.four_eyes),
        "asks_four_eyes": row.four_eyes or row.organization.four_eyes,
        "walks": request.member.may(Right.WALK_WIZARD),
        "key": reads.key_of(row),
        "steps": activation_reads.stepper(row.activation, step_of(row)),
        "run_url": reverse("run", args=[request.organization.slug, row.pk]),
    }
    return render(request, "activation/run_review.html", context, status=status)
