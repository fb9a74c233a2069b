"""How allauth signs people in here, and what it tells us of it."""

import secrets
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from activation.domain import browsers
from activation.domain.caller import counted_as
from activation.domain.events import Kind
from activation.http import address, is_signed_in, signed_in_by
from activation.selectors.sessions import SIGNED_IN_AT, SIGNED_IN_FROM, SIGNED_IN_WITH
from activation.services import factors, sign_in

UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: accounts come from the set-up link and from invitations."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: there is no public sign-up."""
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Leave it: people sign in by e-mail address."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return what throttling counts by: the address that events name, of IPv6 its network."""
        return counted_as(address(request))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return what failed sign-ins are counted by: the account and the caller's address.

        Not, as allauth does, with the host of the request, which its sender chooses. The browser that last signed in
        to the account is counted by itself: nobody else uses up its tries.
        """
        account = login_of(credentials)
        return f"{account} {known_browser(request, account) or self.get_client_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try, and record one that is over the limit: it is not checked, so nothing else tells of it."""
        account = login_of(credentials)
        try:
            super().pre_authenticate(request, **credentials)
            if known_browser(request, account) is None:
                self.count_anywhere(request, account)
        except ValidationError:
            sign_in.record_failed_sign_in(email=account, address=address(request), reason=sign_in.THROTTLED)
            raise

    def count_anywhere(self, request: HttpRequest, account: str) -> None:
        """Count a try a second time, among those from everywhere, of which more are let through."""
        anywhere = ratelimit.consume(request, app="allauth.account", action="login_failed_anywhere", key=account)
        if not anywhere:
            raise self.validation_error("too_many_login_attempts")
        # Who signs in takes the try back.
        self._login_failed_rl_usage.usage += anywhere.usage

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        """Answer who has signed in, and have their browser remember it."""
        response: HttpResponse = super().post_login(request, user, **how)
        remember_browser(request, response, login_of({"email": user.email}))
        return response

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what was done, except that somebody signed in or out: the page that follows shows that."""
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)


def login_of(credentials: dict[str, Any]) -> str:
    """Return the account that somebody tries to sign in to."""
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


def browser_signer(account: str) -> TimestampSigner:
    """Return a signer that is bound to an account, which the cookie does not name."""
    bound = salted_hmac("browser", account, algorithm="sha256").hexdigest()
    return TimestampSigner(salt=f"browser:{bound}")


def known_browser(request: HttpRequest, account: str) -> str | None:
    """Return the name of a browser that last signed in to this account; None for any other.

    It opens nothing: who has stolen the cookie has as many tries as from one address.
    """
    cookie = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    try:
        return browser_signer(account).unsign(cookie, max_age=settings.BROWSER_COOKIE_AGE)
    except BadSignature:
        return None


def remember_browser(request: HttpRequest, response: HttpResponse, account: str) -> None:
    """Give a browser its name, or the one that it has for a longer time."""
    name = known_browser(request, account) or secrets.token_hex(16)
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME,
        browser_signer(account).sign(name),
        max_age=settings.BROWSER_COOKIE_AGE,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",
    )


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seals what second factors are made of: who reads the database cannot sign in by it."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return factors.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a stored secret as it was; raises CannotOpen."""
        return factors.opened(encrypted_text)


def listen() -> None:
    """Connect to the signals; no other hook exists at these moments. Called once, when the application is ready."""
    user_logged_in.connect(on_signed_in, dispatch_uid="activation.signed_in")
    user_logged_out.connect(on_signed_out, dispatch_uid="activation.signed_out")
    user_login_failed.connect(on_sign_in_failed, dispatch_uid="activation.sign_in_failed")
    for signal, receiver in (
        (password_changed, on_password_changed),
        (password_set, on_password_changed),
        (password_reset, on_password_reset),
        (authenticator_added, on_second_factor_added),
        (authenticator_removed, on_second_factor_removed),
        (authenticator_reset, on_recovery_codes_renewed),
    ):
        signal.connect(receiver, dispatch_uid=f"activation.{receiver.__name__}")


def on_signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Note the time for idle sessions, and what tells the person their sessions apart; hand the sign-in on."""
    request.session[SIGNED_IN_AT] = int(time.time())
    request.session[SIGNED_IN_FROM] = address(request)
    request.session[SIGNED_IN_WITH] = browsers.family(request.META.get("HTTP_USER_AGENT", ""))
    sign_in.record_sign_in(user=user, address=address(request), signed_in_by=signed_in_by(request, user))


def on_signed_out(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Hand a sign-out to the service; nobody signed out where nobody was signed in."""
    if user is not None:
        sign_in.record_sign_out(user=user, address=address(request), signed_in_by=signed_in_by(request, user))


def on_sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Hand a failed sign-in to the service, without the password."""
    confirms = request is not None and is_signed_in(request)
    sign_in.record_failed_sign_in(
        email=login_of(credentials),
        address=address(request) if request else "",
        reason=sign_in.NOT_CONFIRMED if confirms else "",
    )


def on_password_changed(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Hand a new password that somebody gave themselves to the service, without the password."""
    record_of_account(Kind.PASSWORD_CHANGED, request, user)


def on_password_reset(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Hand a new password by a link from an e-mail to the service: nobody is signed in then."""
    sign_in.record_account_change(Kind.PASSWORD_RESET, user=user, address=address(request), signed_in_by="reset link")


def on_second_factor_added(request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Hand a second factor that was set up to the service; recovery codes come with the first one."""
    record_of_account(Kind.SECOND_FACTOR_ADDED, request, user, factor=str(authenticator.type))


def on_second_factor_removed(request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Hand a second factor that was removed to the service."""
    record_of_account(Kind.SECOND_FACTOR_REMOVED, request, user, factor=str(authenticator.type))


def on_recovery_codes_renewed(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Hand it to the service that recovery codes were made anew."""
    record_of_account(Kind.RECOVERY_CODES_RENEWED, request, user)


def record_of_account(kind: Kind, request: HttpRequest, user: Any, **after: str) -> None:
    """Hand what somebody who is signed in did with their own account to the service."""
    sign_in.record_account_change(
        kind, user=user, address=address(request), signed_in_by=signed_in_by(request, user), after=after
    )
