"""What a record tells of a cloud region: network, trust and how it is known, room, runs, what was seen."""

import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from activation.aws.quotas import RegionReport, Room
from activation.domain.checks import Check, CheckState, Report
from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.record import verify
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.domain.trust_policy import Finding
from activation.domain.trust_proof import Answer, Reading, RoleProof, TrustProof, Try, With
from activation.domain.watch import Item, Look, Memory, Thing, remember
from activation.models import Activation, Handover, Member, Record, RegionSetup, Run, Workspace
from activation.services import events, records, signing
from activation.services.events import Actor
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_package, make_run

pytestmark = pytest.mark.django_db
EXTERNAL_ID = "cid-0123456789abcdefghijklmno"
ROLE = "arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role"
LANDED = "arn:aws:sts::222233334444:assumed-role/zilliz-bootstrap-role/trust-proof"


def region(control_plane: ControlPlane = ControlPlane.SELF, **fields: Any) -> Activation:
    organization = make_organization(external_id=EXTERNAL_ID, control_plane=control_plane)
    values: dict[str, Any] = {
        "status": ActivationStatus.ACTIVE,
        "cloud_account": make_cloud_account(organization),
        "activating_since": timezone.now() - timedelta(hours=1),
        "activated_at": timezone.now(),
        **fields,
    }
    return make_activation(organization, **values)


def tried() -> TrustProof:
    tries = (
        Try(With.RIGHT, Answer.ADMITTED, landed=LANDED),
        Try(With.NONE, Answer.DENIED),
        Try(With.WRONG, Answer.DENIED),
    )
    return TrustProof(proofs=(RoleProof("bootstrap_role_arn", ROLE, tries),))


def set_up(activation: Activation, trust: TrustProof, **fields: Any) -> RegionSetup:
    room = RegionReport((Room("vpcs", "VPCs", "VPCs per region", 1, 1, 5),), (), ("a", "b", "c"))
    outside = Report((Check("cluster", "Cluster", CheckState.PASSED, "Active, without health issues."),))
    values: dict[str, Any] = {
        "vpc_cidr": "10.20.0.0/16",
        "netmask": 16,
        "saved_by_name": "Olga Owner",
        "saved_at": timezone.now(),
        "checked_at": timezone.now(),
        "trust": trust.to_json(),
        "room": room.to_json(),
        "networks": [{"cidr": "172.31.0.0/16", "name": "default"}],
        "outside": outside.to_json(),
        "outside_at": timezone.now(),
        **fields,
    }
    return RegionSetup.objects.create(activation=activation, **values)


def run_of(activation: Activation, **fields: Any) -> Run:
    assert activation.cloud_account is not None
    workspace, _ = Workspace.objects.get_or_create(
        kind=Workspace.REGION, activation=activation, defaults={"cloud_account": activation.cloud_account}
    )
    made = make_run(activation, package=make_package(name="terraform-aws-region"), **fields)
    Run.objects.filter(pk=made.pk).update(workspace=workspace)
    happened(activation, Kind.RUN_CREATED, run_id=made.pk)
    return made


def happened(activation: Activation, kind: Kind = Kind.ACTIVATION_MOVED, **more: Any) -> None:
    actor = Actor(name="Olga Owner", role="owner")
    events.record(kind, actor=actor, organization=activation.organization, activation_id=activation.pk, **more)


def files_of(activation: Activation, *, period: bool = False) -> tuple[Record, dict[str, bytes]]:
    """Have a record made, and return it with its files."""
    happened(activation)
    auditor: Member = make_member(activation.organization, Role.AUDITOR)
    actor, today = Actor.of(auditor), timezone.now().date()
    record = (
        records.request_of_period(
            organization=activation.organization, first_day=today, last_day=today, by=auditor.user, actor=actor
        )
        if period
        else records.request_of_activation(activation=activation, by=auditor.user, actor=actor)
    )
    records.make(record.pk)
    record.refresh_from_db()
    assert record.is_ready, record.reason
    with zipfile.ZipFile(records.path_of(record)) as archive:
        return record, {name: archive.read(name) for name in archive.namelist()}


def told(activation: Activation, files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files[f"activations/{activation.pk}/region.json"])
    return found


def test_a_region_that_this_portal_built_is_told_with_its_proof_its_runs_and_what_was_seen_from_outside() -> None:
    activation = region()
    set_up(activation, tried())
    first = run_of(activation, status=RunStatus.CANCELED, approved_by_name="Olga Owner", approved_at=timezone.now())
    second = run_of(activation, continues=first, retry_of=first, approved_by_name="Olga Owner")
    record, files = files_of(activation)
    region_told = told(activation, files)
    assert region_told["network"]["vpc_cidr"] == "10.20.0.0/16"
    assert region_told["network"]["others_in_the_account"] == [{"cidr": "172.31.0.0/16", "name": "default"}]
    assert (region_told["trust"]["method"], region_told["trust"]["passed"]) == ("tried", True)
    assert "Without an external ID: denied" in region_told["trust"]["roles"][0]["items"]
    assert [each["needed"] for each in region_told["room"]["rooms"]] == [1]
    assert [(each["id"], each["continues"]) for each in region_told["runs"]] == [
        (first.pk, None),
        (second.pk, first.pk),
    ]
    assert region_told["outside"]["checks"][0]["state"] == "passed"
    assert region_told["handover"] is None

    summary = files["summary.html"].decode()
    for words in ("Live proof: this portal tried", "it is not connected to Zilliz Cloud", "Seen from outside"):
        assert words in summary
    assert "10.20.0.0/16" in summary
    assert json.loads(files[f"activations/{activation.pk}/activation.json"])["trust"].startswith("Live proof")
    verdict = verify.verify(verify.Archive(records.path_of(record)), fingerprint=signing.fingerprint())
    assert verdict.problems == []
    assert f"activations/{activation.pk}/region.json" in {each["name"] for each in verdict.manifest["files"]}


def test_a_lint_is_called_a_lint_and_what_the_watch_saw_is_not_more_than_that() -> None:
    activation = region(ControlPlane.ZILLIZ)
    weak = Finding("trust_operator", "bootstrap_role_arn", f"It compares with {EXTERNAL_ID}.")
    trust = TrustProof(readings=(Reading("bootstrap_role_arn", ROLE), Reading("management_role_arn", ROLE, (weak,))))
    set_up(activation, trust, vpc_cidr="", netmask=18, outside={}, outside_at=None)
    assert activation.activating_since is not None
    vpc = Item("vpc-9", Thing.VPC, "zilliz-byoc-x-vpc", network="vpc-9", marks=("name",))
    memory = remember(Memory(), Look(activation.activating_since, ()))
    memory = remember(memory, Look(timezone.now(), (vpc,)))
    Handover.objects.create(
        activation=activation,
        ticked=["bootstrap_role_arn"],
        wrapped_key=b"wrapped-key-of-the-watch",
        sealed=b"sealed-key-of-the-watch",
        key_expires_at=timezone.now(),
        principal_arn="arn:aws:iam::222233334444:user/reader",
        last_four="WXYZ",
        started_at=timezone.now(),
        seen=memory.to_json(),
        confirmed_by_name="Olga Owner",
        confirmed_at=timezone.now(),
    )
    _, files = files_of(activation)
    region_told = told(activation, files)
    assert region_told["status"] == "active (as reported)"
    assert (region_told["trust"]["method"], region_told["trust"]["passed"]) == ("read", False)
    assert region_told["handover"]["confirmed_by"] == "Olga Owner"
    assert region_told["handover"]["complete_at"] is None
    (network,) = [each for each in region_told["handover"]["seen"] if each["documented"] == "VPC"]
    assert network["seen"][0]["name"] == "zilliz-byoc-x-vpc"
    summary = files["summary.html"].decode()
    assert "Nobody tried to assume the roles" in summary
    assert "Not passed: TRUST_POLICY_WEAK." in summary
    for name, content in files.items():
        for secret in (EXTERNAL_ID.encode(), b"key-of-the-watch"):
            assert secret not in content, name


def test_before_step_three_there_is_nothing_to_tell() -> None:
    activation = region(status=ActivationStatus.PROVISIONING_IAM, activating_since=None, activated_at=None)
    _, files = files_of(activation)
    assert f"activations/{activation.pk}/region.json" not in files
    assert "Neither a live proof nor a lint" in files["summary.html"].decode()


def test_what_followed_is_told_without_what_tells_a_key_again() -> None:
    activation = region()
    done = {
        "state": "off",
        "mark": "a-mark-of-the-key",
        "key": "…WXYZ",
        "by": "Olga Owner",
        "at": "2026-11-24T02:00:00",
    }
    set_up(activation, tried(), aftercare={"access_key": done})
    _, files = files_of(activation)
    assert told(activation, files)["aftercare"]["access_key"]["state"] == "off"
    assert all(b"a-mark-of-the-key" not in content for content in files.values())
    assert "After the activation" in files["summary.html"].decode()


def test_a_record_of_a_period_tells_of_its_regions_too_and_always_in_the_same_bytes() -> None:
    activation = region()
    set_up(activation, tried())
    record, files = files_of(activation, period=True)
    assert told(activation, files)["trust"]["method"] == "tried"
    records.expire(record)
    record.refresh_from_db()
    records.request_again(record=record, actor=events.PORTAL)
    records.make(record.pk)
    record.refresh_from_db()
    with zipfile.ZipFile(records.path_of(record)) as archive:
        again = {name: archive.read(name) for name in archive.namelist()}
    assert {name for name in files if files[name] != again[name]} <= {"manifest.json"}
