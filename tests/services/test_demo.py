"""The people of the demo."""

import pytest

from activation.domain.errors import Refused
from activation.models import Event, Member, Organization, User
from activation.selectors.licenses import standing_of
from activation.services import demo

pytestmark = pytest.mark.django_db


def test_demo_people_exist_only_in_the_demo() -> None:
    with pytest.raises(Refused, match="only where the demo runs"):
        demo.create_demo_people()


def test_each_start_prints_the_same_sign_ins(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    first = demo.create_demo_people()
    number = Event.objects.count()

    assert demo.create_demo_people() == first
    assert Event.objects.count() == number
    assert User.objects.count() == len(first) == 6
    assert {place.name: place.control_plane for place in Organization.objects.all()} == {
        "Acme Vectors": "self",
        "Northwind Search": "zilliz",
    }
    assert Member.objects.filter(user__email="installation@demo.example").count() == 0
    roles = Member.objects.filter(organization__name=demo.SECOND.name).values_list("role", flat=True)
    assert sorted(roles) == ["admin", "auditor", "owner"]
    for sign_in in first:
        assert User.objects.get(email=sign_in.email).check_password(sign_in.password)
    assert demo.sign_ins_file().stat().st_mode & 0o777 == 0o600
    demo.sign_ins_file().unlink()


def test_an_organization_that_was_renamed_is_not_made_again(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    demo.create_demo_people()
    Organization.objects.filter(slug="acme-vectors").update(name="Another Name")

    demo.create_demo_people()

    assert sorted(Organization.objects.values_list("name", flat=True)) == ["Another Name", "Northwind Search"]
    demo.sign_ins_file().unlink()


def test_lost_passwords_are_made_anew(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    demo.create_demo_people()
    demo.sign_ins_file().write_text("{")

    for sign_in in demo.create_demo_people():
        assert User.objects.get(email=sign_in.email).check_password(sign_in.password)
    demo.sign_ins_file().unlink()


def test_without_the_setting_there_is_no_license(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    settings.DEMO_LICENSE = False  # type: ignore[attr-defined]
    demo.create_demo_people()
    assert standing_of(Organization.objects.get(name=demo.FIRST.name)).state.words == "none"
    demo.sign_ins_file().unlink()


def test_the_first_organization_has_a_license_of_the_demo(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    demo.create_demo_people()

    first, second = (Organization.objects.get(name=name) for name in (demo.FIRST.name, demo.SECOND.name))
    assert standing_of(first).state.words == "active"
    assert standing_of(second).state.words == "none"
    # A key that nobody else has: the license counts in the demo only.
    settings.DEMO = False  # type: ignore[attr-defined]
    assert standing_of(first).state.words == "none"
    demo.sign_ins_file().unlink()
