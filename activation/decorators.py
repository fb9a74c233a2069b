"""What a view demands before it begins."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit, urlunsplit

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from activation.domain.roles import Right
from activation.domain.steps import STEP_TITLES, Step
from activation.http import address, signed_in_by
from activation.models import Activation, Member, Organization, User
from activation.selectors.activations import find_activation, page_of
from activation.services import refusals
from activation.services.events import Actor

P = ParamSpec("P")
# Written at most this often, so that reading pages hardly ever writes.
LAST_SEEN_STEP = timedelta(minutes=15)


class PortalRequest(HttpRequest):
    """A request of a signed-in member, as views receive it."""

    user: User
    member: Member
    organization: Organization
    actor: Actor


# HttpResponseBase: a download is streamed.
View = Callable[Concatenate[PortalRequest, P], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]


def member_with(right: Right) -> Callable[[View[P]], Guarded[P]]:
    """Demand a signed-in member of the organization named in the address, with a right.

    A stranger gets 404, as if the organization did not exist; a colleague whose role lacks the right gets 403. What the
    view does not find in this organization is 404 as well, whether it is another one's or nobody's. All leave an event.
    Who lacks a second factor that the organization asks for is led to setting one up.
    """

    def decorate(view: View[P]) -> Guarded[P]:
        @wraps(view)
        def guarded(request: HttpRequest, organization: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            assert isinstance(request.user, User)
            member = (
                Member.objects.select_related("organization", "user")
                .filter(organization__slug=organization, user=request.user)
                .first()
            )
            if member is None:
                refuse(request, refusals.NOT_A_MEMBER)
                raise Http404
            request.member = member  # type: ignore[attr-defined]
            request.organization = member.organization  # type: ignore[attr-defined]
            request.actor = Actor.of(  # type: ignore[attr-defined]
                member, signed_in_by=signed_in_by(request, request.user), address=address(request)
            )
            if not member.may(right):
                refuse(request, refusals.ROLE, member)
                raise PermissionDenied
            if member.needs_second_factor and not is_mfa_enabled(request.user):
                return render(request, "activation/second_factor_needed.html", status=403)
            note_presence(member)
            try:
                return view(request, *args, **kwargs)  # type: ignore[arg-type]
            except Http404:
                refuse(request, refusals.NOT_FOUND, member)
                raise

        return login_required(guarded)  # type: ignore[return-value]

    return decorate


WizardView = Callable[Concatenate[PortalRequest, Activation, P], HttpResponse]
NamedView = Callable[Concatenate[PortalRequest, str, P], HttpResponse]


def at_step(step: Step) -> Callable[[WizardView[P]], NamedView[P]]:
    """Hand the view the activation named in the address, once it has reached a step; use it under `member_with`.

    An activation of another organization gets 404. One that is not there yet leads to the step it has reached.
    """

    def decorate(view: WizardView[P]) -> NamedView[P]:
        @wraps(view)
        def guarded(request: PortalRequest, activation: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            found = find_activation(request.organization, activation)
            if found is None:
                raise Http404
            if step > found.step:
                if not request.member.may(Right.WALK_WIZARD):
                    # The pages of earlier steps are not for those who only read.
                    return redirect("activation", request.organization.slug, found.pk)
                here, there = STEP_TITLES[step], STEP_TITLES[found.step]
                messages.warning(request, f"“{here}” comes after “{there}”, which is not complete yet.")
                return redirect(page_of(found, found.step))
            return view(request, found, *args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


def refuse(request: HttpRequest, reason: str, member: Member | None = None) -> None:
    """Record that somebody asked for what is not theirs, outside of any transaction that is rolled back with it."""
    refusals.record_refused_access(
        user=request.user,
        path=request.path,
        address=address(request),
        signed_in_by=signed_in_by(request, request.user),
        reason=reason,
        member=member,
    )


def note_presence(member: Member) -> None:
    """Keep *last seen* about right without writing on each page."""
    now = timezone.now()
    if member.last_seen_at is None or now - member.last_seen_at > LAST_SEEN_STEP:
        Member.objects.filter(pk=member.pk).update(last_seen_at=now)


def installation_administrator[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Demand the person who runs the server; everybody else gets 404."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        assert isinstance(request, HttpRequest)
        if not getattr(request.user, "is_installation_administrator", False):
            refuse(request, refusals.NOT_A_MEMBER)
            raise Http404
        request.actor = Actor.person(  # type: ignore[attr-defined]
            request.user,  # type: ignore[arg-type]
            role="installation administrator",
            signed_in_by=signed_in_by(request, request.user),
            address=address(request),
        )
        return view(*args, **kwargs)

    return login_required(guarded)


def demand_proof(request: HttpRequest) -> None:
    """Have who sends this prove who they are, unless they did in the last minutes; what was sent is done after it.

    Call it once it is known that what they ask for exists and is theirs to change. A file could not be kept: demand
    the proof before its form is shown.
    """
    if is_reauthentication_required(request, app=""):
        raise ReauthenticationRequired


def poll[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Mark a view that pages call by themselves: it does not prolong the session.

    Where the session has ended htmx is told to sign in and to come back to the page, not to the poll's own address.
    """

    @wraps(view)
    def polled(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            back = urlencode({"next": page_that_polls(request)})
            return HttpResponse(status=401, headers={"HX-Redirect": f"{reverse(settings.LOGIN_URL)}?{back}"})
        return view(request, *args, **kwargs)

    polled.is_poll = True  # type: ignore[attr-defined]
    return polled  # type: ignore[return-value]


def page_that_polls(request: HttpRequest) -> str:
    """Return the path and query of the page from which htmx says that it asks; the home page where it says none."""
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return "/"
    return urlunsplit(("", "", page.path, page.query, "")) or "/"
