"""The local AWS of the tests, for pages that ask it; an activation whose step 2 is open, and its owner."""

import pytest
from django.utils import timezone

from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Member
from activation.services import packages
from tests.aws.conftest import customer, iam, running, simulator
from tests.factories import make_activation, make_member, make_organization
from tests.views.run_rows import EXTERNAL_ID

__all__ = ["activation", "customer", "iam", "owner", "running", "simulator"]


@pytest.fixture
def activation() -> Activation:
    """An activation that waits for its ARNs, with the bundled package."""
    organization = make_organization(external_id=EXTERNAL_ID, external_id_locked_at=timezone.now())
    return make_activation(organization, status=ActivationStatus.PROVISIONING_IAM, package=packages.ensure_bundled())


@pytest.fixture
def owner(activation: Activation) -> Member:
    return make_member(activation.organization, Role.OWNER)
