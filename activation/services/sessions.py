"""Sessions of a person: that somebody was seen in one, and ending them from another."""

import logging
import time

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from redis.exceptions import RedisError

from activation.domain.events import Kind
from activation.models import User
from activation.selectors.sessions import seen_key, sessions_of
from activation.services import sign_in

log = logging.getLogger(__name__)


def note_seen(key: str) -> None:
    """Note that a person was here; in the cache, for reading a page writes nothing into the database."""
    try:
        cache.set(seen_key(key), int(time.time()), settings.SESSION_COOKIE_AGE)
    except (RedisError, OSError) as error:
        log.warning("That a session was used could not be noted: %s", error)


def end(*, user: User, present: str, name: str = "", address: str, signed_in_by: str) -> int:
    """End one session of a person, or without a name all but the present one; return how many ended.

    A session that somebody else's page names is not found among the person's own.
    """
    ended = 0
    for session in sessions_of(user):
        if session.key == present or (name and session.name != name):
            continue
        if Session.objects.filter(session_key=session.key).delete()[0]:
            ended += 1
            told = {"address": session.address, "browser": session.browser}
            sign_in.record_account_change(
                Kind.SESSION_ENDED, user=user, address=address, signed_in_by=signed_in_by, after=told
            )
    return ended
