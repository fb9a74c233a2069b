"""Accounts that commands make."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from activation.domain.events import Kind
from activation.models import Event, User
from tests.factories import PASSWORD, make_user

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
