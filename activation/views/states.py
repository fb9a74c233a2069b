"""A run's Terraform state: what it holds and how it is kept, then the file."""

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from activation.decorators import PortalRequest, member_with
from activation.domain.roles import Right
from activation.models import Run
from activation.services import states as services
from activation.views.runs import demand_run


@never_cache
@require_http_methods(["GET", "POST"])
@member_with(Right.DOWNLOAD_STATE)
def run_state(request: PortalRequest, run: str) -> HttpResponse:
    """Say what a state holds, or hand it out; both ask for a fresh proof of who it is."""
    # Whose run it is comes first: of another organization's nobody learns that there is one.
    row = demand_run(request, run)
    answer: HttpResponse = reauthentication_required(handed_out)(request, row)
    return answer


def handed_out(request: PortalRequest, run: Run) -> HttpResponse:
    """Show the page or hand the file out."""
    if request.method != "POST":
        return render(request, "activation/state.html", {"run": run, "state": services.newest(run)})
    content = services.download(run, actor=request.actor)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{services.FILE_NAME}"'
    return answer
