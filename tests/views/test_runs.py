"""Step 2 in the browser: the key, the run's page and its log, the review and its approval."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from activation.domain.credentials import AccessKeys
from activation.domain.events import Kind
from activation.domain.external_id import mask
from activation.domain.guard import inspect
from activation.domain.plan import read_plan
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CloudAccount, Credential, Event, LogLine, Member, Plan, Run
from activation.models.identity import run_identity
from activation.selectors.run_logs import WINDOW
from activation.services import packages, run_keys
from activation.services import runs as services
from activation.simulator.client import Simulator
from tests.factories import make_activation, make_member, make_organization, make_run

EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
FIXTURES = Path(__file__).parents[1] / "domain" / "fixtures"
ATTEMPT = "0123456789abcdef"
TEMPORARY = {
    "access_key_id": "ASIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab",
    "session_token": "a-token-that-nobody-knows",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def activation() -> Activation:
    """An activation that waits for its ARNs, with the bundled package."""
    organization = make_organization(external_id=EXTERNAL_ID, external_id_locked_at=timezone.now())
    return make_activation(organization, status=ActivationStatus.PROVISIONING_IAM, package=packages.ensure_bundled())


@pytest.fixture
def owner(activation: Activation) -> Member:
    return make_member(activation.organization, Role.OWNER)


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def address(name: str, thing: Activation | Run) -> str:
    return reverse(name, args=[thing.organization.slug, thing.pk])


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def make_sealed_run(activation: Activation, status: RunStatus, **fields: Any) -> Run:
    """Make a run that has a key of its own."""
    pk = run_identity()
    assert activation.package is not None
    return make_run(
        activation, status=status, id=pk, wrapped_key=run_keys.fresh(pk), package=activation.package, **fields
    )


def give_key(run: Run, *, left: timedelta = timedelta(hours=1)) -> None:
    keys = AccessKeys(**TEMPORARY)
    services.store_credential(run, keys, account_id="222233334444", principal_arn="arn:aws:iam::222233334444:user/a")
    Credential.objects.filter(run=run).update(expires_at=timezone.now() + left)


def give_plan(run: Run, *, passed: bool = True) -> Plan:
    """Give a run the plan of a first apply."""
    review = read_plan(json.loads((FIXTURES / "plan_create.json").read_text()))
    verdict = inspect(review, packages.rules_for(run)).to_json() | {"passed": passed}
    return Plan.objects.create(
        run=run,
        sha256="ab" * 32,
        sealed=b"",
        package_sha256=run.package.sha256,
        review=json.loads(json.dumps(review.to_json())),
        verdict=verdict,
    )


def write_log(run: Run, number: int, text: str = "line {}") -> None:
    now = timezone.now()
    LogLine.objects.bulk_create(
        [LogLine(run=run, number=each, at=now, text=text.format(each)) for each in range(1, number + 1)]
    )
    Run.objects.filter(pk=run.pk).update(lines=number)


# --- the key


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("access_key_id", "AKIAshort", "This is not an access key ID"),
        ("access_key_id", "AIDAIOSFODNN7EXAMPLE", "an AWS identifier of another kind (AIDA)"),
        ("secret_access_key", "half of a secret" + "x" * 24, "The secret access key has a space inside"),
        ("secret_access_key", '"' + "x" * 38 + '"', "Paste the value without quotation marks"),
        ("session_token", "", "works only together with its session token"),
        ("session_token", "x" * 2_000_000, "has 2,000,000 characters"),
    ],
)
def test_a_wrong_key_gets_a_sentence_beside_its_field(
    owner: Member, activation: Activation, field: str, typed: str, sentence: str
) -> None:
    answer = client_of(owner).post(
        address("activation_run_here", activation), {**TEMPORARY, field: typed, "attempt": ATTEMPT}
    )

    text = text_of(answer)
    assert answer.status_code == 422
    beside = text[text.index(f'id="id_{field}_field"') :]
    assert sentence in beside.split('class="field ')[0]
    assert not typed or typed not in text, "what was typed is not shown again"
    assert TEMPORARY["secret_access_key"] not in text


def test_a_long_term_key_does_not_go_with_a_token(owner: Member, activation: Activation) -> None:
    typed = {**TEMPORARY, "access_key_id": "AKIAIOSFODNN7EXAMPLE", "attempt": ATTEMPT}

    answer = client_of(owner).post(address("activation_run_here", activation), typed)

    assert "starts with AKIA has no session token" in text_of(answer)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"this is no HCL", "Terraform could not read line 1"),
        (b'aws_region = "eu-central-1"', "The file is for the region eu-central-1; this activation is for us-west-2"),
        (b'external_id = "cid-another"', "another external ID than the one locked in step 1"),
        (b'vendor_principal_arn = "arn:aws:iam::999999999999:role/x"', "another vendor in"),
        (b'aws_secret_key = "${file("x")}"', "may not compute anything"),
        (b'aws_region = "us-west-2"', "aws_access_key: The access key ID is missing"),
        (b"#" * (64 * 1024 + 1), "larger than 64 KiB"),
        (b"\xff\xfe\x00", "not text"),
    ],
)
def test_a_wrong_file_gets_a_sentence_beside_it(
    owner: Member, activation: Activation, content: bytes, sentence: str
) -> None:
    file = SimpleUploadedFile("terraform.tfvars", content)

    answer = client_of(owner).post(address("activation_run_here", activation), {"tfvars": file, "attempt": ATTEMPT})

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Run.objects.exists()


def test_a_key_given_twice_is_refused(owner: Member, activation: Activation) -> None:
    file = SimpleUploadedFile("terraform.tfvars", b'aws_region = "us-west-2"')

    answer = client_of(owner).post(
        address("activation_run_here", activation), {**TEMPORARY, "tfvars": file, "attempt": ATTEMPT}
    )

    assert "The key was given twice" in text_of(answer)


def as_file(keys: dict[str, str], *more: str) -> SimpleUploadedFile:
    lines = [
        f'aws_access_key = "{keys["access_key_id"]}"',
        f'aws_secret_key = "{keys["secret_access_key"]}"',
        f'aws_session_token = "{keys["session_token"]}"',
        *more,
    ]
    return SimpleUploadedFile("terraform.tfvars", "\n".join(lines).encode())


def as_typed(keys: dict[str, str]) -> dict[str, str]:
    names = ("access_key_id", "secret_access_key", "session_token")
    return {**{name: keys[name] for name in names}, "attempt": ATTEMPT}


def test_a_good_key_starts_one_run_however_often_the_button_is_pressed(
    owner: Member, activation: Activation, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    page, client = address("activation_run_here", activation), client_of(owner)

    answers = [client.post(page, as_typed(customer["session"])) for _ in range(2)]

    run = Run.objects.get()
    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer["Location"] for answer in answers} == {address("run", run)}
    assert run.preflight["checks"][0]["state"] == "passed"
    assert Credential.objects.get(run=run).sealed
    assert Event.objects.filter(kind=Kind.PREFLIGHT_DONE).count() == 1
    secret = customer["session"]["secret_access_key"]
    for rows in (Event.objects, Run.objects, Credential.objects):
        assert secret not in str(list(rows.values()))
    polled = client.get(address("activation_preflight", activation), {"attempt": ATTEMPT})
    assert "AWS knows the key" in text_of(polled)
    assert "load delay" not in text_of(polled), "every line is done"


def test_htmx_is_led_on_by_a_header(
    owner: Member, activation: Activation, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint

    answer = client_of(owner).post(
        address("activation_run_here", activation),
        {"tfvars": as_file(customer["session"], 'my_own = "x"'), "attempt": ATTEMPT},
        headers={"HX-Request": "true"},
    )

    assert answer["HX-Redirect"] == address("run", Run.objects.get())
    page = client_of(owner)
    page.cookies = answer.client.cookies
    assert "Your file also sets my_own" in text_of(page.get(answer["HX-Redirect"]))


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("root", "This is a key of the account's root user"),
        ("session_without_mfa", "without an MFA code"),
        ("expired_session", "session has ended"),
    ],
)
def test_a_key_that_will_not_do_is_refused_with_a_remedy(
    owner: Member,
    activation: Activation,
    customer: dict[str, Any],
    simulator: Simulator,
    settings: Settings,
    who: str,
    sentence: str,
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint

    answer = client_of(owner).post(address("activation_run_here", activation), as_typed(customer[who]))

    assert answer.status_code == 422
    text = text_of(answer)
    assert sentence in text
    assert "check-remedy" in text
    assert customer[who]["secret_access_key"] not in text
    assert not Run.objects.exists()
    assert not CloudAccount.objects.exists(), "a refused key ties no account to the organization"


def test_an_account_of_another_organization_is_refused(
    owner: Member, activation: Activation, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    CloudAccount.objects.create(organization=make_organization("Rival"), account_id=customer["account"])

    answer = client_of(owner).post(address("activation_run_here", activation), as_typed(customer["session"]))

    assert "is registered with another organization" in text_of(answer)
    assert "Rival" not in text_of(answer)


def test_checks_are_shown_only_to_the_person_whose_key_it_is(
    owner: Member, activation: Activation, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    client_of(owner).post(address("activation_run_here", activation), as_typed(customer["root"]))
    colleague = make_member(activation.organization, Role.OWNER)

    seen = text_of(client_of(colleague).get(address("activation_preflight", activation), {"attempt": ATTEMPT}))

    assert customer["account"] not in seen


def test_a_retry_says_what_stands_already(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(
        activation,
        RunStatus.INTERRUPTED,
        apply_started_at=timezone.now(),
        progress={"phase": "apply", "planned": 11, "finished": 6},
    )
    run.states.create(workspace=run.workspace, serial=6, lineage="l", sha256="", sealed=b"", resources=6)

    page = client_of(owner).get(address("activation_run_here", activation), {"retry": run.pk})

    assert "6 of 11 were finished and are saved" in text_of(page)


# --- the run's page


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


def test_a_waiting_run_says_its_place_in_line(owner: Member, activation: Activation) -> None:
    other = make_activation(make_organization(), status=ActivationStatus.PROVISIONING_IAM)
    make_run(other, status=RunStatus.PENDING)
    run = make_sealed_run(activation, RunStatus.PENDING)

    assert "Number 2 in line" in text_of(client_of(owner).get(address("run", run)))


def test_a_worker_that_is_away_is_said_to_be(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(
        activation, RunStatus.APPLYING, lease_until=timezone.now() - timedelta(seconds=30), node="some-host"
    )

    assert "The run goes on; we are reconnecting" in text_of(client_of(owner).get(address("run", run)))


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
    assert "has moved on" in text_of(late)

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
    assert f"11 of {2 * WINDOW} lines hold “LINE 77”" in found, "77, and 770 to 779"


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


# --- the review


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

    assert "Terraform will create 11 things in account" in seen
    assert "Type “yes”" in seen
    assert plan.sha256 in seen
    assert f"<mark>{held}</mark>" in seen
    assert held not in masked
    assert mask(held) in masked
    client_of(owner).get(address("run_review", run))
    seen_by = Event.objects.filter(kind=Kind.EXTERNAL_ID_SEEN, run_id=run.pk)
    assert [each.actor_id for each in seen_by] == [str(owner.user.pk)], "once, and only who saw it in full"


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
    assert "Your role may not approve" in text_of(
        client_of(owner).post(address("run_approve", run), {"confirmation": "yes"})
    )
    assert "Type “yes”" in text_of(client_of(second).get(address("run_review", run)))
    assert client_of(second).post(address("run_approve", run), {"confirmation": "yes"}).status_code == 302


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
    assert "This key belongs to somebody else" in text_of(stranger)
    Credential.objects.update(account_id=customer["account"], principal_arn=customer["least_rights"]["arn"])
    assert client.post(page, {"confirmation": "yes", **as_typed(customer["least_rights"])}).status_code == 302


def test_a_refused_plan_shows_why_and_cannot_be_approved(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.ERRORED, planned_at=timezone.now(), reason="Refused.")
    give_plan(run, passed=False)

    text = text_of(client_of(owner).get(address("run_review", run)))

    assert "The safety check refused this plan" in text
    assert "Type “yes”" not in text
    assert "See what the safety check found" in text_of(client_of(owner).get(address("run", run)))


def test_an_old_and_a_stale_plan_cannot_be_approved(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED)
    plan = give_plan(run)
    give_key(run)
    client, page = client_of(owner), address("run_review", run)
    Plan.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert "older than an hour" in text_of(client.get(page))
    Plan.objects.update(created_at=timezone.now(), state_serial=plan.state_serial + 1)

    text = text_of(client.get(page))

    assert "This plan is out of date" in text
    assert "Type “yes”" not in text


def test_a_plan_in_the_making_and_one_that_never_came_have_their_words(owner: Member, activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNING)
    client = client_of(owner)
    text = text_of(client.get(address("run_review", run)))
    assert "This page goes on by itself" in text
    assert "page=review" in text

    Run.objects.update(status=RunStatus.ERRORED, finished_at=timezone.now())

    assert "There is no plan to review" in text_of(client.get(address("run_review", run)))


def test_an_auditor_reads_a_plan_and_approves_nothing(activation: Activation) -> None:
    run = make_sealed_run(activation, RunStatus.PLANNED)
    give_plan(run)
    auditor = client_of(make_member(activation.organization, Role.AUDITOR))

    assert "Your role can read this plan" in text_of(auditor.get(address("run_review", run)))
    assert auditor.post(address("run_approve", run), {"confirmation": "yes"}).status_code == 403
