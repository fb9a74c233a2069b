"""Issue, install and report licenses; where an organization then stands."""

import base64
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from activation.domain import license as domain
from activation.domain.control_plane import ControlPlane
from activation.domain.dsse import raw_public_key
from activation.domain.errors import Refused
from activation.domain.events import Kind, Outcome
from activation.domain.license import CoreUse, LicenseStatus
from activation.domain.steps import ActivationStatus
from activation.models import Event, License, Organization
from activation.selectors.licenses import cores_used, standing_of, today, use_groups
from activation.services import licenses
from activation.services.events import Actor
from tests.factories import make_activation, make_organization

pytestmark = pytest.mark.django_db

ADMIN = Actor(id="7", name="Ada Admin", role="admin")
KEY = Ed25519PrivateKey.from_private_bytes(b"v" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


def in_settings(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.private_bytes_raw()).decode()


@pytest.fixture(autouse=True)
def vendor(settings: Any) -> None:
    """An installation that issues licenses."""
    settings.LICENSE_SIGNING_KEY = in_settings(KEY)


@pytest.fixture
def organization() -> Organization:
    return make_organization("Acme")


@pytest.fixture
def zilliz() -> Organization:
    return make_organization("Northwind", control_plane=ControlPlane.ZILLIZ)


def document(
    organization: Organization,
    *,
    license_id: str = "lic-1",
    cores: int = 100,
    begins: int = 0,
    days: int = 365,
    issued: int = 0,
    key: Ed25519PrivateKey = KEY,
) -> str:
    """Return a document; days and the time of issue are relative to today."""
    first_day = today() + timedelta(days=begins)
    granted = domain.License(
        id=license_id,
        organization=organization.pk,
        cloud_provider="aws",
        first_day=first_day,
        last_day=first_day + timedelta(days=days),
        cores=cores,
        issued_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=issued),
    )
    return domain.issue(granted, key)


def install(organization: Organization, **terms: Any) -> License:
    return licenses.install(organization=organization, document=document(organization, **terms), actor=ADMIN)


def code_of(organization: Organization, text: str) -> str:
    before = License.objects.count()
    with pytest.raises(Refused) as caught:
        licenses.install(organization=organization, document=text, actor=ADMIN)
    assert License.objects.count() == before
    return caught.value.code


def newest_event(organization: Organization) -> Event:
    return Event.objects.for_organization(organization).order_by("-sequence")[0]


# --- installing


def test_what_the_vendor_issued_can_be_installed_and_counts(organization: Organization) -> None:
    issued = licenses.issue(slug="acme", cores=64, first_day=today(), last_day=today() + timedelta(days=99))
    row = licenses.install(organization=organization, document=issued, actor=ADMIN)
    standing = standing_of(organization)
    assert standing.license == row
    assert (standing.state.words, standing.state.days_left) == ("active", 99)
    assert (row.cores, row.installed_by_name) == (64, "Ada Admin")
    assert row.license_id.startswith("lic-")


def test_issuing_and_installing_are_events(organization: Organization) -> None:
    issued = licenses.issue(
        slug="acme", cores=64, first_day=date(2026, 1, 1), last_day=today() + timedelta(days=9), license_id="lic-x"
    )
    event = newest_event(organization)
    assert (event.kind, event.object_id, event.actor_name) == (Kind.LICENSE_ISSUED, "lic-x", "the portal")
    licenses.install(organization=organization, document=issued, actor=ADMIN)
    event = newest_event(organization)
    assert (event.kind, event.outcome, event.actor_name) == (Kind.LICENSE_INSTALLED, Outcome.DONE, "Ada Admin")
    assert event.after["cores"] == 64
    assert event.after["license"] == "lic-x"
    assert "." not in "".join(str(each) for each in event.after.values())


def test_a_license_counts_once(organization: Organization) -> None:
    text = document(organization)
    licenses.install(organization=organization, document=text, actor=ADMIN)
    assert code_of(organization, text) == "license_doubled"
    # The same ID with more in it, genuine as it is.
    assert code_of(organization, document(organization, cores=500, issued=1)) == "license_doubled"
    assert standing_of(organization).state.status is LicenseStatus.ACTIVE


def test_a_license_of_another_organization_is_refused(organization: Organization) -> None:
    text = document(make_organization("Other"))
    assert code_of(organization, text) == "license_foreign"
    assert standing_of(organization).license is None


def test_an_expired_license_is_refused_and_one_that_ends_today_is_not(organization: Organization) -> None:
    assert code_of(organization, document(organization, begins=-10, days=9)) == "license_expired_already"
    assert install(organization, begins=-10, days=10).last_day == today()


def test_a_changed_one_an_unknown_key_and_one_without_signature_are_refused(organization: Organization) -> None:
    text = document(organization)
    head, content, signature = text.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert code_of(organization, f"{head}.{content[:-4]}AAAA.{signature}") == "license_changed"
    assert code_of(organization, document(organization, key=STRANGER)) == "license_key_unknown"
    assert code_of(organization, f"{unsigned}.{content}.") == "license_algorithm"


def test_every_refusal_is_an_event_with_its_reason(organization: Organization) -> None:
    code_of(organization, document(organization, key=STRANGER))
    event = newest_event(organization)
    assert (event.kind, event.outcome, event.after) == (Kind.LICENSE_REFUSED, Outcome.REFUSED, {})
    assert "does not know as the vendor's" in event.reason


def test_an_older_license_does_not_take_the_newer_ones_place(organization: Organization) -> None:
    install(organization, license_id="lic-2", cores=50, issued=5)
    assert code_of(organization, document(organization, license_id="lic-1", cores=900)) == "license_older"


def test_a_renewal_takes_over_on_its_first_day(organization: Organization) -> None:
    install(organization, license_id="lic-1", days=30)
    install(organization, license_id="lic-2", begins=20, issued=1, cores=200)
    now, then = standing_of(organization), standing_of(organization, on=today() + timedelta(days=20))
    assert now.license and now.license.license_id == "lic-1"
    assert now.next_license and now.next_license.license_id == "lic-2"
    assert then.license and then.license.license_id == "lic-2"
    assert [row.license.license_id for row in then.older] == ["lic-1"]
    assert then.next_license is None


def present(organization: Organization, day: int) -> str:
    row = standing_of(organization, on=today() + timedelta(days=day)).license
    return row.license_id if row else ""


def test_a_license_for_some_days_only_gives_way_again_to_the_one_around_it(organization: Organization) -> None:
    install(organization, license_id="year", days=360)
    install(organization, license_id="month", begins=60, days=30, issued=1)
    assert [present(organization, day) for day in (59, 60, 90, 91, 360)] == ["year", "month", "month", "year", "year"]
    assert present(organization, 370) == "year", "the grace is of the one that ended last"
    inside = standing_of(organization, on=today() + timedelta(days=80))
    assert inside.state.status is LicenseStatus.EXPIRING
    assert inside.is_renewed, "the other one goes on"


def test_of_two_renewals_the_first_to_begin_takes_over(organization: Organization) -> None:
    install(organization, license_id="now", days=30)
    install(organization, license_id="next", begins=31, days=100, issued=1)
    install(organization, license_id="last", begins=132, days=100, issued=2)
    standing = standing_of(organization)
    assert standing.next_license and standing.next_license.license_id == "next"
    assert standing.is_renewed


def test_a_renewal_that_leaves_a_gap_does_not_silence_the_warning(organization: Organization) -> None:
    install(organization, license_id="now", days=30)
    install(organization, license_id="next", begins=32, issued=1)
    standing = standing_of(organization)
    assert standing.next_license
    assert not standing.is_renewed


def test_a_term_that_was_corrected_does_not_come_back(zilliz: Organization) -> None:
    report(zilliz, last_day=today() + timedelta(days=900))
    report(zilliz, last_day=today() + timedelta(days=30))
    state = standing_of(zilliz, on=today() + timedelta(days=100)).state
    assert state.status is LicenseStatus.FROZEN


def test_a_key_in_settings_counts_beside_the_vendors_own(organization: Organization, settings: Any) -> None:
    settings.LICENSE_SIGNING_KEY = ""
    text = document(organization)
    assert code_of(organization, text) == "license_key_unknown"
    settings.LICENSE_VERIFY_KEYS = [base64.b64encode(raw_public_key(KEY)).decode()]
    licenses.install(organization=organization, document=text, actor=ADMIN)
    with pytest.raises(Refused) as caught:
        licenses.issue(slug="acme", cores=1, first_day=today(), last_day=today())
    assert caught.value.code == "license_key_missing"


def test_a_license_whose_key_is_withdrawn_stops_counting(organization: Organization, settings: Any) -> None:
    install(organization)
    settings.LICENSE_SIGNING_KEY = in_settings(STRANGER)
    standing = standing_of(organization)
    assert standing.license is None
    assert "does not know" in standing.rows[0].problem


def test_more_cores_written_into_the_database_do_not_count(organization: Organization) -> None:
    row = install(organization)
    License.objects.filter(pk=row.pk).update(cores=100_000)
    standing = standing_of(organization)
    assert standing.license is None
    assert standing.rows[0].problem == "The stored data does not match its document."


def test_the_database_itself_refuses_a_license_twice(organization: Organization) -> None:
    row = install(organization)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# --- as reported


def report(organization: Organization, **changes: Any) -> bool:
    terms = {"license_id": "LIC-77", "cores": 64, "first_day": today(), "last_day": today() + timedelta(days=365)}
    return licenses.report(organization=organization, actor=ADMIN, **(terms | changes))


def test_what_the_email_says_counts_as_reported(zilliz: Organization) -> None:
    assert report(zilliz)
    standing = standing_of(zilliz)
    assert standing.state.words == "active (as reported)"
    assert newest_event(zilliz).kind == Kind.LICENSE_REPORTED


def test_a_correction_takes_the_place_and_tells_what_was_before(zilliz: Organization) -> None:
    report(zilliz, cores=46)
    assert report(zilliz, cores=64)
    assert not report(zilliz, cores=64)
    standing = standing_of(zilliz)
    assert standing.license and standing.license.cores == 64
    event = newest_event(zilliz)
    assert (event.before["cores"], event.after["cores"]) == (46, 64)
    assert len(standing.older) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cores": 0}, "license_cores_range"),
        ({"license_id": "a b"}, "license_id_shape"),
        ({"last_day": date(2020, 1, 1)}, "license_term_reversed"),
    ],
)
def test_what_no_license_has_cannot_be_reported(zilliz: Organization, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        report(zilliz, **changes)
    assert caught.value.code == code


def test_each_control_plane_has_one_way_only(organization: Organization, zilliz: Organization) -> None:
    assert code_of(zilliz, document(zilliz)) == "license_is_reported"
    with pytest.raises(Refused) as caught:
        report(organization)
    assert caught.value.code == "license_is_signed"
    with pytest.raises(Refused) as caught:
        licenses.issue(slug="northwind", cores=1, first_day=today(), last_day=today())
    assert caught.value.code == "license_is_reported"


# --- cores in use


def uses(cores: int) -> list[CoreUse]:
    return [
        CoreUse("Query nodes", "c-1", "us-west-2", "some", cores),
        CoreUse("Core support", "", "us-west-2", "3 × m6i.2xlarge", 24, counted=False),
    ]


def test_cores_are_none_before_a_region_is_built_and_unknown_until_aws_was_asked(organization: Organization) -> None:
    install(organization)
    assert cores_used(organization).cores == 0
    make_activation(organization, status=ActivationStatus.ACTIVE)
    used = cores_used(organization)
    assert used.cores is None
    assert used.problem == "us-west-2: AWS has not been checked yet."
    assert standing_of(organization).state.percent is None


def test_cores_that_cannot_be_read_are_unknown_and_the_last_number_stays_beside_them(
    organization: Organization,
) -> None:
    activation = make_activation(organization, status=ActivationStatus.ACTIVE)
    licenses.note_cores(activation=activation, method="Instances seen.", uses=uses(48))
    assert cores_used(organization).cores == 48
    licenses.note_cores(activation=activation, method="Instances seen.", uses=None, problem="Access was denied.")
    used = cores_used(organization)
    assert (used.cores, used.last_cores, used.uses) == (None, 48, [])
    assert used.problem == "us-west-2: Access was denied."


@pytest.mark.parametrize("plane", list(ControlPlane))
def test_cores_that_were_not_counted_for_a_day_are_unknown_and_block_nothing(plane: ControlPlane) -> None:
    organization = make_organization("Stale", control_plane=plane)
    activation = make_activation(organization, status=ActivationStatus.ACTIVE)
    seen = datetime.now(UTC) - timedelta(hours=23, minutes=59)
    licenses.note_cores(activation=activation, method="Instances seen.", uses=uses(4800), at=seen)
    assert cores_used(organization).cores == 4800

    seen -= timedelta(minutes=2)
    licenses.note_cores(activation=activation, method="Instances seen.", uses=uses(4800), at=seen)
    used = cores_used(organization)

    assert (used.cores, used.last_cores, used.last_read_at) == (None, 4800, seen)
    assert used.problem == "us-west-2: Not counted within the last day."
    if plane is ControlPlane.SELF:
        install(organization, cores=64)
    else:
        report(organization)
    assert standing_of(organization).state.may_activate_region


def test_what_is_missing_is_entered_at_zilliz_cloud_and_installed_elsewhere(
    organization: Organization, zilliz: Organization
) -> None:
    assert "No license is installed" in standing_of(organization).state.reason
    assert "No license is entered" in standing_of(zilliz).state.reason


def test_one_region_that_cannot_be_read_makes_the_whole_unknown(organization: Organization) -> None:
    first = make_activation(organization, status=ActivationStatus.ACTIVE)
    make_activation(organization, status=ActivationStatus.FAILED, region="eu-central-1")
    licenses.note_cores(activation=first, method="Instances seen.", uses=uses(48))
    used = cores_used(organization)
    assert used.cores is None
    assert used.last_cores is None
    assert [use.cores for use in used.uses] == [48, 24]


def test_an_unknown_number_has_a_reason(organization: Organization) -> None:
    activation = make_activation(organization, status=ActivationStatus.ACTIVE)
    for given in ({"uses": None}, {"uses": uses(1), "problem": "Throttled."}):
        with pytest.raises(ValueError, match="either uses or a problem"):
            licenses.note_cores(activation=activation, method="Instances seen.", **given)  # type: ignore[arg-type]


def test_at_zilliz_cloud_cores_are_unknown_not_none(zilliz: Organization) -> None:
    report(zilliz)
    assert cores_used(zilliz).cores is None
    assert standing_of(zilliz).state.words == "active (as reported)"


def test_cores_of_another_organization_do_not_count(organization: Organization) -> None:
    other = make_activation(make_organization("Other"), status=ActivationStatus.ACTIVE)
    licenses.note_cores(activation=other, method="Instances seen.", uses=uses(48))
    assert cores_used(organization).cores == 0


def test_uses_are_grouped_by_service_or_cluster() -> None:
    groups = use_groups([*uses(48), CoreUse("Query nodes", "c-2", "us-west-2", "some", 16)], by="service")
    assert [(group.title, group.cores) for group in groups] == [("Core support", 0), ("Query nodes", 64)]
    assert [group.title for group in use_groups(uses(1), by="cluster")] == ["", "c-1"]


@pytest.mark.parametrize(
    ("terms", "cores", "code"),
    [
        (None, 0, "license_none"),
        ({"begins": 5}, 0, "license_not_yet_valid"),
        ({}, 100, "license_fully_used"),
        ({}, 101, "license_over_quota"),
        ({}, 99, ""),
        ({}, None, ""),
    ],
)
def test_what_keeps_a_region_from_being_activated(
    organization: Organization, terms: dict[str, Any] | None, cores: int | None, code: str
) -> None:
    if terms is not None:
        install(organization, **terms)
    activation = make_activation(organization, status=ActivationStatus.ACTIVE)
    if cores is not None:
        licenses.note_cores(activation=activation, method="Instances seen.", uses=uses(cores))
    if not code:
        licenses.check_may_activate_region(organization)
        return
    with pytest.raises(Refused) as caught:
        licenses.check_may_activate_region(organization)
    assert caught.value.code == code
    assert str(caught.value)


def test_what_stands_of_a_half_built_region_does_not_keep_it_from_going_on(organization: Organization) -> None:
    install(organization)
    half = make_activation(organization, status=ActivationStatus.FAILED)
    licenses.note_cores(activation=half, method="Instances seen.", uses=uses(100))

    licenses.check_may_activate_region(organization, apart_from=half)

    with pytest.raises(Refused, match="new cloud region"):
        licenses.check_may_activate_region(organization)


# --- commands


def run(*words: str) -> str:
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


def test_the_commands_issue_and_install(organization: Organization, tmp_path: Path) -> None:
    term = ("--from", today().isoformat(), "--to", (today() + timedelta(days=30)).isoformat())
    printed = run("issue_license", "--organization", "acme", "--cores", "32", *term, "--id", "lic-cli")
    assert len(printed.splitlines()) == 1
    file = tmp_path / "license.txt"
    file.write_text(printed)
    assert "License lic-cli is installed for Acme: 32 cores until" in run("install_license", str(file))
    with pytest.raises(CommandError, match="is already installed"):
        run("install_license", str(file))


def test_a_license_of_another_key_makes_the_command_fail(organization: Organization, tmp_path: Path) -> None:
    file = tmp_path / "license.txt"
    file.write_text(document(organization, key=STRANGER))
    with pytest.raises(CommandError, match="does not know as the vendor's"):
        run("install_license", str(file))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="it is not text"):
        run("install_license", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        run("install_license", str(tmp_path / "missing"))


def test_the_command_says_what_is_missing(organization: Organization) -> None:
    with pytest.raises(CommandError, match="Give --cores, --from, --to as well"):
        run("issue_license", "--organization", "acme")
    with pytest.raises(CommandError, match="There is no organization nobody here"):
        run("issue_license", "--organization", "nobody", "--cores", "1", "--from", "2026-01-01", "--to", "2026-02-01")


def test_the_public_key_is_printed_as_settings_take_it(organization: Organization, settings: Any) -> None:
    printed = run("issue_license", "--key").strip()
    settings.LICENSE_SIGNING_KEY, settings.LICENSE_VERIFY_KEYS = "", [printed]
    install(organization)
    assert standing_of(organization).license
