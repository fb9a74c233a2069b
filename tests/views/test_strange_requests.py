"""What attackers, impatient people and broken clients send: answered with a page, never with our mistake."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Event
from tests.factories import World, make_activation, make_member, make_organization, prove
from tests.messages import work_off

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("host", ["evil.example", "localhost:80@evil.example", ""])
def test_a_foreign_host_is_not_understood(host: str) -> None:
    answer = Client().get("/accounts/login/", headers={"host": host})

    assert answer.status_code == 400
    assert "Not understood" in answer.content.decode()


def test_the_link_of_a_reset_names_the_portal_whatever_host_was_asked(
    world: World, settings: object, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PORTAL_URL = "https://portal.example.com"  # type: ignore[attr-defined]
    owner = world.own.members[Role.OWNER].user

    with django_capture_on_commit_callbacks(execute=True):
        Client().post("/accounts/password/reset/", {"email": owner.email}, headers={"host": "localhost:6666"})
    work_off()

    [message] = mail.outbox
    assert "https://portal.example.com/accounts/password/reset/key/" in str(message.body)
    assert "6666" not in f"{message.subject} {message.body}"


def test_a_large_body_is_refused_before_it_is_read_and_before_anybody_signed_in() -> None:
    class NeverRead:
        def read(self, *args: int) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    client = Client()
    for length, status in ((str(3 * 2**20 + 1), 413), ("9" * 5_000, 413)):
        request: dict[str, object] = {"CONTENT_LENGTH": length, "wsgi.input": NeverRead()}
        assert client.post("/accounts/login/", **request).status_code == status  # type: ignore[arg-type]


def test_a_body_without_a_length_is_refused() -> None:
    answer = Client().post("/accounts/login/", headers={"transfer-encoding": "chunked"})

    assert answer.status_code == 411


def test_who_is_signed_in_may_send_an_archive_and_no_more(world: World) -> None:
    client = Client()
    client.force_login(world.installation_administrator)

    assert client.post("/nowhere/", {"archive": "x" * (4 * 2**20)}).status_code == 404
    assert client.post("/nowhere/", CONTENT_LENGTH=str(22 * 2**20)).status_code == 413


def test_a_count_of_thousands_of_digits_ends_the_polling(world: World) -> None:
    organization = world.own.organization
    activation = make_activation(organization, status=ActivationStatus.PROVISIONING_IAM)
    client = Client()
    client.force_login(world.own.members[Role.OWNER].user)
    address = f"/o/{organization.slug}/activations/{activation.pk}/arns/run/checks/"

    answer = client.get(address, {"attempt": "a" * 20, "count": "9" * 5_000})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "address", ["/nowhere/%00/", "/o/a%00b/activations/", "/?next=%00", "/accounts/login/?next=\0"]
)
def test_a_nul_in_an_address_is_not_understood(address: str) -> None:
    answer = Client().get(address)

    assert answer.status_code == 400
    assert "Not understood" in answer.content.decode()


def test_a_nul_in_a_cookie_is_not_understood() -> None:
    answer = Client().get("/accounts/login/", headers={"cookie": r'session="\000aaaaaaaaaaaa"'})

    assert answer.status_code == 400


@pytest.mark.parametrize("page", ["http://[", "http://[::1/x", "//["])
def test_a_poll_from_a_page_without_a_proper_address_leads_to_the_sign_in(world: World, page: str) -> None:
    address = f"/o/{world.own.organization.slug}/runs/{world.own.run.pk}/status/"

    answer = Client().get(address, headers={"HX-Request": "true", "HX-Current-URL": page})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/accounts/login/?next=%2F")


@pytest.mark.parametrize("method", ["options", "trace", "put", "delete"])
def test_a_package_is_added_by_its_form_only(world: World, method: str) -> None:
    client = Client()
    user = world.people["installation administrator"]
    assert user is not None
    client.force_login(user)
    prove(client)

    assert getattr(client, method)("/installation/packages/add/").status_code == 405


def test_two_presses_begin_one_activation(world: World) -> None:
    organization = world.own.organization
    client = Client()
    client.force_login(world.own.members[Role.OWNER].user)
    before = Activation.objects.for_organization(organization).count()

    answers = [client.post(f"/o/{organization.slug}/activations/new/", {"region": "us-west-2"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert Activation.objects.for_organization(organization).count() == before + 1


def test_two_presses_lock_the_external_id_once() -> None:
    organization = make_organization(control_plane=ControlPlane.ZILLIZ)
    client = Client()
    client.force_login(make_member(organization, Role.OWNER).user)
    activation = make_activation(organization, status=ActivationStatus.AUTHORIZING)
    address = f"/o/{organization.slug}/activations/{activation.pk}/external-id/"

    answers = [client.post(address, {"external_id": "cid-1234567890", "confirm": "1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Event.objects.filter(organization=organization, kind=Kind.EXTERNAL_ID_LOCKED.value).count() == 1


@pytest.mark.parametrize("name", ["\u200b\u200b", "\u2060", "\u200d", "\u2800"])
def test_a_name_that_nobody_sees_is_refused(world: World, name: str) -> None:
    client = Client()
    client.force_login(world.own.members[Role.OWNER].user)
    prove(client)

    answer = client.post(f"/o/{world.own.organization.slug}/settings/", {"name": name})

    assert answer.status_code == 422
    world.own.organization.refresh_from_db()
    assert world.own.organization.name != name


@pytest.mark.parametrize("address", ["https://somebody:password@example.com/a.tar.gz", "https://u@localhost/a.tar.gz"])
def test_an_address_with_a_password_is_refused_and_never_asked(world: World, address: str) -> None:
    client = Client()
    user = world.people["installation administrator"]
    assert user is not None
    client.force_login(user)
    prove(client)
    given = {"address": address, "sha256": "a" * 64, "name": "terraform-aws-iam", "control_plane": "zilliz"}

    answer = client.post("/installation/packages/add/", given)

    assert answer.status_code == 422
    assert "The address contains a user name or password" in answer.content.decode()
