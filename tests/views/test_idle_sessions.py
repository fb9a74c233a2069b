"""Sessions that nobody uses end; pages that call by themselves do not keep them alive."""

import time

import pytest
from django.conf import settings
from django.test import Client

from activation.selectors.sessions import SIGNED_IN_AT
from tests.factories import World

pytestmark = pytest.mark.django_db
LONG_AGO = 2 * 3600
ACTIVE_COOKIE = settings.ACTIVE_COOKIE_NAME


@pytest.fixture
def owner(world: World) -> Client:
    client = Client()
    user = world.people["owner"]
    assert user is not None
    client.force_login(user)
    return client


def sign_in_long_ago(client: Client) -> None:
    session = client.session
    session[SIGNED_IN_AT] = int(time.time()) - LONG_AGO
    session.save()


def page(client: Client, world: World) -> int:
    return client.get(f"/o/{world.own.organization.slug}/activations/").status_code


def test_somebody_who_was_here_a_moment_ago_stays_signed_in(owner: Client, world: World) -> None:
    assert page(owner, world) == 200
    sign_in_long_ago(owner)
    assert page(owner, world) == 200


def test_a_session_without_its_cookie_lives_only_as_long_as_an_idle_one(owner: Client, world: World) -> None:
    assert page(owner, world) == 200
    sign_in_long_ago(owner)
    del owner.cookies[ACTIVE_COOKIE]
    assert page(owner, world) == 302


def test_a_cookie_of_another_session_does_not_count(owner: Client, world: World) -> None:
    other = Client()
    user = world.people["auditor"]
    assert user is not None
    other.force_login(user)
    assert page(other, world) == 200
    sign_in_long_ago(owner)
    owner.cookies[ACTIVE_COOKIE] = other.cookies[ACTIVE_COOKIE].value
    assert page(owner, world) == 302


@pytest.mark.parametrize("path", ["/nowhere/", "/accounts/login/"])
def test_what_leads_to_no_view_does_not_revive_an_idle_session(owner: Client, world: World, path: str) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = owner.cookies
    assert page(owner, world) == 200
    sign_in_long_ago(owner)
    del owner.cookies[ACTIVE_COOKIE]
    # A page that is not there, and a form that is refused for its missing token.
    answer = careful.post(path)
    assert answer.status_code in {403, 404}
    assert ACTIVE_COOKIE not in answer.cookies
    assert page(owner, world) == 302


def test_a_session_ends_twelve_hours_after_the_sign_in_however_busy(owner: Client, world: World) -> None:
    assert page(owner, world) == 200
    session = owner.session
    session[SIGNED_IN_AT] = int(time.time()) - 12 * 3600 - 1
    session.save()
    assert page(owner, world) == 302


def test_a_poll_does_not_prolong_the_session(owner: Client, world: World) -> None:
    answer = owner.get(
        f"/o/{world.own.organization.slug}/runs/{world.own.run.pk}/status/", headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert ACTIVE_COOKIE not in answer.cookies
