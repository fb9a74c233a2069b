"""Step 2 in the browser: the key, its checks, and the run they start."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings

from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.models import Activation, CloudAccount, Credential, Event, Member, Run
from activation.simulator.client import Simulator
from tests.factories import make_member, make_organization
from tests.views.run_rows import (
    ATTEMPT,
    TEMPORARY,
    address,
    as_typed,
    client_of,
    make_sealed_run,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("access_key_id", "AKIAshort", "This is not an access key ID"),
        ("access_key_id", "AIDAIOSFODNN7EXAMPLE", "a different kind of AWS identifier (AIDA)"),
        ("secret_access_key", "half of a secret" + "x" * 24, "The secret access key contains a space"),
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
        (b'external_id = "cid-another"', "is not the one locked in step 1"),
        (b'vendor_principal_arn = "arn:aws:iam::999999999999:role/x"', "trusts a vendor (vendor_principal_arn) other"),
        (b'aws_secret_key = "${file("x")}"', "cannot compute anything"),
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


def test_a_key_that_aws_did_not_recognize_for_a_moment_gets_one_reason_and_no_other_check(
    owner: Member, activation: Activation, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    # As with a key that was created seconds ago: the next call would be answered.
    simulator.inject("sts:GetCallerIdentity", "InvalidClientTokenId", status=403)

    answer = client_of(owner).post(address("activation_run_here", activation), as_typed(customer["session"]))

    text = text_of(answer)
    assert answer.status_code == 422
    assert "This key will not do: 1 check failed" in text
    assert "AWS does not accept this session token" in text
    assert "Not checked, because “AWS recognizes the key” failed." in text
    assert not Run.objects.exists()


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
    assert "AWS recognizes the key" in text_of(polled)
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
    rival = make_organization("Rival")
    CloudAccount.objects.create(organization=rival, account_id=customer["account"], proved_at=timezone.now())

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
