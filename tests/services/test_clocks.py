"""A host whose clock is wrong: how long plans and keys last is the database's to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.models import Credential, Plan, Run
from activation.models.identity import run_identity
from activation.services import run_keys, runs, sweeping
from activation.services.events import Actor
from tests.factories import make_activation, make_member, make_organization, make_run
from tests.services.test_shipping import attach, make_run_at_work, write

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = AccessKeys("AKIAIOSFODNN7EXAMPLE", "x" * 40)
SOON = timedelta(minutes=1)


@contextmanager
def host_ahead(by: timedelta) -> Iterator[None]:
    """Let this host's clock be ahead of the database's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: datetime.now(UTC) + by)
        yield


def make_planned() -> Run:
    pk = run_identity()
    activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
    run = make_run(activation, status=RunStatus.PLANNED, id=pk, wrapped_key=run_keys.fresh(pk))
    Plan.objects.create(run=run, sha256="ab" * 32, sealed=b"", package_sha256="", verdict={"passed": True})
    return run


def give_key(run: Run) -> Credential:
    runs.store_credential(run, KEYS, account_id="1", principal_arn="arn:aws:iam::1:user/a")
    return Credential.objects.get(run=run)


def test_a_key_lasts_an_hour_whatever_the_host_takes_the_time_for(valkey: None) -> None:
    with host_ahead(timedelta(hours=2)):
        credential = give_key(make_planned())
    now = timezone.now()
    assert now - SOON < credential.entered_at < now + SOON
    assert credential.expires_at - credential.entered_at == timedelta(hours=1)
    sweeping.destroy_old_credentials()
    assert Credential.objects.get().sealed is not None


def test_a_plan_can_be_approved_for_an_hour_whatever_the_host_takes_the_time_for(valkey: None) -> None:
    run = make_planned()
    give_key(run)
    owner = make_member(run.organization, Role.OWNER)
    with host_ahead(timedelta(hours=2)):
        runs.approve(run, typed="yes", by=owner, actor=Actor.of(owner))
    assert Run.objects.get(pk=run.pk).status == RunStatus.CONFIRMED


def test_a_plan_is_as_old_as_the_database_says(valkey: None) -> None:
    run = make_run_at_work("plan")
    write(run)
    attach(run).step()
    with host_ahead(timedelta(hours=2)):
        assert attach(run).step()
    assert Plan.objects.get(run=run).created_at < timezone.now() + SOON
