"""What tests of a region stand on: an account in which step 2 is done, and activations that go on from there."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.test import override_settings
from django.utils import timezone

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.steps import ActivationStatus
from activation.management.local_aws import portal_settings
from activation.models import Activation, CloudAccount, Organization
from activation.services import licenses, region_setup
from activation.simulator.client import Simulator
from tests.real.engine import ACCOUNT, Engine, wait_for
from tests.real.test_iam_package import EXTERNAL_ID, variables
from tests.real.test_iam_package import terraform as run_terraform
from tests.real.test_region_package import put, state_of
from tests.simulator.conftest import end, start_simulator

# Of the region package, without add-ons, which the simulator does not know.
RESOURCES: Final = 43


@dataclass(frozen=True)
class Prepared:
    """A simulator's directory in which step 2 is done, and the seven ARNs that it came to."""

    directory: Path
    arns: dict[str, str]

    def simulator(self, directory: Path) -> Iterator[Simulator]:
        """Run a simulator that goes on from there in a directory of its own."""
        shutil.copytree(self.directory, directory, ignore=shutil.ignore_patterns("simulator.json", "*.lock"))
        process = start_simulator(directory)
        yield Simulator.from_directory(directory)
        end(process)

    def activation(self, engine: Engine) -> Activation:
        """Return an activation with seven ARNs, a network, roles that were tried, and a license."""
        begun = engine.activation()
        organization = begun.organization
        locked = {"external_id": EXTERNAL_ID, "external_id_locked_at": timezone.now()}
        Organization.objects.filter(pk=organization.pk).update(**locked)
        account = CloudAccount.objects.create(organization=organization, account_id=ACCOUNT, arns=self.arns)
        values: dict[str, Any] = {"cloud_account": account, "status": ActivationStatus.CONFIGURING.value}
        Activation.objects.filter(pk=begun.pk).update(**values)
        document = licenses.issue(
            slug=organization.slug, cores=512, first_day=date(2026, 1, 1), last_day=date(2099, 12, 31)
        )
        licenses.install(organization=organization, document=document, actor=engine.actor)
        engine.chosen(begun)
        found = Activation.objects.select_related("organization", "cloud_account").get(pk=begun.pk)
        given = {"endpoint": engine.simulator.endpoint, "identities": engine.simulator.identities()}
        with override_settings(**portal_settings(given)):
            region_setup.start_check(found)
            region_setup.check(found.pk)
        return found


def prepare(directory: Path) -> Prepared:
    """Make the roles and policies of step 2 in a simulator of its own, with Terraform; what was made stays made."""
    made = directory / "arns.json"
    if made.exists():
        return Prepared(directory / "aws", json.loads(made.read_text()))
    directory.mkdir()
    process = start_simulator(directory / "aws")
    try:
        simulator = Simulator.from_directory(directory / "aws")
        identities = simulator.identities()
        key = identities["customer"]["administrator"]
        environment = {
            **variables(identities["vendor"]["principal_arn"]),
            "AWS_ACCESS_KEY_ID": key["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": key["secret_access_key"],
            "AWS_ENDPOINT_URL": simulator.endpoint,
        }
        folder = put("terraform-aws-iam", directory / "roles")
        run_terraform(folder, "init", "-input=false", "-lockfile=readonly", **environment)
        run_terraform(folder, "apply", "-input=false", "-auto-approve", **environment)
        outputs = state_of(folder)["outputs"]
    finally:
        end(process)
    arns = {each.name: outputs[each.name]["value"] for each in ARN_OUTPUTS}
    made.write_text(json.dumps(arns))
    return Prepared(directory / "aws", arns)


def until_active(activation: Activation, *, seconds: float) -> Activation:
    """Wait until the activation's region is active; one that failed fails the test."""

    def arrived() -> Activation | None:
        row = Activation.objects.get(pk=activation.pk)
        assert row.status != ActivationStatus.FAILED, row.reason
        return row if row.status == ActivationStatus.ACTIVE else None

    found: Activation = wait_for(arrived, seconds=seconds, what=lambda: Activation.objects.get(pk=activation.pk).status)
    return found
