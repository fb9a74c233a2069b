"""Print the fingerprint and the public half of the key that signs checkpoints and records."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from activation.services import signing


class Command(BaseCommand):
    """Prints nothing of the private half."""

    help = (
        "Print the fingerprint of the signing key (SHA-256 of the raw public key) and the public key. Hand the "
        "fingerprint to auditors by a way of their own: verify.py --fingerprint F then also tells who signed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to print."""
        parser.add_argument("--fingerprint", action="store_true", help="only the fingerprint, in one line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print."""
        self.stdout.write(signing.fingerprint())
        if not options["fingerprint"]:
            self.stdout.write(signing.public_key_pem().strip())
