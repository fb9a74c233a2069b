"""A run's Terraform state: for owners alone, after a fresh proof, with an event; everybody else gets nothing."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.sealing import seal
from activation.models import Activation, Event, Member, Run, StateVersion
from activation.runner.spec import state_context
from activation.services import run_keys
from tests.factories import PASSWORD, make_member, make_organization
from tests.views.run_rows import address, client_of, make_sealed_run, text_of

pytestmark = pytest.mark.django_db


def state_text(serial: int) -> bytes:
    document = {"version": 4, "serial": serial, "lineage": "a-line", "outputs": {}, "resources": []}
    return json.dumps(document).encode()


def keep(run: Run, serial: int) -> StateVersion:
    content = state_text(serial)
    return StateVersion.objects.create(
        workspace=run.workspace,
        run=run,
        serial=serial,
        lineage="a-line",
        sha256=hashlib.sha256(content).hexdigest(),
        sealed=seal(run_keys.key_of(run), content, state_context(run.pk, serial)),
        resources=11,
    )


@pytest.fixture
def run(activation: Activation) -> Run:
    made = make_sealed_run(activation, RunStatus.APPLIED)
    for serial in (3, 12):
        keep(made, serial)
    return made


def downloads(run: Run) -> list[Event]:
    return list(Event.objects.filter(kind=Kind.STATE_DOWNLOADED, run_id=run.pk))


def proven(member: Member) -> Client:
    """Return somebody who signed in and typed the password once more."""
    client = client_of(member)
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302
    return client


def test_an_owner_takes_the_newest_state_as_terraform_wrote_it(run: Run, owner: Member) -> None:
    client = proven(owner)
    page = client.get(address("run_state", run))
    assert page.status_code == 200
    assert "Keep it like a password" in text_of(page)
    assert hashlib.sha256(state_text(12)).hexdigest() in text_of(page)
    assert not downloads(run)

    answer = client.post(address("run_state", run))
    assert answer.content == state_text(12)
    assert answer["Content-Disposition"] == 'attachment; filename="terraform.tfstate"'
    assert "no-store" in answer["Cache-Control"]
    (event,) = downloads(run)
    assert event.after == {"serial": 12, "sha256": hashlib.sha256(state_text(12)).hexdigest()}
    assert event.actor_name == str(owner.user)


def test_who_signed_in_earlier_types_the_password_once_more_and_is_led_back(run: Run, owner: Member) -> None:
    client = client_of(owner)
    there = address("run_state", run)
    asked = client.get(there)
    assert asked.status_code == 302
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    wrong = client.post(asked["Location"], {"password": "something else entirely"})
    assert wrong.status_code == 200
    assert client.get(there).status_code == 302
    back = client.post(asked["Location"], {"password": PASSWORD})
    assert back["Location"] == there
    assert client.get(there).status_code == 200


def test_without_a_fresh_proof_nothing_is_handed_out(run: Run, owner: Member) -> None:
    client = client_of(owner)
    answer = client.post(address("run_state", run))
    assert answer.status_code == 302
    assert not downloads(run)
    # What was asked for goes on by itself after the proof.
    assert client.post(answer["Location"], {"password": PASSWORD}).content == state_text(12)
    assert len(downloads(run)) == 1


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN, Role.AUDITOR])
def test_no_other_role_gets_it(run: Run, activation: Activation, role: Role) -> None:
    client = proven(make_member(activation.organization, role))
    assert client.get(address("run_state", run)).status_code == 403
    assert client.post(address("run_state", run)).status_code == 403
    assert "run_state" not in text_of(client.get(address("run", run)))
    assert f"{run.pk}/state/" not in text_of(client.get(address("run", run)))
    assert not downloads(run)


def test_an_owner_of_another_organization_finds_nothing(run: Run) -> None:
    stranger = make_member(make_organization("Elsewhere"), Role.OWNER)
    client = proven(stranger)
    there = address("run_state", run)
    foreign = there.replace(run.organization.slug, stranger.organization.slug)
    for url in (there, foreign):
        assert client.get(url).status_code == 404
        assert client.post(url).status_code == 404
    assert not downloads(run)


def test_the_run_page_leads_owners_there_once_there_is_a_state(run: Run, activation: Activation, owner: Member) -> None:
    client = client_of(owner)
    assert address("run_state", run) in text_of(client.get(address("run", run)))
    bare = make_sealed_run(activation, RunStatus.DISCARDED)
    assert address("run_state", bare) not in text_of(client.get(address("run", bare)))


def test_a_run_that_wrote_no_state_says_so(activation: Activation, owner: Member) -> None:
    bare = make_sealed_run(activation, RunStatus.DISCARDED)
    client = proven(owner)
    assert "No state" in text_of(client.get(address("run_state", bare)))
    assert client.post(address("run_state", bare)).status_code == 409
    assert not downloads(bare)


def test_a_state_that_cannot_be_opened_is_no_download(run: Run, owner: Member) -> None:
    StateVersion.objects.filter(run=run, serial=12).update(sealed=b"something else")
    answer: Any = proven(owner).post(address("run_state", run))
    assert answer.status_code == 503
    assert not downloads(run)
