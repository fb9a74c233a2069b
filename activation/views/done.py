"""What is left to do when a region is active."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from activation.decorators import PortalRequest, at_step, member_with, poll
from activation.domain.aftercare import KeyAnswer
from activation.domain.errors import Problem
from activation.domain.roles import Right
from activation.domain.steps import ActivationStatus, Step
from activation.forms import refusal
from activation.forms.aftercare import KeyIdForm
from activation.models import Activation
from activation.selectors.aftercare import GUIDE, RELATED, Done, done_page
from activation.selectors.region_runs import newest_region_run
from activation.services import aftercare as services


@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
@at_step(Step.ACTIVATION)
def activation_done(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show that the region is active, and the three things to do now."""
    if activation.status != ActivationStatus.ACTIVE:
        return redirect("activation", request.organization.slug, activation.pk)
    return show(request, activation, KeyIdForm())


@poll
@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
@at_step(Step.ACTIVATION)
def activation_done_role(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Answer a poll: the part about the bootstrap role, and the next poller while a worker looks."""
    context = {"done": page(activation), "activation": activation, "may_walk": request.member.may(Right.WALK_WIZARD)}
    return render(request, "activation/done.html#role", context)


@sensitive_post_parameters("access_key_id")
@never_cache
@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_key_check(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Ask AWS whether a key is off."""
    form = KeyIdForm(request.POST)
    if form.is_valid():
        try:
            answer = services.check_access_key(
                activation, key_id=form.cleaned_data["access_key_id"], actor=request.actor
            )
        except Problem as error:
            refusal.show(form, error)
        else:
            if answer is KeyAnswer.ON:
                messages.warning(request, "AWS still accepts this key: it is active.")
            return back(request, activation, "key")
    return show(request, activation, form, status=422)


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_role_check(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Have a worker look whether the bootstrap role is gone, or keep that a person says so."""
    services.ask_for_role_check(activation, actor=request.actor)
    return back(request, activation, "role")


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ACTIVATION)
def activation_cluster_noted(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Keep that somebody went on to create a cluster."""
    services.note_cluster(activation, actor=request.actor)
    return back(request, activation, "cluster")


def back(request: PortalRequest, activation: Activation, part: str) -> HttpResponse:
    """Lead back to one of the three things."""
    answer = redirect("activation_done", request.organization.slug, activation.pk)
    return redirect(f"{answer['Location']}#{part}")


def page(activation: Activation) -> Done:
    """Return what the page shows."""
    setup = getattr(activation, "setup", None)
    return done_page(
        activation,
        outputs=services.outputs_of(activation),
        waiting=services.is_waiting(setup.aftercare.get("bootstrap_role", {}) if setup else {}),
    )


def show(request: PortalRequest, activation: Activation, form: KeyIdForm, *, status: int = 200) -> HttpResponse:
    """Answer with the page."""
    context = {
        "activation": activation,
        "step": Step.ACTIVATION,
        "done": page(activation),
        "form": form,
        "related": RELATED,
        "guide": GUIDE,
        "run": newest_region_run(activation),
        "may_walk": request.member.may(Right.WALK_WIZARD),
        "may_see_license": request.member.may(Right.SEE_LICENSE),
    }
    return render(request, "activation/done.html", context, status=status)
