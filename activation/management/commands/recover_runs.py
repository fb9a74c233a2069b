"""Look after runs that were lost sight of, from the server's shell."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from activation.services import rescue


class Command(BaseCommand):
    """Save what dead runs of this host left, and say which runs wait for Recover."""

    help = (
        "Takes in log and states of this host's runs that died, marks them interrupted, and lists every run that "
        "somebody has to recover, with the proof that nothing of it lives. Needs no keys and applies nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is to be done, and the form of the answer."""
        parser.add_argument("--list", action="store_true", help="only look, save nothing")
        parser.add_argument("--json", action="store_true", help="answer with one line of JSON a run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        cases = rescue.take_stock(save=not options["list"])
        if not cases and not options["json"]:
            self.stdout.write("Every run is followed or has ended well. There is nothing to recover.")
        for case in cases:
            run = case.run
            address = settings.PORTAL_URL.rstrip("/") + reverse("run", args=[run.organization.slug, run.pk])
            if options["json"]:
                told = {
                    "run": run.pk,
                    "organization": run.organization.slug,
                    "account": run.workspace.cloud_account.account_id,
                    "status": run.status,
                    "lock": case.lock.kind,
                    "proof": case.lock.proof,
                    "matter": case.matter,
                    "next_step": case.next_step,
                    "salvaged": case.salvaged,
                    "address": address,
                }
                self.stdout.write(json.dumps(told))
                continue
            saved = " (saved just now)" if case.salvaged else ""
            account = run.workspace.cloud_account.account_id
            self.stdout.write(f"{run.pk}  {run.status_label}{saved}  account {account}  {run.organization.name}")
            for line in (case.lock.proof, case.matter, case.next_step, address):
                if line:
                    self.stdout.write(f"    {line}")
