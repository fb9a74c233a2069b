"""Master keys can be retired: nothing that is stored needs them any more."""

import base64
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from pytest_django import Settings

from activation.domain.events import Kind
from activation.domain.run_status import RunStatus
from activation.domain.sealing import new_key
from activation.models import Credential, Event, Run
from activation.services import factors, installation, packages, run_keys
from tests.factories import World
from tests.views.run_rows import TEMPORARY, give_key, make_sealed_run

SECRET = "JBSWY3DPEHPK3PXP"


def fresh() -> str:
    return base64.b64encode(new_key()).decode()


def rotate(*words: str) -> str:
    said = StringIO()
    call_command("rotate_keys", *words, stdout=said, stderr=StringIO())
    return said.getvalue()


@pytest.fixture
def run(world: World) -> Run:
    world.own.activation.package = packages.ensure_bundled()
    run = make_sealed_run(world.own.activation, RunStatus.PLANNED)
    give_key(run)
    for data in ({"secret": factors.sealed(SECRET)}, {"seed": "in clear, of before", "used_mask": 1}):
        kind = Authenticator.Type.TOTP if "secret" in data else Authenticator.Type.RECOVERY_CODES
        Authenticator.objects.create(user=world.installation_administrator, type=kind, data=data)
    return run


def test_the_old_key_is_needed_no_more(run: Run, settings: Settings) -> None:
    settings.MASTER_KEYS = [fresh(), *settings.MASTER_KEYS]
    with pytest.raises(CommandError, match="3 are under an older key"):
        rotate("--check")

    assert "3 wrapped anew, 0 were" in rotate()
    assert "0 wrapped anew, 3 were" in rotate()

    settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
    keys = run_keys.open_keys(Credential.objects.select_related("run").get(run=run))
    assert keys.access_key_id == TEMPORARY["access_key_id"]
    secret, codes = (each.data for each in Authenticator.objects.order_by("pk"))
    assert factors.opened(secret["secret"]) == SECRET
    assert factors.opened(codes["seed"]) == "in clear, of before" != codes["seed"]
    assert codes["used_mask"] == 1
    assert Event.objects.filter(kind=Kind.MASTER_KEYS_ROTATED).count() == 1


def test_what_no_key_opens_is_named_and_stays_as_it_was(run: Run, settings: Settings) -> None:
    before = bytes(run.wrapped_key)
    assert installation.check_keys().state == "passed"
    settings.MASTER_KEYS = [fresh()]

    with pytest.raises(CommandError, match="2 under one that is missing"):
        rotate()

    assert bytes(Run.objects.get(pk=run.pk).wrapped_key) == before
    assert installation.check_keys().state == "failed"
