"""Verify the chains of events and say at which number the first thing is wrong."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from activation.models import Organization
from activation.selectors import chains
from activation.selectors.chains import Report
from activation.services import checkpoints, signing


class Command(BaseCommand):
    """Walks along every chain; exits with 1 where one is broken."""

    help = (
        "Verify the chains of events: numbers, times, hashes, signed checkpoints, and the copies of those outside of "
        "the database. Exits with 1 where something was changed, removed, inserted, reordered or cut off."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one organization, or all; people's words, or JSON."""
        parser.add_argument("--organization", metavar="SLUG", help="only this organization's chain")
        parser.add_argument("--json", action="store_true", help="print a list of reports as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and tell."""
        chosen = list(checkpoints.organizations())
        if options["organization"]:
            chosen = list(Organization.objects.filter(slug=options["organization"]))
            if not chosen:
                raise CommandError(f"There is no organization {options['organization']}.")
        outside = Path(settings.CHECKPOINT_FILE)
        reports = [chains.verify(each, public_keys=signing.public_keys(), outside=outside) for each in chosen]
        if options["json"]:
            self.stdout.write(json.dumps([report.to_json() for report in reports], indent=2))
        else:
            for report in reports:
                self.tell(report)
        if any(report.problem for report in reports):
            raise SystemExit(1)

    def tell(self, report: Report) -> None:
        """Print one report."""
        if report.problem:
            self.stdout.write(self.style.ERROR(f"{report.name}: BROKEN at {report.problem}."))
        else:
            copies = "no copies outside" if report.outside is None else f"{report.outside:,} outside"
            self.stdout.write(
                f"{report.name}: whole to #{report.last_sequence:,}; "
                f"{report.checkpoints:,} checkpoints, {copies}; head {report.head_hash}"
            )
        for remark in report.remarks:
            self.stdout.write(self.style.WARNING(f"  {remark}"))
