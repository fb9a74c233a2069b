"""What the Installation page and set-up say about the server."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.domain.run_status import RunStatus
from activation.models import Node
from activation.runner.probe import OTHER_PORTS
from activation.services import installation
from activation.services.installation import Check
from tests.factories import World, make_activation, make_run

pytestmark = pytest.mark.django_db

GIB = 2**30
GOOD: dict[str, Any] = {
    "sandbox": {"level": "Landlock 6", "walls": {"a": True}, "holds": True},
    "terraform": {"name": "Terraform", "version": "1.11.4", "path": "/usr/bin/terraform"},
    "provider": {"name": "hashicorp/aws", "wanted": ["5.100.0"], "directory": "/mirror", "held": ["5.100.0"]},
    "portal": "0.1.0",
    "free_bytes": 9 * GIB,
    "free_work_bytes": 3 * GIB,
    "least_free_bytes": 64 * 2**20,
}


def report(content: object, *, ago: timedelta = timedelta(0)) -> None:
    now = timezone.now()
    Node.objects.create(name=f"host-{Node.objects.count()}", seen_at=now - ago, started_at=now, report=content)


def states() -> dict[str, str]:
    return {check.title: check.state for check in installation.checks()}


def line(title: str) -> Check:
    (check,) = [check for check in installation.checks() if check.title == title]
    return check


def standing() -> installation.Standing:
    return installation.standing(installation.own_checks(), installation.nodes())


def test_before_any_worker_nothing_is_called_good() -> None:
    assert states()["Worker"] == "not_checked"
    assert "Sandbox" not in states()
    assert standing().state == "down"


def test_a_good_host_passes() -> None:
    report(GOOD)

    assert set(states().values()) == {"passed"}
    assert standing().state == "working"
    assert installation.nodes()[0].versions == [
        ("Portal", "0.1.0"),
        ("Terraform", "1.11.4"),
        ("hashicorp/aws", "5.100.0"),
    ]


# --- sandbox


@pytest.mark.parametrize(
    ("sandbox", "says", "remedy"),
    [
        ({"level": "", "walls": {}, "holds": False}, "no Landlock", "6.7"),
        (
            {"level": "Landlock 6", "walls": {"other files cannot be read": False, "another": True}, "holds": False},
            "a run can read files that are not its own",
            "a Linux kernel of its own",
        ),
        (
            {"level": "Landlock 6", "walls": {"/srv/private/terraform can be reached": False}, "holds": False},
            "cannot reach /srv/private/terraform",
            "chmod o+x",
        ),
        ({"level": "", "walls": {}, "holds": False, "error": "no memory"}, "no memory", "Fix this"),
        ({"level": "Landlock 6", "walls": {}, "holds": False}, "ended at once", "a Linux kernel of its own"),
    ],
)
def test_a_sandbox_that_does_not_hold_says_what_failed_and_its_own_remedy(
    sandbox: dict[str, Any], says: str, remedy: str
) -> None:
    report(GOOD | {"sandbox": sandbox})

    check = line("Sandbox")
    assert check.state == "failed"
    assert says in check.text
    assert remedy in check.remedy
    for wall in sandbox["walls"]:
        assert wall not in check.text


@pytest.mark.parametrize(
    ("sandbox", "name", "says"),
    [
        ({"level": "", "walls": {}, "holds": False}, "none", "no Landlock"),
        (
            {
                "level": "Landlock 3, network open",
                "walls": {OTHER_PORTS: False, "other files cannot be read": True},
                "holds": False,
            },
            "Landlock 3, network open",
            "other ports",
        ),
    ],
)
def test_a_sandbox_that_is_done_without_is_named_as_its_runs_name_it(
    sandbox: dict[str, Any], name: str, says: str, settings: Settings
) -> None:
    settings.ALLOW_UNSANDBOXED = True
    report(GOOD | {"sandbox": sandbox})

    check, (only,) = line("Sandbox"), installation.nodes()
    assert only.sandbox == (f"{name} (allowed by ALLOW_UNSANDBOXED)", "warning")
    assert check.state == "warning"
    assert name.lower() in check.text.lower()
    assert says in check.text
    assert "refused" not in check.text


# --- provider, disk, mail


@pytest.mark.parametrize(
    ("supply", "state", "says"),
    [
        ({"directory": "/mirror", "held": ["5.99.0"]}, "failed", "terraform providers mirror /mirror"),
        ({"directory": "", "kept": [], "registry": "registry.example", "problem": None}, "not_checked", "Reload"),
        ({"directory": "", "kept": [], "registry": "registry.example", "problem": ""}, "passed", "is fetched"),
        ({"directory": "", "kept": [], "registry": "r.example", "problem": "no route"}, "failed", "AWS_PROXY_URL"),
        ({"directory": "", "kept": ["5.100.0"], "registry": "r.example", "problem": "x"}, "warning", "still work"),
    ],
)
def test_the_provider_line_says_where_it_comes_from_or_how_to_get_it(
    supply: dict[str, Any], state: str, says: str
) -> None:
    report(GOOD | {"provider": {"name": "hashicorp/aws", "wanted": ["5.100.0"]} | supply})

    check = line("Provider")
    assert check.state == state
    assert says in f"{check.text} {check.remedy}"


@pytest.mark.parametrize(("free", "state"), [(10 * 2**20, "failed"), (100 * 2**20, "warning"), (GIB, "passed")])
def test_the_disk_line_fails_where_no_run_would_begin(free: int, state: str) -> None:
    report(GOOD | {"free_work_bytes": free})

    assert line("Disk").state == state
    assert bool(line("Disk").remedy) == (state != "passed")


def test_an_installation_without_a_mail_server_says_so(settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "byoc_portal.mail.LogBackend"}}

    assert line("Mail").state == "warning"
    assert "EMAIL_URL" in line("Mail").remedy


def test_a_mail_server_is_good_while_it_answers(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = {"host": "127.0.0.1", "port": server.getsockname()[1]}
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
        assert line("Mail").state == "passed"
    assert line("Mail").state == "failed"


# --- how it does as a whole


def test_one_good_host_beside_a_bad_one_is_degraded_and_lines_name_their_host() -> None:
    report(GOOD)
    report(GOOD | {"terraform": {}, "terraform_problem": "terraform was not found."})

    assert standing().state == "degraded"
    assert "Terraform, host-1" in standing().text
    assert states()["Terraform, host-0"] == "passed"


def test_without_a_host_that_passes_it_is_down() -> None:
    report(GOOD | {"sandbox": {}})

    assert standing().state == "down"


def test_a_host_that_is_away_degrades_what_another_one_carries() -> None:
    report(GOOD)
    report(GOOD, ago=timedelta(hours=1))

    assert standing().state == "degraded"
    assert "host-1" in standing().text


def test_a_warning_degrades(settings: Settings) -> None:
    settings.PORTAL_URL = "http://portal.example"
    report(GOOD)

    assert standing().state == "degraded"


@pytest.mark.parametrize("content", [{}, [], {"sandbox": None, "terraform": None, "provider": None}, {"sandbox": {}}])
def test_a_report_that_lacks_things_is_read_all_the_same(content: object) -> None:
    report(content)

    assert states()["Sandbox"] == states()["Terraform"] == "failed"
    assert states()["Provider"] == states()["Disk"] == "not_checked"
    assert installation.nodes()[0].versions == []


def test_a_host_that_is_away_vouches_for_nothing() -> None:
    report(GOOD, ago=timedelta(hours=1))

    assert states()["Worker"] == "not_checked"
    assert installation.nodes()[0].is_away
    assert standing().state == "down"


def test_a_broker_that_does_not_answer_fails_and_hides_no_numbers(settings: Settings) -> None:
    settings.BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    report(GOOD)

    assert states()["Broker"] == "failed"
    assert standing().state == "down"
    assert {length for _, length in installation.queue().messages} == {None}


def test_the_queue_counts_runs_of_all_organizations(world: World) -> None:
    make_run(make_activation(world.own.organization), status=RunStatus.PENDING)
    make_run(make_activation(world.other.organization), status=RunStatus.APPLYING)

    queue = installation.queue()

    assert (queue.waiting, queue.at_work) == (1, 1)


def test_messages_are_counted_in_the_queue_of_each_host() -> None:
    report(GOOD)
    with installation.broker() as broker:
        broker.lpush("ship.host-0", "a message")
        try:
            assert dict(installation.queue().messages) == {"start": 0, "control": 0, "audit": 0, "ship.host-0": 1}
        finally:
            broker.delete("ship.host-0")
