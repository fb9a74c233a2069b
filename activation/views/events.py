"""The audit trail, as people read it."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from activation.decorators import PortalRequest, installation_administrator, member_with
from activation.domain.roles import Right
from activation.forms.events import EventFilter
from activation.models import Organization
from activation.selectors.activations import find_activation
from activation.selectors.events import event_page, find_event, standing, timeline

# A sequence number of more digits is none that a database holds.
LONGEST_NUMBER = 18


@require_safe
@member_with(Right.SEE_EVENTS)
def events(request: PortalRequest) -> HttpResponse:
    """List an organization's events, newest first, a page at a time."""
    here = reverse("events", args=[request.organization.slug])
    return render(request, "activation/events.html", listed(request, request.organization, here))


@require_safe
@installation_administrator
def installation_events(request: HttpRequest) -> HttpResponse:
    """List the events that belong to no organization."""
    return render(request, "activation/events.html", listed(request, None, reverse("installation_events")))


def listed(request: HttpRequest, organization: Organization | None, here: str) -> dict[str, Any]:
    """Return what the list's page shows; `?before=` and `?after=` a sequence number lead on."""
    form = EventFilter(request.GET)
    before, after = number(request.GET.get("before")), number(request.GET.get("after"))
    page = event_page(organization, form.wanted, before=before, after=after)

    def address(**more: int) -> str:
        query = urlencode(form.kept | {name: str(value) for name, value in more.items()})
        return f"{here}?{query}" if query else here

    return {
        "events": page.events,
        "form": form,
        "is_filtered": bool(form.kept),
        "is_newest": before is None and after is None,
        "here": here,
        "newest": address(),
        "older": address(before=page.older) if page.older else "",
        "newer": address(after=page.newer) if page.newer else "",
        "standing": standing(organization),
    }


@require_safe
@member_with(Right.SEE_EVENTS)
def event(request: PortalRequest, sequence: str) -> HttpResponse:
    """Show one event with all it holds; the address stays for good."""
    here = reverse("events", args=[request.organization.slug])
    return render(request, "activation/events_one.html", shown(request.organization, sequence, here))


@require_safe
@installation_administrator
def installation_event(request: HttpRequest, sequence: str) -> HttpResponse:
    """Show one event that belongs to no organization."""
    return render(request, "activation/events_one.html", shown(None, sequence, reverse("installation_events")))


def shown(organization: Organization | None, sequence: str, here: str) -> dict[str, Any]:
    """Return what an event's own page shows; raise Http404."""
    asked = number(sequence)
    found = find_event(organization, asked) if asked is not None else None
    if found is None:
        raise Http404
    return {
        "event": found,
        "here": here,
        "previous": find_event(organization, found.sequence - 1),
        "next": find_event(organization, found.sequence + 1),
        "standing": standing(organization),
    }


@require_safe
@member_with(Right.SEE_EVENTS)
def activation_events(request: PortalRequest, activation: str) -> HttpResponse:
    """Show everything that happened in one activation, oldest first."""
    found = find_activation(request.organization, activation)
    if found is None:
        raise Http404
    rows, after = timeline(found, after=number(request.GET.get("after")) or 0)
    context = {
        "activation": found,
        "events": rows,
        "after": after,
        "is_first_page": "after" not in request.GET,
        "here": reverse("events", args=[request.organization.slug]),
    }
    return render(request, "activation/events_timeline.html", context)


def number(text: str | None) -> int | None:
    """Return a sequence number out of an address; None where it is none."""
    if text and text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER:
        return int(text)
    return None
