"""One command that makes an installation where there is none, starts all its processes, and ends them with itself."""

import os
import sys
from argparse import BooleanOptionalAction
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.management.data_directory import DataDirectory, Unusable
from activation.management.environment import given_settings, value
from activation.management.installation import CouldNotStart, Installation, Wishes


class Command(BaseCommand):
    """Start the portal and everything it needs."""

    help = "Starts the portal: database, queue, web server, workers; with --demo a local AWS and people to sign in as."
    # It makes what the checks ask for.
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's declaration

    def add_arguments(self, parser: CommandParser) -> None:
        """Take address, directory, and what to do with what lies there."""
        parser.add_argument("--demo", action="store_true", help="with a local AWS, made-up people and keys")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (default 8000, or the next free one)")
        parser.add_argument("--data-dir", type=Path, help="where everything is kept (default .data beside manage.py)")
        parser.add_argument("--reset", action="store_true", help="delete what lies there, after asking, and start anew")
        parser.add_argument("--yes", action="store_true", help="with --reset: do not ask")
        parser.add_argument("--open", action=BooleanOptionalAction, default=True, help="open a browser")
        parser.add_argument("--verbose", action="store_true", help="show the logs of all processes here, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, stay, end."""
        given = given_settings(settings.ENVIRONMENT_NAMES)
        path = options["data_dir"] or Path(value(given, "DATA_DIR") or settings.BASE_DIR / ".data")
        data = DataDirectory(path, work=value(given, "WORK_DIR"))
        wishes = Wishes(
            demo=options["demo"],
            host=options["host"],
            port=options["port"],
            open_browser=options["open"],
            verbose=options["verbose"],
        )
        try:
            if options["reset"]:
                self.demand_consent(data, given, sure=options["yes"])
            data.take(self.say)
            if options["reset"]:
                data.empty()
            Installation(data=data, wishes=wishes, given=given, say=self.say).run()
        except (Unusable, CouldNotStart) as error:
            raise CommandError(str(error)) from error

    def demand_consent(self, data: DataDirectory, given: Mapping[str, str], *, sure: bool) -> None:
        """Ask before anything is deleted. Raises CommandError where the answer is no, or not theirs to give."""
        if not data.is_ours():
            raise CommandError(f"{data.path} is no data directory of the portal: nothing was deleted.")
        if data.has_database_elsewhere(given):
            raise CommandError(
                f"The database is not in {data.path} but where DATABASE_URL says, and the keys that read it may be in "
                "there: nothing was deleted. Start anew with another --data-dir and another database."
            )
        if sure or not data.path.exists():
            return
        name = data.path.name
        self.say(f"This deletes everything in {data.path}: people, runs, Terraform states, keys.")
        if not sys.stdin.isatty():
            self.say("(Add --yes to delete without being asked.)")
        try:
            answer = input(f"Type {name} to delete it: ")
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer.strip() != name:
            raise CommandError("Nothing was deleted.")

    def say(self, text: str) -> None:
        """Print a line; a terminal that is gone is no reason to stop halfway."""
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for descriptor in (1, 2):
                os.dup2(nowhere, descriptor)
