"""Accounts that commands make."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Event, User
from tests.factories import PASSWORD, make_member, make_organization, make_user

pytestmark = pytest.mark.django_db


def create(email: str) -> str:
    output = StringIO()
    call_command("create_installation_administrator", email=email, generate=True, stdout=output)
    return output.getvalue().strip()


def test_a_new_installation_administrator_signs_in_with_the_password_printed() -> None:
    printed = create("server@example.com")

    user = User.objects.get(email="server@example.com")
    assert user.is_installation_administrator
    assert user.check_password(printed.rsplit(" ", 1)[1])
    assert Event.objects.get().kind == Kind.INSTALLATION_ADMINISTRATOR_ADDED.value


def test_an_account_that_exists_keeps_its_password() -> None:
    user = make_user("known@example.com")

    assert "stays as it was" in create("KNOWN@example.com")

    user.refresh_from_db()
    assert user.is_installation_administrator
    assert user.check_password(PASSWORD)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="not an e-mail address"):
        create("server")


def test_a_password_set_from_the_shell_is_an_event_in_each_organization_of_the_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = make_user("ann@example.com")
    members = [make_member(make_organization(), Role.OWNER, user) for _ in range(2)]
    monkeypatch.setattr("getpass.getpass", lambda _: "a quite long new password")

    call_command("changepassword", "ann@example.com", stdout=StringIO())

    user.refresh_from_db()
    assert user.check_password("a quite long new password")
    told = Event.objects.filter(kind=Kind.PASSWORD_RESET)
    assert {event.organization_id for event in told} == {member.organization_id for member in members}
    for event in told:
        assert (event.actor_name, event.signed_in_by, event.object_id) == ("the portal", "shell", str(user.pk))
        assert event.after == {"email": "ann@example.com"}
        assert event.sentence_of_the_portal == "A new password was set on the server"


def test_a_password_that_is_refused_or_mistyped_on_the_shell_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("ann@example.com")
    for typed in (["short", "short"], ["a quite long new password", "another long password"]):
        monkeypatch.setattr("getpass.getpass", lambda _, typed=typed: typed.pop())
        with pytest.raises(CommandError):
            call_command("changepassword", "ann@example.com", stdout=StringIO())
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not Event.objects.exists()
