"""Step 1: the external ID, issued here or brought from the vendor's console."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from activation.decorators import PortalRequest, at_step, member_with
from activation.domain import external_id as external_ids
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.domain.trust_policy import trust_policy
from activation.forms import refusal
from activation.forms.external_id import ExternalIdForm
from activation.models import Activation
from activation.selectors.activations import external_id_events
from activation.services import activations as services
from activation.services import packages


@never_cache
@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
@at_step(Step.EXTERNAL_ID)
def activation_external_id(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show the ID masked; where it comes from a console and is not locked yet, take it in.

    The form leads to a second look at what was typed; only `confirm` locks it.
    """
    if request.organization.external_id_locked_at and request.method == "GET":
        return page(request, activation, shown=external_ids.mask(request.organization.external_id or ""))
    form = ExternalIdForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return take_in(request, activation, form.cleaned_data["external_id"])
        except Refused as error:
            refusal.show(form, error)
    context = {"activation": activation, "step": Step.EXTERNAL_ID, "form": form}
    return render(request, "activation/external_id_form.html", context, status=422 if form.errors else 200)


def take_in(request: PortalRequest, activation: Activation, text: str) -> HttpResponse:
    """Show the ID once more, or lock it where it was confirmed."""
    if "confirm" in request.POST:
        services.lock_external_id(activation, text=text, by=request.actor)
        messages.success(request, "The external ID is locked. It can no longer be changed.")
        return redirect("activation_external_id", request.organization.slug, activation.pk)
    value = services.check_external_id(request.organization, text=text)
    context = {
        "activation": activation,
        "step": Step.EXTERNAL_ID,
        "value": value,
        "trimmed": value != text,
        "unusual": external_ids.is_unusual(value),
    }
    return render(request, "activation/external_id_look.html", context)


@never_cache
@require_POST
@member_with(Right.REVEAL_EXTERNAL_ID)
@at_step(Step.EXTERNAL_ID)
def activation_external_id_reveal(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show the ID in full; an event tells who saw it."""
    if not request.organization.external_id_locked_at:
        return redirect("activation_external_id", request.organization.slug, activation.pk)
    value = services.reveal_external_id(activation, by=request.member, actor=request.actor)
    return page(request, activation, shown=value, revealed=True)


def page(request: PortalRequest, activation: Activation, *, shown: str, revealed: bool = False) -> HttpResponse:
    """Return the page of the locked ID, masked or in full."""
    policy = trust_policy(packages.principal_for(activation.control_plane), shown)
    context = {
        "activation": activation,
        "step": Step.EXTERNAL_ID,
        "shown": shown,
        "revealed": revealed,
        "may_reveal": request.member.may(Right.REVEAL_EXTERNAL_ID),
        "trust_policy": json.dumps(policy, indent=2, ensure_ascii=False),
        "events": external_id_events(request.organization),
        "sees_events": request.member.may(Right.SEE_EVENTS),
    }
    return render(request, "activation/external_id.html", context)


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.EXTERNAL_ID)
def activation_external_id_continue(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Lead on to step 2."""
    services.continue_to_arns(activation, by=request.actor)
    return redirect("activation_arns", request.organization.slug, activation.pk)
