"""A region built by the portal's own workers: with sessions of the bootstrap role, as often continued as it takes."""

from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Credential, Event, Plan, RegionSetup, Run
from activation.services import licenses, regions
from tests.real.engine import Engine, addresses, numbers_of, wait_for
from tests.services.test_licenses import in_settings
from tests.simulator.conftest import client

RESOURCES = 43
pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def license_key(settings: Any) -> None:
    """Let this installation issue licenses."""
    settings.LICENSE_SIGNING_KEY = in_settings(Ed25519PrivateKey.generate())
    settings.REGION_ADDONS = False


def authorized(engine: Engine) -> Activation:
    """Return an activation with seven ARNs, a license and a chosen network."""
    activation = engine.activation()
    engine.applied(activation)
    organization = activation.organization
    document = licenses.issue(
        slug=organization.slug, cores=512, first_day=date(2026, 1, 1), last_day=date(2099, 12, 31)
    )
    licenses.install(organization=organization, document=document, actor=engine.actor)
    engine.chosen(activation)
    return Activation.objects.get(pk=activation.pk)


def until_active(activation: Activation, *, seconds: float) -> Activation:
    def arrived() -> Activation | None:
        row = Activation.objects.get(pk=activation.pk)
        assert row.status != ActivationStatus.FAILED, row.reason
        return row if row.status == ActivationStatus.ACTIVE else None

    found: Activation = wait_for(arrived, seconds=seconds, what=lambda: Activation.objects.get(pk=activation.pk).status)
    return found


def stands(engine: Engine) -> dict[str, int]:
    """Count in AWS what there may be one of each."""
    key = engine.simulator.identities()["customer"]["administrator"]
    ec2, eks, s3 = (client(engine.simulator.endpoint, service, key) for service in ("ec2", "eks", "s3"))
    clusters = eks.list_clusters()["clusters"]
    return {
        "vpcs": sum(not each["IsDefault"] for each in ec2.describe_vpcs()["Vpcs"]),
        "gateways": sum(each["State"] != "deleted" for each in ec2.describe_nat_gateways()["NatGateways"]),
        "addresses": len(ec2.describe_addresses()["Addresses"]),
        "clusters": len(clusters),
        "node groups": sum(len(eks.list_nodegroups(clusterName=each)["nodegroups"]) for each in clusters),
        "buckets": len(s3.list_buckets()["Buckets"]),
    }


ONE_OF_EACH = {"vpcs": 1, "gateways": 1, "addresses": 1, "clusters": 1, "node groups": 2, "buckets": 1}


def test_a_region_is_planned_approved_built_and_active(engine: Engine) -> None:
    engine.start_worker()
    activation = authorized(engine)
    run = engine.region_run(activation)
    # A second press is the same run.
    assert engine.region_run(activation).pk == run.pk
    engine.until(run, "planned")
    verdict = Plan.objects.get(run=run).verdict
    assert verdict["passed"], verdict["findings"]
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.CONFIGURING

    engine.approve(run)
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.ACTIVATING
    engine.until(run, "applied", seconds=240)
    found = until_active(activation, seconds=60)

    assert found.activated_at is not None
    assert len(addresses(run)) == RESOURCES
    assert stands(engine) == ONE_OF_EACH
    # The session was handed to Terraform and to nothing else.
    assert not Credential.objects.filter(run=run).exists()
    setup = RegionSetup.objects.get(activation=activation)
    assert {each["state"] for each in setup.outside["checks"]} <= {"passed", "not_checked"}
    assert numbers_of(run) == list(range(1, len(numbers_of(run)) + 1))
    kinds = set(Event.objects.filter(activation_id=activation.pk).values_list("kind", flat=True))
    assert {"run.approved", "run.applied", "region.checked"} <= kinds
    # Terraform acted as the bootstrap role alone, and never as the portal itself.
    made = [each for each in engine.simulator.actions() if each["action"].startswith(("ec2:Create", "eks:Create"))]
    assert len(made) >= 16
    assert {each["caller"].rsplit("/", 1)[0] for each in made} == {
        "arn:aws:sts::222233334444:assumed-role/zilliz-bootstrap-role"
    }


def test_two_sessions_that_run_out_end_in_the_same_region(engine: Engine) -> None:
    engine.start_worker(REGION_SESSION_SECONDS="8")
    activation = authorized(engine)
    run = engine.region_run(activation)
    engine.until(run, "planned")
    for action in ("ec2:CreateNatGateway", "eks:CreateNodegroup"):
        engine.simulator.delay(action, 12, times=1)
    engine.approve(run)
    until_active(activation, seconds=400)

    chain = regions.chain(Run.objects.get(pk=run.pk))
    assert len(chain) >= 3
    assert [each.status for each in chain[:-1]] == [RunStatus.INTERRUPTED] * (len(chain) - 1)
    assert chain[-1].status == RunStatus.APPLIED
    assert {each.approved_by_name for each in chain} == {chain[0].approved_by_name}
    assert stands(engine) == ONE_OF_EACH
    assert len(addresses(chain[-1])) == RESOURCES
    for each in chain:
        review = Plan.objects.get(run=each).review
        actions = {change["action"] for change in review["changes"] if change["mode"] == "managed"}
        assert actions <= {"create", "update", "no-op"}


def test_without_a_license_no_region_begins(engine: Engine) -> None:
    engine.start_worker()
    activation = engine.activation()
    engine.applied(activation)
    engine.chosen(activation)
    run = engine.region_run(activation)
    engine.until(run, "planned")
    with pytest.raises(Exception, match="license"):
        engine.approve(run)
    assert Run.objects.get(pk=run.pk).status == RunStatus.PLANNED
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.CONFIGURING
