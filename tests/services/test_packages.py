"""Packages taken in, pinned, chosen; what the safety check lets them do."""

from typing import Any

import pytest
from django.db import connection

from activation.domain.archive import pack
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.models import Event, PackageVersion
from activation.packages import bundled
from activation.services import events, packages
from activation.services.packages import IAM_PACKAGE, REGION_PACKAGE
from activation.simulator.vendor_package import stand_in
from tests.factories import make_activation, make_organization

pytestmark = pytest.mark.django_db

ADMINISTRATOR = events.Actor(name="Ann Bell", role="installation administrator")


def archive(name: str = "acme-roles", *, more: str = "") -> bytes:
    """Return a package of roles under a name of its own."""
    files = stand_in(bundled(IAM_PACKAGE), principal="arn:aws:iam::965570967084:role/zilliz-byoc")
    manifest = f'{{"name": "{name}", "version": "2.0"}}'.encode()
    return pack(files | {"manifest.json": manifest, "more.tf": more.encode()}, name)


def take_in(content: bytes, **more: str) -> PackageVersion:
    return packages.add_package(content, source="a test", actor=ADMINISTRATOR, **more)


def test_nothing_takes_a_package_before_it_is_pinned() -> None:
    row = take_in(archive())
    assert row.pinned_at is None
    assert packages.chosen(ControlPlane.ZILLIZ) is None

    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=ADMINISTRATOR)

    row.refresh_from_db()
    assert (row.pinned_at is not None, row.pinned_by_name) == (True, "Ann Bell")
    assert packages.chosen(ControlPlane.ZILLIZ) == row


def test_a_package_is_chosen_by_what_it_makes_and_not_by_its_name() -> None:
    first, second = take_in(archive("acme-roles")), take_in(archive("terraform-aws-iam"))
    for row in (first, second):
        packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=ADMINISTRATOR)
        activation = make_activation(make_organization(control_plane=ControlPlane.ZILLIZ))
        assert packages.settle(activation) == row

    assert list(PackageVersion.objects.filter(chosen_for="zilliz")) == [second], "one is in use, whatever it is called"


def test_a_package_that_builds_regions_is_not_chosen_for_the_roles() -> None:
    row = take_in(pack(bundled(REGION_PACKAGE), REGION_PACKAGE))
    assert row.kind == PackageVersion.REGION

    with pytest.raises(Refused) as refused:
        packages.choose(row, control_plane=ControlPlane.SELF, actor=ADMINISTRATOR)
    assert refused.value.code == "region_package_is_bundled"


def test_two_first_requests_at_once_take_the_bundled_package_in_once() -> None:
    package, content = packages.read_bundled(IAM_PACKAGE)
    quicker: list[PackageVersion] = []

    def be_quicker(execute: Any, sql: str, *rest: Any) -> Any:
        # Between our look and our row.
        if sql.startswith("SAVEPOINT") and not quicker:
            quicker.append(PackageVersion())
            quicker[0] = packages.store(package, content, source="bundled", actor=events.PORTAL, is_reference=True)
        return execute(sql, *rest)

    with connection.execute_wrapper(be_quicker):
        row = packages.ensure_bundled()

    assert row == quicker[0] == packages.chosen(ControlPlane.SELF)
    assert Event.objects.filter(kind=Kind.PACKAGE_ADDED).count() == 1


def test_of_two_versions_of_the_regions_package_the_one_that_comes_along_is_in_use() -> None:
    old = take_in(pack(bundled(REGION_PACKAGE) | {"more.tf": b'locals {\n  old = "x"\n}\n'}, REGION_PACKAGE))
    PackageVersion.objects.filter(pk=old.pk).update(chosen_for=ControlPlane.SELF.value)

    row = packages.ensure_bundled(REGION_PACKAGE)

    assert list(PackageVersion.objects.filter(chosen_for="self", kind="region")) == [row]


def test_the_same_archive_with_another_path_changes_what_the_safety_check_allows() -> None:
    row = take_in(archive())
    assert row.description["paths"] == ["/zilliz/"]

    again = take_in(archive(), iam_path="/acme/", name_prefix="acme-")

    assert again.pk == row.pk
    row.refresh_from_db()
    assert (row.description["paths"], row.description["name_prefixes"]) == (["/acme/"], ["acme-"])
    event = Event.objects.get(kind=Kind.PACKAGE_RULES_CHANGED)
    assert (event.before["paths"], event.after["paths"]) == (["/zilliz/"], ["/acme/"])
    take_in(archive())
    row.refresh_from_db()
    assert row.description["paths"] == ["/acme/"], "what is left empty stays as it was"
    assert Event.objects.filter(kind=Kind.PACKAGE_RULES_CHANGED).count() == 1


def test_the_principal_of_zilliz_cloud_can_be_set(settings: object) -> None:
    settings.ZILLIZ_PRINCIPAL_ARN = "arn:aws:iam::111122223333:role/other"  # type: ignore[attr-defined]
    assert packages.principal_for(ControlPlane.ZILLIZ) == "arn:aws:iam::111122223333:role/other"
