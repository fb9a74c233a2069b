"""The server, for the person who runs it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from activation.decorators import installation_administrator
from activation.services import installation as services


@require_safe
@installation_administrator
def installation(request: HttpRequest) -> HttpResponse:
    """Show hosts, queue and checks; nothing of what organizations keep here."""
    nodes, own = services.nodes(), services.own_checks()
    context = {
        "nodes": nodes,
        "queue": services.queue(),
        "checks": services.lines(own, nodes),
        "standing": services.standing(own, nodes),
    }
    return render(request, "activation/installation.html", context)
