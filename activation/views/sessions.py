"""The sessions of the person who is signed in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from activation.http import address, signed_in_by
from activation.models import User
from activation.selectors.sessions import name_of, sessions_of
from activation.services import sessions as services


@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """List where the person is signed in."""
    assert isinstance(request.user, User)
    context = {"sessions": sessions_of(request.user), "present": name_of(request.session.session_key or "")}
    return render(request, "activation/sessions.html", context)


@require_POST
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End the session that is named, or all but this one."""
    assert isinstance(request.user, User)
    ended = services.end(
        user=request.user,
        present=request.session.session_key or "",
        name=request.POST.get("session", ""),
        address=address(request),
        signed_in_by=signed_in_by(request, request.user),
    )
    if ended:
        messages.success(request, "That session has ended." if ended == 1 else f"{ended} sessions have ended.")
    else:
        messages.info(request, "There was no such session any more.")
    return redirect("sessions")
