"""An organization's settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from activation.decorators import PortalRequest, demand_proof, member_with
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.forms import refusal
from activation.forms.settings import SettingsForm
from activation.selectors.people import owners_of, pending_changes_of
from activation.services import organizations


@require_http_methods(["GET", "POST"])
@member_with(Right.CHANGE_SETTINGS)
def settings(request: PortalRequest) -> HttpResponse:
    """Show and change the name, the rules of four eyes and of second factors, and who is written to."""
    organization = request.organization
    initial = {
        "name": organization.name,
        "four_eyes": organization.four_eyes,
        "requires_second_factor": organization.requires_second_factor,
        "notification_addresses": "\n".join(organization.notification_addresses),
    }
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST":
        demand_proof(request)
    if request.method == "POST" and form.is_valid():
        try:
            changed = organizations.change_settings(
                organization=organization,
                name=form.cleaned_data["name"],
                asks_four_eyes=form.cleaned_data["four_eyes"],
                requires_second_factor=form.cleaned_data["requires_second_factor"],
                notification_addresses=form.cleaned_data["notification_addresses"],
                by=request.member,
                actor=request.actor,
            )
            messages.success(request, "The settings were saved." if changed else "Nothing was changed.")
            return redirect("settings", organization=organization.slug)
        except Refused as error:
            refusal.show(form, error)
    context = {
        "form": form,
        "owners": owners_of(organization).count(),
        "switched_off_by_two": organization.four_eyes,
        "asked_off": pending_changes_of(organization).filter(member__isnull=True).first(),
    }
    return render(request, "activation/settings.html", context, status=200 if request.method == "GET" else 422)
