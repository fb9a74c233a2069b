"""Step 2 with a package that takes no session token, as the one of the guide."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from activation.domain.archive import unpack
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Member, PackageVersion, Run
from activation.selectors.packages import rights_of_key
from activation.services import demo, packages, preflight
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.aws.conftest import keys_of
from tests.factories import make_activation, make_member, make_organization
from tests.views.run_rows import (
    ATTEMPT,
    EXTERNAL_ID,
    TEMPORARY,
    address,
    as_typed,
    client_of,
    give_plan,
    make_sealed_run,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_zilliz() -> Activation:
    """An activation of a Zilliz Cloud customer that waits for its ARNs."""
    demo.take_in_stand_in()
    organization = make_organization(
        control_plane=ControlPlane.ZILLIZ, external_id=EXTERNAL_ID, external_id_locked_at=timezone.now()
    )
    return make_activation(organization, status=ActivationStatus.PROVISIONING_IAM)


@pytest.fixture
def with_bundled() -> Activation:
    """An activation of another organization, with the bundled package, which takes a temporary key."""
    package = packages.ensure_bundled()
    return make_activation(make_organization(), status=ActivationStatus.PROVISIONING_IAM, package=package)


def owner_of(activation: Activation) -> Member:
    return make_member(activation.organization, Role.OWNER)


@pytest.fixture
def customer_owner(at_zilliz: Activation) -> Member:
    return make_member(at_zilliz.organization, Role.OWNER)


def test_a_key_that_the_package_cannot_take_claims_no_account(
    at_zilliz: Activation,
    customer_owner: Member,
    customer: dict[str, Any],
    simulator: Simulator,
    settings: Settings,
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint

    answer = client_of(customer_owner).post(address("activation_run_here", at_zilliz), as_typed(customer["session"]))

    assert answer.status_code == 422
    assert "a temporary key cannot work with it" in text_of(answer)
    assert not Run.objects.exists()
    assert not CloudAccount.objects.exists(), "another organization may still use the account"


def test_a_long_term_key_starts_the_run_of_such_a_package(
    at_zilliz: Activation,
    customer_owner: Member,
    customer: dict[str, Any],
    simulator: Simulator,
    settings: Settings,
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint

    answer = client_of(customer_owner).post(
        address("activation_run_here", at_zilliz), as_typed(customer["administrator"])
    )

    run = Run.objects.get()
    assert answer["Location"] == address("run", run)
    make_planned(run)
    review = text_of(client_of(customer_owner).get(address("run_review", run)))
    assert "The package accepts no other kind" in review, "the warning is still there when the plan is approved"


def make_planned(run: Run) -> None:
    """Let a run wait for its approval."""
    give_plan(run)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.PLANNED.value)


@pytest.mark.parametrize("page", ["activation_before", "activation_run_here"])
def test_pages_ask_for_the_key_that_the_package_takes_with_one_policy(
    at_zilliz: Activation, customer_owner: Member, page: str
) -> None:
    text = text_of(client_of(customer_owner).get(address(page, at_zilliz)))

    assert "aws iam create-access-key" in text
    assert "--status Inactive" in text
    assert "valid for one hour" not in text
    assert "assume-role" not in text
    package = PackageVersion.objects.get(chosen_for="zilliz")
    unmarked = text.replace("<mark>", "").replace("</mark>", "")
    assert rights_of_key(at_zilliz, package)["caller_policy"] in unmarked


def test_pages_before_the_key_promise_no_hour_where_the_package_refuses_such_a_key(
    at_zilliz: Activation, customer_owner: Member, with_bundled: Activation
) -> None:
    door = text_of(client_of(customer_owner).get(address("activation_arns", at_zilliz)))
    newcomer = make_member(make_organization(control_plane=ControlPlane.ZILLIZ), Role.OWNER)
    first_page = text_of(client_of(newcomer).get(reverse("activations", args=[newcomer.organization.slug])))

    assert "an AWS access key that you deactivate afterward" in door
    assert "An AWS key with certain permissions" in first_page
    assert "valid for one hour" not in door + first_page
    bundled = text_of(client_of(owner_of(with_bundled)).get(address("activation_arns", with_bundled)))
    assert "valid for one hour" in bundled


def test_a_key_that_is_asked_for_once_more_is_of_the_kind_that_the_package_takes(
    at_zilliz: Activation, customer_owner: Member, with_bundled: Activation
) -> None:
    packages.settle(at_zilliz)
    reviews = []
    for where in (at_zilliz, with_bundled):
        run = make_sealed_run(where, RunStatus.PLANNED)
        give_plan(run)
        reviews.append(client_of(owner_of(where)).get(address("run_review", run)))
    long_term, temporary = map(text_of, reviews)
    typed = {"confirmation": "yes", **as_typed(TEMPORARY)}
    refused = client_of(customer_owner).post(address("run_approve", Run.objects.get(activation=at_zilliz)), typed)

    assert "Enter your key once more" in long_term
    assert "Session token" not in long_term
    assert "Starts with AKIA." in long_term
    assert "Session token" in temporary
    assert "a temporary key cannot work with it" in text_of(refused)


def test_who_runs_such_a_package_is_told_what_is_in_it_and_by_which_variables_it_takes_the_key(
    at_zilliz: Activation, customer_owner: Member, with_bundled: Activation
) -> None:
    client = client_of(customer_owner)
    page = text_of(client.get(address("activation_run_yourself", at_zilliz)))
    files = unpack(client.get(address("activation_package_download", at_zilliz)).content)
    example = files["terraform.tfvars.example"].decode()

    assert "<code>aws_region</code> and <code>external_id</code> filled in." in page
    assert "README.md" not in page
    assert "README.md" not in files
    assert "<code>TF_VAR_aws_access_key</code> and <code>TF_VAR_aws_secret_key</code>" in page
    assert "# aws_access_key" in example, "an empty line would count before the environment"
    bundled = text_of(client_of(owner_of(with_bundled)).get(address("activation_run_yourself", with_bundled)))
    assert "<code>vendor_principal_arn</code> and <code>external_id</code> filled in." in bundled
    assert "The <code>README.md</code> explains each permission." in bundled
    assert "TF_VAR" not in bundled


def test_the_service_refuses_what_the_form_does(
    at_zilliz: Activation,
    customer_owner: Member,
    customer: dict[str, Any],
    simulator: Simulator,
    settings: Settings,
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    with pytest.raises(Refused) as refused:
        preflight.start(
            at_zilliz,
            keys=keys_of(customer["session"]),
            attempt=ATTEMPT,
            retry_of=None,
            by=customer_owner,
            actor=Actor.of(customer_owner),
        )
    assert refused.value.code == "package_needs_long_term_key"
    assert not CloudAccount.objects.exists()
