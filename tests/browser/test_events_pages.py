"""The Events page in Chromium, and a record's: filters, pages, one event, the timeline, on a desk and on a phone."""

import base64
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from activation.domain.events import Kind, Outcome
from activation.domain.roles import Role
from activation.models import Activation, ChainStatus, Member
from activation.services import checkpoints, events, records, signing
from activation.services.events import PORTAL, Actor
from tests.browser.conftest import Seat
from tests.browser.pictures import look
from tests.factories import make_activation, make_member, make_organization, make_run, make_user

TakeSeat = Callable[..., Seat]


@pytest.fixture
def activation(transactional_db: None) -> Activation:
    """Return an activation of an organization in which much happened."""
    organization = make_organization("Own Company")
    made = make_activation(organization)
    run = make_run(made)
    ann = Actor("7", "Ann Bell", "owner", "password", "192.0.2.7")
    bo = Actor("8", "Bo Carr", "auditor", "password", "192.0.2.8")
    about = {"organization": organization, "activation_id": made.pk}
    for _ in range(30):
        events.record(Kind.SIGNED_IN, actor=bo, organization=organization, object_type="account", object_id="8")
    events.record(
        Kind.ACCESS_REFUSED,
        actor=bo,
        organization=organization,
        outcome=Outcome.REFUSED,
        reason="role lacks the right",
        object_type="page",
        object_id=f"/o/own-company/activations/{made.pk}/before/",
    )
    events.record(
        Kind.MEMBER_ROLE_CHANGED,
        actor=ann,
        organization=organization,
        object_type="member",
        object_id="9",
        before={"name": "Cy Dunn", "role": "operator"},
        after={"name": "Cy Dunn", "role": "owner"},
    )
    events.record(Kind.ACTIVATION_CREATED, actor=ann, after={"region": "us-west-2", "status": "draft"}, **about)
    events.record_of_run(Kind.RUN_CREATED, run, actor=ann, after={"kind": "iam", "package": "0" * 64})
    for kind in (Kind.RUN_STARTED, Kind.RUN_PLANNED):
        events.record_of_run(kind, run)
    events.record_of_run(Kind.RUN_APPROVED, run, actor=ann)
    arns = {f"arn_{number}": f"arn:aws:iam::111122223333:role/zilliz/role-{number}" for number in range(7)}
    events.record(
        Kind.ARNS_STORED, actor=PORTAL, before={"arns": {}}, after={"arns": arns, "source": "pasted"}, **about
    )
    events.record_of_run(Kind.RUN_ERRORED, run, outcome=Outcome.FAILED, reason="AWS refused the call iam:CreateRole.")
    for _ in range(20):
        events.record(Kind.SIGNED_OUT, actor=bo, organization=organization, object_type="account", object_id="8")
    return made


@pytest.fixture
def auditor(activation: Activation) -> Member:
    """Return who looks."""
    return make_member(activation.organization, Role.AUDITOR, make_user("auditor@example.com", name="Dee Ellis"))


@pytest.mark.parametrize("width", [1280, 390])
def test_an_auditor_finds_an_event_reads_all_of_it_and_follows_the_activation(
    activation: Activation, auditor: Member, seat: TakeSeat, width: int
) -> None:
    checkpoints.verify_everywhere()
    window = seat(auditor, viewport={"width": width, "height": 900})
    page = window.page
    window.open("/o/own-company/events/")
    expect(page.get_by_text("The chain is intact up to #59")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(50)
    look(page, "events")

    page.get_by_role("link", name="Older").click()
    # The sign-in of the auditor is one, too.
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Newer").click()
    expect(page.locator("tbody tr")).to_have_count(50)

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Person").fill("bell")
    page.get_by_label("What happened").select_option("run.")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_text("Full entry").first.click()
    expect(page.get_by_text('"kind": "run.approved"')).to_be_visible()
    look(page, "events-filtered")

    page.locator("tbody tr td a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Event #37")
    look(page, "event")
    page.get_by_role("link", name=activation.pk).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Timeline")
    expect(page.locator(".timeline li")).to_have_count(7)
    look(page, "events-timeline")


def test_a_broken_chain_is_told_before_everything_else(activation: Activation, auditor: Member, seat: TakeSeat) -> None:
    ChainStatus.objects.create(
        chain=activation.organization_id,
        verified_at=timezone.now(),
        last_sequence=16,
        problem_sequence=17,
        problem="its contents do not match its hash: it was changed",
    )
    window = seat(auditor)
    window.open("/o/own-company/events/")
    expect(window.page.get_by_role("alert")).to_contain_text("broken at #17")
    look(window.page, "events-broken-chain")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_record_that_was_made_again_says_what_differs_and_how_to_verify_it(
    activation: Activation, auditor: Member, seat: TakeSeat, settings: Settings, width: int
) -> None:
    actor = Actor.of(auditor)
    record = records.request_of_activation(activation=activation, by=auditor.user, actor=actor)
    records.make(record.pk)
    retired = signing.public_keys()[signing.fingerprint()]
    settings.SIGNING_KEY = base64.b64encode(b"k" * 32).decode()
    settings.SIGNING_KEYS_RETIRED = [base64.b64encode(retired).decode()]
    record.refresh_from_db()
    first = record.sha256
    records.expire(record)
    record.refresh_from_db()
    records.request_again(record=record, actor=actor)
    records.make(record.pk)
    window = seat(auditor, viewport={"width": width, "height": 900})
    page = window.page
    window.open(f"/o/own-company/records/{record.pk}/")

    expect(page.locator("#made-again")).to_contain_text(first)
    expect(page.locator("#made-again")).to_contain_text("public_key.pem")
    expect(page.get_by_text(f"--organization {activation.organization_id}")).to_be_visible()
    look(page, f"record-{width}")
