"""The License page: what the license grants, what is used of it, each cloud region; and installing one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import PortalRequest, member_with, poll
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Problem, Refused
from activation.domain.license import FORBIDDEN_WHEN_FROZEN, day
from activation.domain.roles import Right
from activation.forms import refusal
from activation.forms.credentials import KeyFields
from activation.forms.licenses import DocumentForm, ReportedForm
from activation.models import Activation
from activation.selectors import licenses as selectors
from activation.selectors.activations import place_of
from activation.selectors.handover import key_help
from activation.services import cores
from activation.services import licenses as services

SERVICES, CLUSTERS = "service", "cluster"


@require_safe
@member_with(Right.SEE_LICENSE)
def license_page(request: PortalRequest) -> HttpResponse:
    """Show the license, its use, and what is known of each cloud region."""
    standing = selectors.standing_of(request.organization)
    context = {
        "standing": standing,
        "state": standing.state,
        "used": standing.used,
        "regions": selectors.regions_of(request.organization),
        "forbidden": FORBIDDEN_WHEN_FROZEN,
        "may_manage": request.member.may(Right.MANAGE_LICENSE),
        "may_reveal": request.member.may(Right.REVEAL_EXTERNAL_ID),
    }
    return render(request, "activation/license.html", context)


@require_safe
@member_with(Right.SEE_LICENSE)
def license_json(request: PortalRequest) -> JsonResponse:
    """Tell the same to machines."""
    return JsonResponse(selectors.standing_of(request.organization).to_json())


@require_safe
@member_with(Right.SEE_LICENSE)
def license_details(request: PortalRequest) -> HttpResponse:
    """Show by what the cores are used: by service, or by cluster."""
    by = CLUSTERS if request.GET.get("by") == CLUSTERS else SERVICES
    standing = selectors.standing_of(request.organization)
    context = {
        "standing": standing,
        "used": standing.used,
        "by": by,
        "groups": selectors.use_groups(standing.used.uses, by=by),
        "tabs": [
            {"title": "Services", "url": f"?by={SERVICES}", "current": by == SERVICES, "count": None},
            {"title": "Clusters", "url": f"?by={CLUSTERS}", "current": by == CLUSTERS, "count": None},
        ],
    }
    return render(request, "activation/license_details.html", context)


@poll
@never_cache
@require_safe
@member_with(Right.SEE_LICENSE)
def license_region(request: PortalRequest, activation: str) -> HttpResponse:
    """Answer the poll of a page that waits for a worker: what AWS showed of one region."""
    context = {"region": selectors.region_of(demand_region(request, activation))}
    return render(request, "activation/license_now.html", context)


@require_POST
@member_with(Right.SEE_LICENSE)
def license_look(request: PortalRequest, activation: str) -> HttpResponse:
    """Have AWS asked about one region."""
    row = demand_region(request, activation)
    try:
        cores.ask(row)
    except Refused as error:
        messages.warning(request, str(error))
    return redirect(f"{reverse('license', args=[request.organization.slug])}#region-{row.pk}")


@sensitive_post_parameters("access_key_id", "secret_access_key", "session_token")
@sensitive_variables("form", "keys")
@never_cache
@require_http_methods(["GET", "POST"])
@member_with(Right.SEE_LICENSE)
def license_count(request: PortalRequest, activation: str) -> HttpResponse:
    """Count the cores of a region that a vendor's console built, with a key that is not kept."""
    row = demand_region(request, activation)
    back = f"{reverse('license', args=[request.organization.slug])}#region-{row.pk}"
    if not selectors.is_countable(row):
        messages.warning(request, str(Refused("cores_not_countable")))
        return redirect(back)
    form = KeyFields(request.POST if request.method == "POST" else None)
    if form.is_valid() and form.keys is not None:
        try:
            reading = cores.count_with_key(row, keys=form.keys, actor=request.actor)
        except Problem as error:
            refusal.show(form, error)
        else:
            messages.success(request, f"Counted: {reading.cores:,} cores, as an estimate. The key was not kept.")
            return redirect(back)
    context = {"activation": row, "place": place_of(row.region), "key": form, "back": back, **key_help(row)}
    return render(request, "activation/license_count.html", context, status=422 if form.errors else 200)


def demand_region(request: PortalRequest, pk: str) -> Activation:
    """Return one of the organization's regions that the page shows; raises Http404."""
    row = selectors.find_region(request.organization, pk)
    if row is None:
        raise Http404
    return row


@require_http_methods(["GET", "POST"])
@member_with(Right.MANAGE_LICENSE)
def license_install(request: PortalRequest) -> HttpResponse:
    """Install a signed document, or enter what the welcome email says, as the control plane has it."""
    is_signed = request.organization.control_plane == ControlPlane.SELF
    form = DocumentForm(request.POST or None, request.FILES or None) if is_signed else reported_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            done = install(request, form.cleaned_data) if is_signed else report(request, form.cleaned_data)
        except Refused as error:
            # Said where it was given.
            error.field = "file" if request.FILES else error.field
            refusal.show(form, error)
        else:
            messages.success(request, done)
            return redirect("license", request.organization.slug)
    page = "activation/license_install.html" if is_signed else "activation/license_report.html"
    wrong = request.method == "POST"
    return render(request, page, {"form": form}, status=422 if wrong else 200)


def reported_form(request: PortalRequest) -> ReportedForm:
    """Return the form with what was entered before."""
    present = selectors.standing_of(request.organization).license
    names = ("license_id", "cores", "first_day", "last_day")
    initial = {name: getattr(present, name) for name in names} if present else None
    return ReportedForm(request.POST if request.method == "POST" else None, initial=initial)


def install(request: PortalRequest, given: dict[str, Any]) -> str:
    """Install a document; return what to say."""
    row = services.install(
        organization=request.organization, document=given["document"], actor=request.actor, by=request.user
    )
    return f"License {row.license_id} is installed: {row.cores:,} cores until {day(row.last_day)}."


def report(request: PortalRequest, given: dict[str, Any]) -> str:
    """Enter what the email says; return what to say."""
    changed = services.report(organization=request.organization, actor=request.actor, by=request.user, **given)
    return "The license was entered, as reported." if changed else "Nothing was changed."
