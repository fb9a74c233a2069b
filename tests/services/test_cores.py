"""Cores and resources of a region that stands in the local AWS, read with its management role."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activation.aws.sessions import session
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.region_now import Found, Thing
from activation.domain.roles import Role
from activation.domain.sealing import seal
from activation.domain.steps import ActivationStatus
from activation.domain.watch import Item, Look, Memory, remember
from activation.domain.watch import Thing as Watched
from activation.models import (
    Activation,
    CloudAccount,
    CoreReading,
    Event,
    Handover,
    RegionSetup,
    StateVersion,
    Workspace,
)
from activation.models.identity import activation_identity, run_identity
from activation.runner.spec import state_context
from activation.selectors.licenses import cores_used
from activation.services import cores, licenses, run_keys
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, REGION, allow, customer, iam, keys_of, running, simulator, trust
from tests.aws.standing import Standing, put_up
from tests.factories import (
    make_activation,
    make_cloud_account,
    make_member,
    make_organization,
    make_package,
    make_run,
)
from tests.views.run_rows import as_typed, text_of

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


@pytest.fixture
def at_console(activation: Activation, customer: dict[str, Any]) -> Activation:
    """A region of a vendor's console in the same account that its owner confirmed."""
    zilliz = make_organization(control_plane=ControlPlane.ZILLIZ)
    Activation.objects.filter(pk=activation.pk).update(cloud_account=None)
    CloudAccount.objects.all().delete()
    account = make_cloud_account(zilliz, account_id=customer["account"])
    return make_activation(zilliz, status=ActivationStatus.ACTIVE, cloud_account=account)


def watched(activation: Activation, cluster: str) -> None:
    """Remember a watch that saw a cluster."""
    now = timezone.now()
    item = Item("cluster/a", Watched.CLUSTER, cluster, network="vpc-1", marks=("name",), created=now.isoformat())
    Handover.objects.create(activation=activation, seen=remember(Memory(), Look(now, (item,))).to_json())
    activation.refresh_from_db()


def post_key(activation: Activation, keys: dict[str, str]) -> Any:
    """Send a key from the page where the cores are counted with it."""
    client = Client()
    client.force_login(make_member(activation.organization, Role.OWNER).user)
    address = reverse("license_count", args=[activation.organization.slug, activation.pk])
    return client.post(address, as_typed(keys), follow=True)


def test_a_confirmed_region_of_a_console_is_counted_again_with_a_key_that_is_not_kept(
    at_console: Activation, standing: Standing, customer: dict[str, Any]
) -> None:
    watched(at_console, standing.name)
    long_ago = timezone.now() - timedelta(days=3)
    licenses.note_cores(activation=at_console, method="The watch.", uses=[], at=long_ago)
    assert cores_used(at_console.organization).cores is None

    page = text_of(post_key(at_console, customer["administrator"]))

    assert "Counted: 8 cores, as an estimate. The key was not kept." in page
    assert "Count again" in page
    reading = CoreReading.objects.get(activation=at_console)
    assert (reading.cores, reading.method) == (8, cores.COUNTED_WITH_KEY)
    assert cores_used(at_console.organization).cores == 8
    (event,) = Event.objects.filter(kind=Kind.CORES_COUNTED)
    last_four = customer["administrator"]["access_key_id"][-4:]
    assert (event.after["cores"], event.after["key"]) == (8, last_four)
    assert not Handover.objects.filter(sealed__isnull=False).exists()


def test_what_a_key_cannot_count_is_said_beside_it_and_leaves_the_last_number(
    at_console: Activation, standing: Standing, customer: dict[str, Any], simulator: Simulator
) -> None:
    watched(at_console, standing.name)
    licenses.note_cores(activation=at_console, method="The watch.", uses=[])
    simulator.inject("ec2:DescribeInstances", "UnauthorizedOperation", status=403, times=9)
    denied = post_key(at_console, customer["administrator"])
    simulator.clear()
    assert denied.status_code == 422
    assert "ec2:DescribeInstances" in text_of(denied)
    CloudAccount.objects.update(account_id="111122223333")
    foreign = post_key(at_console, customer["administrator"])
    assert f"This key belongs to the AWS account {customer['account']}" in text_of(foreign)
    assert CoreReading.objects.get().cores == 0
    assert not Event.objects.filter(kind=Kind.CORES_COUNTED).exists()


def test_without_a_watch_only_a_single_cluster_with_the_vendors_name_is_counted(
    at_console: Activation, simulator: Simulator, customer: dict[str, Any]
) -> None:
    # Nothing of the other tests stands there.
    aws = session(keys_of(customer["administrator"]), "eu-north-1", simulator.endpoint)

    def found() -> list[str] | str:
        try:
            return cores.clusters_of(at_console, aws)
        except Refused as refused:
            return refused.code

    answers = []
    for name in ("their-own", "zilliz-byoc-one", "zilliz-byoc-two"):
        role = f"arn:aws:iam::{customer['account']}:role/cluster"
        aws.client("eks").create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": []})
        answers.append(found())
    assert answers == ["cores_no_cluster", ["zilliz-byoc-one"], "cores_clusters_unclear"]
    watched(at_console, "zilliz-byoc-two")
    assert found() == ["zilliz-byoc-two"]


def test_only_an_active_region_of_a_console_is_counted_with_a_key(
    activation: Activation, customer: dict[str, Any]
) -> None:
    actor = Actor.of(make_member(activation.organization, Role.OWNER))
    with pytest.raises(Refused) as refused:
        cores.count_with_key(activation, keys=keys_of(customer["administrator"]), actor=actor)
    assert refused.value.code == "cores_not_countable"
