"""The first owner's way in."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from activation.domain.errors import Refused
from activation.forms import refusal
from activation.forms.setup import SetupForm
from activation.http import address
from activation.models import User
from activation.selectors.people import find_setup_link
from activation.services import installation, organizations
from activation.services import setup as services


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Ask who the organization is, and create it with its first owner."""
    link = find_setup_link(token)
    if link is None or link.used_at is not None or link.expires_at <= timezone.now():
        return render(request, "activation/setup_gone.html", {"link": link}, status=404 if link is None else 410)
    form = SetupForm(request.POST or None, signed_in=request.user.is_authenticated)
    if request.method == "POST" and form.is_valid():
        try:
            return finish(request, token, form)
        except Refused as error:
            refusal.show(form, error)
    context = {
        "form": form,
        "checks": installation.checks(),
        "may_be_vendor": organizations.may_host_control_plane(),
        "says_yes": form["contract"].value() == "yes",
        "says_no": form["contract"].value() == "no",
    }
    return render(request, "activation/setup.html", context, status=200 if request.method == "GET" else 422)


def finish(request: HttpRequest, token: str, form: SetupForm) -> HttpResponse:
    """Create what was asked for, sign the owner in and lead on."""
    answers = form.cleaned_data
    owner: User | services.NewOwner
    if isinstance(request.user, User):
        owner = request.user
    else:
        owner = services.NewOwner(answers["name"], answers["email"], answers["password"])
    organization = services.set_up(
        token=token,
        organization_name=answers["organization"],
        control_plane=form.control_plane,
        owner=owner,
        address=address(request),
    )
    if not request.user.is_authenticated:
        login(request, organization.members.get().user)
    if answers["console"] == "unknown" and answers["contract"] == "yes":
        messages.warning(request, "Before you start, check that the Zilliz Cloud console asks you for seven ARNs.")
    return redirect("home")
