"""Install a license document from a file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.domain.errors import Refused
from activation.domain.license import day
from activation.services import licenses


class Command(BaseCommand):
    """Does what the License page does, for the organization that the document names."""

    help = "Install a signed license in the organization that it names; exit 1 and say why where it is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", help="the document; - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Install it."""
        try:
            document = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
            row = licenses.install_where_it_belongs(document=document)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(str(Refused("license_no_document", problem="it is not text"))) from error
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"License {row.license_id} is installed for {row.organization}: "
            f"{row.cores} cores until {day(row.last_day)}."
        )
