"""Signing in and out: what people see, what is throttled, what is written down."""

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from pytest_django import Settings

from activation.dispatch import SEND_RESET
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Event, Organization
from activation.services import password_reset, refusals
from activation.services import sign_in as services
from tests.factories import PASSWORD, World, make_user
from tests.messages import work_off

WRONG = "not the password at all"


def sign_in(client: Client, email: str, password: str, **more: str) -> tuple[int, str]:
    answer = client.post("/accounts/login/", {"login": email, "password": password}, **more)  # type: ignore[arg-type]
    return answer.status_code, answer.content.decode()


def without_what_was_typed(text: str, email: str) -> str:
    text = re.sub(r'csrf[^>]*value="[^"]*"|X-CSRFToken[^}]*', "", text)
    return text.replace(email, "")


def kinds(*, organization: Organization) -> list[tuple[str, str]]:
    return list(Event.objects.filter(organization=organization).order_by("sequence").values_list("kind", "outcome"))


def reasons(organization: Organization) -> list[str]:
    """Return the reasons of the failed sign-ins that an organization was told of."""
    failed = Event.objects.filter(organization=organization, kind=Kind.SIGN_IN_FAILED.value)
    return list(failed.order_by("sequence").values_list("reason", flat=True))


def test_a_member_signs_in_and_out(world: World, client: Client) -> None:
    user = world.own.members[Role.OPERATOR].user

    status, _ = sign_in(client, user.email.upper(), PASSWORD)
    client.post("/accounts/logout/")

    assert status == 302
    assert kinds(organization=world.own.organization) == [("session.signed_in", "done"), ("session.signed_out", "done")]
    assert {event.actor_name for event in Event.objects.all()} == {str(user)}
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_unknown_people_and_wrong_passwords_get_the_same_answer(world: World) -> None:
    known, unknown = world.own.members[Role.OWNER].user.email, "nobody@example.com"

    answers = [sign_in(Client(), email, WRONG) for email in (known, unknown)]

    assert answers[0][0] == answers[1][0] == 200
    assert without_what_was_typed(answers[0][1], known) == without_what_was_typed(answers[1][1], unknown)


def test_a_failed_sign_in_is_told_to_the_organization_without_naming_an_actor(world: World, client: Client) -> None:
    user = world.own.members[Role.OWNER].user

    sign_in(client, user.email, WRONG)

    event = Event.objects.get(organization=world.own.organization)
    assert (event.kind, event.outcome) == (Kind.SIGN_IN_FAILED.value, "refused")
    assert (event.actor_id, event.actor_name, event.address) == ("", "", "127.0.0.1")
    assert event.after == {"email": user.email}


@pytest.mark.django_db
def test_what_was_typed_as_an_unknown_address_is_not_kept(client: Client) -> None:
    sign_in(client, "my-password@example.com", WRONG)

    event = Event.objects.get()
    assert event.organization is None
    assert "my-password" not in str(Event.objects.values().get())
    assert WRONG not in str(Event.objects.values().get())


def test_an_account_is_throttled_for_one_address_and_not_for_another(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for _ in range(5):
        sign_in(Client(), email, WRONG)

    status, text = sign_in(Client(), email, PASSWORD)

    assert status == 200
    assert "Too many" in text
    assert reasons(world.own.organization) == [*[""] * 5, services.THROTTLED]
    assert sign_in(Client(), world.own.members[Role.ADMIN].user.email, PASSWORD)[0] == 302


@pytest.mark.django_db
def test_one_caller_who_tries_many_accounts_is_stopped() -> None:
    statuses = [sign_in(Client(), f"person-{number}@example.com", WRONG)[0] for number in range(31)]

    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert Event.objects.filter(kind=Kind.SIGN_IN_FAILED.value).count() <= 20


def test_a_forged_forwarding_header_does_not_help(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for number in range(5):
        sign_in(Client(), email, WRONG, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")

    assert "Too many" in sign_in(Client(), email, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.99")[1]


def test_the_port_of_the_host_that_was_asked_does_not_help(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for number in range(5):
        sign_in(Client(), email, WRONG, HTTP_HOST=f"localhost:{8000 + number}")

    assert "Too many" in sign_in(Client(), email, PASSWORD, HTTP_HOST="localhost:9000")[1]


def test_tries_from_elsewhere_lock_nobody_out(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for _ in range(6):
        sign_in(Client(), email, WRONG, REMOTE_ADDR="192.0.2.1")

    assert sign_in(Client(), email, PASSWORD)[0] == 302


def test_an_account_that_is_tried_from_very_many_addresses_is_throttled_all_the_same(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for number in range(100):
        sign_in(Client(), email, WRONG, REMOTE_ADDR=f"192.0.2.{number}")

    assert "Too many" in sign_in(Client(), email, PASSWORD)[1]


def test_a_browser_that_signed_in_before_is_let_in_while_others_try_the_account(world: World) -> None:
    user = world.own.members[Role.OWNER].user
    browser = Client()
    sign_in(browser, user.email, PASSWORD)
    browser.post("/accounts/logout/")
    for number in range(100):
        sign_in(Client(), user.email, WRONG, REMOTE_ADDR=f"192.0.2.{number}")
    for _ in range(5):
        sign_in(Client(), user.email, WRONG)

    assert user.email not in browser.cookies["browser"].value
    assert sign_in(browser, user.email.upper(), PASSWORD)[0] == 302
    browser.post("/accounts/logout/")
    assert "Too many" in sign_in(Client(), user.email, PASSWORD, REMOTE_ADDR="198.51.100.1")[1]


def test_the_cookie_of_a_known_browser_gives_no_more_tries_than_an_address_has(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    stolen = Client()
    sign_in(stolen, email, PASSWORD)
    stolen.post("/accounts/logout/")
    for number in range(5):
        sign_in(stolen, email, WRONG, REMOTE_ADDR=f"192.0.2.{number}")

    assert "Too many" in sign_in(stolen, email, PASSWORD, REMOTE_ADDR="192.0.2.99")[1]


def test_a_browser_known_to_one_account_is_not_known_to_another(world: World) -> None:
    mine, victim = (world.own.members[role].user.email for role in (Role.OPERATOR, Role.OWNER))
    browser = Client()
    sign_in(browser, mine, PASSWORD)
    browser.post("/accounts/logout/")
    for number in range(100):
        sign_in(Client(), victim, WRONG, REMOTE_ADDR=f"192.0.2.{number}")

    assert "Too many" in sign_in(browser, victim, PASSWORD)[1]


def test_all_addresses_of_an_ipv6_network_share_their_tries(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for number in range(5):
        sign_in(Client(), email, WRONG, REMOTE_ADDR=f"2001:db8:0:7::{number}")

    assert "Too many" in sign_in(Client(), email, PASSWORD, REMOTE_ADDR="2001:db8:0:7:1::1")[1]
    assert sign_in(Client(), email, PASSWORD, REMOTE_ADDR="2001:db8:0:8::1")[0] == 302


def test_tries_at_made_up_accounts_hide_none_at_a_real_one(world: World) -> None:
    for number in range(services.MOST_FAILED_PER_MINUTE + 5):
        sign_in(Client(), f"person-{number}@example.com", WRONG)

    sign_in(Client(), world.own.members[Role.OWNER].user.email, WRONG)

    assert reasons(world.own.organization) == [""]


def test_a_wrong_second_factor_is_told_to_the_organization_and_so_is_one_too_many(world: World) -> None:
    user = world.own.members[Role.OWNER].user
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client = Client()
    sign_in(client, user.email, PASSWORD)
    for _ in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})

    assert "_auth_user_id" not in client.session
    assert reasons(world.own.organization) == [*[services.WRONG_CODE] * 5, services.THROTTLED]


@pytest.mark.parametrize(
    ("page", "wrong", "reason"),
    [
        ("/accounts/reauthenticate/", {"password": WRONG}, services.NOT_CONFIRMED),
        ("/accounts/2fa/reauthenticate/", {"code": "000000"}, services.WRONG_CODE),
    ],
)
def test_who_cannot_confirm_who_they_are_leaves_an_event(
    world: World, client: Client, page: str, wrong: dict[str, str], reason: str
) -> None:
    user = world.own.members[Role.OWNER].user
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client.force_login(user)
    for _ in range(6):
        client.post(page, wrong)

    assert reasons(world.own.organization) == [*[reason] * 5, services.THROTTLED]
    assert set(Event.objects.filter(kind=Kind.SIGN_IN_FAILED).values_list("actor_name", flat=True)) == {""}


def test_the_session_changes_with_the_sign_in(world: World, client: Client) -> None:
    client.get("/accounts/login/")
    before = client.cookies.get("session")
    sign_in(client, world.own.members[Role.OWNER].user.email, PASSWORD)

    assert client.cookies["session"].value != (before.value if before else "")


def test_nobody_is_led_away_to_another_site(world: World, client: Client) -> None:
    email = world.own.members[Role.OWNER].user.email
    answer = client.post("/accounts/login/?next=//evil.example/", {"login": email, "password": PASSWORD})

    assert answer.headers["Location"] == "/"


@pytest.mark.django_db
def test_an_inactive_account_does_not_sign_in(client: Client) -> None:
    user = make_user(is_active=False)

    sign_in(client, user.email, PASSWORD)

    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_mailed_only_to_people_who_have_an_account(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    known, unknown = world.own.members[Role.OWNER].user.email, "nobody@example.com"

    with django_capture_on_commit_callbacks(execute=True):
        answers = [Client().post("/accounts/password/reset/", {"email": email}) for email in (known.upper(), unknown)]

    assert mail.outbox == [], "a page that waits for the mail server tells by its time who has an account"
    assert work_off() == [SEND_RESET] * 2
    assert [answer.headers["Location"] for answer in answers] == ["/accounts/password/reset/done/"] * 2
    assert [message.to for message in mail.outbox] == [[known]]


def test_a_mail_server_that_is_away_does_not_tell_who_has_an_account(
    world: World, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    options = {"host": "127.0.0.1", "port": 1}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}

    for email in (world.own.subject.user.email, "nobody@example.com"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = Client().post("/accounts/password/reset/", {"email": email})
        assert answer.headers["Location"] == "/accounts/password/reset/done/"
        assert work_off() == [SEND_RESET]


@pytest.mark.django_db
def test_who_may_not_sign_in_gets_no_link() -> None:
    for user_id in (str(make_user(is_active=False).pk), "nobody", "0"):
        password_reset.send(user_id)

    assert mail.outbox == []


def test_no_reset_is_offered_where_no_mail_is_sent(db: None, settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "byoc_portal.mail.LogBackend"}}

    text = Client().get("/accounts/password/reset/").content.decode()

    assert "<form" not in text
    assert "manage.py changepassword" in text


def mine(world: World) -> list[tuple[str, str, dict[str, str]]]:
    """Return what the operator did with the own account: kind, how they had signed in, what it was."""
    rows = Event.objects.filter(organization=world.own.organization, kind__startswith="account.").order_by("sequence")
    assert {row.actor_name for row in rows} <= {str(world.own.members[Role.OPERATOR].user)}
    return [(row.kind, row.signed_in_by, row.after) for row in rows]


def test_a_changed_password_is_an_event_without_the_password(world: World, client: Client) -> None:
    user = world.own.members[Role.OPERATOR].user
    sign_in(client, user.email, PASSWORD)
    new = "quite another long password"

    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert mine(world) == [("account.password_changed", "password", {})]
    assert new not in str(list(Event.objects.values()))
    assert sign_in(Client(), user.email, new)[0] == 302


def test_a_password_set_by_a_link_from_an_e_mail_is_an_event(world: World, client: Client) -> None:
    user = world.own.members[Role.OPERATOR].user
    password_reset.send(str(user.pk))
    (link,) = re.findall(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    new = "quite another long password"

    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})

    assert mine(world) == [("account.password_reset", "reset link", {})]


def test_second_factors_and_recovery_codes_leave_events_without_a_secret(
    world: World, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    user = world.own.members[Role.OPERATOR].user
    sign_in(client, user.email, PASSWORD)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    code = f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06}"
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/totp/activate/", {"code": code})
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/totp/deactivate/")

    assert [(kind, after) for kind, _, after in mine(world)] == [
        ("account.second_factor_added", {"factor": "totp"}),
        ("account.second_factor_added", {"factor": "recovery_codes"}),
        ("account.recovery_codes_renewed", {}),
        ("account.second_factor_removed", {"factor": "totp"}),
        ("account.second_factor_removed", {"factor": "recovery_codes"}),
    ]
    assert secret not in str(list(Event.objects.values()))


def test_of_very_many_failed_sign_ins_some_are_written_and_say_how_many_there_were(world: World) -> None:
    email = world.own.members[Role.OWNER].user.email
    for _ in range(100):
        services.record_failed_sign_in(email=email, address="192.0.2.9")

    rows = Event.objects.filter(organization=world.own.organization).order_by("sequence")
    reasons = [event.reason for event in rows]
    assert len(reasons) == services.MOST_FAILED_PER_MINUTE + 2
    assert [reason for reason in reasons if reason] == [
        f"{number} within this minute, of which only some are recorded" for number in (40, 80)
    ]


def test_where_nothing_can_be_counted_refusals_are_written_all_the_same(world: World, settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nowhere/valkey.sock",
        }
    }
    user = world.other.members[Role.OWNER].user
    for _ in range(refusals.MOST_PER_MINUTE + 3):
        refusals.record_refused_access(
            user=user, path="/o/own-company/", address="192.0.2.9", signed_in_by="", reason=refusals.NOT_A_MEMBER
        )
    services.record_failed_sign_in(email="", address="192.0.2.9")

    found = Event.objects.filter(organization=None)
    assert found.filter(kind=Kind.ACCESS_REFUSED).count() == refusals.MOST_PER_MINUTE + 3
    assert found.filter(kind=Kind.SIGN_IN_FAILED).count() == 1
