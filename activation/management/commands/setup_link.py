"""Print a one-time link for the first owner."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.domain.errors import Refused
from activation.services.setup import create_setup_link


class Command(BaseCommand):
    """Print a one-time link that creates an organization and its owner; it works for 24 hours."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --force."""
        parser.add_argument("--force", action="store_true", help="make a link although an owner exists")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link."""
        try:
            self.stdout.write(create_setup_link(force=options["force"]))
        except Refused as error:
            raise CommandError(str(error)) from error
