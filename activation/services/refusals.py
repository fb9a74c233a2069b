"""Refused access leaves an event of its own, after the rollback, at a bounded rate."""

from typing import Any

from django.core.cache import cache

from activation.domain.events import Kind, Outcome
from activation.models import Member
from activation.services import events

# At most this many refused accesses a person and a minute become events; the rest only count.
MOST_PER_MINUTE = 20


def record_refused_access(
    *, user: Any, path: str, address: str, signed_in_by: str, member: Member | None = None
) -> None:
    """Record that somebody asked for what is not theirs."""
    key = f"refused:{user.pk}:{address}"
    cache.add(key, 0, 60)
    if cache.incr(key) > MOST_PER_MINUTE:
        return
    if member is not None:
        actor = events.Actor.of(member, signed_in_by=signed_in_by, address=address)
    elif user.is_authenticated:
        actor = events.Actor.person(user, signed_in_by=signed_in_by, address=address)
    else:
        actor = events.Actor(address=address)
    events.record(
        Kind.ACCESS_REFUSED,
        actor=actor,
        organization=member.organization if member else None,
        outcome=Outcome.REFUSED,
        reason="role lacks the right" if member else "not a member",
        object_type="page",
        object_id=path[:80],
    )
