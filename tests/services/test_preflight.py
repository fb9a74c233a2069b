"""The checks of a key: what only a plan tells is looked up once it is there."""

import json
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.domain.checks import Check, CheckState, Report
from activation.domain.plan import read_plan
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Plan, Run
from activation.services import packages, preflight, runs
from activation.simulator.client import Simulator
from tests.aws.conftest import customer, iam, keys_of, running, simulator, trust
from tests.factories import make_activation, make_cloud_account, make_organization
from tests.views.run_rows import EXTERNAL_ID, FIXTURES, make_sealed_run

__all__ = ["customer", "iam", "running", "simulator"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(customer: dict[str, Any], simulator: Simulator, settings: Settings) -> Run:
    """A run with a plan, of a package whose names were not known before it."""
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    organization = make_organization(external_id=EXTERNAL_ID, external_id_locked_at=timezone.now())
    package = packages.ensure_bundled()
    package.description["name_prefixes"] = ["acme-"]
    package.save()
    account = make_cloud_account(organization, account_id=customer["account"])
    activation = make_activation(
        organization, status=ActivationStatus.PROVISIONING_IAM, package=package, cloud_account=account
    )
    before = Report(tuple(checks_of(activation, customer)))
    run = make_sealed_run(activation, RunStatus.PLANNED, preflight=before.to_json())
    runs.store_credential(run, keys_of(customer["session"]), account_id=account.account_id, principal_arn="arn")
    review = read_plan(json.loads((FIXTURES / "plan_create.json").read_text()))
    Plan.objects.create(run=run, sha256="ab" * 32, sealed=b"", review=json.loads(json.dumps(review.to_json())))
    return run


def checks_of(activation: Activation, customer: dict[str, Any]) -> list[Check]:
    keys = keys_of(customer["session"])
    return list(preflight.checks(activation, keys, preflight.identity(activation, keys)))


def line_of(run: Run, code: str) -> Check:
    run.refresh_from_db()
    found = Report.from_json(run.preflight).find(code)
    assert found is not None
    return found


def test_names_rights_and_room_are_looked_at_as_soon_as_a_plan_tells_the_names(planned: Run) -> None:
    by_name = ("permissions", "names", "quotas")
    assert {line_of(planned, code).state for code in by_name} == {CheckState.NOT_CHECKED}

    preflight.look_again(planned.pk)

    assert {line_of(planned, code).state for code in by_name} == {CheckState.PASSED}
    assert "None of the 9 names exists yet." in line_of(planned, "names").detail


def test_a_name_that_is_taken_is_told_with_whose_it_is_before_the_approval(planned: Run, iam: Any) -> None:
    iam.create_role(
        RoleName="zilliz-bootstrap-role",
        AssumeRolePolicyDocument=trust(),
        Tags=[{"Key": "Team", "Value": "search"}],
    )

    preflight.look_again(planned.pk)

    line = line_of(planned, "names")
    assert line.state is CheckState.FAILED
    assert "zilliz-bootstrap-role" in line.detail
    assert "Team = search" in " ".join(line.items)


def test_nothing_is_looked_up_once_the_key_is_gone(planned: Run) -> None:
    planned.credential.delete()

    preflight.look_again(planned.pk)

    assert line_of(planned, "names").state is CheckState.NOT_CHECKED
