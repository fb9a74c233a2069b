"""Step 2 with a package that takes no session token, as the one of the guide."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.domain.control_plane import ControlPlane
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Member, Run
from activation.services import demo
from activation.simulator.client import Simulator
from tests.factories import make_activation, make_member, make_organization
from tests.views.run_rows import EXTERNAL_ID, address, as_typed, client_of, text_of

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
    assert "no variable for a session token" in text_of(answer)
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

    assert answer["Location"] == address("run", Run.objects.get())
