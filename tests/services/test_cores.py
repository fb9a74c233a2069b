"""Cores and resources of a region that stands in the local AWS, read with its management role."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from activation.aws.sessions import session
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.region_now import Found, Thing
from activation.domain.sealing import seal
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CoreReading, RegionSetup, StateVersion, Workspace
from activation.models.identity import activation_identity, run_identity
from activation.runner.spec import state_context
from activation.selectors.licenses import cores_used
from activation.services import cores, run_keys
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, REGION, allow, customer, iam, keys_of, running, simulator, trust
from tests.aws.standing import Standing, put_up
from tests.factories import make_activation, make_cloud_account, make_organization, make_package, make_run

__all__ = ["customer", "iam", "running", "simulator"]

pytestmark = pytest.mark.django_db
MANAGER = "zilliz-management-role"
READS = ("ec2:Describe*", "eks:Describe*", "eks:List*", "s3:GetBucketLocation")
_numbers = itertools.count(1)


@pytest.fixture
def vendor(settings: Any, simulator: Simulator) -> None:
    """The portal's own identity in the local AWS."""
    role = simulator.identities()["vendor"]["role"]
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    settings.VENDOR_IDENTITY = ""
    settings.VENDOR_ACCESS_KEY_ID = role["access_key_id"]
    settings.VENDOR_SECRET_ACCESS_KEY = role["secret_access_key"]
    settings.VENDOR_SESSION_TOKEN = role["session_token"]


@pytest.fixture
def activation(vendor: None, simulator: Simulator, customer: dict[str, Any], iam: Any) -> Activation:
    """A region of this portal's that is active, and its management role."""
    organization = make_organization(external_id=EXTERNAL_ID)
    principal = simulator.identities()["vendor"]["principal_arn"]
    arn = iam.create_role(RoleName=MANAGER, AssumeRolePolicyDocument=trust(principal=principal))["Role"]["Arn"]
    iam.put_role_policy(RoleName=MANAGER, PolicyName="reads", PolicyDocument=json.dumps(allow(*READS)))
    account = make_cloud_account(organization, account_id=customer["account"], arns={"management_role_arn": arn})
    # Its first characters name the region's things.
    pk = f"act-{next(_numbers):03d}{activation_identity().removeprefix('act-')}"
    return make_activation(organization, status=ActivationStatus.ACTIVE, cloud_account=account, pk=pk)


@pytest.fixture
def standing(activation: Activation, simulator: Simulator, customer: dict[str, Any], iam: Any) -> Iterator[Standing]:
    made = put_up(simulator, customer["administrator"], activation.resource_name, activation=activation.tag)
    yield made
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made.provider)


def keep_state(activation: Activation, things: dict[str, dict[str, Any]]) -> None:
    """Keep a state of the region's workspace that holds some things, by address."""
    assert activation.cloud_account is not None
    workspace = Workspace.objects.create(
        kind=Workspace.REGION, activation=activation, cloud_account=activation.cloud_account
    )
    pk = run_identity()
    run = make_run(activation, id=pk, wrapped_key=run_keys.fresh(pk), package=make_package(name="terraform-aws-region"))
    resources = [
        {
            "mode": "managed",
            "type": address.split(".")[0],
            "name": address.split(".")[1],
            "instances": [{"attributes": attributes}],
        }
        for address, attributes in things.items()
    ]
    content = json.dumps({"version": 4, "serial": 7, "lineage": "a", "outputs": {}, "resources": resources}).encode()
    StateVersion.objects.create(
        workspace=workspace,
        run=run,
        serial=7,
        lineage="a",
        sha256=hashlib.sha256(content).hexdigest(),
        sealed=seal(run_keys.key_of(run), content, state_context(pk, 7)),
    )


def test_the_cores_of_a_region_are_those_that_aws_shows(activation: Activation, standing: Standing) -> None:
    reading = cores.read(activation.pk)
    assert reading is not None
    # The core group's are shown, and not counted.
    assert (reading.cores, reading.problem) == (8, "")
    assert "ec2:DescribeInstances" in reading.method
    assert timezone.now() - reading.read_at < timedelta(minutes=1)
    used = cores_used(activation.organization)
    assert used.cores == 8
    assert {(use.service, use.cluster, use.counted) for use in used.uses} == {
        ("Core support", standing.name, False),
        ("Fundamental services", standing.name, True),
    }


def test_what_stands_is_kept_beside_what_the_state_says(activation: Activation, standing: Standing) -> None:
    keep_state(
        activation,
        {
            "aws_vpc.main": {"id": standing.vpc, "cidr_block": "10.20.0.0/16"},
            "aws_subnet.gone": {"id": "subnet-gone", "tags": {"Name": "by nobody"}},
        },
    )
    cores.read(activation.pk)
    setup = RegionSetup.objects.get(activation=activation)
    assert setup.found_problem == ""
    assert setup.found["serial"] == 7
    assert [Thing(**each).id for each in setup.found["stated"]] == ["subnet-gone", standing.vpc]
    seen = {each.id for each in Found.from_json(setup.found["found"]).things}
    assert {standing.vpc, *standing.subnets, standing.name, standing.bucket} <= seen


def test_a_role_that_may_not_look_leaves_unknown_cores_and_what_was_seen_last(
    activation: Activation, standing: Standing, iam: Any
) -> None:
    cores.read(activation.pk)
    seen_at = RegionSetup.objects.get(activation=activation).found_at
    policy = json.dumps(allow("eks:ListClusters"))
    iam.put_role_policy(RoleName=MANAGER, PolicyName="reads", PolicyDocument=policy)
    reading = cores.read(activation.pk)
    assert reading is not None
    assert reading.cores is None
    assert "ec2:DescribeInstances" in reading.problem
    assert reading.last_cores == 8
    assert cores_used(activation.organization).cores is None

    iam.update_assume_role_policy(RoleName=MANAGER, PolicyDocument=trust(external_id="cid-somebody-else"))
    reading = cores.read(activation.pk)
    assert reading is not None
    assert (reading.cores, reading.last_cores) == (None, 8)
    setup = RegionSetup.objects.get(activation=activation)
    assert setup.found_problem
    assert setup.found_at is not None and seen_at is not None and setup.found_at >= seen_at
    assert setup.found


def test_types_whose_size_aws_does_not_say_are_unknown_and_not_nothing(
    activation: Activation, standing: Standing, simulator: Simulator
) -> None:
    simulator.inject("ec2:DescribeInstanceTypes", "InternalError", status=500, times=3)
    reading = cores.read(activation.pk)
    assert reading is not None
    assert reading.cores is None
    assert reading.problem


def test_only_regions_that_this_portal_built_are_read(activation: Activation) -> None:
    Activation.objects.filter(pk=activation.pk).update(status=ActivationStatus.CONFIGURING)
    assert cores.read(activation.pk) is None
    zilliz = make_organization(control_plane=ControlPlane.ZILLIZ)
    foreign = make_activation(zilliz, status=ActivationStatus.ACTIVE, cloud_account=make_cloud_account(zilliz))
    assert cores.read(foreign.pk) is None
    with pytest.raises(Refused) as refused:
        cores.ask(foreign)
    assert refused.value.code == "cores_not_readable"
    assert not CoreReading.objects.exists()


def test_who_asks_twice_within_a_minute_is_told_so(activation: Activation) -> None:
    cores.ask(activation)
    with pytest.raises(Refused) as refused:
        cores.ask(activation)
    assert refused.value.code == "cores_just_asked"
    RegionSetup.objects.filter(activation=activation).update(asked_at=timezone.now() - timedelta(seconds=61))
    cores.ask(activation)
    # A clock that was set back does not lock the button.
    RegionSetup.objects.filter(activation=activation).update(asked_at=timezone.now() + timedelta(days=1))
    cores.ask(activation)


def test_what_a_console_built_is_estimated(
    activation: Activation, standing: Standing, simulator: Simulator, customer: dict[str, Any]
) -> None:
    zilliz = make_organization(control_plane=ControlPlane.ZILLIZ)
    foreign = make_activation(zilliz, status=ActivationStatus.ACTIVATING)
    watching = session(keys_of(customer["administrator"]), REGION, simulator.endpoint)
    reading = cores.estimate(foreign, watching, clusters=[standing.name])
    assert reading.cores == 8
    assert "with the key of the watch" in reading.method
