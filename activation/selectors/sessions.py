"""The sessions in which one person is signed in."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from redis.exceptions import RedisError

from activation.models import User

# What a session keeps of its sign-in: the time in seconds since 1970, the caller's address, the browser.
SIGNED_IN_AT, SIGNED_IN_FROM, SIGNED_IN_WITH = "signed_in_at", "signed_in_from", "signed_in_with"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PersonSession:
    """One session, as its person sees it; `name` stands for its key, which is a secret."""

    name: str
    key: str
    since: datetime
    seen: datetime
    address: str
    browser: str


def name_of(key: str) -> str:
    """Return what stands for a session's key on a page."""
    return salted_hmac("session", key, algorithm="sha256").hexdigest()[:32]


def seen_key(key: str) -> str:
    """Return where the cache keeps when a person was last seen in a session."""
    return f"seen:{name_of(key)}"


def sessions_of(user: User) -> list[PersonSession]:
    """Return the sessions in which a person is signed in, the last used first.

    All of the last hours are looked through, for a session does not name its person where the database could search.
    """
    rows = Session.objects.filter(expire_date__gt=timezone.now())
    found = [(row.session_key, data) for row in rows.iterator() if is_of(user, data := row.get_decoded())]
    return sorted(alive(found), key=lambda each: each.seen, reverse=True)


def is_of(user: User, data: dict[str, Any]) -> bool:
    """Return whether a session is this person's, and not one from before their password changed."""
    if data.get(SESSION_KEY) != str(user.pk):
        return False
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(data.get(HASH_SESSION_KEY, ""), each) for each in valid)


def alive(found: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[PersonSession]:
    """Return the sessions that the next request does not end for their age or for their idle time."""
    found = list(found)
    seen = seen_times([key for key, _ in found])
    now = timezone.now()
    for key, data in found:
        since = datetime.fromtimestamp(data.get(SIGNED_IN_AT, 0), UTC)
        last = max(since, seen.get(key, since))
        if now - since > timedelta(seconds=settings.SESSION_COOKIE_AGE):
            continue
        if now - last > timedelta(seconds=settings.SESSION_IDLE_SECONDS):
            continue
        yield PersonSession(
            name=name_of(key),
            key=key,
            since=since,
            seen=last,
            address=str(data.get(SIGNED_IN_FROM, "")),
            browser=str(data.get(SIGNED_IN_WITH, "")),
        )


def seen_times(keys: list[str]) -> dict[str, datetime]:
    """Return when a person was last seen in each session, where the cache knows it."""
    try:
        times = cache.get_many([seen_key(key) for key in keys])
    except (RedisError, OSError) as error:
        log.warning("Nothing is known of when sessions were last used: %s", error)
        return {}
    return {key: datetime.fromtimestamp(times[seen_key(key)], UTC) for key in keys if seen_key(key) in times}
