"""The wizard's pages around the run: the list, what is needed beforehand, the external ID, the doors, the ARNs."""

import hashlib
import io
import json
import re
import tarfile
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Event, Organization
from activation.packages import bundled
from activation.services import packages
from activation.services.events import Actor
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run

pytestmark = pytest.mark.django_db

ACCOUNT = "123456789012"
EXTERNAL_ID = "cid-0123456789abcdefghijklmno"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ARNS = {each.name: f"arn:aws:iam::{ACCOUNT}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
OUTPUT = "\n".join(f'{name} = "{arn}"' for name, arn in sorted(ARNS.items()))


class Person:
    """Somebody in front of the browser."""

    def __init__(self, organization: Organization, role: Role = Role.OWNER) -> None:
        self.organization = organization
        self.client = Client()
        self.client.force_login(make_member(organization, role).user)

    def address(self, rest: str, activation: Activation | None = None) -> str:
        middle = f"{activation.pk}/" if activation else ""
        return f"/o/{self.organization.slug}/activations/{middle}{rest}"

    def get(self, rest: str = "", activation: Activation | None = None, **query: str) -> Any:
        return self.client.get(self.address(rest, activation), query)

    def post(self, rest: str, activation: Activation | None = None, **posted: Any) -> Any:
        return self.client.post(self.address(rest, activation), posted)

    def follow(self, rest: str, activation: Activation | None = None, **posted: Any) -> Any:
        return self.client.post(self.address(rest, activation), posted, follow=True)


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def events_of(organization: Organization, kind: Kind) -> list[Event]:
    return list(Event.objects.for_organization(organization).filter(kind=kind.value))


@pytest.fixture
def vendor() -> Organization:
    """Return an organization whose control plane is this portal, with its external ID issued."""
    return make_organization(external_id=EXTERNAL_ID, external_id_locked_at=timezone.now())


@pytest.fixture
def customer() -> Organization:
    """Return an organization of Zilliz Cloud that has not entered its external ID."""
    return make_organization(control_plane=ControlPlane.ZILLIZ)


@pytest.fixture
def at_arns(vendor: Organization) -> Activation:
    """Return an activation that waits for its ARNs."""
    return make_activation(vendor, status=ActivationStatus.PROVISIONING_IAM)


# --- the list


def test_first_page_explains_four_steps_and_what_is_needed(vendor: Organization) -> None:
    page = words(Person(vendor).get())

    for expected in ("External ID", "ARNs", "Cloud region", "Activation", "An AWS account", "40 minutes"):
        assert expected in page
    assert "New activation" in page


def test_who_only_reads_is_told_who_can_start(vendor: Organization) -> None:
    page = words(Person(vendor, Role.AUDITOR).get())

    assert "New activation" not in page
    assert "Once an owner or operator starts an activation" in page


def test_a_row_says_where_it_stands_and_what_comes_next(vendor: Organization) -> None:
    account = make_cloud_account(vendor, account_id=ACCOUNT)
    activation = make_activation(vendor, status=ActivationStatus.PROVISIONING_IAM, cloud_account=account)
    run = make_run(activation, status=RunStatus.PLANNED)
    person = Person(vendor)

    page = words(person.get())
    for expected in ("us-west-2 (Oregon)", ACCOUNT, "Waiting for approval", "Review the plan", "by Somebody"):
        assert expected in page
    assert person.get("", activation).url == f"/o/{vendor.slug}/runs/{run.pk}/review/"


def test_a_failed_run_shows_until_the_arns_are_there(vendor: Organization, at_arns: Activation) -> None:
    make_run(at_arns, status=RunStatus.ERRORED)
    assert "Failed" in words(Person(vendor).get())
    Activation.objects.update(status=ActivationStatus.CONFIGURING.value)
    page = words(Person(vendor).get())
    assert "Failed" not in page
    assert "Cloud region" in page


def test_many_activations_come_in_pages_without_gap_or_repetition(vendor: Organization) -> None:
    start = timezone.now()
    for number in range(60):
        # Pairs begin in the same moment: the order must hold nevertheless.
        make_activation(vendor, created_at=start + timedelta(minutes=number // 2))
    person, seen = Person(vendor), []
    query: dict[str, str] = {}
    for _ in range(3):
        page = person.get("", None, **query).content.decode()
        seen += re.findall(r'row-link" href="[^"]+/(act-[^/"]+)/"', page)
        more = re.search(r"\?before=(act-[^\"]+)", page)
        query = {"before": more[1]} if more else {}

    assert len(seen) == len(set(seen)) == 60
    assert not more
    assert "No older activations" not in page


def test_activations_of_others_are_not_listed(vendor: Organization, customer: Organization) -> None:
    make_activation(customer, region="eu-west-1")
    assert "eu-west-1" not in words(Person(vendor).get())


# --- a new one


def test_the_only_region_is_chosen_already(vendor: Organization) -> None:
    page = Person(vendor).get("new/").content.decode()
    assert re.search(r'value="us-west-2"[^>]* checked', page)


def test_a_new_activation_leads_to_what_is_needed_before() -> None:
    organization = make_organization()
    answer = Person(organization).post("new/", region="us-west-2", account="")
    activation = Activation.objects.get()

    assert answer.url == f"/o/{organization.slug}/activations/{activation.pk}/before/"
    assert activation.status == ActivationStatus.AUTHORIZING
    assert activation.package is not None
    organization.refresh_from_db()
    assert organization.external_id


def test_a_second_activation_skips_the_external_id(vendor: Organization) -> None:
    Person(vendor).post("new/", region="us-west-2")
    assert Activation.objects.get().status == ActivationStatus.PROVISIONING_IAM


def test_a_region_that_is_not_enabled_is_refused_beside_the_field(vendor: Organization) -> None:
    answer = Person(vendor).post("new/", region="mars-1")
    assert answer.status_code == 422
    assert "This region is not enabled here" in words(answer)


def test_a_second_region_in_an_authorized_account_begins_at_step_3(vendor: Organization) -> None:
    account = make_cloud_account(vendor, account_id=ACCOUNT, arns=ARNS)
    person = Person(vendor)
    assert "123456789012: step 2 is already done there" in words(person.get("new/"))

    answer = person.follow("new/", region="us-west-2", account=str(account.pk))
    assert answer.redirect_chain[-1][0].endswith("/region/")
    assert f"Step 2 is already done in account {ACCOUNT}" in words(answer)
    assert ARNS["bootstrap_role_arn"] in words(answer)


def test_the_same_region_twice_in_an_account_is_refused(vendor: Organization) -> None:
    account = make_cloud_account(vendor, account_id=ACCOUNT, arns=ARNS)
    make_activation(vendor, cloud_account=account, status=ActivationStatus.CONFIGURING)
    answer = Person(vendor).post("new/", region="us-west-2", account=str(account.pk))

    assert answer.status_code == 422
    assert "us-west-2 is already being activated in account 123456789012" in words(answer)
    assert Activation.objects.count() == 1


def test_an_account_of_another_organization_cannot_be_chosen(vendor: Organization, customer: Organization) -> None:
    theirs = make_cloud_account(customer, arns=ARNS)
    answer = Person(vendor).post("new/", region="us-west-2", account=str(theirs.pk))

    assert answer.status_code == 422
    assert not Activation.objects.exists()


# --- the way through


def test_a_step_that_is_not_reached_leads_back_with_a_word(vendor: Organization) -> None:
    activation = make_activation(vendor, status=ActivationStatus.AUTHORIZING)
    person = Person(vendor)
    for rest in ("arns/", "arns/yourself/", "region/", "arns/package/"):
        answer = person.client.get(person.address(rest, activation), follow=True)
        assert answer.redirect_chain[-1][0].endswith("/external-id/"), rest
        assert "comes after “External ID”, which is not complete yet" in words(answer)


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (ActivationStatus.AUTHORIZING, "external-id/"),
        (ActivationStatus.PROVISIONING_IAM, "arns/"),
        (ActivationStatus.CONFIGURING, "region/"),
        (ActivationStatus.ACTIVATING, "region/"),
    ],
)
def test_an_activation_opens_where_it_stands(vendor: Organization, status: ActivationStatus, page: str) -> None:
    activation = make_activation(vendor, status=status)
    assert Person(vendor).get("", activation).url.endswith(f"/{activation.pk}/{page}")


def test_who_only_reads_gets_an_overview(vendor: Organization) -> None:
    account = make_cloud_account(vendor, account_id=ACCOUNT, arns=ARNS)
    activation = make_activation(vendor, cloud_account=account, status=ActivationStatus.CONFIGURING)
    make_run(activation, approved_by_name="A Second Owner")
    page = Person(vendor, Role.AUDITOR).get("", activation)

    assert "A Second Owner" in words(page)
    assert ARNS["management_role_arn"] in words(page)
    assert "/external-id/" not in page.content.decode()


# --- before you start


def test_what_is_ticked_stays_ticked_and_leaves_an_event(vendor: Organization, at_arns: Activation) -> None:
    person = Person(vendor)
    answer = person.follow("before/", at_arns, ticked=["owner", "key", "nonsense"], save="1")
    assert answer.redirect_chain[-1][0].endswith("/before/")
    answer = person.follow("before/", at_arns, ticked=["owner", "key"], save="1")
    at_arns.refresh_from_db()

    assert at_arns.ticked == ["owner", "key"]
    assert re.search(r'value="owner"[^>]* checked', answer.content.decode())
    assert not re.search(r'value="quotas"[^>]* checked', answer.content.decode())
    assert events_of(vendor, Kind.PREREQUISITES_TICKED)


def test_what_is_not_ticked_is_a_warning_and_no_wall(vendor: Organization, at_arns: Activation) -> None:
    answer = Person(vendor).follow("before/", at_arns, ticked=["owner"])
    assert answer.redirect_chain[-1][0].endswith("/arns/")
    assert "5 of 6 prerequisites are not ticked" in words(answer)


def test_only_zilliz_cloud_sends_a_welcome_email(
    vendor: Organization, customer: Organization, at_arns: Activation
) -> None:
    theirs = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    assert "welcome email" not in words(Person(vendor).get("before/", at_arns))
    assert "welcome email" in words(Person(customer).get("before/", theirs))


def test_this_portals_license_is_a_prerequisite_with_the_page_for_who_may_open_it(
    vendor: Organization, customer: Organization, at_arns: Activation
) -> None:
    link = f'<a href="/o/{vendor.slug}/license/">License page</a>'
    seen, not_seen = (Person(vendor, role).get("before/", at_arns) for role in (Role.OWNER, Role.OPERATOR))
    theirs = make_activation(customer, status=ActivationStatus.AUTHORIZING)

    assert link in seen.content.decode()
    assert link not in not_seen.content.decode()
    for answer in (seen, not_seen):
        assert "A license is installed, or I know who installs it" in words(answer)
    assert "A license is installed" not in words(Person(customer).get("before/", theirs))


def test_everything_that_will_be_created_is_listed(vendor: Organization) -> None:
    Person(vendor).post("new/", region="us-west-2")
    page = words(Person(vendor).get("before/", Activation.objects.get()))

    assert "11 IAM objects" in page
    for name in (*(each.resource_name for each in ARN_OUTPUTS), "zilliz-bootstrap-policy", "zilliz-management-policy"):
        assert name in page
    assert "iam:CreateRole" in page
    assert "YOUR_ACCOUNT_ID" in page


def test_the_policy_for_the_key_names_the_account_where_it_is_known(vendor: Organization) -> None:
    account = make_cloud_account(vendor, account_id=ACCOUNT)
    activation = make_activation(vendor, cloud_account=account, status=ActivationStatus.PROVISIONING_IAM)
    page = words(Person(vendor).get("before/", activation))

    assert f"arn:aws:iam::{ACCOUNT}:role/zilliz/*" in page
    assert "YOUR_ACCOUNT_ID" not in page


# --- step 1, issued here


@pytest.mark.parametrize("role", [Role.OWNER, Role.OPERATOR])
def test_the_external_id_is_masked_at_first(vendor: Organization, at_arns: Activation, role: Role) -> None:
    page = Person(vendor, role).get("external-id/", at_arns)

    assert EXTERNAL_ID not in page.content.decode()
    assert "cid-…lmno" in words(page)
    assert "sts:ExternalId" in words(page)
    assert ("Reveal" in words(page)) == (role is Role.OWNER)
    assert "no-store" in page["Cache-Control"]


def test_an_owner_reveals_it_and_that_is_written_down(vendor: Organization, at_arns: Activation) -> None:
    person = Person(vendor)
    page = person.post("external-id/reveal/", at_arns)

    assert f'data-copy="{EXTERNAL_ID}"' in page.content.decode()
    assert f"<mark>{EXTERNAL_ID}</mark>" in page.content.decode()
    assert len(events_of(vendor, Kind.EXTERNAL_ID_SEEN)) == 1
    assert "saw the external ID" in words(person.get("external-id/", at_arns))


def test_who_took_the_external_id_away_in_a_package_is_among_who_saw_it(
    vendor: Organization, at_arns: Activation
) -> None:
    person = Person(vendor, Role.OWNER)
    actor = Actor(id="7", name="Ann Bell", role="owner")
    packages.hand_out(at_arns, with_external_id=False, by=actor)
    assert "configuration package" not in words(person.get("external-id/", at_arns))
    packages.hand_out(at_arns, with_external_id=True, by=actor)

    page = person.get("external-id/", at_arns)
    assert "Ann Bell downloaded the configuration package, with the external ID in it" in words(page)
    assert 'events/?kind=external_id."' in page.content.decode()
    operator = Person(vendor, Role.OPERATOR).get("external-id/", at_arns)
    assert "kind=external_id" not in operator.content.decode()
    assert EXTERNAL_ID not in json.dumps([[e.before, e.after] for e in Event.objects.all()])


def test_an_operator_may_not_reveal_it(vendor: Organization, at_arns: Activation) -> None:
    answer = Person(vendor, Role.OPERATOR).post("external-id/reveal/", at_arns)
    assert answer.status_code == 403
    assert EXTERNAL_ID not in answer.content.decode()
    assert not events_of(vendor, Kind.EXTERNAL_ID_SEEN)


def test_continue_leads_to_step_2(vendor: Organization) -> None:
    activation = make_activation(vendor, status=ActivationStatus.AUTHORIZING)
    answer = Person(vendor, Role.OPERATOR).follow("external-id/continue/", activation)

    assert answer.redirect_chain[-1][0].endswith("/arns/")
    assert "Run it here" in words(answer)


# --- step 1, brought from the console


def test_two_megabytes_that_a_browser_writes_as_six_are_explained_beside_the_field(customer: Organization) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    client = Person(customer).client
    typed = urlencode({"external_id": "ａ" * (2 * 1024 * 1024 // 3)})
    answer = client.post(
        reverse("activation_external_id", args=[customer.slug, activation.pk]),
        typed,
        content_type="application/x-www-form-urlencoded",
    )

    assert len(typed) > 6_000_000
    assert answer.status_code == 422
    assert 'id="id_external_id_error"' in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The external ID is missing"),
        ("cid-01234 6789abcdefghijklmno", "a space at position 10"),
        (f'"{EXTERNAL_ID}"', "a quotation mark"),
        ("cid-０123456789abcdefghijklmn", "the full-width digit"),
        ("c" * 1225, "has 1,225 characters; AWS allows at most 1,224"),
        ("c" * 2 * 1024 * 1024, "has 2,097,152 characters"),
        ("cid\x00", "a character that cannot be shown"),
    ],
)
def test_a_wrong_external_id_is_explained_beside_the_field(customer: Organization, text: str, sentence: str) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    answer = Person(customer).post("external-id/", activation, external_id=text)
    page = unescape(answer.content.decode())

    assert answer.status_code == 422
    assert sentence in words(answer) or ("\x00" in text and "Null characters" in words(answer))
    assert 'id="id_external_id_error"' in page
    assert f'value="{text}"' in page or not text or "\x00" in text
    customer.refresh_from_db()
    assert customer.external_id is None


def test_it_is_looked_at_again_before_it_is_locked(customer: Organization) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    person = Person(customer)
    look = person.post("external-id/", activation, external_id=f"  {EXTERNAL_ID}\n")
    customer.refresh_from_db()

    assert look.status_code == 200
    assert "surrounding spaces were removed" in words(look)
    assert "unusual" not in words(look)
    assert customer.external_id_locked_at is None

    answer = person.follow("external-id/", activation, external_id=EXTERNAL_ID, confirm="1")
    customer.refresh_from_db()
    assert customer.external_id == EXTERNAL_ID
    assert "is locked" in words(answer)
    assert EXTERNAL_ID not in answer.content.decode()
    assert len(events_of(customer, Kind.EXTERNAL_ID_LOCKED)) == 1


def test_an_unusual_one_is_called_unusual_and_may_be_locked(customer: Organization) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    person = Person(customer)
    assert "This looks unusual." in words(person.post("external-id/", activation, external_id="our-id-42"))
    person.post("external-id/", activation, external_id="our-id-42", confirm="1")
    customer.refresh_from_db()
    assert customer.external_id == "our-id-42"


def test_what_was_changed_after_the_second_look_is_checked_again(customer: Organization) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    answer = Person(customer).post("external-id/", activation, external_id="not one", confirm="1")
    assert answer.status_code == 422
    customer.refresh_from_db()
    assert customer.external_id is None


@pytest.mark.parametrize("more", [{}, {"confirm": "1"}])
def test_one_that_another_organization_has_is_refused(
    vendor: Organization, customer: Organization, more: dict[str, str]
) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    answer = Person(customer).post("external-id/", activation, external_id=EXTERNAL_ID, **more)

    assert answer.status_code == 422
    assert "registered with another organization" in words(answer)
    assert vendor.name not in words(answer)


def test_a_locked_one_stays(customer: Organization) -> None:
    Organization.objects.filter(pk=customer.pk).update(external_id="first", external_id_locked_at=timezone.now())
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    answer = Person(customer).post("external-id/", activation, external_id="second", confirm="1")

    assert answer.status_code == 422
    assert "already locked" in words(answer)
    customer.refresh_from_db()
    assert customer.external_id == "first"


def test_step_2_waits_for_the_lock(customer: Organization) -> None:
    activation = make_activation(customer, status=ActivationStatus.AUTHORIZING)
    answer = Person(customer).post("external-id/continue/", activation)
    assert answer.status_code == 409
    assert "The external ID is not locked yet" in words(answer)


# --- step 2, the doors


def test_the_doors_say_who_sees_the_key(vendor: Organization, at_arns: Activation) -> None:
    page = words(Person(vendor).get("arns/", at_arns))
    assert "Run it here Recommended" in page
    assert "Who sees the key : only Terraform" in page
    assert "Who sees the key : only you" in page


def test_the_doors_lead_to_the_run_under_way(vendor: Organization, at_arns: Activation) -> None:
    run = make_run(at_arns, status=RunStatus.APPLYING)
    page = Person(vendor).get("arns/", at_arns)
    assert "A run is in progress: applying" in words(page)
    assert f'href="/o/{vendor.slug}/runs/{run.pk}/"' in page.content.decode()


def test_the_doors_say_that_step_2_is_done(vendor: Organization) -> None:
    account = make_cloud_account(vendor, account_id=ACCOUNT, arns=ARNS, arns_stored_at=timezone.now())
    activation = make_activation(vendor, cloud_account=account, status=ActivationStatus.CONFIGURING)
    assert f"Step 2 is done in account {ACCOUNT}" in words(Person(vendor).get("arns/", activation))


def test_without_a_package_the_pages_say_who_adds_one(customer: Organization) -> None:
    activation = make_activation(customer, status=ActivationStatus.PROVISIONING_IAM)
    person = Person(customer)
    for rest in ("arns/", "arns/yourself/"):
        assert "No configuration package was chosen" in words(person.get(rest, activation))
    answer = person.get("arns/package/", activation)
    assert answer.status_code == 409
    assert "installation administrator" in words(answer)


# --- step 2, the package


def unpacked(content: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return {each.name: archive.extractfile(each).read().decode() for each in archive if each.isfile()}  # type: ignore[union-attr]


def test_the_download_is_the_same_each_time_and_its_hash_stands_on_the_page(
    vendor: Organization, at_arns: Activation
) -> None:
    person = Person(vendor)
    first, second = person.get("arns/package/", at_arns), person.get("arns/package/", at_arns)
    sha256 = hashlib.sha256(first.content).hexdigest()

    assert first.content == second.content
    assert sha256 in words(person.get("arns/yourself/", at_arns))
    assert first["Content-Disposition"] == 'attachment; filename="terraform-aws-iam.tar.gz"'
    handed_out = events_of(vendor, Kind.PACKAGE_DOWNLOADED)
    assert [each.after["sha256"] for each in handed_out] == [sha256, sha256]


def test_who_runs_it_on_another_platform_is_told_how_to_add_its_checksum(
    vendor: Organization, at_arns: Activation
) -> None:
    page = words(Person(vendor).get("arns/yourself/", at_arns))

    locked = bundled("terraform-aws-iam")[".terraform.lock.hcl"].decode()
    assert locked.count('"h1:') == 1, "one platform; with more of them the page need not say so"
    assert "terraform providers lock -platform=darwin_arm64" in page


def test_the_download_is_filled_in(vendor: Organization, at_arns: Activation) -> None:
    files = unpacked(Person(vendor).get("arns/package/", at_arns).content)
    example = files["terraform-aws-iam/terraform.tfvars.example"]

    assert 'aws_region = "us-west-2"' in example
    assert f'external_id = "{EXTERNAL_ID}"' in example
    assert "terraform-aws-iam/README.md" in files
    at_arns.refresh_from_db()
    assert at_arns.package is not None


def test_an_operators_download_does_not_tell_the_external_id(vendor: Organization, at_arns: Activation) -> None:
    person = Person(vendor, Role.OPERATOR)
    content = person.get("arns/package/", at_arns).content

    assert all(EXTERNAL_ID not in text for text in unpacked(content).values())
    page = words(person.get("arns/yourself/", at_arns))
    assert "ask an owner for the external ID" in page
    assert hashlib.sha256(content).hexdigest() in page


# --- step 2, the paste

STATE = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 12,
    "lineage": "x",
    "outputs": {name: {"value": arn, "type": "string"} for name, arn in ARNS.items()},
    "resources": [],
}
PASTES = {
    "terraform output": OUTPUT,
    "json": json.dumps({name: {"sensitive": False, "type": "string", "value": arn} for name, arn in ARNS.items()}),
    "end of the apply": f"Apply complete! Resources: 11 added, 0 changed, 0 destroyed.\n\nOutputs:\n\n{OUTPUT}\n",
    "state": json.dumps(STATE, indent=2),
    "colors": "\x1b[1m\x1b[32m" + OUTPUT.replace(" = ", "\x1b[0m = "),
    "line ends of Windows": OUTPUT.replace("\n", "\r\n"),
    "smart quotes": OUTPUT.replace(' "', " “").replace('"', "”"),
}


@pytest.mark.parametrize("paste", PASTES.values(), ids=PASTES)
def test_one_paste_fills_seven_fields(vendor: Organization, at_arns: Activation, paste: str) -> None:
    answer = Person(vendor).follow("arns/yourself/", at_arns, paste=paste, take="1")

    assert answer.redirect_chain[-1][0].endswith("/region/")
    account = CloudAccount.objects.get(account_id=ACCOUNT)
    assert account.arns == ARNS
    assert account.arns_source == "pasted"
    at_arns.refresh_from_db()
    assert at_arns.status == ActivationStatus.CONFIGURING
    shown = dict(re.findall(r'data-arn="(\w+)">([^<]+)<', answer.content.decode()))
    assert shown == ARNS


def test_a_state_file_can_be_uploaded(vendor: Organization, at_arns: Activation) -> None:
    upload = SimpleUploadedFile("terraform.tfstate", json.dumps(STATE).encode("utf-16"))
    answer = Person(vendor).post("arns/yourself/", at_arns, upload=upload, take="1")
    assert answer.url.endswith("/region/")


def test_fields_can_be_filled_by_hand(vendor: Organization, at_arns: Activation) -> None:
    typed = {name: f"  {arn} " for name, arn in ARNS.items()}
    assert Person(vendor).post("arns/yourself/", at_arns, take="1", **typed).url.endswith("/region/")


def refused(person: Person, activation: Activation, **posted: Any) -> str:
    answer = person.post("arns/yourself/", activation, take="1", **posted)
    assert answer.status_code == 422
    activation.refresh_from_db()
    assert activation.status == ActivationStatus.PROVISIONING_IAM
    assert not CloudAccount.objects.filter(organization=activation.organization).exclude(arns={}).exists()
    return words(answer)


def test_half_a_paste_keeps_what_it_had_and_says_what_is_missing(vendor: Organization, at_arns: Activation) -> None:
    half = OUTPUT[: OUTPUT.index("ebs_csi") + 40]
    page = refused(Person(vendor), at_arns, paste=half)

    assert "3 of 7 are there" in page
    assert "Line 4 in the paste" in page
    assert "This line is cut off in the middle" in page
    assert "3 of the seven ARNs are correct. Nothing was stored" in page
    answer = Person(vendor).post("arns/yourself/", at_arns, paste=half, take="1").content.decode()
    assert f'value="{ARNS["bootstrap_role_arn"]}"' in answer
    assert "cluster_autoscaler_irsa_policy_arn = &quot;arn:aws" in answer


def test_the_other_half_completes_it(vendor: Organization, at_arns: Activation) -> None:
    lines = OUTPUT.splitlines()
    typed = {name: arn for name, arn in ARNS.items() if any(name in line for line in lines[:3])}
    answer = Person(vendor).post("arns/yourself/", at_arns, paste="\n".join(lines[3:]), take="1", **typed)
    assert answer.url.endswith("/region/")


def test_outputs_of_another_package_are_listed_with_the_reason(vendor: Organization, at_arns: Activation) -> None:
    page = refused(Person(vendor), at_arns, paste='vpc_id = "vpc-1"\nrole = "arn:aws:iam::123456789012:role/x"')
    assert "“vpc_id” is not one of the requested ARNs" in page
    assert "None of the seven ARNs was found in this" in page


def test_two_accounts_mixed_are_told_apart(vendor: Organization, at_arns: Activation) -> None:
    mixed = OUTPUT.replace(ARNS["management_role_arn"], ARNS["management_role_arn"].replace(ACCOUNT, "210987654321"))
    page = refused(Person(vendor), at_arns, paste=mixed)
    assert "This ARN belongs to the AWS account 210987654321, most of the others to 123456789012" in page


def test_nothing_pasted_is_said_beside_the_field(vendor: Organization, at_arns: Activation) -> None:
    assert "There is nothing to read" in refused(Person(vendor), at_arns)


def test_two_megabytes_are_too_much_and_that_is_said(vendor: Organization, at_arns: Activation) -> None:
    long = "x" * (2 * 1024 * 1024 + 1)
    assert "at most 2 MB is read" in refused(Person(vendor), at_arns, paste=long)
    upload = SimpleUploadedFile("terraform.tfstate", long.encode())
    assert "at most 2 MB is read" in refused(Person(vendor), at_arns, upload=upload)


def test_two_megabytes_in_one_field_are_refused_with_a_sentence(vendor: Organization, at_arns: Activation) -> None:
    page = refused(Person(vendor), at_arns, bootstrap_role_arn="a" * 2 * 1024 * 1024)
    assert "an ARN has at most 2,048" in page


def test_a_secret_that_came_along_is_not_sent_back(vendor: Organization, at_arns: Activation) -> None:
    terminal = f"$ export AWS_SECRET_ACCESS_KEY={SECRET}\n$ terraform output\n{OUTPUT.splitlines()[0]}"
    for rest in ("arns/yourself/", "arns/check/"):
        answer = Person(vendor).post(rest, at_arns, paste=terminal, take="1")
        assert SECRET not in unescape(answer.content.decode())


def test_an_account_of_another_organization_is_refused(
    vendor: Organization, customer: Organization, at_arns: Activation
) -> None:
    make_cloud_account(customer, account_id=ACCOUNT, proved_at=timezone.now())
    typed = Person(vendor).post("arns/check/", at_arns, paste=OUTPUT).content.decode()
    for page in (refused(Person(vendor), at_arns, paste=OUTPUT), typed):
        assert "AWS account 123456789012 is registered with another organization" in page
        assert "All seven ARNs are there" not in page
        assert customer.name not in page


def test_arns_of_another_account_than_the_activations_are_refused(vendor: Organization, at_arns: Activation) -> None:
    Activation.objects.filter(pk=at_arns.pk).update(cloud_account=make_cloud_account(vendor))
    page = refused(Person(vendor), at_arns, paste=OUTPUT)
    assert "This belongs to account 123456789012, but the activation uses another one" in page


def test_a_paste_is_understood_as_one_types_and_nothing_is_stored(vendor: Organization, at_arns: Activation) -> None:
    person = Person(vendor)
    half = person.post("arns/check/", at_arns, paste="\n".join(OUTPUT.splitlines()[:4]) + "\nhello")
    assert "4 of 7 are there" in words(half)
    assert f"AWS account {ACCOUNT}" in words(half)
    assert "Not understood: 1 line" in words(half)
    assert "<html" not in half.content.decode()
    # A field that is still empty is not called wrong while somebody is typing.
    assert "The ARN is missing" not in words(half)

    whole = person.post("arns/check/", at_arns, paste=OUTPUT)
    assert "All seven ARNs are there" in words(whole)
    assert not CloudAccount.objects.exists()


def test_without_javascript_a_paste_can_be_looked_at_first(vendor: Organization, at_arns: Activation) -> None:
    answer = Person(vendor).post("arns/yourself/", at_arns, paste=OUTPUT, look="1")
    assert answer.status_code == 200
    assert answer.content.decode().count("arn-right") == 7
    assert not CloudAccount.objects.exists()


# --- step 3


def test_region_page_says_where_the_arns_came_from(vendor: Organization) -> None:
    account = make_cloud_account(
        vendor, account_id=ACCOUNT, arns=ARNS, arns_source="terraform", arns_stored_at=timezone.now()
    )
    activation = make_activation(vendor, cloud_account=account, status=ActivationStatus.CONFIGURING)
    run = make_run(activation)
    page = Person(vendor).get("region/", activation)

    assert f'href="/o/{vendor.slug}/runs/{run.pk}/"' in page.content.decode()
    assert OUTPUT in unescape(page.content.decode())
    assert "Zilliz Cloud console" not in words(page)


def test_customers_of_zilliz_cloud_are_told_where_to_enter_them(customer: Organization) -> None:
    account = make_cloud_account(customer, account_id=ACCOUNT, arns=ARNS, arns_source="pasted")
    activation = make_activation(customer, cloud_account=account, status=ActivationStatus.CONFIGURING)
    page = words(Person(customer).get("region/", activation))
    assert "What you will enter in the Zilliz Cloud console" in page
    assert "Active cloud region" in page
