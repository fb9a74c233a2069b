"""The installation administrator's packages: fetched or uploaded, looked at, pinned."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from activation.models import PackageVersion
from tests.factories import make_user, prove
from tests.services.test_packages import archive
from tests.views.run_rows import text_of

pytestmark = pytest.mark.django_db

ADD = "/installation/packages/add/"


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(make_user(is_installation_administrator=True))
    prove(client)
    return client


def given(content: bytes, **more: str) -> dict[str, object]:
    return {"archive": SimpleUploadedFile("a.tar.gz", content), "name": "terraform-aws-iam"} | more


def test_the_address_of_zillizs_package_stands_in_the_form(administrator: Client, settings: Settings) -> None:
    settings.ZILLIZ_PACKAGE_URL = "https://packages.example/terraform-aws-iam.tar.gz"

    page = text_of(administrator.get(ADD))

    assert 'value="https://packages.example/terraform-aws-iam.tar.gz"' in page


def test_a_package_is_shown_with_its_sha256_and_used_only_when_it_is_pinned(
    administrator: Client, settings: Settings
) -> None:
    content = archive()

    # The browser sends the address that stood there along with the file.
    answer = administrator.post(ADD, given(content, address=settings.ZILLIZ_PACKAGE_URL), follow=True)

    row = PackageVersion.objects.get(name="acme-roles")
    page = text_of(answer)
    assert "Not pinned yet: nothing uses this package" in page
    assert hashlib.sha256(content).hexdigest() in page
    assert "works with a long-term key" in page, "its findings"
    assert (row.chosen_for, row.pinned_at) == ("", None)
    assert "Not pinned" in text_of(administrator.get("/installation/packages/"))

    pinned = text_of(administrator.post(f"/installation/packages/{row.sha256}/choose/zilliz/", follow=True))

    row.refresh_from_db()
    assert row.chosen_for == "zilliz"
    assert "Zilliz Cloud: in use" in pinned
    assert "Not pinned yet" not in pinned


def test_an_archive_with_another_sha256_than_the_publishers_is_refused(administrator: Client) -> None:
    answer = administrator.post(ADD, given(archive(), sha256="a" * 64))

    assert answer.status_code == 422
    assert not PackageVersion.objects.filter(name="acme-roles").exists()


def test_a_file_and_another_address_are_one_too_many(administrator: Client) -> None:
    answer = administrator.post(ADD, given(archive(), address="https://elsewhere.example/a.tar.gz"))

    assert "but not both" in text_of(answer)


def test_the_reference_is_refused_at_zilliz_with_a_sentence(administrator: Client) -> None:
    administrator.get("/installation/packages/")
    row = PackageVersion.objects.get(is_reference=True)

    answer = administrator.post(f"/installation/packages/{row.sha256}/choose/zilliz/", follow=True)

    row.refresh_from_db()
    assert row.chosen_for == "self"
    assert "reference" in text_of(answer)
