"""Sign-ins, failed sign-ins and sign-outs leave events in each organization of the person.

`activation.accounts` calls these from the signals that Django and allauth send.
"""

from django.core.cache import cache
from django.db import transaction

from activation.domain.events import Kind, Outcome
from activation.models import Member, User
from activation.selectors.people import find_user
from activation.services import events
from activation.services.events import Actor

# At most this many failed sign-ins a minute become events, for each caller's address.
MOST_FAILED_PER_MINUTE = 20


def record_sign_in(*, user: User, address: str, signed_in_by: str) -> None:
    """Record that a person signed in."""
    record_for_each_organization(Kind.SIGNED_IN, user, address, Outcome.DONE, signed_in_by)


def record_sign_out(*, user: User, address: str, signed_in_by: str) -> None:
    """Record that a person signed out, or was signed out after an idle time."""
    record_for_each_organization(Kind.SIGNED_OUT, user, address, Outcome.DONE, signed_in_by)


def record_failed_sign_in(*, email: str, address: str) -> None:
    """Record that somebody could not sign in, at a bounded rate.

    What was typed is kept only where it is the address of an account: people type passwords into the wrong field.
    """
    key = f"sign-in-failed:{address}"
    cache.add(key, 0, 60)
    if cache.incr(key) > MOST_FAILED_PER_MINUTE:
        return
    user = find_user(email) if email else None
    if user is None:
        events.record(
            Kind.SIGN_IN_FAILED,
            actor=Actor(address=address),
            organization=None,
            outcome=Outcome.REFUSED,
            reason="no account with this address",
        )
        return
    record_for_each_organization(Kind.SIGN_IN_FAILED, user, address, Outcome.REFUSED)


@transaction.atomic
def record_for_each_organization(
    kind: Kind, user: User, address: str, outcome: Outcome, signed_in_by: str = ""
) -> None:
    """Tell every organization of the person, for its own auditor; the installation where there is none.

    Who only claims to be the person is not written down as the actor.
    """
    refused = outcome is Outcome.REFUSED
    memberships = Member.objects.filter(user=user).select_related("organization", "user").order_by("organization_id")
    for member in memberships:
        events.record(
            kind,
            actor=Actor(address=address) if refused else Actor.of(member, signed_in_by=signed_in_by, address=address),
            organization=member.organization,
            outcome=outcome,
            object_type="account",
            object_id=str(user.pk),
            after={"email": user.email} if refused else None,
        )
    if not memberships:
        role = "installation administrator" if user.is_installation_administrator else ""
        events.record(
            kind,
            actor=Actor(address=address)
            if refused
            else Actor.person(user, role=role, signed_in_by=signed_in_by, address=address),
            organization=None,
            outcome=outcome,
            object_type="account",
            object_id=str(user.pk),
            after={"email": user.email} if refused else None,
        )
