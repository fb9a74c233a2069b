"""Say what the newest state of an AWS account holds: serial and outputs, no attribute of any resource."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.domain.errors import Faulted
from activation.domain.state import read_state
from activation.models import Workspace
from activation.services import run_keys


class Command(BaseCommand):
    """`manage.py state_summary ACCOUNT`."""

    help = "Prints serial, lineage, addresses and outputs of the newest IAM state of an AWS account, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("account", help="AWS account ID, 12 digits")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        try:
            content = run_keys.open_newest(
                workspace__cloud_account__account_id=options["account"], workspace__kind=Workspace.IAM
            )
        except Faulted as error:
            raise CommandError(str(error)) from error
        if content is None:
            raise CommandError(f"There is no state of account {options['account']}.")
        state = read_state(content)
        summary = {
            "serial": state.serial,
            "lineage": state.lineage,
            "terraform": state.terraform_version,
            "addresses": sorted(state.addresses),
            "tainted": sorted(state.tainted),
            "outputs": state.outputs,
        }
        self.stdout.write(json.dumps(summary))
