"""Runs as tests of pages need them, and the few words that those tests share."""

import json
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activation.domain.credentials import AccessKeys
from activation.domain.guard import inspect
from activation.domain.plan import read_plan
from activation.domain.run_status import RunStatus
from activation.models import Activation, Credential, LogLine, Member, Plan, Run
from activation.models.identity import run_identity
from activation.services import packages, run_keys
from activation.services import runs as services
from tests.factories import make_run

EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
FIXTURES = Path(__file__).parents[1] / "domain" / "fixtures"
ATTEMPT = "0123456789abcdef"
TEMPORARY = {
    "access_key_id": "ASIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab",
    "session_token": "a-token-that-nobody-knows",
}


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


def as_typed(keys: dict[str, str]) -> dict[str, str]:
    names = ("access_key_id", "secret_access_key", "session_token")
    return {**{name: keys[name] for name in names}, "attempt": ATTEMPT}
