"""The audit trail, as people read it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from activation.decorators import PortalRequest, member_with
from activation.domain.roles import Right
from activation.selectors.people import events_before

# A sequence number of more digits is none that a database holds.
LONGEST_NUMBER = 18


@require_safe
@member_with(Right.SEE_EVENTS)
def events(request: PortalRequest) -> HttpResponse:
    """List events, newest first, a page at a time; `?before=` a sequence number leads on."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= LONGEST_NUMBER else None
    page, next_before = events_before(request.organization, before)
    context = {"events": page, "next_before": next_before, "is_first_page": before is None}
    return render(request, "activation/events.html", context)
