"""Step 2: two doors to the seven ARNs, the door of people with a Terraform of their own; and where the ARNs end up."""

import hashlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import PortalRequest, at_step, member_with
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.forms import refusal
from activation.forms.arns import PLACES, PasteForm, entries
from activation.models import Activation
from activation.selectors.activations import active_run, newest_run, taken_account
from activation.selectors.packages import inputs_of
from activation.services import activations as services
from activation.services import packages


@require_safe
@member_with(Right.WALK_WIZARD)
@at_step(Step.ARNS)
def activation_arns(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Offer the two doors, and tell what is under way or done already."""
    package = activation.package or packages.chosen(activation.control_plane)
    context = {
        "activation": activation,
        "step": Step.ARNS,
        "active_run": active_run(activation),
        "last_run": newest_run(activation),
        "package": package,
        "needs_long_term_key": inputs_of(package).needs_long_term_key,
    }
    return render(request, "activation/arns_door.html", context)


@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
@at_step(Step.ARNS)
def activation_run_yourself(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Hand out the package and its commands; take the outputs back, all seven or none."""
    form = PasteForm(request.POST if request.method == "POST" else None, request.FILES)
    if request.method == "POST" and form.is_valid() and "take" in request.POST:
        try:
            return take(request, activation, form)
        except Refused as error:
            refusal.show(form, error)
    context = {
        "activation": activation,
        "step": Step.ARNS,
        "form": form,
        **understood(form, activation, pressed="take" in request.POST),
    }
    context |= offered(activation, with_external_id=request.member.may(Right.REVEAL_EXTERNAL_ID))
    return render(request, "activation/run_yourself.html", context, status=422 if form.errors else 200)


def offered(activation: Activation, *, with_external_id: bool) -> dict[str, object]:
    """Return what the page says of the package; nothing where none was chosen."""
    context: dict[str, object] = {"active_run": active_run(activation), "may_reveal": with_external_id}
    try:
        package = packages.of(activation)
    except Refused:
        return context
    archive = packages.download(activation, with_external_id=with_external_id)
    return context | {
        "sha256": hashlib.sha256(archive).hexdigest(),
        "package": package,
        "unpack": f"tar -zxvf {package.name}.tar.gz && cd {package.name}",
        "filled": packages.example_values(activation, package, with_external_id=with_external_id),
        "asks_external_id": "external_id" in packages.declared(package),
        "key_variables": packages.key_variables(package),
        "needs_long_term_key": inputs_of(package).needs_long_term_key,
    }


def take(request: PortalRequest, activation: Activation, form: PasteForm) -> HttpResponse:
    """Store the ARNs and lead on; raises Refused where there are none, or where they cannot be taken here."""
    values = form.values()
    if not any(values.values()):
        raise Refused("output_missing" if form.readings else "output_empty", field="paste")
    checked = services.take_arns(activation, values, by=request.actor)
    if checked.problems:
        raise Refused("arns_incomplete", right=len(checked.parsed))
    messages.success(request, "All seven ARNs are stored.")
    return redirect("activation_region", request.organization.slug, activation.pk)


def understood(form: PasteForm, activation: Activation, *, pressed: bool) -> dict[str, object]:
    """Return what the part of the page shows that fills in as a person types."""
    if not form.is_bound:
        return {"entries": entries({}, pressed=False), "right": 0, "unread": []}
    form.is_valid()
    rows = entries(form.values(), pressed=pressed)
    right = sum(row.is_right for row in rows)
    accounts = sorted({row.value.split(":")[4] for row in rows if row.is_right})
    account = accounts[0] if len(accounts) == 1 else ""
    return {
        "form": form,
        "entries": rows,
        "right": right,
        "part": f"{right} of 7 are there",
        "account": account,
        "taken": taken_account(activation.organization, account) if account else None,
        "unread": [(PLACES[name], line) for name, reading in form.readings.items() for line in reading.lines],
    }


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.ARNS)
def activation_paste_check(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Say what of a paste is understood, while it is being typed; nothing is stored."""
    form = PasteForm(request.POST, request.FILES)
    return render(request, "activation/run_yourself.html#reading", understood(form, activation, pressed=False))


@require_safe
@member_with(Right.WALK_WIZARD)
@at_step(Step.ARNS)
def activation_package_download(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Hand out the package, filled in for this activation."""
    with_external_id = request.member.may(Right.REVEAL_EXTERNAL_ID)
    archive = packages.hand_out(activation, with_external_id=with_external_id, by=request.actor)
    name = packages.of(activation).name
    headers = {"Content-Disposition": f'attachment; filename="{name}.tar.gz"', "Content-Length": str(len(archive))}
    return HttpResponse(archive, content_type="application/gzip", headers=headers)
