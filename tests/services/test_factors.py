"""Second factors are sealed where they are stored."""

import base64
import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

from activation.domain.sealing import CannotOpen, new_key
from activation.services import factors
from tests.factories import World

SECRET = "JBSWY3DPEHPK3PXP"


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_a_code_counts_though_its_secret_is_not_in_the_database(world: World) -> None:
    factor = TOTP.activate(world.installation_administrator, SECRET)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored
    assert factor.validate_code(code_for(SECRET))


def test_recovery_codes_cannot_be_made_from_what_is_stored(world: World) -> None:
    codes = RecoveryCodes.activate(world.installation_administrator)
    seed = codes.instance.data["seed"]
    assert factors.opened(seed) not in seed
    assert codes.validate_code(codes.generate_codes()[0])


def test_a_secret_of_before_the_sealing_still_counts(world: World) -> None:
    row = Authenticator.objects.create(
        user=world.installation_administrator, type=Authenticator.Type.TOTP, data={"secret": SECRET}
    )
    assert TOTP(row).validate_code(code_for(SECRET))


def test_another_master_key_opens_nothing(settings: object) -> None:
    stored = factors.sealed(SECRET)
    settings.MASTER_KEYS = [base64.b64encode(new_key()).decode()]  # type: ignore[attr-defined]
    with pytest.raises(CannotOpen):
        factors.opened(stored)
