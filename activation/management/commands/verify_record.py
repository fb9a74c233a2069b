"""Verify an activation record with the verifier that is installed here."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.domain.record import verify


class Command(BaseCommand):
    """`manage.py verify_record FILE`: what the record's own verify.py does, by a verifier that did not come with it."""

    help = "Verify that a record (.zip or folder) is whole and unchanged since it was signed; exit 0 only then."
    # It asks nothing of this installation.
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the record and what is known of its author."""
        parser.add_argument("record", help="the .zip, or the folder into which it was unpacked")
        parser.add_argument("--fingerprint", metavar="F", help="the key it must be signed with")
        parser.add_argument(
            "--organization", metavar="ID", help="the ID of the organization that it must be a record of"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the verdict; raise CommandError, which exits with 1, where something does not hold."""
        try:
            source = verify.source_of(Path(options["record"]))
        except verify.Wrong as wrong:
            raise CommandError(verify.printable(f"NOT INTACT: {wrong}")) from wrong
        try:
            verdict = verify.verify(source, fingerprint=options["fingerprint"], organization=options["organization"])
        except ValueError as error:
            raise CommandError(f"--fingerprint: {error}.", returncode=2) from error
        self.stdout.write(verdict.text())
        if not verdict.holds:
            raise CommandError("This record does not hold.")
