"""Step 2, run it here: the key, the checks, the start of a run."""

import secrets

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from activation.decorators import PortalRequest, member_with, poll
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.forms import refusal
from activation.forms.credentials import RunHereForm
from activation.models import Activation, Run
from activation.selectors import activations as reads
from activation.selectors import runs as run_reads
from activation.services import packages, preflight

MOST_POLLS = 600


@sensitive_post_parameters("access_key_id", "secret_access_key", "session_token")
@sensitive_variables("form", "keys")
@never_cache
@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
def activation_run_here(request: PortalRequest, activation: str) -> HttpResponse:
    """Ask for a key, check it, and start the run with it."""
    row = demand_activation(request, activation)
    if not row.organization.external_id_locked_at:
        return redirect("activation_external_id", request.organization.slug, row.pk)
    if under_way := reads.active_run(row):
        return lead_on(request, under_way)
    retry_of = run_reads.retried(row, request.GET.get("retry", ""))
    form = RunHereForm(
        request.POST or None,
        request.FILES or None,
        region=row.region,
        external_id=row.organization.external_id or "",
        vendor_principal_arn=packages.principal_for(row.control_plane),
    )
    report = None
    if request.method == "POST" and form.is_valid():
        attempt = try_key(request, form, row, retry_of)
        if attempt is not None and attempt.run is not None:
            return lead_on(request, attempt.run)
        report = attempt.report if attempt else None
    context = {
        "activation": row,
        "place": reads.place_of(row.region),
        "steps": reads.stepper(row, 2),
        "form": form,
        "attempt": secrets.token_hex(12),
        "report": preflight.rows(report) if report else None,
        "waiting": preflight.lines(row, attempt="", member=request.member),
        "retry_of": retry_of,
        "retry_words": run_reads.retry_words(retry_of) if retry_of else "",
        **run_reads.rights_of_key(row),
    }
    return render(request, "activation/run_here.html", context, status=200 if request.method == "GET" else 422)


def try_key(
    request: PortalRequest, form: RunHereForm, activation: Activation, retry_of: Run | None
) -> preflight.Attempt | None:
    """Have the key checked and the run started; what was refused stands beside its field."""
    assert form.keys is not None
    try:
        attempt = preflight.start(
            activation,
            keys=form.keys,
            attempt=form.cleaned_data["attempt"],
            retry_of=retry_of,
            by=request.member,
            actor=request.actor,
        )
    except Refused as error:
        refusal.show(form, error)
        return None
    if attempt.run is not None and form.unknown:
        messages.info(request, f"Your file also sets {', '.join(form.unknown)}; the package did not get them.")
    return attempt


def lead_on(request: PortalRequest, run: Run) -> HttpResponse:
    """Go to a run's page, also where htmx sent the form."""
    answer = redirect("run", request.organization.slug, run.pk)
    answer.status_code = 303
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": answer["Location"]})
    return answer


@poll
@never_cache
@require_safe
@member_with(Right.WALK_WIZARD)
def activation_preflight(request: PortalRequest, activation: str) -> HttpResponse:
    """Show the checks of an attempt as far as they are done; ask again while they go on."""
    row = demand_activation(request, activation)
    attempt, count = request.GET.get("attempt", "")[:40], request.GET.get("count", "0")
    rows = preflight.lines(row, attempt=attempt, member=request.member)
    number = int(count) + 1 if count.isascii() and count.isdigit() else MOST_POLLS
    context = {
        "activation": row,
        "waiting": rows,
        "attempt": attempt,
        "count": number,
        "again": number < MOST_POLLS and any(each["state"] == "working" for each in rows),
    }
    return render(request, "activation/run_here.html#preflight", context)


def demand_activation(request: PortalRequest, pk: str) -> Activation:
    """Return one of the organization's activations; raises Http404."""
    row = reads.find_activation(request.organization, pk)
    if row is None:
        raise Http404
    return row
