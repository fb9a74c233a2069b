"""Starting runs."""

import pytest

from activation.domain.credentials import AccessKeys
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Workspace
from activation.services import packages, runs
from activation.services.events import Actor
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = AccessKeys("AKIAIOSFODNN7EXAMPLE", "x" * 40)


def test_a_start_while_the_accounts_roles_are_made_leads_to_that_run_and_not_to_a_region_that_is_built() -> None:
    organization = make_organization()
    account = make_cloud_account(organization)
    package = packages.ensure_bundled()
    building, asking, waiting = (
        make_activation(organization, region=region, package=package, cloud_account=cloud, status=status)
        for region, cloud, status in (
            ("us-west-2", account, ActivationStatus.ACTIVATING),
            ("us-east-1", account, ActivationStatus.PROVISIONING_IAM),
            ("eu-central-1", None, ActivationStatus.PROVISIONING_IAM),
        )
    )
    region = make_run(building, status=RunStatus.PENDING, package=package)
    region.workspace = Workspace.objects.create(cloud_account=account, kind=Workspace.REGION, activation=building)
    region.save(update_fields=["workspace"])
    roles = make_run(asking, status=RunStatus.PENDING, package=package)
    by = make_member(organization, Role.OWNER)

    standing = runs.start_iam_run(
        waiting, account=account, keys=KEYS, principal_arn="arn:aws:iam::1:user/a", by=by, actor=Actor.of(by)
    )

    assert standing == roles
