"""The pages by which people come in, and the pages about them."""

import csv
import re
from datetime import timedelta
from html import unescape

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Event, Member, Node, Organization, SetupLink, User
from activation.services.setup import create_setup_link
from tests.factories import PASSWORD, World, make_invitation, make_member, make_organization, make_user, prove
from tests.services.test_licenses import KEY, in_settings

ANSWERS = {
    "organization": "Some Company",
    "contract": "yes",
    "console": "arns",
    "name": "First Owner",
    "email": "first@example.com",
    "password": PASSWORD,
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    prove(client)
    return client


def path_of(link: str) -> str:
    return link.removeprefix("http://localhost")


# --- set-up


@pytest.mark.django_db
def test_set_up_makes_the_organization_and_signs_the_owner_in(client: Client) -> None:
    page = path_of(create_setup_link())
    assert "Do you have a Zilliz Cloud BYOC contract?" in client.get(page).content.decode()

    answer = client.post(page, ANSWERS, follow=True)

    assert answer.redirect_chain[-1][0] == "/o/some-company/activations/"
    assert answer.status_code == 200
    assert Member.objects.get(user__email="first@example.com").role == "owner"


@pytest.mark.django_db
def test_a_used_and_an_expired_link_say_so(client: Client) -> None:
    used, unknown = path_of(create_setup_link()), "/setup/never-made/"
    SetupLink.objects.update(used_at=timezone.now())
    expired = path_of(create_setup_link())
    SetupLink.objects.filter(used_at=None).update(expires_at=timezone.now())

    answers = [client.get(page) for page in (used, expired, unknown)]

    assert [answer.status_code for answer in answers] == [410, 410, 404]
    texts = [answer.content.decode() for answer in answers]
    assert "has been used" in texts[0]
    assert "has expired" in texts[1]
    assert "does not exist" in texts[2]


@pytest.mark.django_db
def test_a_console_that_asks_for_other_roles_is_told_plainly(client: Client) -> None:
    answer = client.post(path_of(create_setup_link()), ANSWERS | {"console": "roles"})

    text = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "does not work with your console" in text
    assert 'value="Some Company"' in text, "nothing typed is lost"
    assert PASSWORD not in text
    assert not Organization.objects.exists()


@pytest.mark.django_db
def test_the_vendor_answer_is_offered_only_where_it_is_configured(client: Client, settings: object) -> None:
    page = path_of(create_setup_link())
    assert 'value="no"' not in client.get(page).content.decode()
    refused = client.post(page, ANSWERS | {"contract": "no"})
    assert "not configured for a vendor" in refused.content.decode()

    settings.VENDOR_HOSTS_PORTAL, settings.VENDOR_IDENTITY = True, "host"  # type: ignore[attr-defined]
    settings.VENDOR_PRINCIPAL_ARN = "arn:aws:iam::111122223333:role/byoc-vendor"  # type: ignore[attr-defined]
    settings.LICENSE_SIGNING_KEY = in_settings(KEY)  # type: ignore[attr-defined]
    assert 'value="no"' in client.get(page).content.decode()
    client.post(page, ANSWERS | {"contract": "no", "console": ""})
    assert Organization.objects.get().control_plane == ControlPlane.SELF.value


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["organization", "name", "email", "password"])
def test_two_megabytes_in_a_field_are_refused_beside_it(client: Client, field: str) -> None:
    answer = client.post(path_of(create_setup_link()), ANSWERS | {field: "x" * 2_000_000})

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()


@pytest.mark.django_db
def test_a_strangers_form_writes_text_as_short_as_it_is(client: Client) -> None:
    page = client.get(path_of(create_setup_link())).content.decode()
    assert '<form method="post" enctype="multipart/form-data"' in page, "so 2 MB fit into what a stranger may send"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["line\nbreak", "zero\x00", "turned\u202earound"])
def test_hidden_characters_in_a_name_are_refused(client: Client, name: str) -> None:
    assert client.post(path_of(create_setup_link()), ANSWERS | {"organization": name}).status_code == 422


@pytest.mark.django_db
def test_a_password_like_the_persons_own_name_is_refused(client: Client) -> None:
    answers = ANSWERS | {"name": "Josephine Baxter", "password": "josephinebaxter"}
    answer = client.post(path_of(create_setup_link()), answers)

    assert answer.status_code == 422
    assert "too similar to the name" in answer.content.decode()


@pytest.mark.django_db
def test_set_up_shows_what_the_hosts_reported(client: Client) -> None:
    now = timezone.now()
    Node.objects.create(
        name="host-1",
        seen_at=now,
        started_at=now,
        report={"sandbox": {"level": "", "walls": {}, "holds": False}, "terraform_problem": "Terraform is missing."},
    )

    text = client.get(path_of(create_setup_link())).content.decode()

    assert "Runs are refused" in text
    assert "Terraform is missing." in text


def test_a_person_who_is_signed_in_becomes_owner_of_a_second_organization(world: World) -> None:
    user = world.own.members[Role.AUDITOR].user
    client = signed_in(user)
    page = path_of(create_setup_link(force=True))
    assert 'name="password"' not in client.get(page).content.decode()

    client.post(page, {"organization": "Some Company", "contract": "yes", "console": "unknown"})

    assert Member.objects.get(organization__slug="some-company").user == user


# --- home


@pytest.mark.parametrize(
    ("who", "leads_to"),
    [
        ("anonymous", "/accounts/login/?next=/"),
        ("operator", "/o/own-company/activations/"),
        ("installation administrator", "/installation/"),
    ],
)
def test_home_leads_on(world: World, who: str, leads_to: str) -> None:
    person = world.people[who]
    assert (signed_in(person) if person else Client()).get("/").headers["Location"] == leads_to


def test_home_lets_a_member_of_two_organizations_choose(world: World) -> None:
    user = world.own.members[Role.OWNER].user
    make_member(world.other.organization, Role.AUDITOR, user)

    text = signed_in(user).get("/").content.decode()

    assert "/o/own-company/activations/" in text
    assert "/o/other-company/activations/" in text


@pytest.mark.django_db
def test_home_of_nobody_says_how_to_get_in() -> None:
    assert "not a member of an organization" in signed_in(make_user()).get("/").content.decode()


# --- invitations


def test_the_link_is_shown_once_and_lets_the_person_in(world: World) -> None:
    owner = signed_in(world.own.members[Role.OWNER].user)
    posted = {"email": "new@example.com", "role": "operator"}
    shown = owner.post("/o/own-company/members/invite/", posted).content.decode()
    link = re.search(r"http://localhost(/join/[\w-]+/)", shown)
    assert link
    assert link[1] not in owner.get("/o/own-company/members/").content.decode()

    newcomer = Client()
    assert "new@example.com" in newcomer.get(link[1]).content.decode()
    answer = newcomer.post(link[1], {"name": "New Person", "password": PASSWORD}, follow=True)

    assert answer.redirect_chain == [("/o/own-company/activations/", 302)]
    assert newcomer.get(link[1]).status_code == 410


@pytest.mark.parametrize(
    ("mailer", "says"),
    [
        (None, "A mail with the link is on its way"),
        ({"BACKEND": "byoc_portal.mail.LogBackend"}, "This portal sends no mail"),
        (
            {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": 1},
            },
            "The mail with the link could not be sent",
        ),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_who_invites_reads_what_became_of_the_mail(
    world: World, settings: Settings, mailer: dict[str, object] | None, says: str
) -> None:
    if mailer:
        settings.MAILERS = {"default": mailer}
    owner = signed_in(world.own.members[Role.OWNER].user)

    answer = owner.post("/o/own-company/members/invite/", {"email": "new@example.com", "role": "operator"})

    assert says in answer.content.decode()


def test_a_person_with_an_account_signs_in_and_joins_by_a_button(world: World) -> None:
    user = make_user("known@example.com")
    make_invitation(world.own.organization, token="t", email="known@example.com")
    assert "/accounts/login/?next=/join/t/" in Client().get("/join/t/").content.decode()

    answer = signed_in(user).post("/join/t/")

    assert answer.headers["Location"] == "/o/own-company/activations/"


def test_anonymous_cannot_join_as_somebody_who_has_an_account(world: World) -> None:
    make_user("known@example.com")
    make_invitation(world.own.organization, token="t", email="known@example.com")

    assert Client().post("/join/t/", {"name": "Intruder", "password": PASSWORD}).status_code == 422
    assert not Member.objects.filter(user__email="known@example.com").exists()


def test_a_foreign_address_does_not_learn_whom_the_invitation_is_for(world: World) -> None:
    make_invitation(world.own.organization, token="t", email="secret@example.com")

    answer = signed_in(make_user()).get("/join/t/")

    assert answer.status_code == 403
    assert "secret@example.com" not in answer.content.decode()


def test_an_admin_is_not_offered_to_make_owners(world: World) -> None:
    admin = signed_in(world.own.members[Role.ADMIN].user)
    assert 'value="owner"' not in admin.get("/o/own-company/members/invite/").content.decode()

    posted = {"email": "new@example.com", "role": "owner"}
    assert admin.post("/o/own-company/members/invite/", posted).status_code == 422


# --- members


def test_an_auditor_reads_who_has_access_and_finds_no_buttons(world: World) -> None:
    text = signed_in(world.own.members[Role.AUDITOR].user).get("/o/own-company/members/").content.decode()

    assert world.own.subject.user.email in text
    assert "/remove/" not in text
    assert "/role/" not in text


def test_the_access_list_is_safe_for_spreadsheets_and_its_download_an_event(world: World) -> None:
    make_member(world.own.organization, Role.AUDITOR, make_user("formula@example.com", name='=HYPERLINK("x"),"y"'))

    answer = signed_in(world.own.members[Role.AUDITOR].user).get("/o/own-company/members/list.csv")

    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert len(rows) == 1 + 6
    assert ['\'=HYPERLINK("x"),"y"', "formula@example.com", "Auditor"] in [row[:3] for row in rows]
    assert Event.objects.get(kind=Kind.ACCESS_LIST_DOWNLOADED.value).after == {"members": 6}


def test_the_last_owner_reads_why_they_stay(world: World) -> None:
    owner = world.own.members[Role.OWNER]
    client = signed_in(owner.user)

    changed = client.post(f"/o/own-company/members/{owner.pk}/role/", {"role": "admin"})
    removed = client.post(f"/o/own-company/members/{owner.pk}/remove/")

    assert (changed.status_code, removed.status_code) == (422, 409)
    for answer in (changed, removed):
        assert "keeps at least one owner" in answer.content.decode()


def test_a_removed_member_loses_access_at_once(world: World) -> None:
    their_session = signed_in(world.own.subject.user)
    assert their_session.get("/o/own-company/members/").status_code == 200

    owner = signed_in(world.own.members[Role.OWNER].user)
    owner.post(f"/o/own-company/members/{world.own.subject.pk}/remove/")

    assert their_session.get("/o/own-company/members/").status_code == 404


def test_a_changed_role_holds_from_the_next_click(world: World) -> None:
    their_session = signed_in(world.own.subject.user)
    owner = signed_in(world.own.members[Role.OWNER].user)

    owner.post(f"/o/own-company/members/{world.own.subject.pk}/role/", {"role": "operator"})

    assert their_session.get("/o/own-company/members/").status_code == 403


# --- settings and events


def test_settings_owners_and_packages_change_only_after_a_fresh_proof(world: World) -> None:
    owner = world.own.members[Role.OWNER].user
    changes = {
        "/o/own-company/settings/": {"name": "New name"},
        f"/o/own-company/members/{world.own.subject.pk}/role/": {"role": "operator"},
        f"/o/own-company/members/{world.own.subject.pk}/remove/": {},
        f"/o/own-company/members/changes/{world.own.change.pk}/confirm/": {},
        "/installation/packages/add/": {},
        f"/installation/packages/{world.own.run.package.sha256}/choose/self/": {},
    }
    for address, posted in changes.items():
        client = Client()
        client.force_login(world.installation_administrator if "installation" in address else owner)
        assert client.post(address, posted)["Location"].startswith("/accounts/reauthenticate/")
    assert Organization.objects.get(slug="own-company").name == "Own Company"
    assert Member.objects.get(pk=world.own.subject.pk).role == Role.AUDITOR


def test_what_was_sent_before_the_proof_is_done_after_it(world: World) -> None:
    client = Client()
    client.force_login(world.own.members[Role.OWNER].user)
    asked = client.post("/o/own-company/settings/", {"name": "New name"})["Location"]

    client.post(asked, {"password": PASSWORD})

    assert Organization.objects.get(slug="own-company").name == "New name"


def test_settings_are_kept_with_what_stood_before(world: World) -> None:
    make_member(world.own.organization, Role.OWNER)
    client = signed_in(world.own.members[Role.ADMIN].user)

    client.post("/o/own-company/settings/", {"name": "Own Company", "four_eyes": "on"})

    assert Organization.objects.get(slug="own-company").four_eyes
    event = Event.objects.get(kind=Kind.ORGANIZATION_SETTINGS_CHANGED.value)
    assert (event.before, event.after) == ({"four_eyes": False}, {"four_eyes": True})
    client.post("/o/own-company/settings/", {"name": "Own Company", "four_eyes": "on"})
    assert Event.objects.filter(kind=Kind.ORGANIZATION_SETTINGS_CHANGED.value).count() == 1


def test_owners_admins_and_auditors_are_let_in_only_with_the_second_factor_that_is_asked_for(world: World) -> None:
    client = signed_in(world.own.members[Role.OWNER].user)
    client.post("/o/own-company/settings/", {"name": "Own Company", "requires_second_factor": "on"})

    for role, status in ((Role.OWNER, 403), (Role.ADMIN, 403), (Role.AUDITOR, 403), (Role.OPERATOR, 200)):
        answer = signed_in(world.own.members[role].user).get("/o/own-company/activations/")
        assert answer.status_code == status
        assert ("A second factor is needed" in answer.content.decode()) == (status == 403)
    set_up = client.get("/o/own-company/activations/").content.decode()
    assert "/accounts/2fa/totp/activate/" in set_up
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    TOTP.activate(world.own.members[Role.OWNER].user, "JBSWY3DPEHPK3PXP")
    assert client.get("/o/own-company/activations/").status_code == 200


def test_notification_addresses_are_checked_and_kept_each_once(world: World) -> None:
    client = signed_in(world.own.members[Role.ADMIN].user)
    posted = {"name": "Own Company", "notification_addresses": "team@example.com\n\n Team@example.com, b@example.com\n"}

    wrong = client.post("/o/own-company/settings/", posted | {"notification_addresses": "a@example.com\nnobody"})
    client.post("/o/own-company/settings/", posted)

    assert wrong.status_code == 422
    assert "“nobody” is not an e-mail address" in wrong.content.decode()
    kept = ["Team@example.com", "b@example.com"]
    assert Organization.objects.get(slug="own-company").notification_addresses == kept
    event = Event.objects.get(kind=Kind.ORGANIZATION_SETTINGS_CHANGED.value)
    assert event.after == {"notification_addresses": kept}
    assert "b@example.com</textarea>" in client.get("/o/own-company/settings/").content.decode()


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 400, "٣"])
def test_a_strange_place_to_begin_shows_events_all_the_same(world: World, before: str) -> None:
    client = signed_in(world.own.members[Role.AUDITOR].user)
    assert client.get("/o/own-company/events/", {"before": before}).status_code == 200


def test_names_are_written_out_harmlessly(world: World) -> None:
    make_member(world.own.organization, Role.AUDITOR, make_user("xss@example.com", name="<script>alert(1)</script>"))
    text = signed_in(world.own.members[Role.OWNER].user).get("/o/own-company/members/").content.decode()

    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


# --- installation


def test_the_installation_page_shows_hosts_and_no_organization(world: World) -> None:
    now = timezone.now()
    Node.objects.create(
        name="host-1",
        seen_at=now,
        started_at=now,
        report={
            "sandbox": {"level": "Landlock 6", "walls": {"a": True}, "holds": True},
            "terraform": {"name": "Terraform", "version": "1.11.4", "path": "/usr/bin/terraform"},
            "free_bytes": 10**9,
        },
    )
    Node.objects.create(name="host-2", seen_at=now - timedelta(hours=1), started_at=now, report={})

    text = signed_in(world.installation_administrator).get("/installation/").content.decode()

    assert "host-1" in text
    assert "Landlock 6" in text
    assert "Terraform 1.11.4" in text
    assert "Away" in text
    for place in (world.own, world.other):
        assert place.organization.name not in text
        assert place.members[Role.OWNER].user.email not in text


@pytest.mark.django_db
def test_an_organization_of_the_same_name_gets_another_address() -> None:
    make_organization("Some Company")
    Client().post(path_of(create_setup_link()), ANSWERS)

    assert Organization.objects.filter(name="Some Company", slug="some-company-2").exists()
