"""Where people arrive."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from activation.selectors.people import organizations_of


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead on to the one organization, to a choice, to the server, or say that there is nothing yet."""
    organizations = organizations_of(request.user)
    administrator = getattr(request.user, "is_installation_administrator", False)
    if len(organizations) == 1 and not administrator:
        return redirect("activations", organizations[0].slug)
    if administrator and not organizations:
        return redirect("installation")
    return render(request, "activation/home.html", {"organizations": organizations, "administrator": administrator})
