"""The pages of a run that builds a region: its review, its building, its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.domain.checks import Check, CheckState, Report
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Event, Member, RegionSetup, Run
from activation.selectors.activations import page_reached
from tests.factories import make_activation, make_member, make_organization
from tests.views.region_rows import give_region_plan, make_building, make_region_run, write_creations
from tests.views.run_rows import address, client_of, text_of

pytestmark = pytest.mark.django_db

NETWORK = ("aws_vpc.main", "aws_subnet.private_1")


def applying(**fields: Any) -> tuple[Run, Member]:
    activation, owner = make_building()
    now = timezone.now()
    run = make_region_run(activation, RunStatus.APPLYING, approved_at=now, apply_started_at=now, **fields)
    give_region_plan(run)
    return run, owner


def page(run: Run, member: Member, name: str = "run", **query: str) -> str:
    return text_of(client_of(member).get(address(name, run), query))


# --- the review


def test_the_review_says_what_is_chosen_built_and_billed_and_what_it_is_not() -> None:
    activation, owner = make_building(ActivationStatus.CONFIGURING, activating_since=None)
    run = make_region_run(activation, RunStatus.PLANNED)
    give_region_plan(run)

    text = page(run, owner, "run_review")

    assert "10.0.0.0/16" in text
    assert "3 × m6i.2xlarge, 100 GiB disk each" in text
    assert "Not connected to Zilliz Cloud" in text
    assert "What keeps running and is billed" in text
    assert "By the hour and by the gigabyte" in text
    assert "EKS encrypts secrets and everything else in the cluster’s data store" in text
    assert "aws ec2 enable-ebs-encryption-by-default --region us-west-2" in text
    assert "AWS keeps them until you set a retention period" in text
    assert "typically about 30 minutes" in text
    assert [text.index(each) for each in ("Network</b>", "Storage</b>", "Cluster</b>", "Nodes</b>")] == sorted(
        text.index(each) for each in ("Network</b>", "Storage</b>", "Cluster</b>", "Nodes</b>")
    )
    assert text.index("The private network of the data plane.") < text.index("Holds the NAT gateway"), "as they depend"
    assert "Service account kube-system:cluster-autoscaler of this cluster" in text
    assert "AmazonEKSWorkerNodePolicy" in text
    assert "Add-ons are off" not in text
    assert 'id="approve-button">Activate</button>' in text
    assert address("activation_region", activation) in text, "the way to change a choice"
    assert "access_key_id" not in text, "the portal takes the role itself"


@pytest.mark.parametrize(
    ("status", "may_change"), [(ActivationStatus.CONFIGURING, True), (ActivationStatus.FAILED, False)]
)
def test_the_review_offers_to_change_a_choice_only_where_step_3_opens_again(
    status: ActivationStatus, may_change: bool
) -> None:
    activation, owner = make_building(status)
    run = make_region_run(activation, RunStatus.PLANNED)
    give_region_plan(run)

    text = page(run, owner, "run_review")

    assert ("discard this plan and create a new one" in text) is may_change
    assert ('class="choice-change"' in text) is may_change
    assert ("These are fixed" in text) is not may_change


def test_where_add_ons_are_off_the_review_says_so() -> None:
    activation, owner = make_building(ActivationStatus.CONFIGURING)
    run = make_region_run(activation, RunStatus.PLANNED)
    plan = give_region_plan(run)
    plan.review["changes"] = [each for each in plan.review["changes"] if each["type"] != "aws_eks_addon"]
    plan.save()

    assert "Add-ons are off" in page(run, owner, "run_review")


def test_the_raw_plan_can_be_read_by_colleagues_only() -> None:
    activation, owner = make_building(ActivationStatus.CONFIGURING)
    run = make_region_run(activation, RunStatus.PLANNED)
    give_region_plan(run)
    auditor = make_member(activation.organization, Role.AUDITOR)

    answers = [client_of(who).get(address("run_plan", run)) for who in (owner, auditor)]

    assert [answer.json()["changes"][0]["address"] for answer in answers] == ["aws_vpc.main"] * 2
    assert "no-store" in answers[0]["Cache-Control"]
    taken = Event.objects.filter(kind=Kind.RUN_PLAN_DOWNLOADED, run_id=run.pk)
    assert [each.actor_role for each in taken.order_by("sequence")] == ["owner", "auditor"]
    assert taken[0].after == {"sha256": run.plan.sha256}


# --- while it is built


def test_percent_and_phases_follow_what_was_made_and_links_lead_to_the_console() -> None:
    run, owner = applying()
    write_creations(run, *NETWORK, begun=("aws_eks_cluster.main",))

    text = page(run, owner)

    assert "<title>Deploying 4 % · us-west-2" in text
    assert "2 of 47" in text
    assert "Running · 2 of 18" in text
    assert "Waiting · 0 of 6" in text
    assert "EKS cluster zilliz-byoc-test" in text
    assert "https://us-west-2.console.aws.amazon.com/vpcconsole/home?region=us-west-2#VpcDetails:VpcId=vpc-0" in text
    assert "You can close this page" in text
    assert "Typically about 30 minutes in total" in text
    assert "data-log-window" not in text, "the log has a tab of its own"
    assert "data-log-window" in page(run, owner, show="log")
    assert "data-log-window" in page(run, owner, q="vpc")


def test_a_simulator_s_things_are_not_linked_to_the_console(settings: Settings) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:1"
    run, owner = applying()
    write_creations(run, *NETWORK)

    text = page(run, owner)

    assert "vpc-0123456789abcdef0" in text
    assert "console.aws.amazon.com" not in text


def test_the_head_is_sent_again_when_something_was_made_and_not_else() -> None:
    run, owner = applying()
    write_creations(run, *NETWORK)
    client = client_of(owner)
    seen = page(run, owner).split("?seen=")[1].split("&")[0]
    url = address("run_status", run)

    same = text_of(client.get(url, {"seen": seen}))
    write_more = Run.objects.filter(pk=run.pk).update(progress=run.progress | {"current": ["aws_eip.nat"]})
    other = text_of(client.get(url, {"seen": seen}))

    assert write_more == 1
    assert "Deploying" not in same
    assert "Elastic IP address" in other


def test_time_left_is_a_range_of_what_earlier_ones_took() -> None:
    for minutes in (11, 12, 14, 20):
        now = timezone.now()
        make_activation(
            make_organization(f"Company {minutes}"),
            status=ActivationStatus.ACTIVE,
            activating_since=now - timedelta(minutes=minutes),
            activated_at=now,
        )
    run, owner = applying()

    assert "About 11 to 18 min left" in page(run, owner)


def test_past_thirty_minutes_it_says_what_it_may_be_waiting_for() -> None:
    run, owner = applying()
    write_creations(run, *NETWORK, begun=("aws_eks_node_group.core",))
    assert "This takes longer than usual" not in page(run, owner)
    run.activation.activating_since = timezone.now() - timedelta(minutes=31)
    run.activation.save()

    text = page(run, owner)

    assert "This takes longer than usual" in text
    assert "Nodes start only if EC2 has capacity" in text


# --- one activation, several runs


def test_a_run_that_goes_on_counts_what_the_one_before_made_and_never_goes_back() -> None:
    first, owner = applying()
    write_creations(first, *NETWORK, "aws_eip.nat", begun=("aws_eks_cluster.main",))
    first_page = page(first, owner)
    Run.objects.filter(pk=first.pk).update(status=RunStatus.INTERRUPTED, finished_at=timezone.now())
    second = make_region_run(
        first.activation, RunStatus.PLANNING, planned_at=None, continues=first, retry_of=first, approved_by_name="Ada"
    )

    while_planning = page(second, owner)
    give_region_plan(second, exist=(*NETWORK, "aws_eip.nat"), found=("aws_eks_cluster.main",))
    now = timezone.now()
    Run.objects.filter(pk=second.pk).update(status=RunStatus.APPLYING, apply_started_at=now, approved_at=now)
    second.refresh_from_db()
    while_applying = page(second, owner)

    assert "Deploying 6 %" in first_page
    assert "Deploying 6 %" in while_planning
    assert "Deploying 8 %" in while_applying
    assert "This run continues from" in while_applying
    assert "Found again" in while_applying
    ended = page(first, owner)
    assert "Continued with a new session" in ended
    assert address("run", second) in ended
    assert 'id="resume"' not in ended
    poll = client_of(owner).get(address("run_status", first), {"was": "applying"})
    assert poll["HX-Redirect"] == address("run", second)


# --- its end


def test_a_failure_says_what_exists_what_is_not_known_and_offers_resume() -> None:
    run, owner = applying()
    write_creations(run, *NETWORK, "aws_nat_gateway.main", begun=("aws_eks_cluster.main",), failed=("aws_eip.nat",))
    Run.objects.filter(pk=run.pk).update(status=RunStatus.ERRORED, finished_at=timezone.now(), reason="It broke.")
    run.activation.status, run.activation.reason = ActivationStatus.FAILED, "It broke."
    run.activation.save()
    operator = make_member(run.organization, Role.OPERATOR)
    auditor = make_member(run.organization, Role.AUDITOR)

    text = page(run, owner)

    assert "3 of 47 resources exist in account 222233334444" in text
    assert "Status unknown:" in text
    assert "NAT gateway (by the hour and by the gigabyte)" in text
    assert 'id="resume"' in text
    assert 'id="resume"' in page(run, operator)
    assert 'id="resume"' not in page(run, auditor)
    assert page_reached(run.activation, None) == address("run", run)


@pytest.mark.parametrize(
    ("status", "leads_back"), [(ActivationStatus.CONFIGURING, True), (ActivationStatus.FAILED, False)]
)
def test_back_to_step_3_is_offered_only_where_it_is_open(status: ActivationStatus, leads_back: bool) -> None:
    activation, owner = make_building(status, reason="Canceled by Ada.")
    run = make_region_run(activation, RunStatus.CANCELED, finished_at=timezone.now())

    assert ("Back to step 3" in page(run, owner)) is leads_back
    if leads_back:
        step_3 = text_of(client_of(owner).get(address("activation_region", activation)))
        assert "nothing was created" in step_3
        assert "Canceled by Ada." in step_3


def test_resume_begins_one_run_that_goes_on_and_a_reader_may_not() -> None:
    run, owner = applying()
    Run.objects.filter(pk=run.pk).update(status=RunStatus.ERRORED, finished_at=timezone.now())
    activation = run.activation
    activation.status = ActivationStatus.FAILED
    activation.save()
    auditor = make_member(activation.organization, Role.AUDITOR)

    refused = client_of(auditor).post(address("activation_resume", activation))
    answers = [client_of(owner).post(address("activation_resume", activation)) for _ in range(2)]

    assert refused.status_code == 403
    (fresh,) = Run.objects.filter(activation=activation).exclude(pk=run.pk)
    assert fresh.retry_of == run
    assert [answer["Location"] for answer in answers] == [address("run", fresh)] * 2
    assert Event.objects.filter(kind=Kind.RUN_CREATED, run_id=fresh.pk).count() == 1


def test_try_again_after_a_discarded_plan_needs_step_3_as_it_stands_now() -> None:
    activation, owner = make_building(ActivationStatus.CONFIGURING, activating_since=None)
    make_region_run(activation, RunStatus.DISCARDED, finished_at=timezone.now())

    answer = client_of(owner).post(address("activation_resume", activation), follow=True)

    # No license, five of the seven ARNs missing, nothing checked: whatever is first, nothing is planned.
    assert "Open the ARNs above and correct them" in text_of(answer)
    assert answer.redirect_chain[-1][0] == address("activation_region", activation)
    assert Run.objects.filter(activation=activation).count() == 1


def test_after_the_apply_the_page_waits_for_the_look_from_outside_and_then_leads_on() -> None:
    run, owner = applying()
    write_creations(run, *run.package.description["resources"])
    Run.objects.filter(pk=run.pk).update(status=RunStatus.APPLIED, finished_at=timezone.now())

    looking = page(run, owner)
    run.activation.status = ActivationStatus.ACTIVE
    run.activation.save()
    active = page(run, owner)

    assert "Checking from outside" in looking
    assert "data-poll" in looking, "it goes on by itself"
    assert "<title>Active · us-west-2" in active
    assert "100 %" in active
    assert address("activation_done", run.activation) in active
    assert "data-poll" not in active
    assert page_reached(run.activation, None) == address("activation_done", run.activation)


def test_a_look_that_got_no_answer_says_since_when_and_not_that_the_region_failed() -> None:
    run, owner = applying()
    Run.objects.filter(pk=run.pk).update(status=RunStatus.APPLIED, finished_at=timezone.now())
    since = timezone.now() - timedelta(minutes=7)
    RegionSetup.objects.update(
        outside={"checks": [], "blind": "AWS does not answer.", "blind_since": since.isoformat()}
    )

    text = page(run, owner)

    assert "could not look at it since" in text
    assert "AWS does not answer." in text
    assert "Checking from outside" in text
    assert "data-poll" in text


def test_what_was_built_and_is_not_well_says_what_was_seen_and_can_be_looked_at_again() -> None:
    run, owner = applying()
    write_creations(run, *run.package.description["resources"])
    Run.objects.filter(pk=run.pk).update(status=RunStatus.APPLIED, finished_at=timezone.now())
    run.activation.status, run.activation.reason = ActivationStatus.FAILED, "It is not well."
    run.activation.save()
    seen = Check("nodes", "Node groups", CheckState.FAILED, "core is unwell.", "Look at its routes.")
    RegionSetup.objects.update(outside=Report((seen,)).to_json())

    text = page(run, owner)

    assert "Built, but not as it should be" in text
    assert "core is unwell." in text
    assert "Look at its routes." in text
    assert 'id="look-again"' in text
    assert 'id="resume"' not in text
