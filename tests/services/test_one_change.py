"""A change and the event that tells of it are one: where the event cannot be written, nothing was changed."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from activation.domain.run_status import RunStatus
from activation.models import Activation, CloudAccount, Credential
from activation.services import activations, events, notices, sweeping
from tests.factories import make_activation, make_organization, make_run
from tests.faults.database import without_table
from tests.views.region_rows import make_building

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the table is taken away as SQLite does it"),
]


@pytest.fixture(autouse=True)
def broker(valkey: None) -> None:
    """Have what is sent after a commit taken."""


def test_an_old_key_is_destroyed_together_with_the_event_of_it() -> None:
    run = make_run(make_activation(make_organization()), status=RunStatus.APPLYING)
    entered = timezone.now() - timedelta(hours=2)
    Credential.objects.create(
        run=run,
        sealed=b"a key",
        account_id="222233334444",
        principal_arn="arn:aws:iam::222233334444:user/a",
        last_four="abcd",
        is_long_term=False,
        entered_at=entered,
        expires_at=entered + timedelta(hours=1),
    )

    with without_table("activation_event"), pytest.raises(OperationalError):
        sweeping.destroy_old_credentials()
    assert Credential.objects.get(run=run).sealed is not None

    sweeping.destroy_old_credentials()
    assert Credential.objects.get(run=run).sealed is None


def test_a_region_is_noted_as_late_together_with_the_event_of_it() -> None:
    activation, _ = make_building(activating_since=timezone.now() - timedelta(hours=1))

    with without_table("activation_event"), pytest.raises(OperationalError):
        notices.note_late()
    assert Activation.objects.get(pk=activation.pk).warned_at is None

    notices.note_late()
    assert Activation.objects.get(pk=activation.pk).warned_at is not None


def test_an_account_is_claimed_together_with_the_event_of_it() -> None:
    organization = make_organization()

    with without_table("activation_event"), pytest.raises(OperationalError):
        activations.claim_account(organization, account_id="222233334444", partition="aws", by=events.PORTAL)
    assert not CloudAccount.objects.filter(account_id="222233334444").exists()
