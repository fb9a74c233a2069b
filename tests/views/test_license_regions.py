"""Each region on the License page: active or not, what stands of it, and what differs from what Terraform says."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.license import CoreUse
from activation.domain.region_now import Found, Thing
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.domain.watch import Item, Look, Memory, remember
from activation.domain.watch import Thing as Watched
from activation.models import Activation, Handover, Organization, RegionSetup, Workspace
from activation.services import licenses
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_run
from tests.views.test_license import Reader, words

pytestmark = pytest.mark.django_db
ARNS = {"management_role_arn": "arn:aws:iam::222233334444:role/zilliz/zilliz-management-role"}
LOOKED = ("aws_vpc", "aws_subnet")


@pytest.fixture
def organization() -> Organization:
    return make_organization("Acme", external_id="cid-0123456789abcdefghijklmno")


@pytest.fixture
def region(organization: Organization) -> Activation:
    account = make_cloud_account(organization, arns=ARNS)
    made = make_activation(organization, status=ActivationStatus.ACTIVE, cloud_account=account)
    RegionSetup.objects.create(activation=made, vpc_cidr="10.20.0.0/17", netmask=17)
    return made


def seen(region: Activation, *things: Thing, stated: tuple[Thing, ...] = (), **fields: Any) -> None:
    found = {
        "found": Found(things, LOOKED).to_json(),
        "stated": [asdict(each) for each in stated],
        "serial": 12,
    }
    values: dict[str, Any] = {"found": found, "found_at": timezone.now(), **fields}
    RegionSetup.objects.filter(activation=region).update(**values)


def status(html: str, region: Activation) -> str:
    """Return the region's status as machines read it."""
    _, _, rest = html.partition(f'data-activation="{region.pk}" data-region-status="')
    return rest.partition('"')[0]


def test_a_region_says_whether_it_is_active(organization: Organization, region: Activation) -> None:
    page = Reader(organization)
    assert status(page.get(), region) == "active"
    Activation.objects.filter(pk=region.pk).update(status=ActivationStatus.FAILED)
    assert status(page.get(), region) == "failed"


def test_a_region_at_the_vendors_console_is_active_as_reported() -> None:
    zilliz = make_organization("Northwind", control_plane=ControlPlane.ZILLIZ)
    region = make_activation(zilliz, status=ActivationStatus.ACTIVE)
    page = Reader(zilliz).get()
    assert status(page, region) == "active (as reported)"
    assert "Active (as reported)" in words(page)
    assert "Nobody has watched this account yet." in words(page)


def test_what_stands_is_shown_beside_what_terraform_says(organization: Organization, region: Activation) -> None:
    vpc = Thing("aws_vpc", "vpc-1", "zilliz-byoc-x-vpc", {"network": "10.20.0.0/17"})
    role = Thing("aws_iam_role", "zilliz-byoc-x-node")
    seen(region, vpc, stated=(vpc, role))
    page = words(Reader(organization).get())
    assert "serial 12" in page
    assert "Everything that was checked matches Terraform's state." in page
    assert "1 resource found" in page
    assert "1 IAM role." in page
    assert "/17" in page and "10.20.0.0/17" in page and "vpc-1" in page


def test_drift_is_said_with_what_differs(organization: Organization, region: Activation) -> None:
    gone, extra = Thing("aws_subnet", "subnet-1", "private"), Thing("aws_vpc", "vpc-2", "by hand")
    seen(region, extra, stated=(gone,))
    html = Reader(organization).get()
    page = words(html)
    assert "2 kinds of resources are different from Terraform's state." in page
    assert "private (subnet-1) is not in AWS." in page
    assert "by hand (vpc-2) is not in Terraform's state." in page
    assert '<details class="more" open>' in html


def test_what_could_not_be_asked_is_said_and_the_last_look_stays(
    organization: Organization, region: Activation
) -> None:
    vpc = Thing("aws_vpc", "vpc-1")
    seen(region, vpc, stated=(vpc,), found_problem="The role is gone.")
    page = words(Reader(organization).get())
    assert "Could not look. The role is gone." in page
    assert "1 resource found" in page


def test_who_presses_look_again_sees_that_a_worker_looks(organization: Organization, region: Activation) -> None:
    client = Client()
    client.force_login(make_member(organization, Role.OWNER).user)
    there = f"/o/{organization.slug}/license/regions/{region.pk}/"
    answer = client.post(f"{there}look/", follow=True)
    assert answer.redirect_chain[0][0] == f"/o/{organization.slug}/license/#region-{region.pk}"
    page = answer.content.decode()
    assert f'hx-get="{there}"' in page
    assert "A worker is checking AWS." in words(page)
    assert "less than a minute ago" in words(client.post(f"{there}look/", follow=True).content.decode())
    # The number is written last: with it the page stops asking.
    licenses.note_cores(activation=region, method="Seen.", uses=[])
    seen(region)
    polled = client.get(there).content.decode()
    assert "hx-get" not in polled
    assert "Nothing from this region exists in AWS." in words(polled)


def test_a_page_does_not_wait_for_a_worker_that_never_answers(organization: Organization, region: Activation) -> None:
    RegionSetup.objects.filter(activation=region).update(asked_at=timezone.now() - timedelta(minutes=2))
    page = Reader(organization).get()
    assert "hx-get" not in page
    assert "AWS has not been checked yet." in words(page)


def test_only_who_sees_the_license_may_have_aws_asked(region: Activation) -> None:
    stranger = make_organization("Elsewhere")
    client = Client()
    client.force_login(make_member(stranger, Role.OWNER).user)
    for slug in (region.organization.slug, stranger.slug):
        assert client.post(f"/o/{slug}/license/regions/{region.pk}/look/").status_code == 404
    assert RegionSetup.objects.get(activation=region).asked_at is None


def test_who_approved_the_region_is_told_apart_from_who_approved_its_roles(
    organization: Organization, region: Activation
) -> None:
    approved = timezone.now()
    make_run(region, approved_by_name="Roles Owner", approved_at=approved)
    before = words(Reader(organization).get())
    assert region.cloud_account is not None
    workspace = Workspace.objects.create(kind=Workspace.REGION, activation=region, cloud_account=region.cloud_account)
    names = {"created_by_name": "Region Planner", "approved_by_name": "Region Owner"}
    run = make_run(region, approved_at=approved, created_at=approved - timedelta(days=1), **names)
    # So many runs after it changed nothing, and nobody approved them.
    for later in (run, *(make_run(region) for _ in range(5))):
        later.workspace = workspace
        later.save(update_fields=["workspace"])

    after = words(Reader(organization).get())

    assert "Activated and approved by Nobody yet" in before
    assert "Roles approved by Roles Owner" in before
    assert "Planned by Region Planner" in after
    assert "Activated and approved by Region Owner" in after
    assert "Roles approved by Roles Owner" in after


def test_what_a_console_built_is_shown_as_the_watch_saw_it() -> None:
    zilliz = make_organization("Northwind", control_plane=ControlPlane.ZILLIZ)
    began = timezone.now() - timedelta(minutes=40)
    region = make_activation(zilliz, status=ActivationStatus.ACTIVE, activating_since=began)
    RegionSetup.objects.create(activation=region, netmask=18)
    at = timezone.now() - timedelta(minutes=3)
    vpc = Item("vpc-9", Watched.VPC, "zilliz-byoc-abc-vpc", network="vpc-9", marks=("name",), created="")
    memory = remember(remember(Memory(), Look(began, ())), Look(at, (vpc,)))
    Handover.objects.create(
        activation=region,
        started_at=began,
        looked_at=at,
        seen=memory.to_json(),
        confirmed_by_name="Olga Owner",
        confirmed_at=timezone.now(),
    )
    use = CoreUse("Query nodes", "zilliz-byoc-abc", "us-west-2", "1 × m6id.4xlarge", 16)
    licenses.note_cores(activation=region, method="Seen.", uses=[use])
    page = words(Reader(zilliz).get())
    assert "As reported: 1 of 11 kinds of documented resources" in page
    assert "zilliz-byoc-abc-vpc" in page
    assert "vpc-9" in page and "/18" in page
    assert "Confirmed by Olga Owner" in page
    assert "Estimate, seen" in page
