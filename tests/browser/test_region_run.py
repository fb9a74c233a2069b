"""Step 4 of this portal in Chromium: a region's page as rows change, and a whole region of real Terraform."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Member, Run
from tests.browser.conftest import Demo, Seat, demo_in, license_page
from tests.browser.pictures import look
from tests.browser.test_run_pages import approve, begin, enter_key, page_of
from tests.simulator.conftest import client
from tests.views.region_rows import give_region_plan, make_building, make_region_run, write_creations

TakeSeat = Callable[..., Seat]

NETWORK = ("aws_vpc.main", "aws_subnet.private_1")

# --- rows that a test writes: what the page makes of them


@pytest.fixture
def building(transactional_db: None) -> tuple[Run, Member]:
    """A run in the middle of its apply, and the owner who follows it."""
    activation, owner = make_building()
    now = timezone.now()
    run = make_region_run(
        activation,
        RunStatus.APPLYING,
        approved_at=now,
        apply_started_at=now,
        lease_until=now + timedelta(hours=1),
    )
    give_region_plan(run)
    return run, owner


def test_percent_phases_and_things_follow_the_building_to_its_end(seat: TakeSeat, building: tuple[Run, Member]) -> None:
    run, owner = building
    here = seat(owner)
    here.open(page_of(run))
    page = here.page
    expect(page).to_have_title(re.compile("Deploying 0 %"))

    write_creations(run, *NETWORK, begun=("aws_eks_cluster.main",))
    expect(page).to_have_title(re.compile("Deploying 4 %"))
    expect(page.locator(".stages-running")).to_have_count(2)
    expect(page.get_by_role("link", name="vpc-0123456789abcdef0")).to_have_attribute(
        "href", re.compile(r"^https://us-west-2\.console\.aws\.amazon\.com/vpcconsole/")
    )
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.locator("#L1")).to_have_text(re.compile("Creating"))
    page.get_by_role("link", name="Resources").click()

    run.log.all().delete()
    write_creations(run, *run.package.description["resources"])
    Run.objects.update(status=RunStatus.APPLIED, finished_at=timezone.now())
    expect(page.locator("#status").get_by_text("Checking from outside")).to_be_visible()
    Activation.objects.update(status=ActivationStatus.ACTIVE, activated_at=timezone.now())

    expect(page.get_by_role("link", name="What to do now")).to_be_visible()
    expect(page.locator(".stages-done")).to_have_count(4)
    expect(page.locator("#stepper .step-done")).to_have_count(4)
    expect(page.locator("[data-poll]")).to_have_count(0)


def test_who_follows_one_run_is_taken_to_the_one_that_goes_on(seat: TakeSeat, building: tuple[Run, Member]) -> None:
    run, owner = building
    write_creations(run, *NETWORK, begun=("aws_eks_cluster.main",))
    here = seat(owner)
    here.open(page_of(run))
    expect(here.page).to_have_title(re.compile("Deploying 4 %"))

    Run.objects.update(status=RunStatus.INTERRUPTED, finished_at=timezone.now())
    after = make_region_run(run.activation, RunStatus.PLANNING, planned_at=None, continues=run, retry_of=run)

    here.page.wait_for_url(f"**/{after.pk}/")
    expect(here.page).to_have_title(re.compile("Deploying 4 %"))
    expect(here.page.get_by_text("This run continues from")).to_be_visible()


@pytest.mark.parametrize("state", ["building", "late", "failed", "active", "review", "done"])
def test_nothing_is_cut_off_on_a_phone(seat: TakeSeat, building: tuple[Run, Member], state: str) -> None:
    run, owner = building
    write_creations(run, *NETWORK, begun=("aws_eks_cluster.main",))
    now = timezone.now()
    runs: dict[str, dict[str, Any]] = {
        "failed": {"status": RunStatus.ERRORED, "finished_at": now, "reason": "A reason of some length. " * 5},
        "active": {"status": RunStatus.APPLIED, "finished_at": now},
        "done": {"status": RunStatus.APPLIED, "finished_at": now},
        "review": {"status": RunStatus.PLANNED},
    }
    activations: dict[str, dict[str, Any]] = {
        "late": {"activating_since": now - timedelta(minutes=40)},
        "failed": {"status": ActivationStatus.FAILED},
        "active": {"status": ActivationStatus.ACTIVE},
        "done": {"status": ActivationStatus.ACTIVE, "activated_at": now},
        "review": {"status": ActivationStatus.CONFIGURING},
    }
    if values := runs.get(state):
        Run.objects.update(**values)
    if values := activations.get(state):
        Activation.objects.update(**values)
    here = seat(owner, viewport={"width": 390, "height": 844})

    addresses = {
        "review": f"{page_of(run)}review/",
        "done": f"/o/{run.organization.slug}/activations/{run.activation_id}/done/",
    }
    here.open(addresses.get(state, page_of(run)))

    expect(here.page.get_by_role("heading", level=1)).to_be_visible()
    look(here.page, f"region-{state}")


def test_without_javascript_a_failed_region_can_be_resumed(seat: TakeSeat, building: tuple[Run, Member]) -> None:
    run, owner = building
    write_creations(run, *NETWORK)
    Run.objects.update(status=RunStatus.ERRORED, finished_at=timezone.now())
    Activation.objects.update(status=ActivationStatus.FAILED)
    here = seat(owner, java_script_enabled=False)
    here.open(page_of(run))

    here.page.get_by_role("button", name="Resume").click()

    here.page.wait_for_url(lambda url: "/runs/" in url and run.pk not in url)
    assert Run.objects.get(retry_of=run).workspace == run.workspace


# --- real Terraform


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A portal of its own: a region is activated once in an account."""
    yield from demo_in(tmp_path_factory.mktemp("portal") / "data")


def plan_region(visitor: Seat, demo: Demo, account: str) -> Page:
    """Walk from a key to the review of a region's plan."""
    page = begin(visitor)
    enter_key(page, demo.simulator.new_session(account))
    approve(page)
    page.get_by_role("link", name="Continue to step 3").click(timeout=90_000)
    page.get_by_role("button", name="Choose this network").click()
    page.get_by_role("button", name="Check trust and room").click()
    onward = page.get_by_role("button", name="Plan the region")
    expect(onward).to_be_enabled(timeout=90_000)
    onward.click()
    page.wait_for_url("**/review/", timeout=120_000)
    return page


def activate(page: Page) -> None:
    """Type yes under the plan of a region."""
    page.get_by_label("Type “yes”").fill("yes")
    page.get_by_role("button", name="Activate").click()


def test_a_region_that_fails_resumes_becomes_active_and_what_is_left_to_do(visitor: Seat, demo: Demo) -> None:
    customer = demo.simulator.identities()["customer"]
    page = plan_region(visitor, demo, customer["account"])
    run = page.url.removesuffix("review/")
    expect(page.get_by_text("Not connected to Zilliz Cloud")).to_be_visible()
    expect(page.get_by_role("heading", name="What keeps running and is billed")).to_be_visible()

    second = page.context.new_page()
    second.goto(page.url)
    demo.simulator.delay("ec2:Create*", 0.3, times=30)
    demo.simulator.inject("eks:CreateCluster", "AccessDeniedException", status=403, times=20)
    for tab in (page, second):
        activate(tab)
        tab.wait_for_url(run)
    expect(second.get_by_text("The status of this run has changed")).to_be_visible()
    second.close()
    expect(page).to_have_title(re.compile(r"Deploying \d+ % · us-west-2"), timeout=30_000)

    # Nobody looks; it goes on, until AWS refuses.
    page.goto("about:blank")
    page.goto(run)
    expect(page.get_by_role("heading", name="What exists now")).to_be_visible(timeout=120_000)
    expect(page.locator(".thing-failed")).to_contain_text("EKS cluster")
    percent = int(page.locator(".deploying-percent").inner_text().removesuffix(" %"))
    assert 0 < percent < 100

    demo.simulator.clear()
    page.get_by_role("button", name="Resume").click()
    page.wait_for_url("**/review/", timeout=120_000)
    expect(page.get_by_text("of an earlier run already exist")).to_be_visible()
    activate(page)
    expect(page.get_by_role("link", name="What to do now")).to_be_visible(timeout=180_000)
    expect(page.locator(".stages-done")).to_have_count(4)
    ec2 = client(demo.simulator.endpoint, "ec2", customer["administrator"])
    ours = [{"Name": "tag:Vendor", "Values": ["zilliz-byoc"]}]
    assert len(ec2.describe_vpcs(Filters=ours)["Vpcs"]) == 1, "nothing was made twice"

    page.get_by_role("link", name="What to do now").click()
    expect(page.get_by_role("heading", name="us-west-2 (Oregon) is active")).to_be_visible()
    expect(page.locator("#key")).to_contain_text("Expires by itself")
    expect(page.locator("#cluster")).to_contain_text("aws eks update-kubeconfig --region us-west-2 --name zilliz-byoc-")
    page.get_by_role("button", name="Check whether it is gone").click()
    expect(page.locator("#role")).to_contain_text("Still there", timeout=30_000)
    iam = client(demo.simulator.endpoint, "iam", customer["administrator"])
    name = "zilliz-bootstrap-role"
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)
    page.get_by_role("button", name="Check whether it is gone").click()
    expect(page.locator("#role")).to_contain_text("The portal can no longer assume this role", timeout=30_000)
    page.get_by_role("button", name="I have created a cluster").click()
    expect(page.locator("#cluster")).to_contain_text("Done (as reported)")
    license_page(page, license_status="active", region_status="active")
