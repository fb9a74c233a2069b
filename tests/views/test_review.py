"""The review of a plan, and its approval."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from activation.domain.events import Kind
from activation.domain.external_id import mask
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.models import Activation, Credential, Event, Member, Plan, Run
from activation.simulator.client import Simulator
from tests.factories import make_member
from tests.views.run_rows import (
    TEMPORARY,
    address,
    as_typed,
    client_of,
    give_key,
    give_plan,
    make_sealed_run,
    text_of,
)

pytestmark = pytest.mark.django_db


def test_an_owner_sees_what_will_happen_and_the_external_id_an_operator_sees_it_masked(
    owner: Member, activation: Activation
) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED)
    plan = give_plan(run)
    trust = next(each for each in plan.review["changes"] if each["type"] == "aws_iam_role")["after"]
    held = json.loads(trust["assume_role_policy"])["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"]
    activation.organization.external_id = held
    activation.organization.save()
    give_key(run)
    operator = make_member(activation.organization, Role.OPERATOR)

    seen, masked = (text_of(client_of(who).get(address("run_review", run))) for who in (owner, operator))

    assert "Terraform will create 11 resources in account" in seen
    assert "Type “yes”" in seen
    assert plan.sha256 in seen
    assert f"<mark>{held}</mark>" in seen
    assert held not in masked
    assert mask(held) in masked
    client_of(owner).get(address("run_review", run))
    seen_by = Event.objects.filter(kind=Kind.EXTERNAL_ID_SEEN, run_id=run.pk)
    assert [each.actor_id for each in seen_by] == [str(owner.user.pk)], "once, and only who saw it in full"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
    seen_by.update(at=timezone.now() - timedelta(minutes=61))
    client_of(owner).get(address("run_review", run))
    assert seen_by.count() == 2, "again, once the hour is over"


def test_yes_approves_once_and_a_second_press_changes_nothing(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED)
    give_plan(run)
    give_key(run)
    client = client_of(owner)

    refused = client.post(address("run_approve", run), {"confirmation": "y"})
    answers = [client.post(address("run_approve", run), {"confirmation": "Yes "}) for _ in range(2)]

    assert refused.status_code == 422
    assert "The word yes was not typed" in text_of(refused)
    assert [answer["Location"] for answer in answers] == [address("run", run)] * 2
    run.refresh_from_db()
    assert run.status == RunStatus.CONFIRMED
    assert run.approved_by == owner.user
    assert Event.objects.filter(kind=Kind.RUN_APPROVED).count() == 1


def test_four_eyes_wait_for_a_second_owner(owner: Member, activation: Activation) -> None:
    activation.organization.four_eyes = True
    activation.organization.save()
    run = make_sealed_run(activation, RunStatus.PLANNED, created_by=owner.user)
    give_plan(run)
    give_key(run)
    second = make_member(activation.organization, Role.OWNER)

    own = client_of(owner).get(address("run_review", run))
    assert "Waiting for a second person" in text_of(own)
    assert "Your role cannot approve" in text_of(
        client_of(owner).post(address("run_approve", run), {"confirmation": "yes"})
    )
    refused = Event.objects.get(kind=Kind.ACCESS_REFUSED)
    assert (refused.actor_id, refused.outcome) == (str(owner.user.pk), "refused")
    assert "only be approved by somebody else" in refused.reason
    assert refused.object_id == address("run_approve", run)[:80]
    assert "Type “yes”" in text_of(client_of(second).get(address("run_review", run)))
    assert client_of(second).post(address("run_approve", run), {"confirmation": "yes"}).status_code == 302


def test_four_eyes_that_are_switched_off_open_no_plan_that_waits(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED, created_by=owner.user, four_eyes=True)
    give_plan(run)
    give_key(run)
    client = client_of(owner)

    assert "Waiting for a second person" in text_of(client.get(address("run_review", run)))
    refused = client.post(address("run_approve", run), {"confirmation": "yes"})
    assert "Your role cannot approve" in text_of(refused)


def test_who_may_not_approve_renews_no_key(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED, created_by=owner.user, four_eyes=True)
    give_plan(run)
    give_key(run, left=timedelta(minutes=10))

    refused = client_of(owner).post(address("run_approve", run), {"confirmation": "yes", **as_typed(TEMPORARY)})

    assert "Your role cannot approve" in text_of(refused)
    assert not Event.objects.filter(kind=Kind.CREDENTIAL_ENTERED).exists()


def test_little_time_left_asks_for_the_key_again(
    owner: Member, activation: Activation, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    run = make_sealed_run(activation, RunStatus.PLANNED)
    give_plan(run)
    give_key(run, left=timedelta(minutes=10))
    client, page = client_of(owner), address("run_approve", run)
    assert "Enter your key once more" in text_of(client.get(address("run_review", run)))

    without = client.post(page, {"confirmation": "yes"})
    stranger = client.post(page, {"confirmation": "yes", **as_typed(customer["least_rights"])})
    assert "The access key ID is missing" in text_of(without)
    assert "This key does not belong to the person whose key made the plan" in text_of(stranger)
    Credential.objects.update(account_id=customer["account"], principal_arn=customer["least_rights"]["arn"])
    assert client.post(page, {"confirmation": "yes", **as_typed(customer["least_rights"])}).status_code == 302


def test_a_refused_plan_shows_why_and_cannot_be_approved(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.ERRORED, planned_at=timezone.now(), reason="Refused.")
    give_plan(run, passed=False)

    text = text_of(client_of(owner).get(address("run_review", run)))

    assert "The safety check refused this plan" in text
    assert "Type “yes”" not in text
    assert "See what the safety check found" in text_of(client_of(owner).get(address("run", run)))


def test_an_old_and_a_stale_plan_cannot_be_approved(owner: Member, activation: Activation, settings: Settings) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED)
    plan = give_plan(run)
    give_key(run)
    client, page = client_of(owner), address("run_review", run)
    Plan.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert "older than an hour" in text_of(client.get(page))
    settings.PLAN_VALID_SECONDS = 1200
    assert "older than 20 minutes" in text_of(client.get(page))
    Plan.objects.update(created_at=timezone.now(), state_serial=plan.state_serial + 1)

    text = text_of(client.get(page))

    assert "This plan is out of date" in text
    assert "Type “yes”" not in text


def test_a_plan_in_the_making_and_one_that_never_came_have_their_words(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNING)
    client = client_of(owner)
    text = text_of(client.get(address("run_review", run)))
    assert "This page updates by itself" in text
    assert "page=review" in text

    Run.objects.update(status=RunStatus.ERRORED, finished_at=timezone.now())

    assert "There is no plan to review" in text_of(client.get(address("run_review", run)))


def test_an_auditor_reads_a_plan_and_approves_nothing(activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED)
    give_plan(run)
    auditor = client_of(make_member(activation.organization, Role.AUDITOR))

    assert "Your role can read this plan" in text_of(auditor.get(address("run_review", run)))
    assert auditor.post(address("run_approve", run), {"confirmation": "yes"}).status_code == 403
