"""Who may open what: every address of the portal × every kind of person × own and other organization's objects.

A new URL name fails `test_every_address_stands_in_the_table` until a row is added to TABLE, and, where something is
posted to it, `test_every_change_is_judged_by_whether_a_session_is_enough`. A row holds, for one method, the statuses
for: anonymous, owner, operator, admin, auditor, stranger (owner of another organization), installation administrator.
What belongs to the other organization is asked for by everybody as well, under the own organization's address: the
answer must be 404, for people with the right, whatever they ask.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from activation.domain.events import Kind
from activation.models import Event
from tests.factories import Place, World, make_invitation

PEOPLE = ("anonymous", "owner", "operator", "admin", "auditor", "stranger", "installation administrator")

# allauth's own pages: sign-in and the account of the person who is signed in. They show no organization's contents.
ALLAUTH = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}

# The numbers of the events that the fixture below writes.
NUMBERS = {"Own Company": 1001, "Other Company": 1002, "installation": 1003}

Parts = Callable[[Place], dict[str, Any]]


def no_parts(place: Place) -> dict[str, Any]:
    """Return nothing: the address names no object."""
    return {}


@dataclass(frozen=True)
class Row:
    """One URL name and method: the parts of its address, what is posted, and the expected statuses in PEOPLE's order.

    `parts` are the objects that the address names beside the organization; `in_organization` says that the address
    begins with /o/<organization>/.
    """

    name: str
    method: str
    expected: tuple[int, ...]
    parts: Parts = no_parts
    posted: dict[str, Any] = field(default_factory=dict)
    in_organization: bool = True

    @property
    def identity(self) -> str:
        """Return the row's name in the test report."""
        return f"{self.method} {self.name}"


def everybody(status: int) -> tuple[int, ...]:
    """Expect the same for all."""
    return (status,) * len(PEOPLE)


def members(*, owner: int, operator: int, admin: int, auditor: int) -> tuple[int, ...]:
    """Expect a status for each role; to sign in from the anonymous, and 404 for people from elsewhere."""
    return (302, owner, operator, admin, auditor, 404, 404)


def subject(place: Place) -> dict[str, Any]:
    """Name a member to whom things are done."""
    return {"member": place.subject.pk}


def invitation(place: Place) -> dict[str, Any]:
    """Name an open invitation."""
    return {"invitation": place.invitation.pk}


def change(place: Place) -> dict[str, Any]:
    """Name a change that waits for another owner."""
    return {"change": place.change.pk}


def activation(place: Place) -> dict[str, Any]:
    """Name an activation, with step 2 behind it."""
    return {"activation": place.activation.pk}


def run(place: Place) -> dict[str, Any]:
    """Name a run that was applied."""
    return {"run": place.run.pk}


def event(place: Place) -> dict[str, Any]:
    """Name an event whose number no other organization has given."""
    return {"sequence": NUMBERS[place.organization.name]}


def installation_event(place: Place) -> dict[str, Any]:
    """Name an event that belongs to no organization."""
    return {"sequence": NUMBERS["installation"]}


def record(place: Place) -> dict[str, Any]:
    """Name a record whose file is gone."""
    return {"record": place.record.pk}


def package(place: Place) -> dict[str, Any]:
    """Name a configuration package."""
    return {"sha256": place.run.package.sha256}


def package_for_self(place: Place) -> dict[str, Any]:
    """Name a configuration package and a control plane."""
    return {**package(place), "control_plane": "self"}


def outside(name: str, method: str, expected: tuple[int, ...], parts: Parts = no_parts, **more: Any) -> Row:
    """Make a row for an address outside the organizations."""
    return Row(name, method, expected, parts, in_organization=False, **more)


MANAGERS_READ = members(owner=200, operator=403, admin=200, auditor=403)
WALKERS = members(owner=200, operator=200, admin=403, auditor=403)
WALKERS_SENT_ON = members(owner=302, operator=302, admin=403, auditor=403)
NOBODY_POSTS = everybody(405)
EVERY_MEMBER_READS = members(owner=200, operator=200, admin=200, auditor=200)
WALKERS_READ = members(owner=200, operator=200, admin=403, auditor=403)
# What they do leads to another page.
WALKERS_ACT = members(owner=302, operator=302, admin=403, auditor=403)
# It is not that far.
MEMBERS_SENT_ON = members(owner=302, operator=302, admin=302, auditor=302)
RECORDS_READ = members(owner=403, operator=403, admin=200, auditor=200)
SERVER_READS = (302, 404, 404, 404, 404, 404, 200)

TABLE = (
    # --- outside the organizations
    outside("home", "GET", (302, 302, 302, 302, 302, 302, 302)),
    outside("home", "POST", NOBODY_POSTS),
    outside("help", "GET", (302, 200, 200, 200, 200, 200, 200)),
    outside("help", "POST", NOBODY_POSTS),
    outside("health_live", "GET", everybody(200)),
    outside("health_live", "POST", NOBODY_POSTS),
    outside("health_ready", "GET", everybody(200)),
    outside("health_ready", "POST", NOBODY_POSTS),
    outside("account_signup", "GET", everybody(404)),
    outside("account_signup", "POST", everybody(404)),
    outside("account_email", "GET", everybody(404)),
    outside("account_email", "POST", everybody(404)),
    outside("setup", "GET", everybody(404), lambda place: {"token": "wrong"}),
    outside("setup", "POST", everybody(404), lambda place: {"token": "wrong"}),
    outside("join", "GET", (200, 403, 403, 403, 403, 403, 403), lambda place: {"token": "an-invitation"}),
    outside("join", "POST", (422, 403, 403, 403, 403, 403, 403), lambda place: {"token": "an-invitation"}),
    outside("sessions", "GET", (302, *(200,) * 6)),
    outside("sessions", "POST", NOBODY_POSTS),
    outside("sessions_end", "GET", NOBODY_POSTS),
    outside("sessions_end", "POST", everybody(302)),
    outside("installation", "GET", SERVER_READS),
    outside("installation", "POST", NOBODY_POSTS),
    outside("packages", "GET", SERVER_READS),
    outside("packages", "POST", NOBODY_POSTS),
    outside("package", "GET", SERVER_READS, package),
    outside("package", "POST", NOBODY_POSTS, package),
    # Adding one asks for a fresh proof of who it is, as every change of packages, owners and settings.
    outside("package_add", "GET", (302, 404, 404, 404, 404, 404, 302)),
    outside("package_add", "POST", (302, 404, 404, 404, 404, 404, 302), posted={"name": "incomplete"}),
    outside("package_choose", "GET", NOBODY_POSTS, package_for_self),
    outside("package_choose", "POST", (302, 404, 404, 404, 404, 404, 302), package_for_self),
    # --- people
    Row("members", "GET", members(owner=200, operator=403, admin=200, auditor=200)),
    Row("members", "POST", NOBODY_POSTS),
    Row("members_download", "GET", members(owner=200, operator=403, admin=200, auditor=200)),
    Row("members_download", "POST", NOBODY_POSTS),
    Row("member_invite", "GET", MANAGERS_READ),
    Row(
        "member_invite",
        "POST",
        members(owner=302, operator=403, admin=302, auditor=403),
        posted={"email": "new@example.com", "role": "auditor"},
    ),
    Row("member_role", "GET", MANAGERS_READ, subject),
    Row("member_role", "POST", members(owner=302, operator=403, admin=302, auditor=403), subject, {"role": "operator"}),
    Row("member_remove", "GET", MANAGERS_READ, subject),
    Row("member_remove", "POST", members(owner=302, operator=403, admin=302, auditor=403), subject),
    Row("invitation_withdraw", "GET", NOBODY_POSTS, invitation),
    Row("invitation_withdraw", "POST", members(owner=302, operator=403, admin=302, auditor=403), invitation),
    Row("change_confirm", "GET", NOBODY_POSTS, change),
    Row("change_confirm", "POST", members(owner=302, operator=403, admin=302, auditor=403), change),
    Row("change_withdraw", "GET", NOBODY_POSTS, change),
    Row("change_withdraw", "POST", members(owner=302, operator=403, admin=409, auditor=403), change),
    # --- settings and events
    Row("settings", "GET", MANAGERS_READ),
    Row("settings", "POST", members(owner=302, operator=403, admin=302, auditor=403), posted={"name": "New name"}),
    Row("events", "GET", members(owner=200, operator=403, admin=200, auditor=200)),
    Row("events", "POST", NOBODY_POSTS),
    Row("event", "GET", members(owner=200, operator=403, admin=200, auditor=200), event),
    Row("event", "POST", NOBODY_POSTS, event),
    Row("activation_events", "GET", members(owner=200, operator=403, admin=200, auditor=200), activation),
    Row("activation_events", "POST", NOBODY_POSTS, activation),
    outside("installation_events", "GET", SERVER_READS),
    outside("installation_events", "POST", NOBODY_POSTS),
    outside("installation_event", "GET", SERVER_READS, installation_event),
    outside("installation_event", "POST", NOBODY_POSTS, installation_event),
    # --- records
    Row("records", "GET", RECORDS_READ),
    Row("records", "POST", members(owner=403, operator=403, admin=422, auditor=422)),
    Row("record", "GET", RECORDS_READ, record),
    Row("record", "POST", NOBODY_POSTS, record),
    Row("record_status", "GET", RECORDS_READ, record),
    Row("record_status", "POST", NOBODY_POSTS, record),
    Row("record_again", "GET", NOBODY_POSTS, record),
    Row("record_again", "POST", members(owner=403, operator=403, admin=302, auditor=302), record),
    # 409: it has to be made again first.
    Row("record_download", "GET", members(owner=403, operator=403, admin=409, auditor=409), record),
    Row("record_download", "POST", NOBODY_POSTS, record),
    # --- license
    Row("license", "GET", MANAGERS_READ),
    Row("license", "POST", NOBODY_POSTS),
    Row("license_json", "GET", MANAGERS_READ),
    Row("license_json", "POST", NOBODY_POSTS),
    Row("license_details", "GET", MANAGERS_READ),
    Row("license_details", "POST", NOBODY_POSTS),
    Row("license_region", "GET", MANAGERS_READ, activation),
    Row("license_region", "POST", NOBODY_POSTS, activation),
    Row("license_look", "GET", NOBODY_POSTS, activation),
    Row("license_look", "POST", members(owner=302, operator=403, admin=302, auditor=403), activation),
    # The world's region is none of a vendor's console: who may is led back.
    Row("license_count", "GET", members(owner=302, operator=403, admin=302, auditor=403), activation),
    Row("license_count", "POST", members(owner=302, operator=403, admin=302, auditor=403), activation),
    Row("license_install", "GET", members(owner=403, operator=403, admin=200, auditor=403)),
    Row("license_install", "POST", members(owner=403, operator=403, admin=422, auditor=403)),
    # --- activations
    Row("activations", "GET", members(owner=200, operator=200, admin=200, auditor=200)),
    Row("activations", "POST", NOBODY_POSTS),
    # --- step 2, run it here
    Row("activation_run_here", "GET", WALKERS_READ, activation),
    Row("activation_run_here", "POST", members(owner=422, operator=422, admin=403, auditor=403), activation),
    Row("activation_preflight", "GET", WALKERS_READ, activation),
    Row("activation_preflight", "POST", NOBODY_POSTS, activation),
    Row("run", "GET", EVERY_MEMBER_READS, run),
    Row("run", "POST", NOBODY_POSTS, run),
    Row("run_status", "GET", EVERY_MEMBER_READS, run),
    Row("run_status", "POST", NOBODY_POSTS, run),
    Row("run_log", "GET", EVERY_MEMBER_READS, run),
    Row("run_log", "POST", NOBODY_POSTS, run),
    Row("run_log_raw", "GET", EVERY_MEMBER_READS, run),
    Row("run_log_raw", "POST", NOBODY_POSTS, run),
    # An owner is asked for the password first.
    Row("run_state", "GET", members(owner=302, operator=403, admin=403, auditor=403), run),
    Row("run_state", "POST", members(owner=302, operator=403, admin=403, auditor=403), run),
    Row("run_review", "GET", EVERY_MEMBER_READS, run),
    Row("run_review", "POST", NOBODY_POSTS, run),
    Row("run_approve", "GET", NOBODY_POSTS, run),
    # Without a plan there is nothing to hand out.
    Row("run_plan", "GET", members(owner=404, operator=404, admin=404, auditor=404), run),
    Row("run_plan", "POST", NOBODY_POSTS, run),
    Row("run_approve", "POST", WALKERS_ACT, run, {"confirmation": "yes"}),
    Row("run_cancel", "GET", NOBODY_POSTS, run),
    Row("run_cancel", "POST", WALKERS_ACT, run),
    Row("run_discard", "GET", NOBODY_POSTS, run),
    Row("run_discard", "POST", WALKERS_ACT, run),
    Row("run_force", "GET", WALKERS_ACT, run),
    Row("run_force", "POST", WALKERS_ACT, run, {"confirmation": "stop by force"}),
    Row("activation_new", "GET", WALKERS),
    Row("activation_new", "POST", WALKERS_SENT_ON, posted={"region": "us-west-2"}),
    Row("activation", "GET", members(owner=302, operator=302, admin=200, auditor=200), activation),
    Row("activation", "POST", NOBODY_POSTS, activation),
    Row("activation_before", "GET", WALKERS, activation),
    Row("activation_before", "POST", WALKERS_SENT_ON, activation),
    Row("activation_external_id", "GET", WALKERS, activation),
    Row("activation_external_id", "POST", members(owner=422, operator=422, admin=403, auditor=403), activation),
    Row("activation_external_id_reveal", "GET", NOBODY_POSTS, activation),
    Row("activation_external_id_reveal", "POST", members(owner=302, operator=403, admin=403, auditor=403), activation),
    Row("activation_external_id_continue", "GET", NOBODY_POSTS, activation),
    # 409: the world's organizations have no external ID yet.
    Row(
        "activation_external_id_continue", "POST", members(owner=409, operator=409, admin=403, auditor=403), activation
    ),
    Row("activation_arns", "GET", WALKERS, activation),
    Row("activation_arns", "POST", NOBODY_POSTS, activation),
    Row("activation_run_yourself", "GET", WALKERS, activation),
    Row(
        "activation_run_yourself",
        "POST",
        members(owner=422, operator=422, admin=403, auditor=403),
        activation,
        {"take": "1"},
    ),
    Row("activation_paste_check", "GET", NOBODY_POSTS, activation),
    Row("activation_paste_check", "POST", WALKERS, activation, {"paste": "something else"}),
    Row("activation_package_download", "GET", WALKERS, activation),
    Row("activation_package_download", "POST", NOBODY_POSTS, activation),
    # --- step 3
    Row("activation_done", "GET", MEMBERS_SENT_ON, activation),
    Row("activation_done", "POST", NOBODY_POSTS, activation),
    Row("activation_done_role", "GET", MEMBERS_SENT_ON, activation),
    Row("activation_done_role", "POST", NOBODY_POSTS, activation),
    Row("activation_key_check", "GET", NOBODY_POSTS, activation),
    Row("activation_key_check", "POST", WALKERS_ACT, activation),
    Row("activation_role_check", "GET", NOBODY_POSTS, activation),
    Row("activation_role_check", "POST", WALKERS_ACT, activation),
    Row("activation_cluster_noted", "GET", NOBODY_POSTS, activation),
    Row("activation_cluster_noted", "POST", WALKERS_ACT, activation),
    Row("activation_resume", "GET", NOBODY_POSTS, activation),
    Row("activation_resume", "POST", WALKERS_ACT, activation),
    # --- step 4 where the console builds: the world's activation has not reached it, so who may is led back.
    Row("activation_handover", "GET", members(owner=302, operator=302, admin=302, auditor=302), activation),
    Row("activation_handover", "POST", NOBODY_POSTS, activation),
    Row("activation_handover_status", "GET", members(owner=302, operator=302, admin=302, auditor=302), activation),
    Row("activation_handover_status", "POST", NOBODY_POSTS, activation),
    Row("activation_handover_ticks", "GET", NOBODY_POSTS, activation),
    Row("activation_handover_ticks", "POST", WALKERS_ACT, activation),
    Row("activation_handover_watch", "GET", NOBODY_POSTS, activation),
    Row("activation_handover_watch", "POST", WALKERS_ACT, activation),
    Row("activation_handover_stop", "GET", NOBODY_POSTS, activation),
    Row("activation_handover_stop", "POST", WALKERS_ACT, activation),
    Row("activation_handover_reopen", "GET", NOBODY_POSTS, activation),
    Row("activation_handover_reopen", "POST", WALKERS_ACT, activation),
    Row("activation_handover_play", "GET", NOBODY_POSTS, activation),
    Row("activation_handover_play", "POST", WALKERS_ACT, activation),
    Row("activation_handover_confirm", "GET", NOBODY_POSTS, activation),
    Row("activation_handover_confirm", "POST", members(owner=302, operator=403, admin=403, auditor=403), activation),
    Row("activation_region", "GET", EVERY_MEMBER_READS, activation),
    Row(
        "activation_region",
        "POST",
        WALKERS_ACT,
        activation,
        {"vpc_cidr": "10.0.0.0", "netmask": "16"},
    ),
    Row("activation_region_map", "GET", NOBODY_POSTS, activation),
    Row("activation_region_map", "POST", WALKERS, activation),
    Row("activation_region_arns", "GET", NOBODY_POSTS, activation),
    Row(
        "activation_region_arns",
        "POST",
        members(owner=422, operator=422, admin=403, auditor=403),
        activation,
        {"take": "1"},
    ),
    Row("activation_region_arns_check", "GET", NOBODY_POSTS, activation),
    Row("activation_region_arns_check", "POST", WALKERS, activation),
    # 409: the world's accounts have no ARNs yet.
    Row("activation_region_check", "GET", NOBODY_POSTS, activation),
    Row("activation_region_check", "POST", members(owner=409, operator=409, admin=403, auditor=403), activation),
    Row("activation_region_checks", "GET", EVERY_MEMBER_READS, activation),
    Row("activation_region_checks", "POST", NOBODY_POSTS, activation),
    Row("region_continue", "GET", NOBODY_POSTS, activation),
    Row("region_continue", "POST", members(owner=409, operator=409, admin=403, auditor=403), activation),
)

# A method that nobody may use is refused before the person is looked at.
WITHIN = tuple(row for row in TABLE if row.in_organization and row.expected != NOBODY_POSTS)

# What a session that somebody left open, or that was stolen, does not do alone: change who has access, what is run in
# AWS and the rules of it, and take a state away.
ASKS_FOR_PROOF = {
    "GET package_add",
    "POST package_add",
    "POST package_choose",
    "POST member_invite",
    "POST member_role",
    "POST member_remove",
    "POST invitation_withdraw",
    "POST change_confirm",
    "POST settings",
    "GET run_state",
    "POST run_state",
}
# What it does: the steps of the wizard, for which a key of the AWS account is entered; what only stops or takes back;
# records, which hold no secret; a license, which is signed.
SESSION_IS_ENOUGH = {
    "POST join",
    "POST sessions_end",
    "POST change_withdraw",
    "POST records",
    "POST record_again",
    "POST license_look",
    "POST license_count",
    "POST license_install",
    "POST activation_run_here",
    "POST run_approve",
    "POST run_cancel",
    "POST run_discard",
    "POST run_force",
    "POST activation_new",
    "POST activation_before",
    "POST activation_external_id",
    "POST activation_external_id_reveal",
    "POST activation_external_id_continue",
    "POST activation_run_yourself",
    "POST activation_paste_check",
    "POST activation_key_check",
    "POST activation_role_check",
    "POST activation_cluster_noted",
    "POST activation_resume",
    "POST activation_handover_ticks",
    "POST activation_handover_watch",
    "POST activation_handover_stop",
    "POST activation_handover_play",
    "POST activation_handover_confirm",
    "POST activation_handover_reopen",
    "POST activation_region",
    "POST activation_region_map",
    "POST activation_region_arns",
    "POST activation_region_arns_check",
    "POST activation_region_check",
    "POST region_continue",
}


@pytest.fixture
def world(world: World) -> World:
    """Return the world with an event in each organization, and one outside of them."""
    organizations = (world.own.organization, world.other.organization, None)
    for number, organization in zip(NUMBERS.values(), organizations, strict=True):
        Event.objects.create(organization=organization, sequence=number, kind=Kind.SIGNED_IN, outcome="done")
    return world


def names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """Return the names of all addresses below."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        else:
            assert pattern.name, f"{pattern} has no name"
            yield pattern.name


def ask(world: World, row: Row, who: str, address: str) -> HttpResponseBase:
    """Return what a person is answered, and undo what they did; what is refused to them must leave an event."""
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        if person := world.people[who]:
            client.force_login(person)
        refused_before = Event.objects.filter(kind=Kind.ACCESS_REFUSED).count()
        answer = client.post(address, row.posted) if row.method == "POST" else client.get(address)
        refused = Event.objects.filter(kind=Kind.ACCESS_REFUSED).count() - refused_before
        if row.in_organization and who != "anonymous":
            assert refused == (answer.status_code in (403, 404)), f"{who}: {answer.status_code}, {refused} events"
        # The next person finds the world as it was.
        transaction.set_rollback(True)
    return answer


def address_of(row: Row, place: Place, objects: Place) -> str:
    """Return the row's address in one organization, naming objects that may be of another."""
    parts = row.parts(objects)
    if row.in_organization:
        parts = {"organization": place.organization.slug, **parts}
    return reverse(row.name, kwargs=parts)


def test_every_address_stands_in_the_table() -> None:
    present = set(names(get_resolver().url_patterns))
    listed = {row.name for row in TABLE}

    assert present - listed - ALLAUTH == set(), "add these to TABLE, for GET and for POST"
    assert (listed | ALLAUTH) - present == set(), "these are gone"
    for name in listed:
        assert {row.method for row in TABLE if row.name == name} == {"GET", "POST"}, name


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.identity)
def test_own_organization(world: World, row: Row) -> None:
    make_invitation(world.own.organization, token="an-invitation")
    address = address_of(row, world.own, world.own)

    answers = {who: ask(world, row, who, address) for who in PEOPLE}
    assert {who: each.status_code for who, each in answers.items()} == dict(zip(PEOPLE, row.expected, strict=True))

    # Whoever may do what needs a fresh proof is asked for it, and nobody else learns more than that they may not.
    asked = {who for who, each in answers.items() if each.headers.get("Location", "").startswith("/accounts/reauth")}
    may = {who for who, each in answers.items() if each.status_code not in (403, 404) and who != "anonymous"}
    assert asked == (may if row.identity in ASKS_FOR_PROOF else set())


@pytest.mark.parametrize("row", WITHIN, ids=lambda row: row.identity)
def test_other_organizations_objects_are_not_found(world: World, row: Row) -> None:
    """Under the other organization's address, and under one's own with the other's objects."""
    number_of_events = Event.objects.for_organization(world.other.organization).count()
    for who in ("owner", "operator", "admin", "auditor"):
        assert ask(world, row, who, address_of(row, world.other, world.other)).status_code == 404, who
        if row.parts is not no_parts:
            expected = 403 if row.expected[PEOPLE.index(who)] == 403 else 404
            assert ask(world, row, who, address_of(row, world.own, world.other)).status_code == expected, who
    assert Event.objects.for_organization(world.other.organization).count() == number_of_events


def test_every_change_is_judged_by_whether_a_session_is_enough() -> None:
    changes = {row.identity for row in TABLE if row.method == "POST" and set(row.expected) - {404, 405}}

    assert changes - ASKS_FOR_PROOF - SESSION_IS_ENOUGH == set(), "add these to one of the two"
    assert set() == ASKS_FOR_PROOF & SESSION_IS_ENOUGH
