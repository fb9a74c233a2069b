"""What every request passes through: identity, idle sessions, refusals as pages, the frame of a page."""

import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.core.signing import BadSignature, TimestampSigner
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from activation.domain.durations import spoken
from activation.domain.errors import Faulted, Refused
from activation.domain.trace import request_id
from activation.selectors.sessions import SIGNED_IN_AT
from activation.services import mail, sessions

Respond = Callable[[HttpRequest], HttpResponse]

# The cookie is renewed at most this often, seconds: a page of ten requests sends one.
ACTIVE_COOKIE_STEP = 60


class RequestIdentity:
    """Give each request an identity that stands in its answer, its logs and its events."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the identity in the head of the answer."""
        token = request_id.set(secrets.token_hex(8))
        # Django logs refused requests after the last middleware: its record carries the request, not our context.
        request.identity = request_id.get()  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


class NoNul:
    """Refuse a request with a NUL in its path, its query or a cookie: no object is named so, and PostgreSQL takes none.

    In a form it is a field's error (`ProhibitNullCharactersValidator`).
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with 400, or go on."""
        said = (request.path_info, unquote_plus(request.META.get("QUERY_STRING", "")), *request.COOKIES.values())
        if any("\0" in each for each in said):
            return problem(
                request,
                400,
                title="Not understood",
                text="The address of this page, or a cookie, has a character that cannot be in one.",
                next_step="Go to the portal's first page, and from there on by its links.",
            )
        return self.get_response(request)


class IdleSessions:
    """End a session after `SESSION_IDLE_SECONDS` without a request that a person made, and one that is too old.

    The time of the last one stands in a signed cookie, so that reading a page writes no session. Polls, marked by
    `decorators.poll`, do not count.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out who was away too long, before anything else; answer, and note that a person was here."""
        if request.user.is_authenticated and (self.is_idle(request) or self.is_old(request)):
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated and not self.is_poll(request):
            self.renew(request, response)
        return response

    def is_poll(self, request: HttpRequest) -> bool:
        """Return whether a page asked by itself."""
        return request.resolver_match is not None and getattr(request.resolver_match.func, "is_poll", False)

    def is_old(self, request: HttpRequest) -> bool:
        """Return whether the sign-in was too long ago, however busy the person is."""
        return bool(time.time() - request.session.get(SIGNED_IN_AT, 0) > settings.SESSION_COOKIE_AGE)

    def is_idle(self, request: HttpRequest) -> bool:
        """Return whether nobody was here for too long; who drops the cookie has the time since the sign-in."""
        if self.age(request, settings.SESSION_IDLE_SECONDS) is not None:
            return False
        return bool(time.time() - request.session.get(SIGNED_IN_AT, 0) > settings.SESSION_IDLE_SECONDS)

    def signer(self, request: HttpRequest) -> TimestampSigner:
        """Return a signer that is bound to the session."""
        session = salted_hmac("active", request.session.session_key or "", algorithm="sha256").hexdigest()
        return TimestampSigner(salt=f"active:{session}")

    def age(self, request: HttpRequest, most: int) -> str | None:
        """Return the cookie's value while it is younger than `most` seconds."""
        try:
            return self.signer(request).unsign(request.COOKIES.get(settings.ACTIVE_COOKIE_NAME, ""), max_age=most)
        except BadSignature:
            return None

    def renew(self, request: HttpRequest, response: HttpResponse) -> None:
        """Send the cookie again, unless it is fresh, and note for the list of sessions that a person was here."""
        if self.age(request, ACTIVE_COOKIE_STEP) is None:
            sessions.note_seen(request.session.session_key or "")
            response.set_cookie(
                settings.ACTIVE_COOKIE_NAME,
                self.signer(request).sign("1"),
                max_age=settings.SESSION_COOKIE_AGE,
                httponly=True,
                secure=settings.HTTPS,
                samesite="Lax",
            )


class LimitedBodies:
    """Refuse what is too large to be a form of ours before a byte of it is read.

    Only who is signed in uploads archives; a body without a length could have any.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with 411 or 413, or go on."""
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return problem(
                request,
                411,
                title="Not understood",
                text="This request does not give its length.",
                next_step="Send it with the header Content-Length.",
            )
        length = request.META.get("CONTENT_LENGTH") or "0"
        # The session is looked up for large bodies only.
        if length.isdecimal() and int(length[:20]) > settings.MOST_BODY_BYTES_UNKNOWN:
            most = settings.MOST_BODY_BYTES if is_signed_in(request) else settings.MOST_BODY_BYTES_UNKNOWN
            if int(length[:20]) > most:
                return problem(
                    request,
                    413,
                    title="Too large",
                    text=f"This has {int(length[:20]) // 2**20} MiB. At most {most // 2**20} MiB are accepted.",
                    next_step="Choose a smaller file, or sign in first.",
                )
        return self.get_response(request)


class RefusalsAsPages:
    """Answer what the domain refused with a page that says what happened and the way on."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what a signed-in person sees is kept by no cache."""
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn refusals into 409, faults into 503, a busy database into 503 with a time to come back."""
        if isinstance(error, Refused):
            return problem(request, 409, title="Not done", text=error.text, next_step=error.next_step)
        if isinstance(error, Faulted):
            return problem(request, 503, title="Not possible now", text=error.text, next_step=error.next_step)
        if isinstance(error, OperationalError):
            response = problem(
                request,
                503,
                title="Busy",
                text="The portal's database did not answer in time. Nothing was changed.",
                next_step="Press the button again in a moment.",
            )
            response["Retry-After"] = "5"
            return response
        return None


def is_signed_in(request: HttpRequest) -> bool:
    """Return whether somebody is signed in; nobody is where a request was refused before that was looked at."""
    return bool(getattr(getattr(request, "user", None), "is_authenticated", False))


def problem(request: HttpRequest, status: int, *, title: str, text: str, next_step: str = "") -> HttpResponse:
    """Return the page for something that did not work."""
    context = {
        "title": title,
        "text": text,
        "next_step": next_step,
        "status": status,
        "reference": request_id.get(),
        # Where the fault is ours the frame, which asks the database, may not work either.
        "layout": "base.html" if status < 500 and is_signed_in(request) else "entrance.html",
    }
    return render(request, "activation/problem.html", context, status=status)


def address(request: HttpRequest) -> str:
    """Return the caller's address, behind as many proxies as settings trust."""
    hops = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return str(hops[-trusted])[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def signed_in_by(request: HttpRequest, user: Any) -> str:
    """Return how the person signed in, for events: by password, with or without a second factor, or by a link."""
    words = {"password": "password", "mfa": "second factor"}
    methods = [str(record.get("method", "")) for record in get_authentication_records(request, user)]
    # Who comes in by a set-up link or an invitation has only just chosen a password.
    return " and ".join(dict.fromkeys(words.get(method, method) for method in methods)) or "link"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the page frame needs: organization, member, demo flag, whether mail is sent, how long things last."""
    return {
        "organization": getattr(request, "organization", None),
        "member": getattr(request, "member", None),
        "demo": settings.DEMO,
        "mail_leaves": mail.leaves(),
        "lasts": {
            "key": spoken(settings.CREDENTIAL_SECONDS),
            "plan": spoken(settings.PLAN_VALID_SECONDS),
            "region": spoken(settings.REGION_DEADLINE_SECONDS),
        },
    }
