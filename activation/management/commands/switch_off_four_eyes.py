"""Switch four eyes off from the server, where no second owner is left who could confirm it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.models import Organization
from activation.services import events, four_eyes


class Command(BaseCommand):
    """Switch four eyes off for one organization; its owners are written to, and its events tell it."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organization, as its address has it."""
        parser.add_argument("organization", help="the word after /o/ in the organization's address")

    def handle(self, *args: Any, **options: Any) -> None:
        """Switch it off."""
        organization = Organization.objects.filter(slug=options["organization"], four_eyes=True).first()
        if organization is None:
            raise CommandError("There is no such organization that asks for four eyes.")
        four_eyes.switch_off(organization, actor=events.PORTAL, asked_by="the server")
        self.stdout.write(f"{organization.name} no longer asks for four eyes.")
