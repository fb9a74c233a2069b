"""Records: ask for one, follow how it is made, take it away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import PortalRequest, member_with, poll
from activation.domain.errors import Refused
from activation.domain.record.manifest import ACTIVATION, PERIOD
from activation.domain.roles import Right
from activation.forms import refusal
from activation.forms.records import ActivationRecordForm, PeriodRecordForm
from activation.models import Record
from activation.selectors import record_contents as contents
from activation.services import records as services
from activation.services import signing

RecordForm = ActivationRecordForm | PeriodRecordForm


@require_http_methods(["GET", "POST"])
@member_with(Right.DOWNLOAD_RECORDS)
def records(request: PortalRequest) -> HttpResponse:
    """List the records, and take in what another one is asked for."""
    asked = request.POST.get("scope", "")
    of_activation, of_period = forms_for(request, asked)
    by_scope: dict[str, RecordForm] = {ACTIVATION: of_activation, PERIOD: of_period}
    form = by_scope.get(asked)
    if form is not None and form.is_valid():
        try:
            return redirect("record", request.organization.slug, ask(request, form).pk)
        except Refused as error:
            refusal.show(form, error)
    page, older = contents.records_page(request.organization, before=request.GET.get("before", ""))
    context = {
        "records": page,
        "older": older,
        "of_activation": of_activation,
        "of_period": of_period,
        "form": form,
        "fingerprint": signing.fingerprint(),
        "downloads": contents.downloads(request.organization),
    }
    return render(request, "activation/records.html", context, status=200 if request.method == "GET" else 422)


def forms_for(request: PortalRequest, asked: str) -> tuple[ActivationRecordForm, PeriodRecordForm]:
    """Return the two forms, one of them with what was posted."""
    today = timezone.now().date()
    return (
        ActivationRecordForm(
            request.POST if asked == ACTIVATION else None,
            activations=contents.recordable(request.organization),
            initial={"activation": request.GET.get("activation")},
        ),
        PeriodRecordForm(
            request.POST if asked == PERIOD else None,
            initial={"first_day": today.replace(day=1), "last_day": today},
        ),
    )


def ask(request: PortalRequest, form: RecordForm) -> Record:
    """Ask for what a valid form says; raise Refused."""
    given = form.cleaned_data
    if isinstance(form, ActivationRecordForm):
        return services.request_of_activation(activation=given["activation"], by=request.user, actor=request.actor)
    return services.request_of_period(
        organization=request.organization,
        first_day=given["first_day"],
        last_day=given["last_day"],
        by=request.user,
        actor=request.actor,
    )


@require_safe
@member_with(Right.DOWNLOAD_RECORDS)
def record(request: PortalRequest, record: str) -> HttpResponse:
    """Show one record: how far it is, what is inside, how to verify it."""
    return render(request, "activation/record.html", shown(request, record))


@poll
@require_safe
@member_with(Right.DOWNLOAD_RECORDS)
def record_status(request: PortalRequest, record: str) -> HttpResponse:
    """Answer the page's poll with the record's present state."""
    return render(request, "activation/record.html#status", shown(request, record))


def shown(request: PortalRequest, pk: str) -> dict[str, Any]:
    """Return what a record's page shows; raise Http404."""
    row = found(request, pk)
    services.lose_missing(row)
    row = found(request, pk)
    return {
        "record": row,
        "fingerprint": signing.fingerprint(),
        "downloads": contents.downloads(request.organization, row),
    }


@require_POST
@member_with(Right.DOWNLOAD_RECORDS)
def record_again(request: PortalRequest, record: str) -> HttpResponse:
    """Have a record made once more."""
    row = found(request, record)
    services.request_again(record=row, actor=request.actor)
    messages.success(request, "It is being created again from the same events.")
    return redirect("record", request.organization.slug, row.pk)


@require_safe
@member_with(Right.DOWNLOAD_RECORDS)
def record_download(request: PortalRequest, record: str) -> StreamingHttpResponse:
    """Hand the file out."""
    row = found(request, record)
    pieces = services.download(record=row, actor=request.actor)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{row.file_name}"'
    response["Content-Length"] = str(row.size)
    return response


def found(request: PortalRequest, pk: str) -> Record:
    """Return a record of the organization; raise Http404."""
    row = contents.find_record(request.organization, pk)
    if row is None:
        raise Http404
    return row
