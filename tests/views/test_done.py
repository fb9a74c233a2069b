"""What is left to do when a region is active: each thing done or not, by what AWS says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from activation.domain.checks import Check, CheckState, Report
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.domain.watch import Item, Memory, Sighting, Thing
from activation.models import Activation, Credential, Event, Handover, Member, RegionSetup, Run
from activation.models.identity import run_identity
from activation.selectors.aftercare import done_page
from activation.services import aftercare, run_keys
from activation.services import runs as services
from activation.simulator.client import Simulator
from tests.aws.conftest import allow, make_user, trust
from tests.factories import make_member, make_run
from tests.views.region_rows import ACCOUNT, make_building
from tests.views.run_rows import address, client_of, text_of

__all__ = ["make_user"]
pytestmark = pytest.mark.django_db

MakeUser = Callable[..., AccessKeys]


@pytest.fixture
def active(simulator: Simulator, settings: Settings) -> tuple[Activation, Member]:
    """An active region of this portal in the local AWS, and its owner."""
    vendor = simulator.identities()["vendor"]["role"]
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    settings.VENDOR_ACCESS_KEY_ID = vendor["access_key_id"]
    settings.VENDOR_SECRET_ACCESS_KEY = vendor["secret_access_key"]
    settings.VENDOR_SESSION_TOKEN = vendor["session_token"]
    return make_building(ActivationStatus.ACTIVE, activated_at=timezone.now())


def run_with(activation: Activation, keys: AccessKeys) -> Run:
    """Make step 2's run, of whose key the last four characters are kept."""
    pk = run_identity()
    run = make_run(activation, status=RunStatus.APPLIED, id=pk, wrapped_key=run_keys.fresh(pk))
    Credential.objects.create(
        run=run,
        account_id=ACCOUNT,
        principal_arn=f"arn:aws:iam::{ACCOUNT}:user/ada",
        last_four=keys.access_key_id[-4:],
        is_long_term=keys.is_long_term,
        expires_at=timezone.now(),
        destroyed_at=timezone.now(),
    )
    return run


def check_key(client: Client, activation: Activation, key_id: str) -> str:
    answer = client.post(address("activation_key_check", activation), {"access_key_id": key_id}, follow=True)
    return text_of(answer)


def events(what: str) -> list[dict[str, Any]]:
    found = Event.objects.filter(kind=Kind.AFTERCARE_DONE.value)
    return [event.after for event in found if event.after["what"] == what]


def set_status(iam: Any, keys: AccessKeys, status: str) -> None:
    users = iam.list_users()["Users"]
    for user in users:
        held = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        if any(each["AccessKeyId"] == keys.access_key_id for each in held):
            iam.update_access_key(UserName=user["UserName"], AccessKeyId=keys.access_key_id, Status=status)


# --- the access key


def test_the_key_of_step_2_is_on_until_it_is_switched_off(
    active: tuple[Activation, Member], iam: Any, make_user: MakeUser
) -> None:
    activation, owner = active
    keys = make_user(allow("s3:ListAllMyBuckets"))
    run_with(activation, keys)
    client = client_of(owner)

    first = text_of(client.get(address("activation_done", activation)))
    while_on = check_key(client, activation, keys.access_key_id)
    set_status(iam, keys, "Inactive")
    while_off = check_key(client, activation, keys.access_key_id)
    check_key(client, activation, keys.access_key_id)

    assert "Not done yet" in first
    assert f"update-access-key --access-key-id YOUR_ACCESS_KEY_ID_{keys.access_key_id[-4:]}" in first
    assert "--user-name ada" in first
    assert "AWS still accepts this key" in while_on
    assert "it is inactive or deleted" in while_off
    assert "it was still active" in while_off
    assert events("access_key") == [{"what": "access_key", "state": "off"}], "once, and not while it was on"
    assert keys.access_key_id not in str(RegionSetup.objects.get(activation=activation).aftercare)


def test_a_key_that_nobody_ever_saw_proves_nothing(
    active: tuple[Activation, Member], iam: Any, make_user: MakeUser
) -> None:
    activation, owner = active
    keys = make_user(allow("s3:ListAllMyBuckets"))
    client = client_of(owner)

    mistyped = check_key(client, activation, "AKIAABCDEFGHIJKLMNOP")
    while_on = check_key(client, activation, keys.access_key_id)
    set_status(iam, keys, "Inactive")
    proved = check_key(client, activation, keys.access_key_id)

    assert "AWS does not recognize this key" in mistyped
    assert "AWS no longer accepts the key" not in mistyped
    assert "AWS still accepts this key" in while_on
    assert "it is inactive or deleted" in proved
    assert len(events("access_key")) == 1


@pytest.mark.parametrize(
    ("key_id", "says"),
    [
        ("AKIAABCDEFGHIJKLMNOP", "This is a different key"),
        ("ASIAABCDEFGHIJKLMNOP", "temporary"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
    ],
)
def test_another_key_a_temporary_one_and_a_secret_are_refused(
    active: tuple[Activation, Member], key_id: str, says: str
) -> None:
    activation, owner = active
    run_with(activation, AccessKeys("AKIAZZZZZZZZZZZZWXYZ", "x" * 40))

    answer = client_of(owner).post(address("activation_key_check", activation), {"access_key_id": key_id})

    assert answer.status_code == 422
    assert says in text_of(answer)
    assert RegionSetup.objects.get(activation=activation).aftercare == {}


def test_where_aws_gives_no_answer_nothing_is_said_of_the_key(
    active: tuple[Activation, Member], settings: Settings
) -> None:
    activation, owner = active
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:1"

    answer = client_of(owner).post(
        address("activation_key_check", activation), {"access_key_id": "AKIAABCDEFGHIJKLMNOP"}
    )

    assert answer.status_code == 422
    assert RegionSetup.objects.get(activation=activation).aftercare == {}


def test_a_temporary_key_ends_by_itself(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    run_with(activation, AccessKeys("ASIAZZZZZZZZZZZZWXYZ", "x" * 40, "token"))

    assert "Expires by itself" in text_of(client_of(owner).get(address("activation_done", activation)))


def test_each_long_term_key_of_step_2_must_be_off_whatever_a_later_run_was_given(
    active: tuple[Activation, Member], iam: Any, make_user: MakeUser
) -> None:
    activation, owner = active
    first, second = (make_user(allow("s3:ListAllMyBuckets")) for _ in range(2))
    run_with(activation, first)
    renewed = run_with(activation, second)
    temporary = AccessKeys("ASIAZZZZZZZZZZZZWXYZ", "x" * 40, "token")
    arn = f"arn:aws:iam::{ACCOUNT}:user/ada"
    services.store_credential(renewed, temporary, account_id=ACCOUNT, principal_arn=arn)
    run_with(activation, temporary)
    client = client_of(owner)

    before = text_of(client.get(address("activation_done", activation)))
    for keys in (first, second):
        set_status(iam, keys, "Inactive")
    one = check_key(client, activation, first.access_key_id)
    both = check_key(client, activation, second.access_key_id)

    assert "Step 2 ran with 2 long-term keys" in before
    assert "Expires by itself" not in before
    assert "AWS no longer accepts any" not in one
    assert f"YOUR_ACCESS_KEY_ID_{first.access_key_id[-4:]}" not in one, "this one is off"
    assert f"YOUR_ACCESS_KEY_ID_{second.access_key_id[-4:]}" in one
    assert "AWS no longer accepts any of the 2 long-term keys" in both
    assert events("access_key") == [{"what": "access_key", "state": "off"}], "once, and not for the first alone"


# --- the bootstrap role


def make_roles(iam: Any, *names: str, external_id: str = "cid-abcdefghijklmnopqrstuvwxy") -> None:
    for name in names:
        document = trust(external_id)
        iam.create_role(RoleName=f"zilliz-{name}-role", Path="/zilliz/", AssumeRolePolicyDocument=document)


def look_at_role(activation: Activation, client: Client) -> str:
    client.post(address("activation_role_check", activation))
    waiting = text_of(client.get(address("activation_done", activation)))
    assert "Checking…" in waiting
    aftercare.check_bootstrap_role(activation.pk)
    return text_of(client.get(address("activation_done_role", activation)))


def test_the_bootstrap_role_is_gone_only_where_the_other_one_is_let_in(
    active: tuple[Activation, Member], iam: Any
) -> None:
    activation, owner = active
    client = client_of(owner)

    neither = look_at_role(activation, client)
    make_roles(iam, "management", "bootstrap")
    both = look_at_role(activation, client)
    iam.delete_role(RoleName="zilliz-bootstrap-role")
    gone = look_at_role(activation, client)

    assert "Not known" in neither
    assert "Still there" in both
    assert "From outside, the two look the same" in gone
    assert "data-poll" not in gone
    assert events("bootstrap_role") == [{"what": "bootstrap_role", "state": "gone"}]


def test_with_the_vendor_s_console_a_person_says_that_the_role_is_gone(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    Activation.objects.filter(pk=activation.pk).update(control_plane=ControlPlane.ZILLIZ)
    client = client_of(owner)

    for _ in range(2):
        client.post(address("activation_role_check", activation))

    text = text_of(client.get(address("activation_done", activation)))
    assert "Removed (as reported)" in text
    assert "Active (as reported)" in text
    assert "Not connected to Zilliz Cloud" not in text
    assert events("bootstrap_role") == [{"what": "bootstrap_role", "state": "reported"}]


# --- the page


def test_where_the_console_built_it_the_facts_are_what_was_seen_of_it(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    Activation.objects.filter(pk=activation.pk).update(control_plane=ControlPlane.ZILLIZ)
    items = (
        Item("vpc-0123456789abcdef0", Thing.VPC, "zilliz-byoc-x-vpc", marks=("name",)),
        Item("cluster/zilliz-byoc-x", Thing.CLUSTER, "zilliz-byoc-x", marks=("name",)),
        Item("bucket/somebody", Thing.BUCKET, "somebody-else"),
    )
    seen = {each.identity: Sighting(each, "2026-11-24T12:00:00+00:00", "2026-11-24T12:00:00+00:00") for each in items}
    Handover.objects.create(activation=activation, seen=Memory(seen).to_json())

    text = text_of(client_of(owner).get(address("activation_done", activation)))
    listed = text_of(client_of(owner).get(address_of_list(activation)))

    assert "vpc-0123456789abcdef0" in text
    assert "aws eks update-kubeconfig --region us-west-2 --name zilliz-byoc-x" in text
    assert "somebody-else" not in text
    assert "Active (as reported)" in listed


@pytest.mark.parametrize(
    ("watch", "says"),
    [
        ({}, "This portal did not look at the account."),
        ({"started_at": True}, "This portal saw only part of the documented resources."),
        ({"started_at": True, "complete_at": True}, "This portal saw the resources, not the console."),
    ],
)
def test_what_an_owner_confirmed_is_said_to_be_seen_only_as_far_as_it_was(
    active: tuple[Activation, Member], watch: dict[str, bool], says: str
) -> None:
    activation, owner = active
    Activation.objects.filter(pk=activation.pk).update(control_plane=ControlPlane.ZILLIZ)
    Handover.objects.create(activation=activation, **dict.fromkeys(watch, timezone.now()))
    assert says in text_of(client_of(owner).get(address("activation_done", activation)))


def address_of_list(activation: Activation) -> str:
    return f"/o/{activation.organization.slug}/activations/"


def test_who_only_reads_sees_what_is_done_and_no_buttons(active: tuple[Activation, Member]) -> None:
    activation, _ = active
    auditor = client_of(make_member(activation.organization, Role.AUDITOR))

    text = text_of(auditor.get(address("activation_done", activation)))
    names = ("activation_key_check", "activation_role_check", "activation_cluster_noted")
    answers = [auditor.post(address(name, activation)).status_code for name in names]

    assert "is active" in text
    assert 'id="check-key"' not in text
    assert answers == [403] * 3


def test_a_region_that_is_not_active_leads_to_where_it_stands(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    Activation.objects.filter(pk=activation.pk).update(status=ActivationStatus.ACTIVATING)

    answer = client_of(owner).get(address("activation_done", activation))

    assert answer["Location"] == address("activation", activation)


def test_that_a_cluster_was_made_is_kept_once(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    client = client_of(owner)
    for _ in range(2):
        client.post(address("activation_cluster_noted", activation))

    assert "Done (as reported)" in text_of(client.get(address("activation_done", activation)))
    assert events("cluster") == [{"what": "cluster", "state": "reported"}]


# --- what was seen, and how to get in


def test_what_was_seen_from_outside_is_shown_also_what_was_not(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    checks = (
        Check("cluster", "Cluster zilliz-byoc-test", CheckState.PASSED, "Active, without health issues."),
        Check("role_ca_irsa", "Role of the cluster autoscaler", CheckState.NOT_CHECKED, "It may not be read."),
    )
    RegionSetup.objects.update(outside=Report(checks).to_json(), outside_at=timezone.now())

    text = text_of(client_of(owner).get(address("activation_done", activation)))

    assert "Seen from outside" in text
    assert text.index("Cluster zilliz-byoc-test") < text.index("Role of the cluster autoscaler")
    assert "It may not be read." in text


def test_a_connected_network_is_let_in_by_a_command_of_its_own(active: tuple[Activation, Member]) -> None:
    activation, _ = active
    outputs = {"cluster_name": "zilliz-byoc-test", "security_group_id": "sg-0123456789abcdef0"}
    done = done_page(activation, outputs=outputs, waiting=False)
    assert done.open_endpoint == (
        "aws ec2 authorize-security-group-ingress --region us-west-2 --group-id sg-0123456789abcdef0 --protocol tcp "
        "--port 443 --cidr YOUR_NETWORK"
    )
    assert done_page(activation, outputs={}, waiting=False).open_endpoint == ""


def test_the_guide_s_topics_are_said_to_describe_another_console_only_here(active: tuple[Activation, Member]) -> None:
    activation, owner = active
    says = "They describe the Zilliz Cloud console"
    assert says in text_of(client_of(owner).get(address("activation_done", activation)))
    Activation.objects.update(control_plane=ControlPlane.ZILLIZ.value)
    assert says not in text_of(client_of(owner).get(address("activation_done", activation)))
