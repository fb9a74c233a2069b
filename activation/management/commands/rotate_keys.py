"""Put everything that master keys wrap under the first of MASTER_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.services import key_rotation


class Command(BaseCommand):
    """Wrap all stored keys anew; afterwards the other keys of MASTER_KEYS open nothing that is stored any more."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to change anything."""
        parser.add_argument("--check", action="store_true", help="only count, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, look again, and say what remains."""
        if not options["check"]:
            done = key_rotation.rotate(change=True)
            self.stdout.write(f"{done.changed} wrapped anew, {done.current} were under the first key already.")
        left = key_rotation.rotate(change=False)
        for name in left.lost:
            self.stderr.write(f"No key of MASTER_KEYS opens {name}.")
        if left.changed or left.lost:
            raise CommandError(
                f"{left.changed} are under an older key, {len(left.lost)} under one that is missing. "
                "Keep the older keys."
            )
        self.stdout.write("Everything is under the first key: the others can be taken out of MASTER_KEYS.")
