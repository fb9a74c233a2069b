"""Step 3: the seven ARNs, the network, the checks of trust and room, and the way on to step 4."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import PortalRequest, at_step, member_with, poll
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Problem, Refused
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.forms import refusal
from activation.forms.credentials import KeyFields
from activation.forms.region import ArnForm, NetmaskForm, NetworkForm
from activation.models import Activation
from activation.selectors import region_setup as reads
from activation.services import handover, regions
from activation.services import region_setup as services
from activation.views import region_parts as parts


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activation_region(request: HttpRequest, organization: str, activation: str) -> HttpResponseBase:
    """Show step 3 to everybody who may see activations, or keep the network that somebody chose who may."""
    view = network_chosen if request.method == "POST" else page_seen
    return view(request, organization, activation)


@member_with(Right.SEE_ACTIVATIONS)
@at_step(Step.REGION)
def page_seen(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show step 3."""
    return show(request, activation)


@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def network_chosen(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Keep the network that was chosen."""
    form = parts.network_form(activation, parts.chosen_network(request.POST))
    if form.is_valid():
        services.choose(activation, **parts.choice_in(form), by=request.actor)
        messages.success(request, "The network is chosen.")
        return redirect(f"{address(request, activation)}#network")
    return show(request, activation, network=form, status=422)


def show(request: PortalRequest, activation: Activation, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Render the page, with forms that came back."""
    context = parts.page(activation, request.member, **forms)
    return render(request, "activation/region.html", context, status=status)


def address(request: PortalRequest, activation: Activation) -> str:
    """Return the page's address."""
    return reverse("activation_region", args=[request.organization.slug, activation.pk])


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def activation_region_map(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Draw what is chosen, while it is being chosen; nothing is stored."""
    form: NetworkForm | NetmaskForm = parts.network_form(activation, request.POST)
    own_mask = isinstance(form, NetworkForm) and form.has_own_mask
    if mask_was_chosen := own_mask and request.POST.get("chosen") == "mask":
        # Of two masks the one that was chosen last counts: the one behind the address goes.
        form = parts.network_form(activation, parts.without_own_mask(request.POST))
    form.is_valid()
    context = parts.map_of(activation, form) | {"activation": activation, "may_edit": True}
    context |= {"oob_address": mask_was_chosen, "oob_masks": own_mask and not mask_was_chosen}
    return render(request, "activation/region_map.html", context)


# --- the ARNs


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def activation_region_arns(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Take the ARNs that were pasted or put right, all seven or none."""
    form = ArnForm(request.POST, request.FILES)
    if "take" not in request.POST or not form.is_valid():
        return show(request, activation, arns=form, status=422 if form.errors else 200)
    try:
        checked = services.take_arns(activation, form.values(), by=request.actor)
        if checked.problems:
            raise Refused("arns_incomplete", right=len(checked.parsed))
    except Refused as error:
        refusal.show(form, error)
        return show(request, activation, arns=form, status=422)
    messages.success(request, "All seven ARNs are stored.")
    return redirect(address(request, activation))


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def activation_region_arns_check(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Say what is right of the seven fields, while somebody types or pastes; nothing is stored."""
    context = parts.arns_of(activation, ArnForm(request.POST, request.FILES))
    part = "marks" if request.GET.get("part") == "marks" else "fields"
    return render(request, f"activation/region_arns.html#{part}", context | {"activation": activation})


# --- trust and room


@sensitive_post_parameters("access_key_id", "secret_access_key", "session_token")
@sensitive_variables("form", "keys")
@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def activation_region_check(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Have trust and room checked: by a worker, or here and now with the customer's key, which is not kept."""
    if activation.control_plane != ControlPlane.ZILLIZ:
        services.start_check(activation)
        return redirect(f"{address(request, activation)}#checks")
    form = KeyFields(request.POST)
    if form.is_valid() and form.keys is not None:
        try:
            services.check_with_key(activation, keys=form.keys, by=request.actor)
        except Problem as error:
            refusal.show(form, error)
        else:
            # Of a page that htmx renews nothing is sent twice by a reload.
            here = f"{address(request, activation)}#checks"
            return show(request, activation) if request.htmx else redirect(here)  # type: ignore[attr-defined]
    return show(request, activation, key=form, status=422)


@poll
@never_cache
@require_safe
@member_with(Right.SEE_ACTIVATIONS)
@at_step(Step.REGION)
def activation_region_checks(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show the checks as far as they are; the page asks again while they go on."""
    context = parts.checks_of(activation, request.member) | {"activation": activation, "live": True}
    if context["stage"] == reads.Stage.WORKING:
        return render(request, "activation/region_checks.html", context)
    context |= parts.page(activation, request.member)
    answer = render(request, "activation/region_checks.html", context)
    # The map hears of it: now the account's networks are known.
    answer["HX-Trigger"] = "checks-done"
    return answer


# --- on to step 4


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def region_continue(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Begin the plan of the region, or hand it over to the vendor's console."""
    if (run := reads.region_run_under_way(activation)) is not None:
        return redirect("run", request.organization.slug, run.pk)
    if activation.step is Step.ACTIVATION:
        # The second press of the button.
        return redirect("activation", request.organization.slug, activation.pk)
    try:
        services.demand_ready(activation)
        return begin(request, activation)
    except Refused as error:
        return show(request, activation, refused=error, status=409)


def begin(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Begin step 4, and lead there; raises Refused as the two services do."""
    if activation.control_plane == ControlPlane.ZILLIZ:
        handover.begin(activation, by=request.member, actor=request.actor)
        return redirect("activation_handover", request.organization.slug, activation.pk)
    run = regions.start(activation, by=request.member, actor=request.actor)
    return redirect("run", request.organization.slug, run.pk)
