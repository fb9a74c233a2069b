"""A run's page in every state, and its log while it grows."""

import fcntl
import json
import re
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.sealing import seal
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Event, LogLine, Member, Run
from activation.runner import lock
from activation.runner.spec import state_context
from activation.selectors.run_logs import WINDOW
from activation.services import endings, host, run_keys
from tests.factories import make_activation, make_member, make_organization, make_run
from tests.views.run_rows import (
    address,
    client_of,
    make_sealed_run,
    text_of,
    write_log,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_has_a_page_and_an_auditor_gets_no_buttons(
    owner: Member, activation: Activation, status: RunStatus
) -> None:
    run = make_sealed_run(activation, status, reason="Because.")
    auditor = make_member(activation.organization, Role.AUDITOR)

    for member in (owner, auditor):
        answer = client_of(member).get(address("run", run))
        text = text_of(answer)
        assert answer.status_code == 200
        assert run.status_label in text
        assert f"· {run.region} · BYOC Portal</title>" in text
        if member is auditor:
            main = text[text.index('id="status"') : text.index('id="log"')]
            assert "<form" not in main
            assert "button" not in main


@pytest.mark.parametrize(
    ("sandbox", "is_warned"),
    [
        ("Landlock 6, HTTPS only, own uid", False),
        ("Landlock 3, network open, own uid (allowed by ALLOW_UNSANDBOXED)", True),
        ("none (allowed by ALLOW_UNSANDBOXED)", True),
    ],
)
def test_a_run_shows_its_sandbox_and_warns_where_one_was_done_without(
    owner: Member, activation: Activation, sandbox: str, is_warned: bool
) -> None:
    run = make_sealed_run(activation, RunStatus.APPLIED, sandbox=sandbox)
    Run._meta.get_field("sandbox").clean(sandbox, run)

    text = text_of(client_of(owner).get(address("run", run)))

    facts = text[text.index('class="run-facts"') :]
    facts = facts[: facts.index(run.pk)]
    assert sandbox in facts
    assert ("status-warning" in facts) is is_warned


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        (RunStatus.PENDING, {"run_cancel"}),
        (RunStatus.PLANNING, {"run_cancel"}),
        (RunStatus.PLANNED, {"run_review", "run_discard"}),
        (RunStatus.APPLYING, {"run_cancel"}),
        (RunStatus.APPLIED, set()),
        (RunStatus.ERRORED, {"retry"}),
        (RunStatus.INTERRUPTED, {"retry"}),
    ],
)
def test_buttons_follow_the_state(owner: Member, activation: Activation, status: RunStatus, buttons: set[str]) -> None:
    run = make_sealed_run(activation, status)

    text = text_of(client_of(owner).get(address("run", run)))

    names = ("run_cancel", "run_review", "run_discard", "run_force")
    shown = {name for name in names if address(name, run) in text}
    shown |= {"retry"} if f"?retry={run.pk}" in text else set()
    assert shown == buttons


def test_force_is_offered_after_the_cool_off_only(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.APPLYING, cancel_requested_at=timezone.now())
    client = client_of(owner)
    assert "Stopping, saving state" in text_of(client.get(address("run", run)))
    assert address("run_force", run) not in text_of(client.get(address("run", run)))
    early = client.post(address("run_force", run), {"confirmation": "stop by force"})
    assert early.status_code == 422

    Run.objects.update(cancel_requested_at=timezone.now() - timedelta(minutes=1))

    assert address("run_force", run) in text_of(client.get(address("run", run)))
    untyped = client.post(address("run_force", run), {"confirmation": "yes"})
    assert "The confirmation was not typed as shown" in text_of(untyped)
    assert client.post(address("run_force", run), {"confirmation": "stop by force"}).status_code == 302
    assert Run.objects.get().force_requested_at


def test_a_failure_is_explained_and_an_unknown_one_keeps_its_text(owner: Member, activation: Activation) -> None:
    from activation.domain.explanations import explain

    known = explain("Error: creating IAM Role (x): api error EntityAlreadyExists: Role with name x already exists.")
    unknown = explain("Error: a wheel came off")
    for explanation, sentence in ((known, known.title), (unknown, "a wheel came off")):
        run = make_sealed_run(activation, RunStatus.ERRORED, explanation=explanation.to_json())
        assert sentence in text_of(client_of(owner).get(address("run", run)))


@pytest.mark.parametrize(
    ("failed", "leads_to"),
    [
        ("api error InvalidClientTokenId: The security token included in the request is invalid", "/arns/run/?retry="),
        ("User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:CreateRole on resource: r", "#key"),
        ("api error VpcLimitExceeded: The maximum number of VPCs has been reached", "/servicequotas/home?region="),
        ("a wheel came off", "?show=log#log"),
    ],
)
def test_beside_what_now_stands_the_next_click(
    owner: Member, activation: Activation, failed: str, leads_to: str
) -> None:
    from activation.domain.explanations import explain

    explanation = explain(f"Error: {failed}").to_json()
    run = make_sealed_run(activation, RunStatus.ERRORED, explanation=explanation)

    link = re.search(r'id="next-click" href="([^"]+)"', text_of(client_of(owner).get(address("run", run))))

    assert link
    assert leads_to in link[1]


def test_a_missing_right_is_named_and_who_may_not_walk_gets_no_click(owner: Member, activation: Activation) -> None:
    from activation.domain.explanations import explain

    denied = "Error: User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:CreateRole on resource: r"
    run = make_sealed_run(activation, RunStatus.ERRORED, explanation=explain(denied).to_json())
    auditor = make_member(activation.organization, Role.AUDITOR)

    text = text_of(client_of(auditor).get(address("run", run)))

    assert "<code>iam:CreateRole</code>" in text
    assert "next-click" not in text


@pytest.mark.parametrize("status", [RunStatus.PENDING, RunStatus.CONFIRMED])
def test_a_waiting_run_says_its_place_in_line(owner: Member, activation: Activation, status: RunStatus) -> None:
    other = make_activation(make_organization(), status=ActivationStatus.PROVISIONING_IAM)
    make_run(other, status=RunStatus.PENDING)
    run = make_sealed_run(activation, status)

    assert "Number 2 in line" in text_of(client_of(owner).get(address("run", run)))


def test_a_worker_that_is_away_is_said_to_be(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(
        activation, RunStatus.APPLYING, lease_until=timezone.now() - timedelta(seconds=30), node="some-host"
    )

    text = text_of(client_of(owner).get(address("run", run)))

    assert "Worker not responding" in text
    assert "it may be alive or dead" in text
    assert "Only that host can tell" in text


@pytest.mark.parametrize(("locks", "word"), [([lock.NAME, lock.OWN_NAME], "live"), ([lock.NAME], "orphaned")])
def test_a_run_without_a_worker_is_called_live_or_orphaned_with_the_proof(
    owner: Member, activation: Activation, locks: list[str], word: str
) -> None:
    run = make_sealed_run(
        activation,
        RunStatus.APPLYING,
        lease_until=timezone.now() - timedelta(seconds=30),
        node=host.node(),
        phase="apply",
    )
    page = client_of(owner)
    dead = text_of(page.get(address("run", run)))
    control = host.where().control(run.pk, run.phase)
    control.mkdir(parents=True)
    with ExitStack() as held:
        for name in locks:
            handle = held.enter_context((control / name).open("w"))
            fcntl.flock(handle, fcntl.LOCK_EX)
        text = text_of(page.get(address("run", run)))
        assert f"The run is {word}" in text
        assert "still held by" in text if word == "orphaned" else "its lock is held by" in text
        # A page that was opened before is told.
        poll = re.search(r'hx-get="([^"]+seen=[^"]+)"', dead)
        assert poll is not None
        assert f"The run is {word}" in text_of(page.get(poll[1].replace("&amp;", "&"), headers={"HX-Request": "true"}))


def test_time_left_is_learned_and_never_invented(owner: Member, activation: Activation) -> None:
    now = timezone.now()
    run = make_sealed_run(activation, RunStatus.APPLYING, apply_started_at=now, started_at=now)
    client, page = client_of(owner), address("run", run)
    assert "left" not in text_of(client.get(page)).split('id="log"')[0].split('id="status"')[1]

    for _ in range(2):
        other = make_activation(activation.organization)
        ended = make_run(other, package=activation.package, apply_started_at=now, finished_at=now)
        Run.objects.filter(pk=ended.pk).update(finished_at=now + timedelta(seconds=60))

    assert "about 1 min left" in text_of(client.get(page))


def test_the_status_poll_answers_with_news_only_and_ends_with_the_run(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.APPLYING)
    client = client_of(owner)
    first = text_of(client.get(address("run", run)))
    match = re.search(r'hx-get="([^"]*/status/[^"]*)"', first)
    assert match
    nothing_new = text_of(client.get(match[1]))
    assert 'id="status"' not in nothing_new
    assert "hx-trigger" in nothing_new

    Run.objects.update(status=RunStatus.APPLIED, finished_at=timezone.now())
    last = text_of(client.get(match[1]))

    assert 'id="status"' in last
    assert "hx-swap-oob" in last
    assert "<title>Applied · us-west-2 · BYOC Portal</title>" in last
    assert "hx-trigger" not in last


def test_the_person_who_waits_for_the_plan_is_led_to_the_review(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED, created_by=owner.user)
    colleague = make_member(activation.organization, Role.OWNER)
    poll = address("run_status", run) + "?was=planning"

    assert client_of(owner).get(poll)["HX-Redirect"] == address("run_review", run)
    assert "HX-Redirect" not in client_of(colleague).get(poll)


def test_cancel_and_discard_lead_back_and_tell_what_happened(owner: Member, activation: Activation) -> None:
    waiting = make_sealed_run(activation, RunStatus.PENDING)
    client = client_of(owner)
    assert client.post(address("run_cancel", waiting)).status_code == 302
    waiting.refresh_from_db()
    assert waiting.status == RunStatus.CANCELED

    late = client.post(address("run_cancel", waiting), follow=True)
    assert "The status of this run has changed" in text_of(late)

    planned = make_sealed_run(activation, RunStatus.PLANNED)
    assert "The plan was discarded" in text_of(client.post(address("run_discard", planned), follow=True))


# --- the log


def test_a_long_log_opens_at_its_end_and_leads_to_the_lines_before(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.APPLIED)
    write_log(run, 3 * WINDOW)
    client = client_of(owner)

    page = text_of(client.get(address("run", run)))

    assert len(re.findall(r'id="L\d+"', page)) == WINDOW
    assert f'id="L{3 * WINDOW}"' in page
    assert len(page) < 200_000
    earlier = text_of(client.get(address("run", run), {"before": 2 * WINDOW + 1}))
    assert f'id="L{2 * WINDOW}"' in earlier
    assert f'id="L{2 * WINDOW + 1}"' not in earlier
    around = text_of(client.get(address("run", run), {"line": "700"}))
    assert 'id="L700"' in around
    assert "To the end" in around


def test_polls_bring_each_line_once_and_end(
    owner: Member, activation: Activation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = make_sealed_run(activation, RunStatus.APPLYING)
    write_log(run, 3)
    client = client_of(owner)
    base = address("run", run)
    seen = text_of(client.get(base))
    numbers = re.findall(r'id="L(\d+)"', seen)
    poll = re.search(r'hx-get="(log/[^"]*)"', seen)
    assert poll
    empty = client.get(base + poll[1])
    assert len(empty.content) < 300
    assert "hx-trigger" in text_of(empty)
    # Session, person, membership; the run's row, by its key.
    with django_assert_num_queries(4):
        client.get(base + poll[1])

    now = timezone.now()
    LogLine.objects.create(run=run, number=4, at=now, text="the last one")
    Run.objects.update(lines=4, status=RunStatus.APPLIED)
    last = text_of(client.get(base + poll[1]))

    assert numbers + re.findall(r'id="L(\d+)"', last) == ["1", "2", "3", "4"]
    assert "hx-trigger" not in last


def test_search_looks_through_the_whole_log(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.APPLIED)
    write_log(run, 2 * WINDOW)

    found = text_of(client_of(owner).get(address("run", run), {"q": "LINE 77"}))

    assert 'id="L77"' in found
    assert 'id="L78"' not in found
    assert f"11 of {2 * WINDOW} lines contain “LINE 77”" in found, "77, and 770 to 779"


def test_a_log_is_text_and_its_download_is_an_event(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.APPLIED)
    write_log(run, 2, "<b>{}</b>")
    client = client_of(owner)

    assert "&lt;b&gt;1" in client.get(address("run", run)).content.decode()
    raw = client.get(address("run_log_raw", run))

    assert raw["Content-Type"].startswith("text/plain")
    assert b"".join(raw.streaming_content).decode().splitlines()[1].endswith(" <b>2</b>")  # type: ignore[attr-defined]
    assert Event.objects.filter(kind=Kind.RUN_LOG_DOWNLOADED, run_id=run.pk).count() == 1


def test_a_poll_after_the_session_ended_leads_to_the_sign_in_and_back(activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.APPLYING)
    page = address("run", run)

    for name in ("run_log", "run_status"):
        answer = Client().get(
            address(name, run), headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}?q=x"}
        )
        assert answer.status_code == 401
        assert answer["HX-Redirect"] == f"{reverse('account_login')}?next={page.replace('/', '%2F')}%3Fq%3Dx"


def give_state(run: Run, outputs: dict[str, str]) -> None:
    """Give a run a state with these outputs and nothing else."""
    written = {name: {"value": value, "type": "string"} for name, value in outputs.items()}
    content = {"version": 4, "serial": 1, "lineage": "l", "terraform_version": "1.11.0", "outputs": written}
    sealed = seal(run_keys.key_of(run), json.dumps({**content, "resources": []}).encode(), state_context(run.pk, 1))
    run.states.create(workspace=run.workspace, serial=1, lineage="l", sha256="", sealed=sealed)


@pytest.mark.parametrize("ended", [RunStatus.APPLIED, RunStatus.PLANNED_AND_FINISHED])
def test_a_run_without_usable_arns_leads_to_where_they_are_entered(
    owner: Member, activation: Activation, ended: RunStatus
) -> None:
    run = make_sealed_run(activation, RunStatus.APPLYING if ended is RunStatus.APPLIED else RunStatus.PLANNING)
    account = run.workspace.cloud_account.account_id
    arns = {each.name: f"arn:aws:iam::{account}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
    give_state(run, {name: arn for name, arn in arns.items() if name != "management_role_arn"})

    endings.conclude(run, to=ended, epoch=None)

    page = text_of(client_of(owner).get(address("run", run)))
    assert "did not return usable ARNs of this account as management_role_arn" in page
    assert "Enter the ARNs" in page
    assert "Continue to step 3" not in page
    CloudAccount.objects.update(arns=arns)
    assert "Continue to step 3" in text_of(client_of(owner).get(address("run", run)))
