"""Step 2 with a package that takes no session token, as the one of the guide."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Member, PackageVersion, Run
from activation.selectors.packages import rights_of_key
from activation.services import demo, preflight
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.aws.conftest import keys_of
from tests.factories import make_activation, make_member, make_organization
from tests.views.run_rows import ATTEMPT, EXTERNAL_ID, address, as_typed, client_of, give_plan, text_of

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
