"""The page of step 3: what it shows in each state, what it keeps, and who may."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from activation.aws.quotas import RegionReport, Room
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.domain.trust_proof import Answer, RoleProof, TrustProof, Try, With
from activation.models import Activation, Event, License, Member, Organization, RegionSetup, Run, Workspace
from activation.services import licenses, packages
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run

pytestmark = pytest.mark.django_db

ACCOUNT = "123456789012"
EXTERNAL_ID = "cid-0123456789abcdefghijklmno"
ARNS = {each.name: f"arn:aws:iam::{ACCOUNT}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
ROLES = ("bootstrap_role_arn", "management_role_arn")
OUTPUT = "\n".join(f'{name} = "{arn}"' for name, arn in sorted(ARNS.items()))


@pytest.fixture(autouse=True)
def identity(settings: Any) -> None:
    """Let this installation have an identity in AWS; nothing here asks AWS with it."""
    settings.VENDOR_ACCESS_KEY_ID = "AKIAEXAMPLE"
    settings.VENDOR_SECRET_ACCESS_KEY = "secret"


def configuring(control_plane: ControlPlane = ControlPlane.SELF, **fields: Any) -> Activation:
    """Return an activation at step 3, with its ARNs."""
    organization = make_organization(
        control_plane=control_plane, external_id=EXTERNAL_ID, external_id_locked_at=timezone.now()
    )
    account = make_cloud_account(
        organization, account_id=ACCOUNT, arns=ARNS, arns_source="pasted", arns_stored_at=timezone.now()
    )
    values = {"status": ActivationStatus.CONFIGURING, "package": packages.ensure_bundled()} | fields
    return make_activation(organization, cloud_account=account, **values)


@pytest.fixture
def activation() -> Activation:
    return configuring()


@pytest.fixture
def at_zilliz() -> Activation:
    return configuring(ControlPlane.ZILLIZ)


class Person:
    """Somebody in front of the browser."""

    def __init__(self, activation: Activation, role: Role = Role.OWNER) -> None:
        self.activation = activation
        self.member: Member = make_member(activation.organization, role)
        self.client = Client()
        self.client.force_login(self.member.user)

    @property
    def base(self) -> str:
        return f"/o/{self.activation.organization.slug}/activations/{self.activation.pk}/region/"

    def get(self, rest: str = "") -> Any:
        return self.client.get(self.base + rest)

    def post(self, rest: str = "", **posted: Any) -> Any:
        return self.client.post(self.base + rest, posted)


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def tried(output: str, *others: Answer) -> RoleProof:
    """Return a role that lets the right external ID in, and answers the other tries as given."""
    account, name = ACCOUNT, ARNS[output].rpartition("/")[2]
    right = Try(With.RIGHT, Answer.ADMITTED, landed=f"arn:aws:sts::{account}:assumed-role/{name}/trust-proof")
    ways = (With.NONE, With.WRONG, With.OTHER_CASE)
    reason = "AWS is limiting how often it may be asked."
    rest = tuple(
        Try(way, answer, reason=reason if answer is Answer.INCONCLUSIVE else "")
        for way, answer in zip(ways, others, strict=True)
    )
    return RoleProof(output, ARNS[output], (right, *rest), 60)


PROTECTED = TrustProof(tuple(tried(each, *[Answer.DENIED] * 3) for each in ROLES))
ROOM = RegionReport(
    (
        Room("vpcs", "VPCs", "VPCs per region", 1, 1, 5, remedy="Ask AWS."),
        Room(
            "vcpus", "EC2 vCPUs", "Running instances", 32, 0, None, reason="AWS did not say.", remedy="Look yourself."
        ),
    ),
    (),
    ("us-west-2a", "us-west-2b", "us-west-2c"),
)


def found(activation: Activation, proof: TrustProof = PROTECTED, **fields: Any) -> RegionSetup:
    """Keep a network that was chosen and checks that were made just now."""
    values = {
        "vpc_cidr": "10.0.0.0/16",
        "netmask": 16,
        "saved_at": timezone.now(),
        "checked_at": timezone.now(),
        "trust": proof.to_json(),
        "room": ROOM.to_json(),
        "networks": [{"cidr": "172.31.0.0/16", "name": "vpc-1"}],
    } | fields
    # As the database gives it back.
    values["trust"] = json.loads(json.dumps(values["trust"]))
    return RegionSetup.objects.create(activation=activation, **values)


def license_of(organization: Organization) -> None:
    """Give an organization of Zilliz Cloud a license."""
    day = timezone.now().date()
    licenses.report(
        organization=organization,
        license_id="lic-1",
        cores=128,
        first_day=day,
        last_day=day + timedelta(days=300),
        actor=Actor(name="a test"),
    )
    assert License.objects.exists()


# --- the first look


def test_the_page_shows_seven_right_arns_a_map_and_what_is_to_do(activation: Activation) -> None:
    page = Person(activation).get()
    text = words(page)

    assert dict(re.findall(r'data-arn="(\w+)">([^<]+)<', page.content.decode())) == ARNS
    for expected in (
        "All seven are correct",
        "us-west-2 (Oregon)",
        "10.0.0.0/16 65,536 addresses",
        "Private subnet 3 10.0.128.0/18 16,379 usable",
        "Public subnet 10.0.254.0/24 251 usable",
        "49,137 usable by nodes and pods",
        "Not checked",
        "3 items still missing",
    ):
        assert expected in text, expected
    assert OUTPUT in unescape(page.content.decode())
    assert EXTERNAL_ID not in page.content.decode()
    assert re.search(r"<button[^>]* disabled>\s*Plan the region", page.content.decode())


def test_without_arns_it_says_where_they_come_from(activation: Activation) -> None:
    type(activation.cloud_account).objects.update(arns={})
    text = words(Person(activation).get())
    assert "No ARNs are stored" in text
    assert "The roles are known once the seven ARNs are stored" in text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_who_only_reads_sees_it_without_forms(activation: Activation, role: Role) -> None:
    found(activation)
    person = Person(activation, role)
    page = person.get().content.decode()
    main = page[page.index("<main") : page.index("</main")]

    assert "Protected" in main
    assert "10.0.0.0/16" in main
    assert "<form" not in main
    for rest in ("", "map/", "arns/", "arns/check/", "check/", "continue/"):
        assert person.post(rest, vpc_cidr="10.0.0.0", netmask="16").status_code == 403, rest


def test_who_only_reads_is_led_to_the_overview_before_step_3(activation: Activation) -> None:
    Activation.objects.update(status=ActivationStatus.PROVISIONING_IAM)
    assert Person(activation, Role.AUDITOR).get().url.endswith(f"/{activation.pk}/")


def test_a_step_that_is_over_shows_what_was_chosen_without_forms(activation: Activation) -> None:
    found(activation)
    Activation.objects.update(status=ActivationStatus.ACTIVATING)
    person = Person(activation)
    page = person.get()
    assert "This step is complete" in words(page)
    assert 'id="network"' in page.content.decode()
    assert ">Change</button>" not in page.content.decode()
    assert person.post(vpc_cidr="10.1.0.0", netmask="16").status_code == 409


# --- the network


@pytest.mark.parametrize(
    ("posted", "cidr"),
    [
        ({"vpc_cidr": "10.0.0.0", "netmask": "18"}, "10.0.0.0/18"),
        ({"vpc_cidr": " 10.4.0.0/17 ", "netmask": "16"}, "10.4.0.0/17"),
        ({"use": "10.9.0.0/16", "vpc_cidr": "172.31.0.0"}, "10.9.0.0/16"),
    ],
)
def test_a_network_is_chosen(activation: Activation, posted: dict[str, str], cidr: str) -> None:
    answer = Person(activation).post(**posted)
    assert answer.status_code == 302
    setup = RegionSetup.objects.get()
    assert (setup.vpc_cidr, f"/{setup.netmask}") == (cidr, cidr[-3:])
    assert Event.objects.filter(kind=Kind.REGION_CHOSEN).count() == 1


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"vpc_cidr": "10.0.0.0/21"}, "/21 is too small: the public subnet would be a /29"),
        ({"vpc_cidr": "10.0.0.0/12"}, "/12 is larger than a VPC can be"),
        ({"vpc_cidr": "10.0.16.0", "netmask": "16"}, "You probably mean 10.0.0.0/16"),
        ({"vpc_cidr": "8.8.0.0", "netmask": "16"}, "8.8.0.0/16 is not private"),
        ({"vpc_cidr": "fd00::", "netmask": "16"}, "IPv6"),
        ({"vpc_cidr": "", "netmask": "16"}, "The network is missing"),
        ({"vpc_cidr": "10.0.0.0", "netmask": "99"}, "99 is not one of the available choices"),
        ({"vpc_cidr": "1" * 5000, "netmask": "16"}, "at most 100 characters"),
    ],
)
def test_what_cannot_be_a_network_is_refused_with_the_reason(
    activation: Activation, posted: dict[str, str], sentence: str
) -> None:
    answer = Person(activation).post(**posted)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not RegionSetup.objects.exists()


def test_the_map_follows_what_is_typed_and_nothing_is_stored(activation: Activation) -> None:
    person = Person(activation)
    typed = person.post("map/", vpc_cidr="10.8.0.0/20", netmask="16")
    assert "Private subnet 2 10.8.4.0/22 1,019 usable" in words(typed)
    # The choice of masks follows.
    assert re.search(r'value="20" checked', typed.content.decode())
    chosen = person.post("map/", vpc_cidr="10.8.0.0/20", netmask="18", chosen="mask")
    assert "10.8.0.0/18" in words(chosen)
    assert re.search(r'id="id_vpc_cidr" value="10.8.0.0"', chosen.content.decode())
    small = person.post("map/", vpc_cidr="10.8.0.0/21", netmask="16")
    assert small.status_code == 200
    assert "/21 is too small" in words(small)
    assert '<svg class="map-bar"' not in small.content.decode()
    assert not RegionSetup.objects.exists()


def test_the_drawn_parts_lie_where_the_subnets_do(activation: Activation) -> None:
    page = Person(activation).get().content.decode()
    drawn = re.findall(r'<rect class="map-(private|public)" x="([\d.]+)" y="0" width="([\d.]+)"', page)
    assert [(kind, float(x)) for kind, x, _ in drawn] == [
        ("private", 0),
        ("private", 250),
        ("private", 500),
        ("public", 992.19),
    ]
    assert "style=" not in page


def test_an_overlap_is_said_with_a_network_that_is_free(activation: Activation) -> None:
    networks = [{"cidr": "10.0.0.0/16", "name": "office (vpc-2)"}, {"cidr": "172.31.0.0/16", "name": "vpc-1"}]
    found(activation, networks=networks)
    text = words(Person(activation).get())
    assert "10.0.0.0/16 overlaps with existing networks in this account and region: office (vpc-2) 10.0.0.0/16" in text
    assert "Use 10.1.0.0/16 instead" in text
    assert "1 item still missing" not in text


def test_at_zilliz_cloud_a_mask_is_enough_and_the_map_an_estimate(at_zilliz: Activation) -> None:
    person = Person(at_zilliz)
    page = words(person.get())
    assert "our estimate" in page
    assert "Read, not tried:" in page
    assert "10.0.0.0/16" not in page
    # What our layout does not fit is no reason to refuse it.
    assert "No map for /24" in words(person.post("map/", netmask="/24"))
    assert person.post(netmask="/24").status_code == 302
    setup = RegionSetup.objects.get()
    assert (setup.netmask, setup.vpc_cidr) == (24, "")
    assert "AWS does not allow a VPC of size /29" in words(person.post(netmask="/29"))


# --- the ARNs


def test_fields_are_checked_as_typed(activation: Activation) -> None:
    person = Person(activation)
    typed = ARNS | {"management_role_arn": ARNS["bootstrap_role_arn"]}
    answer = words(person.post("arns/check/?part=marks", **typed))
    assert "6 of 7 are correct" in answer or "5 of 7 are correct" in answer
    assert "is the usual name for “Bootstrap role”" in answer
    elsewhere = {name: arn.replace(ACCOUNT, "999988887777") for name, arn in ARNS.items()}
    assert "999988887777, not to 123456789012" in words(person.post("arns/check/", **elsewhere))
    swapped = person.post("arns/check/", paste=OUTPUT, **elsewhere)
    assert "All seven are correct" in words(swapped)
    assert f'value="{ARNS["bootstrap_role_arn"]}"' in swapped.content.decode()


def test_a_field_that_was_corrected_after_the_paste_counts(activation: Activation) -> None:
    person = Person(activation)
    type(activation.cloud_account).objects.update(arns={})
    wrong = OUTPUT.replace("zilliz-ca-irsa-policy", "zilliz-cb-irsa-policy")
    read = person.post("arns/check/", paste=wrong).content.decode()
    digest = re.search(r'name="read" value="(\w+)"', read)
    assert digest
    answer = person.post("arns/", take="1", paste=wrong, read=digest[1], **ARNS)
    assert answer.status_code == 302
    assert type(activation.cloud_account).objects.get().arns == ARNS


def test_wrong_ones_are_refused_and_stay_in_their_fields(activation: Activation) -> None:
    wrong = ARNS | {"ebs_csi_irsa_policy_arn": f"arn:aws:iam::{ACCOUNT}:policy/mine/ebs"}
    answer = Person(activation).post("arns/", take="1", **wrong)
    assert answer.status_code == 422
    text = words(answer)
    assert "Its path is “/mine/”; the package creates its roles and policies under /zilliz/." in text
    assert "6 of the seven ARNs are correct. Nothing was stored" in text
    assert wrong["ebs_csi_irsa_policy_arn"] in answer.content.decode()
    activation.cloud_account.refresh_from_db()  # type: ignore[union-attr]
    assert activation.cloud_account.arns == ARNS  # type: ignore[union-attr]


# --- trust and room


def test_one_press_begins_a_check_and_the_page_says_what_it_waits_for(activation: Activation) -> None:
    person = Person(activation)
    assert person.post("check/").status_code == 302
    assert person.post("check/").status_code == 302
    assert "Waiting for a free worker" in words(person.get())
    RegionSetup.objects.update(checking_says="AWS denies zilliz-bootstrap-role as yet; 55 more seconds.")
    poll = person.get("checks/")
    assert "55 more seconds" in words(poll)
    assert 'data-region-checks="working"' in poll.content.decode()
    assert "HX-Trigger" not in poll
    RegionSetup.objects.update(checking_since=timezone.now() - timedelta(minutes=4))
    ended = person.get("checks/")
    assert "The checks were interrupted" in words(ended)
    assert ended["HX-Trigger"] == "checks-done"


def test_all_lights_green_and_the_quotas_with_what_is_not_checked(activation: Activation) -> None:
    found(activation)
    page = Person(activation).get()
    text = words(page)
    assert page.content.decode().count('class="light light-success"') == 8
    assert "Checked, everything is fine" in text
    assert "VPCs VPCs per region 1 4 5" in text
    assert "Not checked" in text
    assert "AWS did not say. Look yourself." in text
    assert "Overlaps with none of them" in text


def test_an_open_role_blocks_and_the_page_shows_how_to_mend_it(activation: Activation) -> None:
    open_role = tried("management_role_arn", Answer.ADMITTED, Answer.ADMITTED, Answer.DENIED)
    found(activation, TrustProof((PROTECTED.proofs[0], open_role)))
    page = Person(activation).get()
    text = words(page)

    assert 'data-verdict="ROLE_NOT_PROTECTED"' in page.content.decode()
    assert "ROLE_NOT_PROTECTED" in text
    assert page.content.decode().count('class="light light-error"') == 2
    assert "aws iam update-assume-role-policy --role-name zilliz-management-role" in text
    assert "--role-name zilliz-bootstrap-role" not in text
    assert EXTERNAL_ID not in page.content.decode()
    answer = Person(activation).post("continue/")
    assert answer.status_code == 409
    assert "The management role is not protected as agreed." in words(answer)


def test_what_was_not_found_out_says_to_try_again(activation: Activation) -> None:
    unclear = tried("bootstrap_role_arn", Answer.DENIED, Answer.INCONCLUSIVE, Answer.DENIED)
    found(activation, TrustProof((unclear, PROTECTED.proofs[1])))
    text = words(Person(activation).get())
    assert "Not everything could be checked" in text
    assert "AWS is limiting how often it may be asked" in text
    assert "Check again" in text
    assert "--policy-document" not in text


def test_checks_of_yesterday_do_not_count(activation: Activation) -> None:
    found(activation, checked_at=timezone.now() - timedelta(hours=20))
    assert "These checks are no longer valid" in words(Person(activation).get())


def test_a_key_is_checked_for_its_shape_and_not_shown_again(at_zilliz: Activation) -> None:
    answer = Person(at_zilliz).post("check/", access_key_id="AKIA bad", secret_access_key="not a secret key at all")
    assert answer.status_code == 422
    assert "AKIA bad" not in answer.content.decode()
    assert "not a secret key at all" not in answer.content.decode()


def test_a_key_that_aws_does_not_know_is_said_beside_the_field(
    at_zilliz: Activation, settings: Any, simulator: Simulator
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    answer = Person(at_zilliz).post(
        "check/", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    )
    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert not RegionSetup.objects.exists()


# --- on to step 4


def test_without_a_license_the_reason_and_the_next_step_are_said(activation: Activation) -> None:
    found(activation)
    person = Person(activation)
    assert "1 item still missing" in words(person.get())
    answer = person.post("continue/")
    assert answer.status_code == 409
    assert "No license is installed, so no cloud region can be activated. An admin installs" in words(answer)
    assert not Run.objects.exists()


def test_all_done_leads_to_the_hand_over_once(at_zilliz: Activation) -> None:
    license_of(at_zilliz.organization)
    found(at_zilliz, vpc_cidr="")
    person = Person(at_zilliz, Role.OPERATOR)
    assert "Ready for step 4" in words(person.get())

    assert person.post("continue/").url.endswith("/hand-over/")
    at_zilliz.refresh_from_db()
    assert at_zilliz.status == ActivationStatus.ACTIVATING
    assert person.post("continue/").status_code == 302
    moves = Event.objects.filter(kind=Kind.ACTIVATION_MOVED, activation_id=at_zilliz.pk)
    assert moves.count() == 1


def test_a_plan_under_way_is_led_to_and_nothing_can_be_changed(activation: Activation) -> None:
    found(activation)
    run = make_run(activation, status=RunStatus.PLANNED)
    workspace = Workspace.objects.create(
        cloud_account=activation.cloud_account, kind=Workspace.REGION, activation=activation
    )
    Run.objects.filter(pk=run.pk).update(workspace=workspace)
    person = Person(activation)
    assert "A plan of this region is in progress" in words(person.get())
    assert person.post("continue/").url.endswith(f"/runs/{run.pk}/")
    assert person.post(vpc_cidr="10.1.0.0", netmask="16").status_code == 409
    assert RegionSetup.objects.get().vpc_cidr == "10.0.0.0/16"
