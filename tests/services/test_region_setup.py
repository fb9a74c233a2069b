"""Step 3, against a simulator that judges trust policies: roles tried and read, room, what stands in the way."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from activation import tasks
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Refused
from activation.domain.events import Kind, Outcome
from activation.domain.license import CoreUse
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.domain.trust_proof import Verdict
from activation.models import Activation, CloudAccount, Event, Member, Plan, RegionSetup, Run, Workspace
from activation.selectors import region_setup as reads
from activation.selectors.region_setup import Stage
from activation.services import activations, launching, licenses, packages, region_setup, region_trust, regions, runs
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.aws.conftest import (
    EXTERNAL_ID,
    REGION,
    VENDOR,
    MakeUser,
    allow,
    customer,
    iam,
    keys_of,
    make_user,
    running,
    simulator,
    trust,
)
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run
from tests.services.test_licenses import KEY, STRANGER, in_settings

__all__ = ["customer", "iam", "make_user", "running", "simulator"]

pytestmark = pytest.mark.django_db

ROLES = {"bootstrap_role_arn": "zilliz-bootstrap-role", "management_role_arn": "zilliz-management-role"}
READ_ROOM = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["ec2:Describe*", "eks:ListClusters", "iam:GetRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "servicequotas:GetServiceQuota", "Resource": "*"},
    ],
}

MakeRoles = Callable[..., None]


@pytest.fixture(autouse=True)
def vendor(settings: Any, simulator: Simulator) -> None:
    """Let this installation be the vendor whom the roles trust, in front of the simulator."""
    keys = simulator.identities()["vendor"]["role"]
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    settings.VENDOR_PRINCIPAL_ARN = VENDOR
    settings.VENDOR_ACCESS_KEY_ID = keys["access_key_id"]
    settings.VENDOR_SECRET_ACCESS_KEY = keys["secret_access_key"]
    settings.VENDOR_SESSION_TOKEN = keys["session_token"]


@pytest.fixture
def make_roles(iam: Any) -> MakeRoles:
    """Make both roles; the trust policy of one may be another."""

    def make(principal: str = VENDOR, **documents: str) -> None:
        for output, name in ROLES.items():
            document = documents.get(output, trust(principal=principal))
            iam.create_role(RoleName=name, Path="/zilliz/", AssumeRolePolicyDocument=document)
        iam.put_role_policy(
            RoleName=ROLES["management_role_arn"], PolicyName="reads", PolicyDocument=json.dumps(READ_ROOM)
        )

    return make


def arns_of(account: str) -> dict[str, str]:
    """Return the seven ARNs of an account, as the guide names them."""
    return {each.name: f"arn:aws:iam::{account}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}


def configuring(
    account: str, control_plane: ControlPlane = ControlPlane.SELF, external_id: str = EXTERNAL_ID
) -> Activation:
    """Return an activation at step 3 in an account whose ARNs are stored."""
    organization = make_organization(
        control_plane=control_plane, external_id=external_id, external_id_locked_at=timezone.now()
    )
    row = make_cloud_account(organization, account_id=account, arns=arns_of(account), arns_source="pasted")
    package = packages.ensure_bundled()
    return make_activation(
        organization, cloud_account=row, status=ActivationStatus.CONFIGURING, package=package, region=REGION
    )


@pytest.fixture
def activation(customer: dict[str, Any]) -> Activation:
    return configuring(customer["account"])


@pytest.fixture
def by(activation: Activation) -> Actor:
    return Actor.of(make_member(activation.organization, Role.OWNER))


def checked(activation: Activation) -> RegionSetup:
    """Start a check and let it run as a worker would; return what was found."""
    assert region_setup.start_check(activation)
    tasks.check_region(activation.pk)
    return RegionSetup.objects.get(activation=activation)


def stage(activation: Activation) -> Stage:
    return reads.stage_of(activation, reads.setup_of(activation))


def codes(activation: Activation) -> list[str]:
    return [problem.code for problem in reads.obstacles(activation)]


def trust_events(activation: Activation) -> list[Event]:
    return list(Event.objects.filter(kind=Kind.TRUST_CHECKED, activation_id=activation.pk).order_by("sequence"))


def without_condition(principal: str = VENDOR) -> str:
    """Return a trust policy that asks for no external ID."""
    document = json.loads(trust(principal=principal))
    del document["Statement"][0]["Condition"]
    return json.dumps(document)


# --- tried


def test_roles_that_ask_for_the_external_id_pass_and_the_room_is_read(
    activation: Activation, make_roles: MakeRoles
) -> None:
    make_roles()
    setup = checked(activation)

    assert stage(activation) is Stage.PASSED
    assert [proof.verdict for proof in reads.trust_of(setup).proofs] == [Verdict.PROTECTED] * 2
    room = reads.room_of(setup)
    assert room is not None
    vpcs = next(each for each in room.rooms if each.code == "vpcs")
    assert (vpcs.needed, vpcs.limit) == (1, 5)
    assert room.zones == ("us-west-2a", "us-west-2b", "us-west-2c")
    assert {each.cidr for each in reads.networks_of(setup) or ()} >= {"172.31.0.0/16"}
    assert (setup.checking_since, setup.checking_says) == (None, "")
    (event,) = trust_events(activation)
    assert event.outcome == Outcome.DONE
    assert event.after == {
        "method": "tried",
        "roles": {"bootstrap_role": "ROLE_PROTECTED", "management_role": "ROLE_PROTECTED"},
        "code": "",
    }
    assert EXTERNAL_ID not in json.dumps([setup.trust, setup.room, event.after])


def test_a_simulator_that_ignores_external_ids_blocks(
    activation: Activation, by: Actor, make_roles: MakeRoles, simulator: Simulator
) -> None:
    make_roles()
    region_setup.choose(activation, netmask=16, vpc_cidr="10.0.0.0/16", by=by)
    simulator.change_settings(ignore_external_ids=True)
    setup = checked(activation)

    assert stage(activation) is Stage.BLOCKED
    assert reads.trust_of(setup).code == "ROLE_NOT_PROTECTED"
    (event,) = trust_events(activation)
    assert (event.outcome, event.reason) == (Outcome.FAILED, "ROLE_NOT_PROTECTED")
    with pytest.raises(Refused, match="bootstrap role is not protected"):
        region_setup.demand_ready(activation)


def test_one_role_without_the_condition_blocks(activation: Activation, make_roles: MakeRoles) -> None:
    make_roles(management_role_arn=without_condition())
    setup = checked(activation)
    assert stage(activation) is Stage.BLOCKED
    good, bad = reads.trust_of(setup).proofs
    assert (good.verdict, bad.verdict) == (Verdict.PROTECTED, Verdict.NOT_PROTECTED)
    assert codes(activation).count("region_trust_missing") == 1


def test_throttling_is_inconclusive_and_the_next_check_may_pass(
    activation: Activation, make_roles: MakeRoles, simulator: Simulator
) -> None:
    make_roles()
    simulator.inject("sts:AssumeRole", "Throttling", times=200, message="Rate exceeded")
    assert region_setup.start_check(activation)
    region_setup.check(activation.pk, pauses=(0.05,))
    setup = RegionSetup.objects.get()
    assert stage(activation) is Stage.OPEN
    assert {proof.verdict for proof in reads.trust_of(setup).proofs} == {Verdict.NOT_PROVEN}
    assert reads.room_of(setup) is None
    assert "cannot assume the management role" in setup.networks_problem
    assert "region_trust_open" in codes(activation)

    simulator.clear()
    checked(activation)
    assert stage(activation) is Stage.PASSED


def test_a_management_role_that_may_read_nothing_leaves_the_room_open(
    activation: Activation, make_roles: MakeRoles, iam: Any
) -> None:
    make_roles()
    iam.delete_role_policy(RoleName=ROLES["management_role_arn"], PolicyName="reads")
    setup = checked(activation)
    room = reads.room_of(setup)
    assert room is not None
    assert {check.state.value for check in room.checks} == {"not_checked"}
    assert reads.networks_of(setup) is None
    assert "ec2:DescribeVpcs" in setup.networks_problem
    # What cannot be read is in nobody's way.
    assert stage(activation) is Stage.PASSED


# --- one check at a time


def test_a_second_press_while_a_check_goes_on_begins_none(activation: Activation, make_roles: MakeRoles) -> None:
    make_roles()
    assert region_setup.start_check(activation)
    assert not region_setup.start_check(activation)
    assert stage(activation) is Stage.WORKING


def test_a_message_that_comes_twice_or_late_checks_once(
    activation: Activation, make_roles: MakeRoles, simulator: Simulator
) -> None:
    make_roles()
    checked(activation)
    before = simulator.actions()[-1]["number"]
    tasks.check_region(activation.pk)
    assert simulator.counts(after=before) == {}
    # One that another worker has taken on already.
    region_setup.start_check(activation)
    RegionSetup.objects.update(checking_says="Trying the roles.")
    tasks.check_region(activation.pk)
    assert simulator.counts(after=before) == {}
    assert len(trust_events(activation)) == 1


def test_a_check_whose_worker_died_can_be_started_again_after_three_minutes(
    activation: Activation, make_roles: MakeRoles
) -> None:
    make_roles()
    region_setup.start_check(activation)
    RegionSetup.objects.update(checking_says="Trying", checking_since=timezone.now() - timedelta(minutes=3, seconds=1))
    assert stage(activation) is Stage.CUT_OFF
    checked(activation)
    assert stage(activation) is Stage.PASSED


def test_a_worker_that_was_given_up_changes_nothing_any_more(activation: Activation, make_roles: MakeRoles) -> None:
    make_roles()
    region_setup.start_check(activation)
    began = RegionSetup.objects.get().checking_since
    assert began is not None
    late = region_setup._Attempt(activation, began)
    assert late.claim()
    RegionSetup.objects.update(checking_since=timezone.now() + timedelta(seconds=1), checking_says="")
    late.say("I am still here.")
    late.conclude(reads.trust_of(None), {"room": {}})
    setup = RegionSetup.objects.get()
    assert setup.checking_says == ""
    assert setup.checked_at is None
    assert trust_events(activation) == []


def test_without_an_identity_of_its_own_the_portal_says_so(activation: Activation, settings: Any) -> None:
    settings.VENDOR_ACCESS_KEY_ID = ""
    with pytest.raises(Faulted, match="no AWS identity"):
        region_setup.start_check(activation)


# --- how long it counts


def test_checks_count_for_an_hour_and_for_these_arns_only(activation: Activation, make_roles: MakeRoles) -> None:
    make_roles()
    setup = checked(activation)
    later = timezone.now() + timedelta(minutes=61)
    assert reads.stage_of(activation, setup, later) is Stage.OLD
    account = activation.cloud_account
    assert account is not None
    account.arns |= {"management_role_arn": f"{account.arns['management_role_arn']}-other"}
    assert stage(activation) is Stage.OLD


# --- choices


def test_a_choice_is_kept_once_with_one_event(activation: Activation, by: Actor) -> None:
    for _ in range(2):
        region_setup.choose(activation, netmask=18, vpc_cidr="10.0.0.0/18", by=by)
    setup = RegionSetup.objects.get(activation=activation)
    assert (setup.netmask, setup.vpc_cidr, setup.saved_by_name) == (18, "10.0.0.0/18", by.name)
    (event,) = Event.objects.filter(kind=Kind.REGION_CHOSEN)
    assert event.after == {"netmask": 18, "vpc_cidr": "10.0.0.0/18", "region": REGION}


def test_a_network_that_overlaps_with_the_accounts_stands_in_the_way(
    activation: Activation, by: Actor, make_roles: MakeRoles
) -> None:
    make_roles()
    region_setup.choose(activation, netmask=16, vpc_cidr="172.31.0.0/16", by=by)
    checked(activation)
    with pytest.raises(Refused, match=r"172\.31\.0\.0/16 overlaps with"):
        region_setup.demand_ready(activation)
    region_setup.choose(activation, netmask=16, vpc_cidr="10.0.0.0/16", by=by)
    assert "region_overlaps" not in codes(activation)


def test_what_is_planned_is_changed_no_more(activation: Activation, by: Actor) -> None:
    workspace = Workspace.objects.create(
        cloud_account=activation.cloud_account, kind=Workspace.REGION, activation=activation
    )
    run = make_run(activation, status=RunStatus.PLANNED)
    type(run).objects.filter(pk=run.pk).update(workspace=workspace)
    for act in (
        lambda: region_setup.choose(activation, netmask=16, vpc_cidr="10.0.0.0/16", by=by),
        lambda: region_setup.start_check(activation),
        lambda: region_setup.take_arns(activation, {}, by=by),
        lambda: region_setup.demand_ready(activation),
    ):
        with pytest.raises(Refused, match="stay as they are"):
            act()


def test_arns_are_put_right_and_another_accounts_are_refused(activation: Activation, by: Actor) -> None:
    account = activation.cloud_account
    assert account is not None
    right = arns_of(account.account_id)
    account.arns = {}
    type(account).objects.update(arns={})

    other = region_setup.take_arns(activation, arns_of("999988887777"), by=by)
    assert {problem.code for problem in other.problems.values()} == {"arn_other_account"}
    elsewhere = {name: arn.replace("/zilliz/", "/mine/") for name, arn in right.items()}
    wrong = region_setup.take_arns(activation, elsewhere, by=by)
    assert {problem.code for problem in wrong.problems.values()} == {"arn_other_path"}
    renamed = right | {"ebs_csi_irsa_policy_arn": right["ebs_csi_irsa_policy_arn"].replace("ebs", "disk")}
    wrong = region_setup.take_arns(activation, renamed, by=by)
    assert {name: problem.code for name, problem in wrong.problems.items()} == {
        "ebs_csi_irsa_policy_arn": "arn_other_name"
    }
    account.refresh_from_db()
    assert account.arns == {}

    assert not region_setup.take_arns(activation, {name: f" {arn} " for name, arn in right.items()}, by=by).problems
    account.refresh_from_db()
    assert account.arns == right
    assert Event.objects.filter(kind=Kind.ARNS_STORED).count() == 1
    # The same again is no change.
    activation.refresh_from_db()
    region_setup.take_arns(activation, right, by=by)
    assert Event.objects.filter(kind=Kind.ARNS_STORED).count() == 1


def test_a_region_that_is_not_enabled_or_not_terraforms_stands_in_the_way(
    activation: Activation, settings: Any
) -> None:
    settings.REGIONS = ["eu-central-1"]
    assert "region_not_enabled" in codes(activation)
    settings.REGIONS = ["us-west-2"]
    account = activation.cloud_account
    assert account is not None
    account.arns_source = "terraform"
    run = make_run(activation, region="eu-central-1")
    assert "region_other_than_terraform" in codes(activation)
    # For a second region of the account step 2 is not done again: roles and policies belong to none.
    second = make_activation(activation.organization, cloud_account=account, status=ActivationStatus.CONFIGURING)
    type(run).objects.filter(pk=run.pk).update(activation=second)
    assert "region_other_than_terraform" not in codes(activation)


def test_without_a_license_no_region_is_begun(activation: Activation, by: Actor, make_roles: MakeRoles) -> None:
    make_roles()
    region_setup.choose(activation, netmask=16, vpc_cidr="10.0.0.0/16", by=by)
    checked(activation)
    assert codes(activation) == ["license_none"]
    with pytest.raises(Refused) as caught:
        region_setup.demand_ready(activation)
    assert caught.value.next_step


# --- read, where only Zilliz Cloud could try


@pytest.fixture
def at_zilliz(customer: dict[str, Any]) -> Activation:
    return configuring(customer["account"], ControlPlane.ZILLIZ)


def look(activation: Activation, keys: AccessKeys) -> RegionSetup:
    member = make_member(activation.organization, Role.OWNER)
    region_setup.check_with_key(activation, keys=keys, by=Actor.of(member))
    return RegionSetup.objects.get(activation=activation)


def test_policies_as_agreed_pass_and_the_key_is_kept_nowhere(
    at_zilliz: Activation, make_roles: MakeRoles, customer: dict[str, Any]
) -> None:
    make_roles(principal=settings.ZILLIZ_PRINCIPAL_ARN)
    setup = look(at_zilliz, keys_of(customer["administrator"]))

    assert stage(at_zilliz) is Stage.PASSED
    assert reads.trust_of(setup).passed
    room = reads.room_of(setup)
    assert room is not None
    assert next(each for each in room.rooms if each.code == "vpcs").needed == 2
    assert reads.networks_of(setup)
    (event,) = trust_events(at_zilliz)
    assert event.after == {
        "method": "read",
        "roles": {"bootstrap_role": "passed", "management_role": "passed"},
        "code": "",
    }
    kept = json.dumps([setup.trust, setup.room, setup.networks, [each.after for each in Event.objects.all()]])
    for secret in (customer["administrator"]["secret_access_key"], customer["administrator"]["access_key_id"]):
        assert secret not in kept


def weak(**parts: object) -> str:
    """Return a trust policy that is the agreed one but for `parts`; None takes one away."""
    document = json.loads(trust(principal=settings.ZILLIZ_PRINCIPAL_ARN))
    statement = {key: value for key, value in (document["Statement"][0] | parts).items() if value is not None}
    return json.dumps(document | {"Statement": [statement]})


@pytest.mark.parametrize(
    "document",
    [
        weak(Condition=None),
        weak(Principal={"AWS": "*"}),
        weak(Principal={"AWS": "arn:aws:iam::965570967084:root"}),
        weak(Principal={"AWS": VENDOR}),
        weak(Condition={"StringLike": {"sts:ExternalId": "*"}}),
        weak(Condition={"StringEquals": {"sts:ExternalId": "cid-another"}}),
        weak(Condition={"StringEqualsIgnoreCase": {"sts:ExternalId": EXTERNAL_ID}}),
        weak(Condition={"StringEquals": {"sts:ExternalId": [EXTERNAL_ID, "cid-another"]}}),
        weak(Action="sts:*"),
    ],
)
def test_a_weaker_policy_than_agreed_blocks(
    at_zilliz: Activation, make_roles: MakeRoles, customer: dict[str, Any], simulator: Simulator, document: str
) -> None:
    simulator.change_settings(check_principals=False)
    make_roles(principal=settings.ZILLIZ_PRINCIPAL_ARN, management_role_arn=document)
    setup = look(at_zilliz, keys_of(customer["administrator"]))
    assert stage(at_zilliz) is Stage.BLOCKED
    good, bad = reads.trust_of(setup).readings
    assert (good.findings, bool(bad.findings)) == ((), True)
    assert trust_events(at_zilliz)[0].reason == "TRUST_POLICY_WEAK"
    assert "cid-another" not in json.dumps(setup.trust)


def test_what_zilliz_own_policies_allow_beside_taking_the_role_is_no_weakness(
    at_zilliz: Activation, make_roles: MakeRoles, customer: dict[str, Any]
) -> None:
    document = weak(Action=["sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRole"])
    make_roles(principal=settings.ZILLIZ_PRINCIPAL_ARN, bootstrap_role_arn=document, management_role_arn=document)
    look(at_zilliz, keys_of(customer["administrator"]))

    assert stage(at_zilliz) is Stage.PASSED
    assert packages.rules_for(make_run(at_zilliz, package=packages.ensure_bundled())).trust_actions == {
        "sts:TagSession",
        "sts:SetSourceIdentity",
    }


def test_where_this_portal_is_trusted_nothing_is_allowed_beside_taking_the_role(activation: Activation) -> None:
    assert packages.rules_for(make_run(activation, package=packages.ensure_bundled())).trust_actions == frozenset()


def test_a_key_of_another_account_is_refused_and_changes_nothing(at_zilliz: Activation, simulator: Simulator) -> None:
    with pytest.raises(Refused, match="belongs to account") as caught:
        look(at_zilliz, keys_of(simulator.identities()["other_customer"]["administrator"]))
    assert caught.value.field == "access_key_id"
    assert not RegionSetup.objects.exists()


def test_a_key_that_may_not_read_the_roles_leaves_the_trust_open(
    at_zilliz: Activation, make_roles: MakeRoles, make_user: MakeUser
) -> None:
    make_roles(principal=settings.ZILLIZ_PRINCIPAL_ARN)
    setup = look(at_zilliz, make_user(allow("ec2:Describe*")))
    assert reads.networks_of(setup)
    assert stage(at_zilliz) is Stage.OPEN
    assert all(each.problem for each in reads.trust_of(setup).readings)


def test_a_quota_that_is_too_small_blocks_only_what_the_portal_builds(
    at_zilliz: Activation, make_roles: MakeRoles, customer: dict[str, Any]
) -> None:
    make_roles(principal=settings.ZILLIZ_PRINCIPAL_ARN)
    setup = look(at_zilliz, keys_of(customer["administrator"]))
    short = [each | {"used": each["limit"]} if each["code"] == "vpcs" else each for each in setup.room["rooms"]]
    RegionSetup.objects.update(room=setup.room | {"rooms": short})
    assert stage(at_zilliz) is Stage.PASSED
    at_zilliz.control_plane = ControlPlane.SELF
    assert stage(at_zilliz) is Stage.BLOCKED
    assert "VPCs" in next(each.text for each in reads.obstacles(at_zilliz) if each.code == "region_room_missing")


# --- and again, before a region is planned and built


def made_ready(activation: Activation, by: Actor, settings: Any) -> RegionSetup:
    """Do everything that step 3 asks for."""
    settings.LICENSE_SIGNING_KEY = in_settings(KEY)
    organization = activation.organization
    terms = {"cores": 512, "first_day": date(2026, 1, 1), "last_day": date(2099, 12, 31)}
    licenses.install(organization=organization, document=licenses.issue(slug=organization.slug, **terms), actor=by)
    region_setup.choose(activation, netmask=16, vpc_cidr="10.0.0.0/16", by=by)
    setup = checked(activation)
    assert codes(activation) == []
    return setup


def owner_of(activation: Activation) -> Member:
    return activation.organization.members.get(role=Role.OWNER.value)


def planned(activation: Activation, by: Actor) -> Run:
    """Begin the region's plan, and have it made."""
    run = regions.start(activation, by=owner_of(activation), actor=by)
    Plan.objects.create(run=run, sha256="", sealed=b"", package_sha256="", review={}, verdict={"passed": True})
    Run.objects.filter(pk=run.pk).update(status=RunStatus.PLANNED.value)
    run.refresh_from_db()
    return run


def approve(run: Run, activation: Activation, by: Actor) -> None:
    runs.approve(run, typed="yes", by=owner_of(activation), actor=by)


def test_after_a_discarded_plan_the_region_is_planned_again_only_where_the_checks_still_pass(
    activation: Activation, by: Actor, make_roles: MakeRoles, simulator: Simulator, settings: Any
) -> None:
    make_roles()
    made_ready(activation, by, settings)
    first = planned(activation, by)
    assert regions.start(activation, by=owner_of(activation), actor=by) == first, "a second press"
    runs.discard(first, actor=by)
    simulator.change_settings(ignore_external_ids=True)
    checked(activation)

    with pytest.raises(Refused, match="not protected as agreed"):
        regions.start(activation, by=owner_of(activation), actor=by, retry_of=first)

    assert Run.objects.count() == 1


def test_a_plan_is_approved_on_a_proof_of_the_last_hour_that_passed(
    activation: Activation, by: Actor, make_roles: MakeRoles, settings: Any
) -> None:
    make_roles()
    setup = made_ready(activation, by, settings)
    run = planned(activation, by)
    late = timezone.now() - region_trust.PROOF_LASTS - timedelta(seconds=1)
    open_role = {"proofs": [setup.trust["proofs"][0] | {"tries": []}, setup.trust["proofs"][1]]}
    for values, code in (
        ({"proved_at": late}, "region_proof_old"),
        ({"proved_at": None}, "region_proof_old"),
        ({"trust": open_role}, "region_proof_missing"),
    ):
        RegionSetup.objects.update(**values)
        with pytest.raises(Refused) as refused:
            approve(run, activation, by)
        assert refused.value.code == code
        assert Run.objects.get(pk=run.pk).status == RunStatus.PLANNED
        RegionSetup.objects.update(proved_at=setup.proved_at, trust=setup.trust)

    approve(run, activation, by)

    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.ACTIVATING


def made_failed(activation: Activation, by: Actor, settings: Any) -> None:
    """Bring an activation to where its region failed to be built."""
    made_ready(activation, by, settings)
    Activation.objects.update(status=ActivationStatus.FAILED.value)
    activation.refresh_from_db()


def test_a_region_that_failed_goes_on_only_with_a_license(
    activation: Activation, by: Actor, make_roles: MakeRoles, settings: Any
) -> None:
    make_roles()
    made_failed(activation, by, settings)
    run = planned(activation, by)
    settings.LICENSE_SIGNING_KEY = in_settings(STRANGER)

    with pytest.raises(Refused, match="license"):
        approve(run, activation, by)

    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.FAILED


def test_a_half_built_region_goes_on_although_its_own_nodes_use_up_the_license(
    activation: Activation, by: Actor, make_roles: MakeRoles, settings: Any
) -> None:
    make_roles()
    made_failed(activation, by, settings)
    uses = [CoreUse("Core support", "one", activation.region, "many", 1_000_000)]
    licenses.note_cores(activation=activation, method="Instances seen.", uses=uses)

    approve(planned(activation, by), activation, by)

    assert Activation.objects.get(pk=activation.pk).status == ActivationStatus.ACTIVATING


def test_before_a_plan_begins_the_roles_are_tried_and_a_weak_one_stops_it(
    activation: Activation, by: Actor, make_roles: MakeRoles, simulator: Simulator, settings: Any
) -> None:
    make_roles()
    before = made_ready(activation, by, settings)
    run = regions.start(activation, by=owner_of(activation), actor=by)
    assert launching.win(run)

    region_trust.demand_protected(run)
    setup = RegionSetup.objects.get()
    assert before.proved_at is not None and setup.proved_at is not None
    assert setup.proved_at > before.proved_at
    assert setup.checked_at == before.checked_at, "of the room nothing is known anew"

    simulator.change_settings(ignore_external_ids=True)
    with pytest.raises(Refused) as refused:
        region_trust.demand_protected(run)
    assert refused.value.code == "ROLE_NOT_PROTECTED"
    assert not reads.trust_of(RegionSetup.objects.get()).passed
    assert [each.reason for each in trust_events(activation)] == ["", "", "ROLE_NOT_PROTECTED"]

    # What goes on under an approval is not stopped half-way.
    run.continues = run
    region_trust.demand_protected(run)


def test_what_aws_does_not_tell_before_an_apply_is_asked_again_for_more_than_a_minute(
    activation: Activation, by: Actor, make_roles: MakeRoles, simulator: Simulator, settings: Any
) -> None:
    make_roles()
    made_ready(activation, by, settings)
    run = regions.start(activation, by=owner_of(activation), actor=by)
    assert launching.win(run)
    run.refresh_from_db()
    endpoint, waited = settings.AWS_ENDPOINT_URL, []
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if seconds == 1:
            settings.AWS_ENDPOINT_URL = endpoint

    region_trust.demand_protected(run, rounds=(5,), pause=pause)

    assert waited[-5:] == [1] * 5, "in steps, so that a stop is heeded"
    assert reads.trust_of(RegionSetup.objects.get()).passed
    assert sum(region_trust.ROUNDS) > 60


def test_a_cancel_ends_the_wait_for_aws_before_an_apply(
    activation: Activation, by: Actor, make_roles: MakeRoles, settings: Any
) -> None:
    make_roles()
    made_ready(activation, by, settings)
    run = regions.start(activation, by=owner_of(activation), actor=by)
    assert launching.win(run)
    run.refresh_from_db()
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"

    with pytest.raises(Refused) as refused:
        region_trust.demand_protected(run, rounds=(60,), pause=lambda seconds: runs.cancel(run, actor=by))

    assert refused.value.code == "recovery_canceled"


def test_arns_stay_while_a_region_of_the_account_is_planned_or_built(
    activation: Activation, by: Actor, make_roles: MakeRoles, settings: Any
) -> None:
    make_roles()
    made_ready(activation, by, settings)
    run = planned(activation, by)
    second = make_activation(
        activation.organization,
        cloud_account=activation.cloud_account,
        status=ActivationStatus.CONFIGURING,
        package=activation.package,
        region="us-east-1",
    )
    stored = reads.stored_arns(activation)
    other = {name: arn.replace("/zilliz/", "/other/") for name, arn in stored.items()}
    Activation.objects.filter(pk=second.pk).update(package=None)
    second.refresh_from_db()

    with pytest.raises(Refused) as refused:
        region_setup.take_arns(second, other, by=by)
    assert refused.value.code == "account_in_use"
    assert CloudAccount.objects.get().arns == stored

    runs.discard(run, actor=by)
    assert not region_setup.take_arns(second, other, by=by).problems
    assert CloudAccount.objects.get().arns == other


# --- whose an account is


def test_pasted_arns_keep_nobody_out_and_yield_to_whoever_shows_that_the_account_is_theirs(
    activation: Activation, make_roles: MakeRoles
) -> None:
    account = activation.cloud_account
    assert account is not None
    stranger = configuring(account.account_id, external_id="cid-of-somebody-else")
    assert [each.proved_at for each in CloudAccount.objects.all()] == [None, None]
    make_roles()

    checked(activation)

    account.refresh_from_db()
    assert account.proved_at is not None
    assert codes(stranger)[0] == "account_taken"
    told = Event.objects.filter(kind__startswith="cloud_account.").exclude(kind=Kind.ARNS_STORED)
    assert set(told.values_list("kind", "organization")) == {
        (Kind.CLOUD_ACCOUNT_PROVED.value, activation.organization_id),
        (Kind.CLOUD_ACCOUNT_YIELDED.value, stranger.organization_id),
    }
    # Whoever comes later is told, and a second proof is nothing new.
    with pytest.raises(Refused, match="registered with another organization"):
        activations.prove_account(stranger.cloud_account or account, by=Actor())
    with pytest.raises(Refused, match="registered with another organization"):
        activations.claim_account(make_organization(), account_id=account.account_id, partition="aws", by=Actor())
    activations.prove_account(account, by=Actor())
    assert Event.objects.filter(kind=Kind.CLOUD_ACCOUNT_PROVED.value).count() == 1


def test_a_key_of_the_account_shows_whose_it_is(
    at_zilliz: Activation, make_roles: MakeRoles, customer: dict[str, Any]
) -> None:
    make_roles(principal=settings.ZILLIZ_PRINCIPAL_ARN)
    look(at_zilliz, keys_of(customer["administrator"]))
    assert CloudAccount.objects.get().proved_at is not None


def test_a_network_that_could_not_be_compared_is_not_said_to_be_clear(activation: Activation, by: Actor) -> None:
    region_setup.choose(activation, netmask=16, vpc_cidr="10.0.0.0/16", by=by)

    def said() -> str:
        return next(each.text for each in reads.readiness(activation, []) if each.title == "Network")

    assert "Not checked" in said()
    RegionSetup.objects.update(networks=[])
    assert "does not overlap with existing networks" in said()
