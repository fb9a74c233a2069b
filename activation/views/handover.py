"""Step 4 where the vendor's console builds the region: hand the values over, watch, confirm."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from activation.decorators import PortalRequest, at_step, member_with, poll
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Problem
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.forms import refusal
from activation.forms.handover import ConfirmForm, TickForm, WatchKeyForm
from activation.models import Activation
from activation.selectors import activations as activation_reads
from activation.selectors import handover as reads
from activation.services import demo_console
from activation.services import handover as services


@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
@at_step(Step.ACTIVATION)
def activation_handover(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show the sheet, the watch and what it has seen; who may not act reads it."""
    if activation.control_plane != ControlPlane.ZILLIZ:
        return redirect("activation", request.organization.slug, activation.pk)
    return show(request, activation)


@poll
@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
@at_step(Step.ACTIVATION)
def activation_handover_status(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Answer a poll: the next poller, and the parts of the page in which something has changed."""
    where = reads.situation(activation, request.member)
    changed = request.GET.get("seen") != where.digest
    context = context_of(request, activation, where) | {
        "changed": changed,
        "oob": changed,
        # What somebody is ticking in the form stays, unless the watch has come to its end.
        "turned": request.GET.get("phase") != where.phase,
    }
    return render(request, "activation/handover.html#polled", context)


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_handover_ticks(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Remember which values were entered in the console."""
    form = TickForm(request.POST)
    if form.is_valid():
        services.tick(activation, **form.cleaned_data, actor=request.actor)
    if not request.htmx:  # type: ignore[attr-defined]
        return lead_to(request, activation, "sheet")
    where = reads.situation(activation, request.member)
    return render(request, "activation/handover_sheet.html#ticked", {"where": where})


@sensitive_post_parameters("access_key_id", "secret_access_key", "session_token")
@sensitive_variables("form", "keys")
@never_cache
@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_handover_watch(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Take a key that may read, and have the account watched with it."""
    form = WatchKeyForm(request.POST)
    if form.is_valid() and form.keys is not None:
        try:
            services.start_watch(activation, keys=form.keys, actor=request.actor)
        except Problem as error:
            refusal.show(form, error)
        else:
            return lead_to(request, activation, "status")
    return show(request, activation, key=form, status=422)


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_handover_stop(request: PortalRequest, activation: Activation) -> HttpResponse:
    """End the watch and destroy its key."""
    services.stop_watch(activation, actor=request.actor)
    messages.success(request, "The watch has ended and its key has been destroyed. What was seen stays here.")
    return lead_to(request, activation, "status")


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_handover_reopen(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Go back to step 3 to put a value right."""
    services.reopen(activation, actor=request.actor)
    messages.success(request, "Step 3 is open again. Correct the values, then hand over all nine once more.")
    return redirect("activation_region", request.organization.slug, activation.pk)


@never_cache
@require_POST
@member_with(Right.CONFIRM_ACTIVE)
@at_step(Step.ACTIVATION)
def activation_handover_confirm(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Take an owner's word that the console's License page shows the region."""
    form = confirm_form(activation, request.POST)
    if form.is_valid():
        unseen_too = bool(form.cleaned_data.get("unseen"))
        services.confirm(activation, unseen_too=unseen_too, actor=request.actor)
        return redirect("activation_done", request.organization.slug, activation.pk)
    return show(request, activation, confirm=form, status=422)


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_handover_play(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Have the console's part played; in the demo only, where there is no console."""
    if not settings.DEMO:
        raise Http404
    demo_console.start(activation)
    messages.info(request, "The simulated console is working in the demo's AWS.")
    return lead_to(request, activation, "status")


# --- parts


def show(request: PortalRequest, activation: Activation, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Render the page, with forms that came back."""
    where = reads.situation(activation, request.member)
    context = context_of(request, activation, where) | forms
    return render(request, "activation/handover.html", context, status=status)


def context_of(request: PortalRequest, activation: Activation, where: reads.Situation) -> dict[str, Any]:
    """Return what the page and its parts show."""
    return {
        "activation": activation,
        "step": Step.ACTIVATION,
        "where": where,
        "key": WatchKeyForm(),
        "confirm": confirm_form(activation),
        "place": activation_reads.place_of(activation.region),
        "support": reads.for_support(activation, where) if where.late else "",
        "playing": settings.DEMO and "tick" in where.may,
        **(reads.key_help(activation) if "tick" in where.may else {}),
    }


def confirm_form(activation: Activation, data: Any = None) -> ConfirmForm:
    """Return the form of the confirmation, with its second box where the portal saw only part."""
    is_complete = reads.handover_of(activation).complete_at is not None
    return ConfirmForm(data, region=activation.region, is_complete=is_complete)


def lead_to(request: PortalRequest, activation: Activation, part: str) -> HttpResponse:
    """Go back to a part of the page."""
    page = reverse("activation_handover", args=[request.organization.slug, activation.pk])
    return redirect(f"{page}#{part}")
