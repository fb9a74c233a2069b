"""Sign-ins, failed sign-ins, sign-outs and changes of an account leave events in each organization of the person.

`activation.accounts` calls these from the signals that Django and allauth send.
"""

from dataclasses import replace

from django.db import transaction

from activation.domain.caller import counted_as
from activation.domain.events import Kind, Outcome
from activation.models import Member, User
from activation.selectors.people import find_user
from activation.services import events, refusals
from activation.services.events import Actor

# At most this many failed sign-ins a minute become events, for each account and caller's address.
MOST_FAILED_PER_MINUTE = 20
# Why somebody was not let in, where it was not the password they signed in with.
THROTTLED = "too many attempts, so this one was not checked"
WRONG_CODE = "wrong code of the second factor"
NOT_CONFIRMED = "wrong password when asked to confirm who they are"
NO_ACCOUNT = "no account with this address"


def record_sign_in(*, user: User, address: str, signed_in_by: str) -> None:
    """Record that a person signed in."""
    record_for_each_organization(Kind.SIGNED_IN, user, address, Outcome.DONE, signed_in_by)


def record_sign_out(*, user: User, address: str, signed_in_by: str) -> None:
    """Record that a person signed out, or was signed out after an idle time."""
    record_for_each_organization(Kind.SIGNED_OUT, user, address, Outcome.DONE, signed_in_by)


def record_account_change(
    kind: Kind, *, user: User, address: str, signed_in_by: str, after: dict[str, str] | None = None
) -> None:
    """Record what a person did with their own password or second factor."""
    record_for_each_organization(kind, user, address, Outcome.DONE, signed_in_by, after)


@transaction.atomic
def set_password(*, user: User, password: str) -> None:
    """Give a person a new password from the server's shell, where nobody is signed in."""
    user.set_password(password)
    user.save(update_fields=["password"])
    by = replace(events.PORTAL, signed_in_by="shell")
    record_for_each_organization(Kind.PASSWORD_RESET, user, "", Outcome.DONE, after={"email": user.email}, by=by)


def record_failed_sign_in(*, email: str, address: str, reason: str = "") -> None:
    """Record that somebody could not sign in or confirm who they are, at a bounded rate.

    What was typed is kept only where it is the address of an account: people type passwords into the wrong field. Each
    account is counted by itself, so that tries at others hide none at this one; all that do not exist are counted as
    one.
    """
    user = find_user(email) if email else None
    account = user.pk if user else "none"
    number = refusals.number_within_minute(f"sign-in-failed:{account}:{counted_as(address)}")
    if not refusals.is_written(number, MOST_FAILED_PER_MINUTE):
        return
    so_far = refusals.so_far(number, MOST_FAILED_PER_MINUTE)
    if user is None:
        events.record(
            Kind.SIGN_IN_FAILED,
            actor=Actor(address=address),
            organization=None,
            outcome=Outcome.REFUSED,
            reason=f"{NO_ACCOUNT}{so_far}",
        )
        return
    told = f"{reason}{so_far}".removeprefix("; ")
    record_for_each_organization(Kind.SIGN_IN_FAILED, user, address, Outcome.REFUSED, reason=told)


@transaction.atomic
def record_for_each_organization(
    kind: Kind,
    user: User,
    address: str,
    outcome: Outcome,
    signed_in_by: str = "",
    after: dict[str, str] | None = None,
    reason: str = "",
    by: Actor | None = None,
) -> None:
    """Tell every organization of the person, for its own auditor; the installation where there is none.

    The person is the actor unless it was somebody else, `by`. Who only claims to be the person is not written down.
    """
    refused = outcome is Outcome.REFUSED
    other = Actor(address=address) if refused else by
    told = {"email": user.email} if refused else after
    memberships = Member.objects.filter(user=user).select_related("organization", "user").order_by("organization_id")
    for member in memberships:
        events.record(
            kind,
            actor=other or Actor.of(member, signed_in_by=signed_in_by, address=address),
            organization=member.organization,
            outcome=outcome,
            object_type="account",
            object_id=str(user.pk),
            reason=reason,
            after=told,
        )
    if not memberships:
        role = "installation administrator" if user.is_installation_administrator else ""
        events.record(
            kind,
            actor=other or Actor.person(user, role=role, signed_in_by=signed_in_by, address=address),
            organization=None,
            outcome=outcome,
            object_type="account",
            object_id=str(user.pk),
            reason=reason,
            after=told,
        )
