"""Pages for what did not work."""

from django.http import HttpRequest, HttpResponse

from activation.http import problem


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for an address that leads nowhere, or to what is not yours."""
    return problem(
        request,
        404,
        title="Not found",
        text="There is nothing here that you can open.",
        next_step="Go to your activations, or ask the person who sent you the link.",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for what a member's role does not allow."""
    return problem(
        request,
        403,
        title="Not for your role",
        text="Your role in this organization does not include this page.",
        next_step="An owner or admin can change your role on the Members page.",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for a request that could not be read."""
    return problem(
        request,
        400,
        title="Not understood",
        text="The portal could not read this request. It is too large, or it was changed on the way.",
        next_step="Go back and send it again. Pasted text can be at most 2 MB.",
    )


def too_many(request: HttpRequest) -> HttpResponse:
    """Return the page for somebody who asked too often."""
    return problem(
        request,
        429,
        title="Too many attempts",
        text="This was tried too often in a short time, so the portal waits before it answers again.",
        next_step="Wait a few minutes, then try once more.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for our own mistake."""
    return problem(
        request,
        500,
        title="Something went wrong",
        text="The portal had an error. What was saved before is still there.",
        next_step="Try again. If the problem persists, give the reference below to the installation administrator.",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form that was open for too long, or that another site sent."""
    return problem(
        request,
        403,
        title="This form has expired",
        text="The form was opened before you signed in again, or it does not come from this portal. Nothing was "
        "changed.",
        next_step="Go back, reload the page and send it again.",
    )
