"""Give somebody a new password from the server, where no mail is sent; their organizations' events tell it."""

import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.models import User
from activation.selectors.people import find_user
from activation.services import sign_in


class Command(BaseCommand):
    """Take the place of Django's own command of this name, which leaves no event."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who it is."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the password and set it."""
        user = find_user(options["email"])
        if user is None:
            raise CommandError("There is nobody with this e-mail address.")
        sign_in.set_password(user=user, password=self.ask(user))
        self.stdout.write(f"{user.email} has a new password.")

    def ask(self, user: User) -> str:
        """Ask for a password twice."""
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password (again): "):
            raise CommandError("The two passwords differ.")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        return password
