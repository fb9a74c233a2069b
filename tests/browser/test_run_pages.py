"""Runs in Chromium: the log and the status as they change, and whole runs of real Terraform."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, LogLine, Member, Run
from activation.selectors.run_logs import WINDOW
from activation.services import packages
from tests.browser.conftest import Demo, Seat
from tests.browser.pictures import look
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run
from tests.simulator.conftest import client

TakeSeat = Callable[..., Seat]

# --- rows that a test writes: what the page makes of them


@pytest.fixture
def activation(transactional_db: None) -> Activation:
    organization = make_organization("Own Company", external_id="cid-x", external_id_locked_at=timezone.now())
    account = make_cloud_account(organization, account_id="222233334444")
    return make_activation(
        organization,
        status=ActivationStatus.PROVISIONING_IAM,
        cloud_account=account,
        package=packages.ensure_bundled(),
    )


@pytest.fixture
def owner(activation: Activation) -> Member:
    return make_member(activation.organization, Role.OWNER)


def page_of(run: Run) -> str:
    return f"/o/{run.organization.slug}/runs/{run.pk}/"


def write_lines(run: Run, first: int, last: int) -> None:
    """Add lines to a log as the worker does: rows and their count together."""
    now = timezone.now()
    LogLine.objects.bulk_create(
        [LogLine(run=run, number=each, at=now, text=f"this is line {each}") for each in range(first, last + 1)]
    )
    Run.objects.filter(pk=run.pk).update(lines=last)


def applying(activation: Activation, *, lines: int = 0, done: int = 3) -> Run:
    """Make a run in the middle of its apply."""
    now = timezone.now()
    run = make_run(
        activation,
        status=RunStatus.APPLYING,
        package=activation.package,
        started_at=now,
        planned_at=now,
        approved_at=now,
        apply_started_at=now,
        lease_until=now + timedelta(hours=1),
        progress={"phase": "apply", "planned": 11, "finished": done, "current": ["aws_iam_role.bootstrap_role"]},
    )
    if lines:
        write_lines(run, 1, lines)
    return run


def test_status_title_and_log_follow_the_run_to_its_end(seat: TakeSeat, owner: Member, activation: Activation) -> None:
    run = applying(activation, lines=3)
    here = seat(owner)
    here.open(page_of(run))
    page = here.page
    expect(page).to_have_title("Applying 3 of 11 · us-west-2 · BYOC Portal")

    write_lines(run, 4, 6)
    Run.objects.update(progress={**run.progress, "finished": 7})

    expect(page).to_have_title("Applying 7 of 11 · us-west-2 · BYOC Portal")
    expect(page.locator("#L6")).to_be_visible()
    write_lines(run, 7, 7)
    CloudAccount.objects.update(
        arns={each.name: f"arn:aws:iam::222233334444:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
    )
    Activation.objects.update(status=ActivationStatus.CONFIGURING)
    Run.objects.update(status=RunStatus.APPLIED, finished_at=timezone.now())
    expect(page.get_by_role("link", name="Continue to step 3")).to_be_visible()
    expect(page.locator(".arns dd")).to_have_count(7)
    expect(page.locator("#L7")).to_be_visible()
    expect(page.locator("[data-poll]")).to_have_count(0)
    expect(page.locator("#stepper .step-done")).to_have_count(2)
    assert [line.inner_text() for line in page.locator(".line-number").all()] == [str(n) for n in range(1, 8)]


def test_a_long_log_keeps_the_page_small_and_every_line_within_reach(
    seat: TakeSeat, owner: Member, activation: Activation
) -> None:
    run = applying(activation, lines=4 * WINDOW)
    here = seat(owner)
    here.open(page_of(run))
    page = here.page
    expect(page.locator(f"#L{4 * WINDOW}")).to_be_in_viewport()
    write_lines(run, 4 * WINDOW + 1, 5 * WINDOW)
    expect(page.locator(f"#L{5 * WINDOW}")).to_be_in_viewport()
    assert page.evaluate("document.querySelectorAll('#log *').length") < 2000

    page.get_by_role("link", name="Earlier lines").click()
    expect(page.locator(f"#L{2 * WINDOW + 1}")).to_be_attached()
    expect(page.get_by_role("link", name="Later lines")).to_be_attached()

    # A link to a line far from the end, opened anew.
    here.open("/")
    here.open(page_of(run) + "#L42")
    expect(page.locator("#L42")).to_be_in_viewport()


def test_reading_pauses_following_and_a_button_goes_on(seat: TakeSeat, owner: Member, activation: Activation) -> None:
    run = applying(activation, lines=200)
    here = seat(owner)
    here.open(page_of(run))
    page = here.page
    follow = page.locator("[data-log-follow]")
    expect(follow).to_have_attribute("aria-pressed", "true")

    page.locator("[data-log-window]").evaluate("view => { view.scrollTop = 0 }")
    expect(follow).to_have_attribute("aria-pressed", "false")
    write_lines(run, 201, 210)
    page.get_by_role("button", name="New lines").click()

    expect(page.locator("#L210")).to_be_in_viewport()
    expect(follow).to_have_attribute("aria-pressed", "true")


def test_search_times_and_wrap(seat: TakeSeat, owner: Member, activation: Activation) -> None:
    run = applying(activation, lines=3 * WINDOW)
    here = seat(owner)
    here.open(page_of(run))
    page = here.page
    search = page.get_by_role("searchbox", name="Search this log")

    search.fill("line 1499")
    expect(page.locator("[data-log-found]")).to_have_text("1")
    search.press("Enter")
    expect(page.locator("#L1499")).to_have_class(re.compile("line-hit-current"))
    page.get_by_role("button", name="Times").click()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", page.locator("#L1499 .line-text").get_attribute("data-time") or "")
    page.get_by_role("button", name="Wrap").click()
    search.fill("line 77")
    page.get_by_role("button", name="Search all").click()

    expect(page.locator("#L77")).to_be_visible()
    expect(page.locator(".log-note")).to_contain_text("of 1500 lines contain “line 77”")


def test_a_session_that_ends_while_polling_leads_to_the_sign_in_and_back(
    seat: TakeSeat, owner: Member, activation: Activation
) -> None:
    run = applying(activation, lines=3)
    here = seat(owner)
    here.open(page_of(run))
    Session.objects.all().delete()

    here.page.wait_for_url(f"**/accounts/login/?next=*{run.pk}*")

    expect(here.page.locator("#log")).to_have_count(0)
    # The poll was refused, as it had to be.
    assert {complaint for complaint in here.complaints if "401" not in complaint} == set()
    here.complaints.clear()


def test_without_javascript_the_page_says_how_to_see_more(
    seat: TakeSeat, owner: Member, activation: Activation
) -> None:
    run = applying(activation, lines=3)
    here = seat(owner, java_script_enabled=False)
    here.open(page_of(run))

    expect(here.page.get_by_role("link", name="reload the page")).to_be_visible()
    expect(here.page.locator("#L3")).to_be_visible()


@pytest.mark.parametrize("status", [RunStatus.APPLYING, RunStatus.PLANNED, RunStatus.ERRORED])
def test_nothing_is_cut_off_on_a_phone(
    seat: TakeSeat, owner: Member, activation: Activation, status: RunStatus
) -> None:
    run = applying(activation, lines=50)
    sandbox = "Landlock 3, network open, own uid (allowed by ALLOW_UNSANDBOXED)"
    Run.objects.update(status=status, reason="A reason of some length, " * 5, sandbox=sandbox)
    here = seat(owner, viewport={"width": 390, "height": 844})

    for name, path in (
        (f"run-{status.value}", page_of(run)),
        ("arns-run", f"/o/{run.organization.slug}/activations/{activation.pk}/arns/run/"),
    ):
        here.open(path)
        look(here.page, name)


# --- real Terraform


def begin(visitor: Seat) -> Page:
    """Begin an activation and go to the page of the key."""
    page = visitor.page
    visitor.open("/o/acme-vectors/activations/new/")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/activations/act-*/**")
    found = re.search(r"act-\w+", page.url)
    assert found
    visitor.open(f"/o/acme-vectors/activations/{found[0]}/external-id/")
    page.get_by_role("button", name="Continue").click()
    visitor.open(f"/o/acme-vectors/activations/{found[0]}/arns/run/")
    return page


def enter_key(page: Page, keys: dict[str, str]) -> None:
    """Type a key and send it."""
    page.get_by_label("Access key ID").fill(keys["access_key_id"])
    page.get_by_label("Secret access key").fill(keys["secret_access_key"])
    page.get_by_label("Session token").fill(keys["session_token"])
    page.get_by_role("button", name="Check the key and plan").click()


def approve(page: Page) -> None:
    """Wait for the review, type yes."""
    page.wait_for_url("**/review/", timeout=90_000)
    page.get_by_label("Type “yes”").fill("yes")
    page.get_by_role("button", name="Approve and apply").click()


def shown(page: Page) -> dict[str, str]:
    """Return the ARNs on a run's page by their labels."""
    rows = page.locator(".arns > div").all()
    return {row.locator("dt").inner_text(): row.locator("code").inner_text() for row in rows}


def test_a_run_from_the_key_over_a_failure_and_its_retry_to_seven_arns(visitor: Seat, demo: Demo) -> None:
    customer = demo.simulator.identities()["customer"]
    keys = demo.simulator.new_session(customer["account"])
    page = begin(visitor)

    enter_key(page, {**keys, "secret_access_key": "x" * 40})
    expect(page.get_by_role("heading", name="This key will not do: 1 check failed")).to_be_visible()
    expect(page.get_by_label("Secret access key")).to_have_value("")

    demo.simulator.delay("sts:GetCallerIdentity", 1.5, times=8)
    demo.simulator.delay("iam:*", 0.4, times=10)
    enter_key(page, keys)
    expect(page.locator("#preflight .check-passed").first).to_be_visible()
    page.wait_for_url("**/runs/run-*/")
    run = page.url
    # The first line stands there long before the plan is ready, on the page that waits for it.
    expect(page.locator("#L1")).to_have_text(re.compile("terraform"))
    assert page.url == run

    demo.simulator.delay("iam:CreatePolicy", 1.0, times=7)
    demo.simulator.inject(
        "iam:CreateRole",
        "AccessDenied",
        status=403,
        message="User: arn:aws:iam::222233334444:user/a is not authorized to perform: iam:CreateRole on resource: x",
        times=20,
    )
    approve(page)
    expect(page).to_have_title(re.compile(r"Applying \d+ of 11 · us-west-2"), timeout=30_000)
    expect(page.get_by_text("The key lacks a permission")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("7 of 11 were finished and are saved").first).to_be_visible()

    demo.simulator.clear()
    page.get_by_role("link", name="Retry").click()
    expect(page.get_by_text("7 of 11 were finished and are saved")).to_be_visible()
    enter_key(page, keys)
    page.wait_for_url("**/review/", timeout=90_000)
    expect(page.locator("#sentence")).to_contain_text("Terraform will create 4 resources in account 222233334444")
    approve(page)
    expect(page.get_by_role("link", name="Continue to step 3")).to_be_visible(timeout=90_000)

    iam = client(demo.simulator.endpoint, "iam", customer["administrator"])
    roles = {each["Arn"] for each in iam.list_roles()["Roles"]}
    policies = {each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"]}
    assert set(shown(page).values()) <= roles | policies
    assert len(set(shown(page).values())) == len(ARN_OUTPUTS)
    assert keys["secret_access_key"] not in page.content()
    page.get_by_role("link", name="Continue to step 3").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
