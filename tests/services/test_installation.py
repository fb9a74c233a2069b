"""What the Installation page and set-up say about the server."""

from datetime import timedelta

import pytest
from django.utils import timezone

from activation.domain.run_status import RunStatus
from activation.models import Node
from activation.services import installation
from tests.factories import World, make_activation, make_run

pytestmark = pytest.mark.django_db

GOOD = {
    "sandbox": {"level": "Landlock 6", "walls": {"a": True}, "holds": True},
    "terraform": {"name": "Terraform", "version": "1.11.4", "path": "/usr/bin/terraform"},
}


def report(content: object, *, ago: timedelta = timedelta(0)) -> None:
    now = timezone.now()
    Node.objects.create(name=f"host-{Node.objects.count()}", seen_at=now - ago, started_at=now, report=content)


def states() -> dict[str, str]:
    return {check.title: check.state for check in installation.checks()}


def test_before_any_worker_nothing_is_called_good() -> None:
    assert states()["Worker"] == "not_checked"
    assert "Sandbox" not in states()


def test_a_good_host_passes() -> None:
    report(GOOD)

    assert set(states().values()) == {"passed"}


def test_a_wall_that_did_not_hold_is_named() -> None:
    report(GOOD | {"sandbox": {"level": "Landlock 6", "walls": {"other files cannot be read": False}, "holds": False}})

    (check,) = [check for check in installation.checks() if check.title == "Sandbox"]
    assert check.state == "failed"
    assert "other files cannot be read" in check.text
    assert check.remedy


@pytest.mark.parametrize("content", [{}, [], {"sandbox": None, "terraform": None}, {"sandbox": {}}])
def test_a_report_that_lacks_things_is_read_all_the_same(content: object) -> None:
    report(content)

    assert states()["Sandbox"] == states()["Terraform"] == "failed"
    assert installation.nodes()[0].versions == []


def test_a_host_that_is_away_vouches_for_nothing() -> None:
    report(GOOD, ago=timedelta(hours=1))

    assert states()["Worker"] == "not_checked"
    assert installation.nodes()[0].is_away


def test_a_broker_that_does_not_answer_fails_and_hides_no_numbers(settings: object) -> None:
    settings.BROKER_URL = "redis+socket:///nowhere/valkey.sock"  # type: ignore[attr-defined]

    assert states()["Broker"] == "failed"
    assert {length for _, length in installation.queue().messages} == {None}


def test_the_queue_counts_runs_of_all_organizations(world: World) -> None:
    make_run(make_activation(world.own.organization), status=RunStatus.PENDING)
    make_run(make_activation(world.other.organization), status=RunStatus.APPLYING)

    queue = installation.queue()

    assert (queue.waiting, queue.at_work) == (1, 1)
