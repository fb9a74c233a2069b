"""Bring the database to where the portal can start, and say who can sign in."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from activation.services import demo, packages, setup


class Command(BaseCommand):
    """Migrate; in a demo make its people; else make the first owner's set-up link."""

    help = "Migrates the database; prints the demo's people or the first owner's set-up link."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="answer with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        call_command("migrate", interactive=False, verbosity=0 if options["json"] else 1)
        packages.ensure_bundled()
        answer: dict[str, Any] = {"people": [], "setup_link": ""}
        if settings.DEMO:
            answer["people"] = [asdict(sign_in) for sign_in in demo.create_demo_people()]
        elif not setup.has_owner():
            answer["setup_link"] = setup.create_setup_link()
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        for person in answer["people"]:
            self.stdout.write(f"{person['label']}: {person['email']}  {person['password']}")
        if answer["setup_link"]:
            self.stdout.write(f"Set-up link of the first owner, valid for 24 hours: {answer['setup_link']}")
