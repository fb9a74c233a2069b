"""Step 2, run it here: the key, the checks, the start of a run."""

import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from activation.decorators import PortalRequest, at_step, member_with, poll
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.forms import refusal
from activation.forms.credentials import RunHereForm
from activation.models import Activation, PackageVersion, Run
from activation.selectors import activations as reads
from activation.selectors import packages as package_reads
from activation.selectors import runs as run_reads
from activation.selectors.run_reviews import check_rows
from activation.services import packages, preflight

MOST_POLLS = 600


@sensitive_post_parameters("access_key_id", "secret_access_key", "session_token")
@sensitive_variables("form", "keys")
@never_cache
@require_http_methods(["GET", "POST"])
@member_with(Right.WALK_WIZARD)
@at_step(Step.ARNS)
def activation_run_here(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Ask for a key, check it, and start the run with it."""
    if under_way := reads.active_run(activation):
        return lead_on(request, under_way)
    retry_of = run_reads.retried(activation, request.GET.get("retry", ""))
    package = activation.package or packages.chosen(activation.control_plane)
    form = form_for(request, activation, package)
    attempt = None
    if request.method == "POST" and form.is_valid():
        attempt = try_key(request, form, activation, retry_of)
        if attempt is not None and attempt.run is not None:
            return lead_on(request, attempt.run)
    context = {
        "activation": activation,
        "place": reads.place_of(activation.region),
        "steps": reads.stepper(activation, Step.ARNS),
        "form": form,
        "attempt": secrets.token_hex(12),
        "report": check_rows(attempt.report.checks) if attempt else None,
        "failed_words": preflight.failed_words(attempt.report) if attempt else "",
        "retry_of": retry_of,
        "retry_words": run_reads.retry_words(retry_of) if retry_of else "",
        "package": package,
        **package_reads.rights_of_key(activation, package),
    }
    return render(request, "activation/run_here.html", context, status=200 if request.method == "GET" else 422)


def form_for(request: PortalRequest, activation: Activation, package: PackageVersion | None) -> RunHereForm:
    """Return the form with what was sent, which knows what the package asks for and the activation's file would say."""
    return RunHereForm(
        request.POST or None,
        request.FILES or None,
        region=activation.region,
        external_id=activation.organization.external_id or "",
        vendor_principal_arn=packages.principal_for(activation.control_plane),
        inputs=package_reads.inputs_of(package),
        earlier=package_reads.earlier_inputs(activation, package),
    )


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
            inputs=form.values,
        )
    except Refused as error:
        refusal.show(form, error)
        return None
    if attempt.run is not None and form.unknown:
        messages.info(request, f"Your file also sets {', '.join(form.unknown)}; they were not passed to the package.")
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
@at_step(Step.ARNS)
def activation_preflight(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Show the checks of an attempt as far as they are done; ask again while they go on."""
    attempt, count = request.GET.get("attempt", "")[:40], request.GET.get("count", "0")
    rows = preflight.lines(activation, attempt=attempt, member=request.member)
    # More digits than these are nobody's count, and Python refuses to read thousands of them.
    number = int(count) + 1 if count.isascii() and count.isdigit() and len(count) < 5 else MOST_POLLS
    context = {
        "activation": activation,
        "waiting": rows,
        "attempt": attempt,
        "count": number,
        "again": number < MOST_POLLS and any(each["state"] == "working" for each in rows),
    }
    return render(request, "activation/run_here.html#preflight", context)
