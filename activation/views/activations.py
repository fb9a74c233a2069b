"""Activations: the list, a new one, where one stands, and what it needs beforehand."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from activation.decorators import PortalRequest, at_step, member_with
from activation.domain.errors import Refused
from activation.domain.prerequisites import AWS_PAGES, QUOTAS, creations, prerequisites_for
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.forms import refusal
from activation.forms.activations import ActivationForm, PrerequisitesForm
from activation.models import Activation
from activation.selectors.activations import (
    activations_page,
    active_run,
    arn_groups,
    authorized_accounts,
    find_activation,
    page_reached,
    runs_of,
)
from activation.selectors.packages import rights_of_key
from activation.services import activations as services
from activation.services import packages


@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def activations(request: PortalRequest) -> HttpResponse:
    """List activations, newest first, a page at a time; `?before=` the last one of a page leads on."""
    before = request.GET.get("before", "")
    rows, next_before = activations_page(request.member, before=before)
    context = {
        "rows": rows,
        "next_before": next_before,
        "is_first_page": not before,
        "may_walk": request.member.may(Right.WALK_WIZARD),
    }
    return render(request, "activation/activations.html", context)


@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
def activation_new(request: PortalRequest) -> HttpResponse:
    """Ask for region and account, and begin an activation."""
    accounts = authorized_accounts(request.organization)
    form = ActivationForm(
        request.POST if request.method == "POST" else None, regions=settings.REGIONS, accounts=accounts
    )
    if request.method == "POST" and form.is_valid():
        try:
            return begin(request, form)
        except Refused as error:
            refusal.show(form, error)
    return render(request, "activation/activation_new.html", {"form": form}, status=422 if form.errors else 200)


def begin(request: PortalRequest, form: ActivationForm) -> HttpResponse:
    """Create the activation and lead to its first page, or to step 3 where the account is authorized already."""
    fresh = services.create(
        organization=request.organization,
        region=form.cleaned_data["region"],
        account=form.cleaned_data["account"],
        by=request.actor,
        user_id=request.user.pk,
    )
    if fresh.step is Step.REGION:
        messages.info(
            request, f"Step 2 is already done in account {fresh.cloud_account}, so this activation begins at step 3."
        )
        return redirect("activation_region", request.organization.slug, fresh.pk)
    return redirect("activation_before", request.organization.slug, fresh.pk)


@require_safe
@member_with(Right.SEE_ACTIVATIONS)
def activation(request: PortalRequest, activation: str) -> HttpResponse:
    """Lead to the run under way, else to the step reached; who only reads gets an overview."""
    found = find_activation(request.organization, activation)
    if found is None:
        raise Http404
    if not request.member.may(Right.WALK_WIZARD):
        context = {"activation": found, "runs": runs_of(found), "groups": arn_groups(found.cloud_account)}
        return render(request, "activation/activation.html", context)
    return redirect(page_reached(found, active_run(found)))


@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
@at_step(Step.BEFORE)
def activation_before(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show what is needed and made, and remember what was ticked off: a warning, no wall."""
    listed = prerequisites_for(activation.control_plane)
    if request.method == "POST":
        form = PrerequisitesForm(request.POST, names=[each.name for each in listed])
        ticked = form.cleaned_data["ticked"] if form.is_valid() else []
        services.tick(activation, ticked=ticked, by=request.actor)
        missing = len(listed) - len(ticked)
        if missing:
            messages.warning(
                request, f"{missing} of {len(listed)} prerequisites are not ticked. You can come back later."
            )
        return redirect(
            "activation_before" if "save" in request.POST else "activation", request.organization.slug, activation.pk
        )
    may_see_license = request.member.may(Right.SEE_LICENSE)
    return render(request, "activation/before.html", before_context(activation) | {"may_see_license": may_see_license})


def before_context(activation: Activation) -> dict[str, object]:
    """Return what the page of prerequisites shows."""
    package = activation.package or packages.chosen(activation.control_plane)
    rights = rights_of_key(activation, package)
    created = creations(package.description["addresses"]) if package else []
    return {
        "activation": activation,
        "step": Step.BEFORE,
        "prerequisites": prerequisites_for(activation.control_plane, needs_long_term_key=rights["needs_long_term_key"]),
        "quotas": QUOTAS,
        "creations": created,
        "package": package,
        "account_unknown": activation.cloud_account is None,
        **rights,
        "aws_pages": AWS_PAGES,
    }
