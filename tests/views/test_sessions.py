"""Where a person is signed in: the list of their own sessions, and ending the others."""

import re
import time
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Event
from activation.selectors.sessions import SIGNED_IN_AT, seen_key
from tests.factories import PASSWORD, World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
PAGE = "/accounts/sessions/"


def signed_in(email: str, address: str, browser: str = "") -> Client:
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=browser)
    assert client.post("/accounts/login/", {"login": email, "password": PASSWORD}).status_code == 302
    return client


def shown(client: Client) -> str:
    return unescape(client.get(PAGE).content.decode())


def is_signed_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def names(client: Client) -> list[str]:
    """Return the names of the sessions that can be ended on the page."""
    return re.findall(r'name="session" value="(\w+)"', shown(client))


@pytest.fixture
def email(world: World) -> str:
    return world.own.members[Role.OPERATOR].user.email


def test_a_person_sees_where_they_are_signed_in_and_nobody_else(world: World, email: str) -> None:
    here = signed_in(email, "192.0.2.1", FIREFOX)
    there = signed_in(email, "192.0.2.2")
    signed_in(world.own.members[Role.OWNER].user.email, "192.0.2.3")

    text = shown(here)

    assert "Firefox on Linux" in text
    assert "192.0.2.1" in text
    assert "192.0.2.2" in text
    assert "192.0.2.3" not in text
    assert text.count("This one") == 1
    for client in (here, there):
        assert client.cookies["session"].value not in text, "who reads over the shoulder gets no session"


def test_another_session_is_signed_out_at_once_and_leaves_an_event(world: World, email: str) -> None:
    here, there, third = (signed_in(email, f"192.0.2.{number}", FIREFOX) for number in (1, 2, 3))
    cache.set(seen_key(there.cookies["session"].value), time.time() + 60)
    name = names(here)[0]

    here.post(f"{PAGE}end/", {"session": name})

    assert [is_signed_in(client) for client in (here, there, third)] == [True, False, True]
    event = Event.objects.get(kind=Kind.SESSION_ENDED.value)
    assert event.organization == world.own.organization
    assert (event.actor_name, event.address) == (str(world.own.members[Role.OPERATOR].user), "192.0.2.1")
    assert event.after == {"address": "192.0.2.2", "browser": "Firefox on Linux"}


def test_everywhere_else_spares_this_session_and_other_people(world: World, email: str) -> None:
    here, there, third = (signed_in(email, f"192.0.2.{number}") for number in (1, 2, 3))
    colleague = signed_in(world.own.members[Role.OWNER].user.email, "192.0.2.4")

    here.post(f"{PAGE}end/")

    assert [is_signed_in(client) for client in (here, there, third, colleague)] == [True, False, False, True]
    assert Event.objects.filter(kind=Kind.SESSION_ENDED.value).count() == 2


def test_the_session_of_somebody_else_cannot_be_ended(world: World, email: str) -> None:
    victim_email = world.own.members[Role.OWNER].user.email
    victim, second = (signed_in(victim_email, f"192.0.2.{number}") for number in (1, 2))
    (name,) = names(victim)

    signed_in(email, "192.0.2.3").post(f"{PAGE}end/", {"session": name})

    assert is_signed_in(second)
    assert not Event.objects.filter(kind=Kind.SESSION_ENDED.value).exists()


def test_sessions_that_are_over_are_not_listed(email: str, settings: Settings) -> None:
    here, idle, old = (signed_in(email, f"192.0.2.{number}") for number in (1, 2, 3))
    for client, ago in ((idle, settings.SESSION_IDLE_SECONDS + 60), (old, settings.SESSION_COOKIE_AGE + 60)):
        session = client.session
        session[SIGNED_IN_AT] = int(time.time()) - ago
        session.save()
        if client is idle:
            cache.delete(seen_key(client.cookies["session"].value))

    text = shown(here)
    assert "192.0.2.2" not in text
    assert "192.0.2.3" not in text


def test_a_session_in_which_somebody_was_seen_stays_in_the_list(email: str, settings: Settings) -> None:
    here, there = (signed_in(email, f"192.0.2.{number}") for number in (1, 2))
    session = there.session
    session[SIGNED_IN_AT] = int(time.time()) - settings.SESSION_IDLE_SECONDS - 60
    session.save()

    assert "192.0.2.2" in shown(here)


def test_after_a_change_of_the_password_the_sessions_that_it_ended_are_gone(email: str) -> None:
    here, there = (signed_in(email, f"192.0.2.{number}") for number in (1, 2))
    new = "quite another long password"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert names(here) == []
    assert not is_signed_in(there)


def test_without_the_cache_the_page_shows_the_time_of_the_sign_in(email: str, settings: Settings) -> None:
    here = signed_in(email, "192.0.2.1")
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/valkey.sock"}
    }

    assert "192.0.2.1" in shown(here)
