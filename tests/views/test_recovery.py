"""Recover in the browser: what its button says, what was found again, and that our own names stand in nobody's way."""

import json
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from activation.domain.adoption import ROLE, Found, Import
from activation.domain.plan import read_plan
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Member, Plan, Run
from activation.models.identity import run_identity
from activation.services import host, packages, recovery, run_keys
from activation.simulator.client import Simulator
from tests.aws.conftest import trust
from tests.factories import make_activation, make_member, make_organization, make_run

EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
VENDOR = "arn:aws:iam::111122223333:role/zilliz-byoc"
FIXTURES = Path(__file__).parents[1] / "domain" / "fixtures"
NAME = "zilliz-bootstrap-role"

pytestmark = pytest.mark.django_db


@pytest.fixture
def activation(customer: dict[str, Any], settings: Settings) -> Activation:
    """An activation in the simulator's customer account."""
    settings.VENDOR_PRINCIPAL_ARN = VENDOR
    organization = make_organization(external_id=EXTERNAL_ID, external_id_locked_at=timezone.now())
    account = CloudAccount.objects.create(organization=organization, account_id=customer["account"])
    return make_activation(
        organization,
        status=ActivationStatus.PROVISIONING_IAM,
        package=packages.ensure_bundled(),
        cloud_account=account,
    )


@pytest.fixture
def owner(activation: Activation) -> Member:
    return make_member(activation.organization, Role.OWNER)


def make_cut_off(activation: Activation, status: RunStatus = RunStatus.INTERRUPTED, **fields: Any) -> Run:
    """Make a run that was cut off in its apply, with its plan."""
    pk = run_identity()
    assert activation.package is not None
    began = timezone.now() - timedelta(minutes=2)
    run = make_run(
        activation,
        status=status,
        id=pk,
        wrapped_key=run_keys.fresh(pk),
        package=activation.package,
        **{"apply_started_at": began, "phase": "apply", "node": host.node()} | fields,
    )
    review = read_plan(json.loads((FIXTURES / "plan_create.json").read_text()))
    stored = json.loads(json.dumps(review.to_json()))
    Plan.objects.create(run=run, sha256="ab" * 32, sealed=b"", package_sha256="", review=stored, verdict={})
    return run


def shown(member: Member, name: str, thing: Activation | Run, **query: str) -> str:
    client = Client()
    client.force_login(member.user)
    answer = client.get(reverse(name, args=[thing.organization.slug, thing.pk]), query)
    return unescape(answer.content.decode())


def leave_role(iam: Any, activation: Activation, **tags: str) -> None:
    assert activation.cloud_account is not None
    given = tags or {"byoc:activation": activation.cloud_account.tag}
    iam.create_role(
        RoleName=NAME,
        Path="/zilliz/",
        AssumeRolePolicyDocument=trust(EXTERNAL_ID, VENDOR),
        Tags=[{"Key": key, "Value": value} for key, value in given.items()],
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [(RunStatus.INTERRUPTED, "Recover"), (RunStatus.FORCE_CANCELED, "Recover"), (RunStatus.ERRORED, "Retry")],
)
def test_a_run_that_was_lost_is_recovered_others_are_retried(
    owner: Member, activation: Activation, status: RunStatus, word: str
) -> None:
    run = make_cut_off(activation, status)
    page = shown(owner, "run", run)
    assert f"{word}</a>" in page
    form = shown(owner, "activation_run_here", activation, retry=run.pk)
    assert "The portal first looks in your account for what was in progress when it stopped" in form


@pytest.mark.parametrize("page", ["run", "run_review"])
def test_what_was_found_again_stands_on_the_run_and_in_its_review(
    owner: Member, activation: Activation, page: str
) -> None:
    one = Import("aws_iam_role.bootstrap_role", NAME, NAME, ROLE)
    half = Import("aws_iam_role.management_role", "zilliz-management-role", "zilliz-management-role", ROLE)
    found = Found((one,), (half,), ("aws_iam_policy.bootstrap_policy",)).to_json()
    run = make_cut_off(activation, RunStatus.PLANNED, found_again=json.loads(json.dumps(found)))
    text = shown(owner, page, run)
    assert "Found again" in text
    assert "not created again" in text
    assert "zilliz-management-role, complete although its creation was interrupted" in text
    assert "Incomplete and without data: it is replaced" in text


def test_a_run_that_found_nothing_says_nothing_of_it(owner: Member, activation: Activation) -> None:
    assert "Found again" not in shown(owner, "run", make_cut_off(activation))


def test_a_worker_that_is_away_is_shown_with_the_proof(owner: Member, activation: Activation) -> None:
    long_ago = timezone.now() - timedelta(seconds=30)
    run = make_cut_off(activation, RunStatus.APPLYING, lease_until=long_ago)
    text = shown(owner, "run", run)
    assert "No process of this run is alive" in text
    assert "its directory is gone" in text


# --- before the run


def names_line(activation: Activation, customer: dict[str, Any]) -> dict[str, Any]:
    from activation.domain.credentials import AccessKeys
    from activation.services import preflight

    key = customer["session"]
    keys = AccessKeys(key["access_key_id"], key["secret_access_key"], key["session_token"])
    lines = preflight.checks(activation, keys, preflight.identity(activation, keys))
    return next(line.to_json() for line in lines if line.code == "names")


def test_names_that_a_recover_takes_over_do_not_stand_in_its_way(
    activation: Activation, customer: dict[str, Any], iam: Any, simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    make_cut_off(activation)
    leave_role(iam, activation)
    line = names_line(activation, customer)
    assert line["state"] == "passed"
    assert "1 were left by the interrupted run and were found again, 8 do not exist yet." in line["detail"]


def test_names_of_others_stand_in_the_way_of_a_recover_too(
    activation: Activation, customer: dict[str, Any], iam: Any, simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    make_cut_off(activation)
    leave_role(iam, activation, Owner="platform")
    line = names_line(activation, customer)
    assert line["state"] == "failed"
    assert "never taken over" in line["remedy"]


def test_a_run_that_ended_well_leaves_nothing_to_take_over(activation: Activation) -> None:
    run = make_cut_off(activation)
    assert recovery.cut_off(run.workspace) == run
    make_cut_off(activation, RunStatus.APPLIED, apply_started_at=timezone.now())
    assert recovery.cut_off(run.workspace) is None
    # A plan that nobody approved changed nothing, and does not count.
    make_cut_off(activation, RunStatus.DISCARDED, apply_started_at=None)
    assert recovery.cut_off(run.workspace) is None
