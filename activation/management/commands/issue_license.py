"""Issue a license for an organization, on the vendor's server."""

import base64
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.domain import dsse
from activation.domain.errors import Refused
from activation.selectors import license_keys
from activation.services import licenses


def day(text: str) -> date:
    """Return a day that was given as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no day; write it as 2027-01-31") from error


class Command(BaseCommand):
    """Prints the signed document and nothing else, so that it can be written into a file."""

    help = (
        "Print a signed license for an organization whose control plane is this portal. Days are in UTC and belong to "
        "the term. With --key print the public half of the signing key instead, as LICENSE_VERIFY_KEYS takes it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the license grants."""
        parser.add_argument("--organization", metavar="SLUG", help="its name in addresses: /o/SLUG/")
        parser.add_argument("--cores", type=int, help="how many CPU cores it includes")
        parser.add_argument(
            "--from", type=day, dest="first_day", metavar="DAY", help="the term's first day, YYYY-MM-DD"
        )
        parser.add_argument("--to", type=day, dest="last_day", metavar="DAY", help="the term's last day, YYYY-MM-DD")
        parser.add_argument("--id", default="", dest="license_id", help="the license's ID; made where it is left out")
        parser.add_argument("--key", action="store_true", help="print the public key and issue nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print; raise CommandError, which exits with 1, where it is refused."""
        if options["key"]:
            self.print_key()
            return
        missing = [
            f"--{name}"
            for name, given in (
                ("organization", "organization"),
                ("cores", "cores"),
                ("from", "first_day"),
                ("to", "last_day"),
            )
            if options[given] is None
        ]
        if missing:
            raise CommandError(f"Give {', '.join(missing)} as well.")
        try:
            document = licenses.issue(
                slug=options["organization"],
                cores=options["cores"],
                first_day=options["first_day"],
                last_day=options["last_day"],
                license_id=options["license_id"],
            )
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(document)

    def print_key(self) -> None:
        """Print the public half."""
        key = license_keys.signing_key()
        if key is None:
            raise CommandError(str(Refused("license_key_missing")))
        self.stdout.write(base64.b64encode(dsse.raw_public_key(key)).decode())
