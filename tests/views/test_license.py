"""The License page: what it tells in each state, to whom, and installing a license on it."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.license import CoreUse
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Event, License, Organization
from activation.selectors.licenses import today
from activation.services import licenses
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run
from tests.services.test_licenses import KEY, document, in_settings

pytestmark = pytest.mark.django_db
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


@pytest.fixture(autouse=True)
def vendor(settings: Any) -> None:
    settings.LICENSE_SIGNING_KEY = in_settings(KEY)


@pytest.fixture
def organization() -> Organization:
    return make_organization("Acme", external_id="cid-0123456789abcdefghijklmno")


@pytest.fixture
def zilliz() -> Organization:
    return make_organization("Northwind", control_plane=ControlPlane.ZILLIZ)


class Reader:
    """Somebody who reads the page."""

    def __init__(self, organization: Organization, role: Role = Role.ADMIN) -> None:
        self.organization = organization
        self.client = Client()
        self.client.force_login(make_member(organization, role).user)

    def get(self, rest: str = "", **query: str) -> str:
        answer = self.client.get(f"/o/{self.organization.slug}/license/{rest}", query)
        assert answer.status_code == 200
        return answer.content.decode()

    def post(self, **posted: Any) -> Any:
        return self.client.post(f"/o/{self.organization.slug}/license/install/", posted, follow=True)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def status(html: str) -> str:
    """Return the status as machines read it: there is one element that carries it."""
    found = re.findall(r'data-license-status="([^"]*)"', html)
    assert len(found) == 1
    return str(found[0])


def stored(organization: Organization, **terms: Any) -> License:
    """Keep a license as if it had been installed on its first day: an expired one cannot be installed today."""
    text = document(organization, **terms)
    granted = licenses.licenses.read(text, licenses.license_keys.public_keys())
    return License.objects.create(
        organization=organization,
        source=License.SIGNED,
        license_id=granted.id,
        cloud_provider=granted.cloud_provider,
        first_day=granted.first_day,
        last_day=granted.last_day,
        cores=granted.cores,
        document=text,
        issued_at=granted.issued_at,
        key=granted.key,
        installed_by_name="Ada Admin",
    )


def in_use(organization: Organization, cores: int, **fields: Any) -> None:
    activation = make_activation(organization, status=ActivationStatus.ACTIVE, **fields)
    use = CoreUse("Query nodes", "products-search", "us-west-2", "4 × m6id.4xlarge", cores)
    spare = CoreUse("Core support", "", "us-west-2", "3 × m6i.2xlarge", 24, counted=False)
    licenses.note_cores(activation=activation, method="Instances seen by ec2:DescribeInstances.", uses=[use, spare])


# --- states


@pytest.mark.parametrize(
    ("begins", "days", "cores", "shown", "color", "said"),
    [
        (-100, 365, 10, "active", "green", "10 of 100 cores, 10 %"),
        (-100, 365, 70, "active", "yellow", "70 % or more of the cores are used"),
        (-320, 365, 10, "expiring", "yellow", "45 more"),
        (-100, 365, 100, "fully used", "red", "All 100 cores of the license are used"),
        (-100, 365, 120, "over quota", "red", "120 cores are used; the license includes 100"),
        (-370, 365, 10, "expired", "red", "Everything continues for"),
        (-500, 365, 10, "frozen", "red", "Creating, restarting, stopping or scaling clusters"),
        (5, 365, 10, "not yet valid", "green", "No cloud region can be activated before then"),
    ],
)
def test_each_state_says_what_it_is_and_what_follows(
    organization: Organization, begins: int, days: int, cores: int, shown: str, color: str, said: str
) -> None:
    stored(organization, begins=begins, days=days)
    in_use(organization, cores)
    page = Reader(organization).get()
    assert status(page) == shown
    assert f'data-color="{color}"' in page
    assert said in words(page).replace("45 days more", "45 more")


def test_the_page_shows_what_the_vendor_documents(organization: Organization) -> None:
    stored(organization, license_id="lic-2026-0042", begins=-100)
    in_use(organization, 10)
    page = words(Reader(organization, Role.OWNER).get())
    for label in ("License Information", "License ID", "Cloud provider", "License term", "Usage", "View details"):
        assert label in page
    assert "lic-2026-0042" in page
    assert "265 days left" in page
    assert "Instances seen by ec2:DescribeInstances." in page
    assert "This portal shows it as red" in page


def test_without_a_license_the_page_leads_an_admin_on_and_an_owner_to_an_admin(organization: Organization) -> None:
    page = Reader(organization).get()
    assert status(page) == "none"
    assert "license/install/" in page
    page = Reader(organization, Role.OWNER).get()
    assert "license/install/" not in page
    assert "An admin does this" in words(page)


def test_cores_that_cannot_be_read_are_unknown_and_never_none(organization: Organization) -> None:
    stored(organization)
    activation = make_activation(organization, status=ActivationStatus.ACTIVE)
    page = Reader(organization).get()
    assert status(page) == "active"
    assert 'data-cores-used="unknown"' in page
    assert "Unknown of 100 cores" in words(page)
    assert "<progress" not in page
    licenses.note_cores(activation=activation, method="Seen.", uses=None, problem="Access was denied.")
    assert "us-west-2: Access was denied." in words(Reader(organization).get())
    assert "The sum is unknown." in words(Reader(organization).get("details/"))


def test_a_license_that_does_not_verify_any_more_says_why(organization: Organization) -> None:
    row = stored(organization)
    License.objects.filter(pk=row.pk).update(cores=5_000)
    page = Reader(organization).get()
    assert status(page) == "none"
    assert "Not valid: The stored data does not match its document." in words(page)


def test_a_renewal_that_waits_is_announced_instead_of_asked_for(organization: Organization) -> None:
    stored(organization, begins=-320)
    stored(organization, license_id="lic-2", begins=40, issued=1, cores=256)
    page = words(Reader(organization).get())
    assert "License lic-2 takes over on" in page
    assert "Ask the vendor for a renewal" not in page


# --- regions


def test_each_region_shows_its_account_its_arns_and_who_approved(organization: Organization) -> None:
    account = make_cloud_account(
        organization,
        arns={each.name: f"arn:aws:iam::1:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS},
    )
    activation = make_activation(organization, status=ActivationStatus.ACTIVE, cloud_account=account)
    run = make_run(activation, approved_by_name="Olga Owner", approved_at=activation.created_at)
    make_activation(organization, status=ActivationStatus.DRAFT, region="eu-west-1")
    html = Reader(organization, Role.OWNER).get()
    page = words(html)
    assert account.account_id in page
    assert "Olga Owner" in page
    assert all(arn in page for arn in account.arns.values())
    assert f"/runs/{run.pk}/" in html
    assert "eu-west-1" not in page


def test_the_external_id_is_masked_and_only_who_may_reveal_it_is_led_there(organization: Organization) -> None:
    activation = make_activation(organization, status=ActivationStatus.ACTIVE)
    for role, led in ((Role.OWNER, True), (Role.ADMIN, False)):
        page = Reader(organization, role).get()
        assert "cid-…lmno" in page
        assert organization.external_id not in page
        assert (f"{activation.pk}/external-id/" in page) is led
    assert not Event.objects.filter(kind__startswith="external_id.").exists()


def test_nothing_of_another_organization_is_shown(organization: Organization) -> None:
    other = make_organization("Other")
    stored(other, license_id="lic-of-others")
    in_use(other, 77, cloud_account=make_cloud_account(other, account_id="999988887777"))
    page = Reader(organization).get()
    assert status(page) == "none"
    for secret in ("lic-of-others", "77 of", "999988887777"):
        assert secret not in page


# --- details and machines


def test_details_are_by_service_and_by_cluster(organization: Organization) -> None:
    stored(organization)
    in_use(organization, 48)
    page = words(Reader(organization).get("details/"))
    assert "Query nodes products-search us-west-2 (Oregon) 4 × m6id.4xlarge 48" in page
    assert "24 not counted" in page
    assert "products-search Query nodes us-west-2" in words(Reader(organization).get("details/", by="cluster"))
    assert "Query nodes" in words(Reader(organization).get("details/", by="<script>"))


def test_machines_read_the_same(organization: Organization) -> None:
    stored(organization, begins=-100)
    in_use(organization, 48)
    answer = json.loads(Reader(organization).get("license.json"))
    assert (answer["license"], answer["cores"], answer["cores_used"]) == ("active", 100, 48)
    assert (answer["days_left"], answer["color"], answer["may_activate_region"]) == (265, "green", True)


# --- installing


def test_an_admin_installs_by_paste_or_file(organization: Organization) -> None:
    admin = Reader(organization)
    done = admin.post(document=document(organization))
    assert done.redirect_chain == [("/o/acme/license/", 302)]
    assert "License lic-1 is installed: 100 cores until" in words(done.content.decode())
    assert status(done.content.decode()) == "active"
    file = SimpleUploadedFile("license.txt", ("\ufeff" + document(organization, license_id="lic-2") + "\r\n").encode())
    assert "License lic-2 is installed" in words(admin.post(file=file).content.decode())
    event = Event.objects.for_organization(organization).filter(kind=Kind.LICENSE_INSTALLED).order_by("sequence")[0]
    assert event.actor_role == Role.ADMIN


def test_a_refused_document_stays_in_the_form_with_the_reason(organization: Organization) -> None:
    foreign = document(make_organization("Other"))
    expected = {
        document(organization, key=STRANGER): "does not know as the vendor's",
        document(organization)[:-3]: "was changed after it was signed",
        foreign: "was issued to another organization",
        "hello": "This is not a license document",
        "": "No document was given",
    }
    for text, said in expected.items():
        answer = Reader(organization).post(document=text)
        assert answer.status_code == 422
        assert said in words(answer.content.decode())
    assert not License.objects.exists()


def test_odd_files_are_refused_in_words(organization: Organization) -> None:
    admin = Reader(organization)
    text = document(organization)
    both = {"file": SimpleUploadedFile("a", text.encode()), "document": document(organization, license_id="lic-2")}
    assert "and the two differ" in words(admin.post(**both).content.decode())
    assert "it is not text" in words(admin.post(file=SimpleUploadedFile("a", b"\xff\xfe\x00")).content.decode())
    assert "it is too long" in words(admin.post(file=SimpleUploadedFile("a", b"x" * 100_000)).content.decode())
    assert not License.objects.exists()


def test_what_is_typed_is_never_markup(zilliz: Organization) -> None:
    answer = Reader(zilliz).post(
        license_id="<script>x</script>", cores="64", first_day="2026-01-01", last_day="2027-01-01"
    )
    assert answer.status_code == 422
    assert "<script>x" not in answer.content.decode()


# --- as reported


def test_an_admin_enters_what_the_email_says(zilliz: Organization) -> None:
    terms = {"license_id": "LIC-77", "cores": "64", "first_day": str(today()), "last_day": str(today() + timedelta(99))}
    page = Reader(zilliz).post(**terms).content.decode()
    assert status(page) == "active (as reported)"
    assert "As reported: from the welcome email" in words(page)
    assert "Unknown of 64 cores" in words(page)
    assert 'value="LIC-77"' in Reader(zilliz).get("install/")
    assert "Nothing was changed." in words(Reader(zilliz).post(**terms).content.decode())


def test_what_is_wrong_in_the_entry_is_said_at_its_field(zilliz: Organization) -> None:
    terms = {"license_id": "L 7", "cores": "64", "first_day": "2026-01-02", "last_day": "2027-01-01"}
    assert "License ID: A license ID has 2 to 80" in words(Reader(zilliz).post(**terms).content.decode())
    terms |= {"license_id": "L-7", "last_day": "2026-01-01"}
    assert "Valid until: The term ends before it begins." in words(Reader(zilliz).post(**terms).content.decode())
    assert Reader(zilliz).post(cores="0").status_code == 422
    assert not License.objects.exists()
