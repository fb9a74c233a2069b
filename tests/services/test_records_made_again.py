"""A record that is made again is the same byte for byte, whatever it tells of has come to since it was asked for."""

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activation.domain.checks import Check, CheckState, Report
from activation.domain.events import Kind
from activation.domain.record import verify
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.sealing import seal
from activation.domain.steps import ActivationStatus
from activation.domain.trust_proof import Reading, TrustProof
from activation.domain.watch import Item, Look, Memory, Thing, remember
from activation.models import (
    Activation,
    CloudAccount,
    Credential,
    Event,
    Handover,
    LogLine,
    Member,
    Organization,
    PackageVersion,
    Record,
    RegionSetup,
    Run,
    StateVersion,
    User,
    Workspace,
)
from activation.runner.spec import state_context
from activation.services import checkpoints, events, packages, record_facts, records, run_keys
from activation.services.events import Actor
from tests.factories import make_activation, make_cloud_account, make_member, make_organization
from tests.views.run_rows import EXTERNAL_ID, give_key, give_plan, make_sealed_run, write_log

pytestmark = pytest.mark.django_db

ROLE = "arn:aws:iam::222233334444:role/zilliz/"
ARNS = {
    "bootstrap_role_arn": f"{ROLE}bootstrap",
    "management_role_arn": f"{ROLE}management",
    "node_policy_arn": "arn:aws:iam::222233334444:policy/zilliz/node",
}
# Every model of which a record tells, with the fields of it that nothing ever changes: whose it is, what is sealed.
TOLD_OF: dict[type[models.Model], set[str]] = {
    # An external ID is locked before the first run and never edited; the chain counts itself.
    Organization: {"external_id", "last_sequence"},
    User: set(),
    Member: {"organization", "user"},
    CloudAccount: {"organization"},
    Activation: {"organization"},
    RegionSetup: {"activation"},
    Handover: {"activation"},
    Run: {"organization", "wrapped_key"},
    Credential: {"run"},
    PackageVersion: {"sha256", "archive"},
}


@pytest.fixture
def organization() -> Organization:
    """Return an organization with members and an external ID."""
    organization = make_organization("Vectors and Company", external_id=EXTERNAL_ID)
    for role in Role:
        make_member(organization, role)
    return organization


def happened(activation: Activation, kind: Kind = Kind.ACTIVATION_MOVED, **more: Any) -> None:
    """Let something happen to an activation."""
    actor = Actor(name="Olga Owner", role="owner")
    events.record(kind, actor=actor, organization=activation.organization, activation_id=activation.pk, **more)


@pytest.fixture
def building(organization: Organization) -> Activation:
    """Return an activation whose roles stand and whose region is being built, with all that can be known of it."""
    account = make_cloud_account(
        organization, arns=ARNS, arns_source="terraform", arns_stored_at=timezone.now(), proved_at=timezone.now()
    )
    activation = make_activation(
        organization,
        status=ActivationStatus.ACTIVATING,
        cloud_account=account,
        package=packages.ensure_bundled(),
        activating_since=timezone.now(),
        ticked=["administrator"],
        reason=f"It waits for {EXTERNAL_ID}.",
    )
    roles = make_sealed_run(activation, RunStatus.APPLIED, **ended())
    give_key(roles)
    Credential.objects.filter(run=roles).update(sealed=None, destroyed_at=timezone.now())
    Run.objects.filter(pk=roles.pk).update(values={"aws_region": "us-west-2", "external_id": EXTERNAL_ID})
    give_plan(roles)
    write_log(roles, 3)
    leave_state(roles)
    set_up(activation)
    region = make_sealed_run(
        activation,
        RunStatus.APPLYING,
        approved_by_name="Olga Owner",
        approved_at=timezone.now(),
        started_at=timezone.now(),
        apply_started_at=timezone.now(),
        emitted={"plan": {"lines": 2, "masked": 1}},
        preflight={"checks": [Check("key", "The key", CheckState.PASSED, f"It knows {EXTERNAL_ID}.").to_json()]},
        retry_of=roles,
    )
    workspace = Workspace.objects.create(cloud_account=account, kind=Workspace.REGION, activation=activation)
    Run.objects.filter(pk=region.pk).update(
        workspace=workspace,
        package=packages.ensure_bundled(packages.REGION_PACKAGE),
        values={"vpc_cidr": "10.7.0.0/16"},
    )
    give_plan(region)
    write_log(region, 4, f"line {{}} of {EXTERNAL_ID}")
    for run in (roles, region):
        happened(activation, Kind.RUN_CREATED, run_id=run.pk)
    happened(activation)
    return activation


@pytest.fixture
def planning(organization: Organization) -> Activation:
    """Return an activation whose first run is making its plan, with nothing else to tell of."""
    activation = make_activation(
        organization, status=ActivationStatus.PROVISIONING_IAM, package=packages.ensure_bundled()
    )
    run = make_sealed_run(activation, RunStatus.PLANNING, started_at=timezone.now())
    give_key(run)
    write_log(run, 2)
    happened(activation, Kind.RUN_CREATED, run_id=run.pk)
    return activation


def ended() -> dict[str, Any]:
    """Return what a run's row has that was applied."""
    now = timezone.now()
    times = dict.fromkeys(("started_at", "planned_at", "approved_at", "apply_started_at", "finished_at"), now)
    emitted = {phase: {"lines": 1, "masked": 0} for phase in ("plan", "apply")}
    return {**times, "approved_by_name": "Olga Owner", "emitted": emitted, "terraform_version": "1.14.1"}


def leave_state(run: Run) -> None:
    """Let a run leave a state with one role more than the one before."""
    serial = StateVersion.objects.filter(workspace=run.workspace).count() + 1
    resources = [
        {
            "mode": "managed",
            "type": "aws_iam_role",
            "name": f"role_{each}",
            "instances": [{"attributes": {"arn": ROLE}}],
        }
        for each in range(serial)
    ]
    content = json.dumps({"version": 4, "serial": serial, "lineage": "a", "resources": resources}).encode()
    StateVersion.objects.create(
        workspace=run.workspace,
        run=run,
        serial=serial,
        lineage="a",
        sha256=hashlib.sha256(content).hexdigest(),
        sealed=seal(run_keys.key_of(run), content, state_context(run.pk, serial)),
        resources=serial,
    )


def set_up(activation: Activation) -> None:
    """Let everything be known of a region."""
    now = timezone.now()
    look = Look(now, (Item("vpc-9", Thing.VPC, "zilliz-byoc-x-vpc", network="vpc-9", marks=("name",)),))
    RegionSetup.objects.create(
        activation=activation,
        vpc_cidr="10.20.0.0/16",
        netmask=16,
        saved_by_name="Olga Owner",
        saved_at=now,
        checked_at=now,
        trust=TrustProof(readings=(Reading("bootstrap_role_arn", f"{ROLE}bootstrap"),)).to_json(),
        room={"rooms": [], "others": [], "zones": ["a", "b", "c"]},
        networks=[{"cidr": "172.31.0.0/16", "name": "default"}],
        outside=Report((Check("cluster", "Cluster", CheckState.PASSED, "Active."),)).to_json(),
        outside_at=now,
        aftercare={"access_key": {"state": "off", "by": "Olga Owner", "at": now.isoformat()}},
    )
    handover = Handover.objects.create(
        activation=activation,
        ticked=["bootstrap_role_arn"],
        principal_arn="arn:aws:iam::222233334444:user/reader",
        last_four="WXYZ",
        key_expires_at=now,
        seen=remember(Memory(), look).to_json(),
    )
    wrapped, sealed = b"wrapped-key-of-the-watch", b"sealed-key-of-the-watch"
    Handover.objects.filter(pk=handover.pk).update(wrapped_key=wrapped, sealed=sealed)


def ask_for_all(organization: Organization) -> list[Record]:
    """Ask for the records of all activations, and for that of today."""
    auditor = organization.members.get(role=Role.AUDITOR)
    by, actor, today = auditor.user, Actor.of(auditor), timezone.now().date()
    return [
        *(
            records.request_of_activation(activation=each, by=by, actor=actor)
            for each in organization.activations.order_by("created_at")
        ),
        records.request_of_period(organization=organization, first_day=today, last_day=today, by=by, actor=actor),
    ]


def made(record: Record) -> dict[str, bytes]:
    """Make a record as a worker does; return what is in it."""
    records.make(record.pk)
    record.refresh_from_db()
    assert record.is_ready, record.reason
    with zipfile.ZipFile(records.path_of(record)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def expire(record: Record) -> None:
    """Let a record's file be taken away because its time is over."""
    Record.objects.filter(pk=record.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    records.sweep()


def lose(record: Record) -> None:
    """Let a record's file be gone, nobody knows why."""
    records.path_of(record).unlink()


def manifest_of(files: dict[str, bytes]) -> dict[str, Any]:
    """Return what a record's manifest says, but for the time."""
    said: dict[str, Any] = json.loads(base64.b64decode(json.loads(files[verify.MANIFEST])["payload"]))
    assert said.pop("made_at")
    return said


def everything_moves_on(organization: Organization) -> None:
    """Change every field of every row that can still change, and add what can still be added."""
    auditor = make_member(organization, Role.AUDITOR)
    for run in Run.objects.filter(organization=organization):
        last = run.log.order_by("-number").values_list("number", flat=True)[0]
        for number in (last + 1, last + 2):
            LogLine.objects.create(run=run, number=number, at=timezone.now(), level="phase", text="And it goes on")
        leave_state(run)
        if not hasattr(run, "plan"):
            give_plan(run)
        if not hasattr(run, "credential"):
            Credential.objects.create(
                run=run, sealed=b"sealed", is_long_term=True, expires_at=timezone.now(), last_four="LAST"
            )
    for activation in Activation.objects.filter(organization=organization):
        if not hasattr(activation, "setup"):
            set_up(activation)
        # One that takes the place of the run from which the account's ARNs are.
        Run.objects.filter(activation=activation).active().update(status=RunStatus.INTERRUPTED)
        another = make_sealed_run(activation, RunStatus.APPLIED, **ended())
        happened(activation, Kind.RUN_APPLIED, run_id=another.pk)
    for kind in (Kind.LICENSE_INSTALLED, Kind.LICENSE_REPORTED):
        granted = {"license": "A", "cores": 8, "first_day": "2026-01-01", "last_day": "2027-01-01"}
        events.record(kind, actor=Actor.of(auditor), organization=organization, after=granted)
    checkpoints.add(organization)
    for model, fixed in TOLD_OF.items():
        for row in model._default_manager.all():
            changes = {
                field.name: another_value(row, field)
                for field in model._meta.concrete_fields
                if not field.primary_key and field.name not in fixed
            }
            assert model._default_manager.filter(pk=row.pk).update(**changes) == 1


def another_value(row: models.Model, field: "models.Field[Any, Any]") -> Any:
    """Return a value for a field that it does not have now."""
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        return field.related_model._default_manager.exclude(pk=value).first()
    if field.choices:
        return [each for each, _ in field.choices if each != value][-1]
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.BinaryField):
        # Keys, which are destroyed.
        return None
    if isinstance(field, models.DateTimeField):
        return (value or timezone.now()) + timedelta(days=1)
    if isinstance(field, models.IntegerField):
        return 17 if value is None else value + 1
    if isinstance(field, models.JSONField):
        return ["moved on"] if isinstance(value, list) else {"moved": "on"}
    return f"x{value[1:]}"


@pytest.mark.parametrize("go_away", [expire, lose])
def test_whatever_goes_on_after_the_request_a_record_is_made_again_in_the_same_bytes(
    organization: Organization, building: Activation, planning: Activation, go_away: Callable[[Record], None]
) -> None:
    asked = ask_for_all(organization)
    first = [made(each) for each in asked]
    everything_moves_on(organization)

    for record, before in zip(asked, first, strict=True):
        go_away(record)
        record = Record.objects.get(pk=record.pk)
        records.request_again(record=record, actor=events.PORTAL)
        again = made(record)
        assert list(again) == list(before)
        assert [name for name in before if before[name] != again[name]] == [verify.MANIFEST]
        assert manifest_of(again) == manifest_of(before)
        assert record.differing == []


def test_what_goes_on_between_the_request_and_the_worker_is_in_no_record(
    organization: Organization, planning: Activation, building: Activation
) -> None:
    run = planning.runs.get()
    asked = ask_for_all(organization)
    everything_moves_on(organization)

    for record in (asked[0], asked[-1]):
        files = made(record)
        told = json.loads(files[f"runs/{run.pk}/run.json"])
        assert (told["status"], told["plan_sha256"], told["state"]) == ("planning", "", {})
        assert told["log"]["lines_stored"] == len(files[f"runs/{run.pk}/log.txt"].splitlines()) == 2
        assert f"runs/{run.pk}/plan.json" not in files
        activation = json.loads(files[f"activations/{planning.pk}/activation.json"])
        assert (activation["status"], activation["region"]) == ("provisioning_iam", "us-west-2")
        assert "Vectors and Company" in files["README.txt"].decode()
        assert "None was installed or reported" in files["summary.html"].decode()


def test_a_run_is_told_with_the_values_it_was_given_and_not_with_those_of_a_setup_that_was_changed_since(
    organization: Organization, building: Activation, planning: Activation
) -> None:
    roles, region = building.runs.order_by("created_at")
    RegionSetup.objects.filter(activation=building).update(vpc_cidr="10.99.0.0/16")
    organization.external_id = "cid-another-that-came-later"
    organization.save(update_fields=["external_id"])
    of_building, _, of_period = [made(each) for each in ask_for_all(organization)]

    for files in (of_building, of_period):
        assert files[f"runs/{region.pk}/terraform.tfvars"].decode() == 'vpc_cidr = "10.7.0.0/16"\n'
        assert b"us-west-2" in files[f"runs/{roles.pk}/terraform.tfvars"]
        assert "another" not in files[f"runs/{roles.pk}/terraform.tfvars"].decode()
        assert "10.7.0.0/16" in files["summary.html"].decode()
    (run,) = planning.runs.all()
    assert of_period[f"runs/{run.pk}/terraform.tfvars"].decode().startswith("# The values of the package's variables")


def test_asking_reads_no_plan_and_needs_as_many_queries_for_many_runs_as_for_few(
    organization: Organization, building: Activation
) -> None:
    record = ask_for_all(organization)[-1]

    def queries() -> list[str]:
        """Return what is asked of the database while facts are kept."""
        with CaptureQueriesContext(connection) as captured:
            kept = record_facts.keep(record)
        assert [each["told"]["id"] for each in kept["runs"]] == list(
            building.runs.order_by("created_at").values_list("pk", flat=True)
        )
        return [each["sql"] for each in captured]

    before = queries()
    assert not [each for each in before if '"review"' in each or '"verdict"' in each or '"sealed"' in each]
    for _ in range(3):
        run = make_sealed_run(building, RunStatus.APPLIED, **ended())
        give_plan(run)
        write_log(run, 2)
        happened(building, Kind.RUN_APPLIED, run_id=run.pk)
    newest = Event.objects.filter(organization=organization).latest("sequence").sequence
    Record.objects.filter(pk=record.pk).update(last_sequence=newest)
    record.refresh_from_db()
    assert len(queries()) == len(before)


def test_a_worker_reads_no_table_whose_rows_a_record_keeps(
    organization: Organization, building: Activation, planning: Activation
) -> None:
    for record in ask_for_all(organization):
        with CaptureQueriesContext(connection) as queries:
            made(record)
        read = {table for each in queries for table in re.findall(r'(?:FROM|JOIN) "activation_(\w+)"', each["sql"])}
        # Rows that are only ever added; of a run its key, of a package its content, of an organization its external ID.
        added = {"event", "checkpoint", "logline", "plan", "stateversion"}
        assert read <= {"record", "organization", "run", "packageversion", *added}


def test_what_is_kept_in_a_records_row_holds_no_secret(
    organization: Organization, building: Activation, planning: Activation
) -> None:
    for record in ask_for_all(organization):
        kept = json.dumps(record.facts)
        assert building.pk in kept or planning.pk in kept
        for secret in (EXTERNAL_ID, EXTERNAL_ID.removeprefix("cid-"), "sealed", "wrapped"):
            assert secret not in kept, secret


def test_a_record_asked_for_before_facts_were_kept_keeps_those_of_its_next_making(
    organization: Organization, building: Activation, planning: Activation
) -> None:
    record = ask_for_all(organization)[0]
    asked_for = record.facts
    Record.objects.filter(pk=record.pk).update(facts={})
    first = made(record)
    kept = Record.objects.get(pk=record.pk).facts
    assert kept.pop("at") > asked_for.pop("at")
    assert kept == json.loads(json.dumps(asked_for))
    everything_moves_on(organization)
    lose(record)
    records.request_again(record=record, actor=events.PORTAL)
    again = made(record)
    assert [name for name in first if first[name] != again[name]] == [verify.MANIFEST]


def test_a_new_request_tells_of_its_own_moment(organization: Organization, building: Activation) -> None:
    before = made(ask_for_all(organization)[0])
    Activation.objects.filter(pk=building.pk).update(status=ActivationStatus.ACTIVE)
    happened(building)
    after = made(ask_for_all(organization)[0])
    name = f"activations/{building.pk}/activation.json"
    assert [json.loads(files[name])["status"] for files in (before, after)] == ["activating", "active"]
