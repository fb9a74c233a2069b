"""A master key that is gone: what was sealed stays sealed, and everything says so instead of standing still."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.domain.errors import Faulted
from activation.domain.run_status import RunStatus
from activation.models import RegionSetup, Run, StateVersion
from activation.models.identity import run_identity
from activation.runner import lock
from activation.runner.states import STATE
from activation.services import host, launching, regions, run_keys, shipping, sweeping
from tests.factories import make_activation, make_organization, make_run
from tests.views.region_rows import make_building, make_region_run

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "cannot be decrypted with this portal's master keys"


@pytest.fixture(autouse=True)
def quick(settings: Any, valkey: None) -> None:
    settings.RUN_LEASE_SECONDS = 0.6
    settings.RUN_SHIP_SECONDS = 5


def make_dead_run(wrapped_key: bytes, **fields: Any) -> tuple[Run, Path]:
    """Make a run that died in mid-apply, its last state still where Terraform wrote it."""
    values: dict[str, Any] = {
        "status": RunStatus.APPLYING,
        "phase": "apply",
        "node": host.node(),
        "apply_started_at": timezone.now(),
        "wrapped_key": wrapped_key,
    } | fields
    run = make_run(make_activation(make_organization()), **values)
    control, work = host.where().control(run.pk, run.phase), host.where().work_of(run.pk, run.phase)
    control.mkdir(parents=True)
    work.mkdir(parents=True)
    (control / lock.NAME).touch()
    state = {"version": 4, "serial": 3, "lineage": "a-b-c", "resources": [], "outputs": {}}
    (work / STATE).write_text(json.dumps(state))
    return run, work


def test_a_dead_run_ends_once_and_its_state_stays_where_it_lies() -> None:
    run, work = make_dead_run(os.urandom(60))

    shipping.ship(run.pk)

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.INTERRUPTED
    assert WORDS in ended.reason
    assert host.node() in ended.reason
    assert (work / STATE).exists()
    # Also after the day for which ended runs' directories are kept.
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=2))
    sweeping.clear_away()
    assert (work / STATE).exists()


def test_what_could_be_saved_is_cleared_away() -> None:
    pk = run_identity()
    run, work = make_dead_run(run_keys.fresh(pk), id=pk)

    shipping.ship(run.pk)

    assert WORDS not in Run.objects.get(pk=run.pk).reason
    assert run.states.get().serial == 3
    assert not work.exists()
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=2))
    sweeping.clear_away()
    assert not host.where().control(run.pk, run.phase).exists()


def test_a_run_is_not_begun() -> None:
    run = make_run(make_activation(make_organization()), status=RunStatus.PLANNING, wrapped_key=os.urandom(60))
    with pytest.raises(Faulted) as fault:
        launching.sealing_key(run)
    assert fault.value.code == "cannot_open"


def keep_sealed(run: Run) -> None:
    StateVersion.objects.create(
        workspace=run.workspace, run=run, serial=1, lineage="a", sha256="ab" * 32, sealed=b"sealed under a lost key"
    )


def test_the_newest_state_is_none_before_the_first_and_a_fault_where_it_cannot_be_opened() -> None:
    run = make_run(make_activation(make_organization()), wrapped_key=os.urandom(60))
    assert run_keys.open_newest(workspace=run.workspace_id) is None
    keep_sealed(run)
    with pytest.raises(Faulted) as fault:
        run_keys.open_newest(workspace=run.workspace_id)
    assert fault.value.code == "cannot_open"


def test_a_region_that_cannot_be_looked_at_says_why() -> None:
    cache.clear()
    activation, _ = make_building()
    ended = timezone.now() - 2 * regions.PATIENCE
    run = make_region_run(activation, RunStatus.APPLIED, wrapped_key=os.urandom(60), finished_at=ended)
    keep_sealed(run)

    regions.check_outside(activation.pk)

    activation.refresh_from_db()
    assert activation.status == "failed"
    assert WORDS in activation.reason
    assert RegionSetup.objects.get(activation=activation).outside_at is not None


def test_the_summary_of_a_state_says_why_there_is_none() -> None:
    run = make_run(make_activation(make_organization()), wrapped_key=os.urandom(60))
    keep_sealed(run)
    with pytest.raises(CommandError, match=WORDS):
        call_command("state_summary", run.workspace.cloud_account.account_id)
