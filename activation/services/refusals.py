"""Refused access leaves an event of its own, after the rollback, at a bounded rate."""

import logging
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from activation.domain.caller import counted_as
from activation.domain.events import Kind, Outcome
from activation.models import Member
from activation.services import events

log = logging.getLogger(__name__)

# So many refused accesses a person and a minute become an event each; of more, only every doubling, with the number.
MOST_PER_MINUTE = 20
ROLE, NOT_A_MEMBER, NOT_FOUND = "role lacks the right", "not a member", "not found in this organization"
APPROVAL = "this plan can only be approved by somebody else"


def number_within_minute(key: str) -> int:
    """Count a refusal; return the how manyth within a minute it is, and 1 where nothing can be counted.

    Without the counter each refusal is written: an event too many is better than one too few.
    """
    try:
        cache.add(key, 0, 60)
        return int(cache.incr(key))
    except (RedisError, OSError, ValueError) as error:
        # ValueError: the minute ended between the two.
        log.warning("A refusal could not be counted: %s", error)
        return 1


def is_written(number: int, most: int) -> bool:
    """Return whether the how manyth refusal becomes an event: the first `most`, then twice as many, four times, …"""
    times, rest = divmod(number, most)
    return number <= most or (rest == 0 and times & (times - 1) == 0)


def so_far(number: int, most: int) -> str:
    """Return the end of a reason that says how many there were, where not each of them was written."""
    return f"; {number:,} within this minute, of which only some are recorded" if number > most else ""


def record_refused_access(
    *, user: Any, path: str, address: str, signed_in_by: str, reason: str, member: Member | None = None
) -> None:
    """Record that somebody asked for what is not theirs."""
    number = number_within_minute(f"refused:{user.pk}:{counted_as(address)}")
    if not is_written(number, MOST_PER_MINUTE):
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
        reason=f"{reason}{so_far(number, MOST_PER_MINUTE)}",
        object_type="page",
        object_id=path[:80],
    )
