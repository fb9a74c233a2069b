"""A region built by the portal's own workers: with sessions of the bootstrap role, as often continued as it takes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain.errors import Refused
from activation.domain.run_outcome import SESSION_OVER
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Credential, Event, LogLine, Plan, RegionSetup, Run
from activation.runner import control as controls
from activation.services import host, regions
from activation.simulator.client import Simulator
from tests.real.engine import Engine, addresses, numbers_of, wait_for
from tests.real.regions import RESOURCES, Prepared, until_active
from tests.services.test_licenses import in_settings
from tests.simulator.conftest import client

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def license_key(settings: Any) -> None:
    """Let this installation issue licenses."""
    settings.LICENSE_SIGNING_KEY = in_settings(Ed25519PrivateKey.generate())
    settings.REGION_ADDONS = False


@pytest.fixture
def simulator(prepared: Prepared, tmp_path: Path) -> Iterator[Simulator]:
    """Run a simulator in which step 2 was done and nothing else."""
    yield from prepared.simulator(tmp_path / "aws")


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


def told(run: Run) -> str:
    """Return what is known of a run, for whoever reads why a test failed."""
    row = Run.objects.get(pk=run.pk)
    last = LogLine.objects.filter(run=run).order_by("-number").values_list("text", flat=True)[:12]
    return "\n".join((f"{row.status} {row.reason} {row.explanation} {row.diagnostics}", *last[::-1]))


def end_session(engine: Engine, run: Run, action: str) -> Run:
    """Let the session of the run's apply be over while AWS carries out an action; return the run that goes on."""

    def is_alone() -> bool:
        """Return whether nothing but that is in hand: what else is half made a person would have to approve anew."""
        row = Run.objects.get(pk=run.pk)
        return bool(engine.simulator.held()) and len(row.progress.get("current", ())) == 1

    wait_for(is_alone, seconds=240, what=lambda: f"{action}, held; {told(run)}")
    controls.request_stop(host.where().control(run.pk, Run.objects.get(pk=run.pk).phase), SESSION_OVER)
    engine.until(run, "interrupted", seconds=120)
    # Not `release`: the call that was held has hung up, and the permission would be left for another one.
    engine.simulator.clear()
    following: Run = Run.objects.get(continues=run)
    return following


def test_two_sessions_that_run_out_end_in_the_same_region(engine: Engine, prepared: Prepared) -> None:
    engine.start_worker()
    activation = prepared.activation(engine)
    run = engine.region_run(activation)
    assert engine.region_run(activation).pk == run.pk, "a second press is the same run"
    engine.until(run, "planned")
    verdict = Plan.objects.get(run=run).verdict
    assert verdict["passed"], verdict["findings"]
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.CONFIGURING
    engine.simulator.hold("ec2:CreateNatGateway", when="after")
    engine.approve(run)
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.ACTIVATING
    second = end_session(engine, run, "ec2:CreateNatGateway")
    engine.simulator.hold("eks:CreateNodegroup", when="after")
    third = end_session(engine, second, "eks:CreateNodegroup")
    active = until_active(activation, seconds=300)

    chain = regions.chain(Run.objects.get(pk=run.pk))
    assert [each.pk for each in chain] == [run.pk, second.pk, third.pk]
    assert [each.status for each in chain] == ["interrupted", "interrupted", "applied"]
    # One person approved once; the two others are covered by that.
    assert {each.approved_by_name for each in chain} == {str(engine.owner.user)}
    assert Event.objects.filter(kind="run.continued", activation_id=activation.pk).count() == 2
    assert stands(engine) == ONE_OF_EACH
    assert len(addresses(third)) == RESOURCES
    for each in chain:
        assert numbers_of(each) == list(range(1, each.lines + 1))
        changes = Plan.objects.get(run=each).review["changes"]
        assert {change["action"] for change in changes if change["mode"] == "managed"} <= {
            "create",
            "import",
            "update",
            "no-op",
        }
    holds_active(engine, active)


def holds_active(engine: Engine, activation: Activation) -> None:
    """Hold what is true of an active region, however many sessions it took."""
    assert activation.activated_at is not None
    setup = RegionSetup.objects.get(activation=activation)
    assert {each["state"] for each in setup.outside["checks"]} <= {"passed", "not_checked"}
    kinds = set(Event.objects.filter(activation_id=activation.pk).values_list("kind", flat=True))
    assert {"run.approved", "run.applied", "region.checked"} <= kinds
    # Sessions were handed to Terraform and to nothing else.
    assert not Credential.objects.filter(run__activation=activation).exists()
    # Terraform acted as the bootstrap role alone, and never as the portal itself.
    made = [each for each in engine.simulator.actions() if each["action"].startswith(("ec2:Create", "eks:Create"))]
    assert len(made) >= 16
    assert {each["caller"].rsplit("/", 1)[0] for each in made} == {
        "arn:aws:sts::222233334444:assumed-role/zilliz-bootstrap-role"
    }


@pytest.mark.long_form
def test_a_license_that_ends_or_a_role_that_lets_others_in_keeps_a_planned_region_from_being_built(
    engine: Engine, prepared: Prepared, settings: Any
) -> None:
    engine.start_worker()
    activation = prepared.activation(engine)
    run = engine.region_run(activation)
    engine.until(run, "planned")
    counts = settings.LICENSE_SIGNING_KEY
    # Signed with a key that does not count any more.
    settings.LICENSE_SIGNING_KEY = in_settings(Ed25519PrivateKey.generate())
    with pytest.raises(Refused, match="license"):
        engine.approve(run)
    assert Run.objects.get(pk=run.pk).status == RunStatus.PLANNED
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.CONFIGURING
    settings.LICENSE_SIGNING_KEY = counts

    key = engine.simulator.identities()["customer"]["administrator"]
    iam = client(engine.simulator.endpoint, "iam", key)
    document = iam.get_role(RoleName="zilliz-bootstrap-role")["Role"]["AssumeRolePolicyDocument"]
    del document["Statement"][0]["Condition"]
    iam.update_assume_role_policy(RoleName="zilliz-bootstrap-role", PolicyDocument=json.dumps(document))

    engine.approve(run)
    engine.until(run, "errored", seconds=60)

    row = Run.objects.get(pk=run.pk)
    assert "can be assumed without an external ID" in row.reason
    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.CONFIGURING, "nothing was begun"
    assert stands(engine)["vpcs"] == 0
    trials = Event.objects.filter(kind="region.trust_checked", activation_id=activation.pk).order_by("sequence")
    # In step 3, before the plan, before the apply.
    assert [each.reason for each in trials] == ["", "", "ROLE_NOT_PROTECTED"]
