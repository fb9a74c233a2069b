"""Give somebody the server's pages."""

import getpass
import secrets
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from activation.domain.errors import Refused
from activation.services.people import make_installation_administrator


class Command(BaseCommand):
    """Make a person an installation administrator: packages, workers, health, and no organization's contents."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who it is."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="Installation administrator")
        parser.add_argument("--generate", action="store_true", help="make a password and print it, ask nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make or promote the account; print a password only where one was made."""
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError("This is not an e-mail address.") from error
        generated = options["generate"] or not sys.stdin.isatty()
        password = secrets.token_urlsafe(16) if generated else self.ask()
        try:
            is_new = make_installation_administrator(email=options["email"], name=options["name"], password=password)
        except Refused as error:
            raise CommandError(str(error)) from error
        if not is_new:
            self.stdout.write(f"{options['email']} is an installation administrator; the password stays as it was.")
        elif generated:
            self.stdout.write(f"{options['email']} is an installation administrator; password: {password}")
        else:
            self.stdout.write(f"{options['email']} is an installation administrator.")

    def ask(self) -> str:
        """Ask for a password twice."""
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password (again): "):
            raise CommandError("The two passwords differ.")
        return password
