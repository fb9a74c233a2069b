"""What a shell says and does about runs that were lost sight of."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.run_status import RunStatus
from activation.domain.sealing import seal
from activation.models import Node, Run
from activation.models.identity import run_identity
from activation.runner import lock, states
from activation.runner.spec import GRACE_SECONDS, state_context
from activation.services import host, rescue, run_keys, shipping, sweeping
from tests.factories import make_activation, make_organization, make_run

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 0.6


@pytest.fixture(autouse=True)
def quick(settings: Any, valkey: None) -> None:
    settings.RUN_LEASE_SECONDS = LEASE
    settings.RUN_SHIP_SECONDS = 5


def make_lost_run(**fields: Any) -> Run:
    """Make a run at work whose worker is gone."""
    pk = run_identity()
    activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
    values: dict[str, Any] = {
        "id": pk,
        "status": RunStatus.APPLYING,
        "phase": "apply",
        "node": host.node(),
        "apply_started_at": timezone.now(),
        "wrapped_key": run_keys.fresh(pk),
        "progress": {"phase": "apply", "planned": 11, "finished": 6, "current": ["aws_iam_role.bootstrap_role"]},
    } | fields
    return make_run(activation, **values)


def control_of(run: Run) -> Path:
    control = host.where().control(run.pk, run.phase)
    control.mkdir(parents=True, exist_ok=True)
    (control / lock.NAME).touch()
    return control


@pytest.fixture
def held() -> Iterator[Any]:
    """Hold locks as a run's processes do."""
    handles: list[int] = []

    def hold(path: Path) -> None:
        handles.append(os.open(path, os.O_RDWR | os.O_CREAT))
        fcntl.flock(handles[-1], fcntl.LOCK_EX)

    yield hold
    for handle in handles:
        os.close(handle)


def told() -> list[dict[str, Any]]:
    output = StringIO()
    call_command("recover_runs", "--json", stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_where_nothing_was_lost_the_command_says_so() -> None:
    output = StringIO()
    call_command("recover_runs", stdout=output)
    assert "nothing to recover" in output.getvalue()


def test_a_dead_run_is_saved_and_says_what_to_press() -> None:
    run = make_lost_run()
    control = control_of(run)
    state = json.dumps({"version": 4, "serial": 3, "lineage": "a-b-c", "resources": [], "outputs": {}}).encode()
    (control / states.FOLDER).mkdir()
    sealed = seal(run_keys.key_of(run), state, state_context(run.pk, 3))
    (control / states.FOLDER / "00000003.sealed").write_bytes(sealed)
    (case,) = told()
    assert case["status"] == "interrupted"
    assert case["salvaged"]
    assert case["lock"] == "free"
    assert "while creating bootstrap_role. 6 of 11 were finished and are saved." in case["matter"]
    assert "press Recover" in case["next_step"]
    assert run.pk in case["address"]
    assert run.states.get().serial == 3
    # Doing it again changes nothing, and the run still waits for somebody.
    (again,) = told()
    assert not again["salvaged"]
    assert again["status"] == "interrupted"


def test_what_cannot_be_saved_on_a_full_disk_is_waited_for_and_not_wiped() -> None:
    run = make_lost_run()
    control, work = control_of(run), host.where().work_of(run.pk, run.phase)
    state = json.dumps({"version": 4, "serial": 3, "lineage": "a-b-c", "resources": [], "outputs": {}}).encode()
    work.mkdir()
    (work / states.STATE).write_bytes(state)
    # As on a full disk: the file cannot be written.
    bar = control / states.FOLDER / "00000003.new"
    bar.mkdir(parents=True)
    epoch = Run.objects.take_lease(run.pk, owner="a test", seconds=10)
    assert epoch is not None
    shipment = shipping.Shipment(Run.objects.get(pk=run.pk), epoch)
    assert not shipment.step()
    assert Run.objects.get(pk=run.pk).status == "applying"
    assert (work / states.STATE).read_bytes() == state

    bar.rmdir()
    assert shipment.step()
    assert Run.objects.get(pk=run.pk).status == "interrupted"
    assert run.states.get().serial == 3
    assert not work.exists()


def test_looking_alone_changes_nothing() -> None:
    run = make_lost_run()
    control_of(run)
    output = StringIO()
    call_command("recover_runs", "--list", stdout=output)
    assert run.pk in output.getvalue()
    assert Run.objects.get(pk=run.pk).status == "applying"


def test_what_lives_is_left_alone_with_the_proof(held: Any) -> None:
    run = make_lost_run()
    control = control_of(run)
    held(control / lock.NAME)
    held(control / lock.OWN_NAME)
    (case,) = told()
    assert case["lock"] == "live"
    assert Run.objects.get(pk=run.pk).status == "applying"
    assert "Start the workers" in case["next_step"]


def test_a_lock_without_its_supervisor_is_orphaned(held: Any) -> None:
    run = make_lost_run()
    held(control_of(run) / lock.NAME)
    found = rescue.lock_of(run)
    assert found.kind == "orphaned"
    assert "supervisor is dead" in found.proof


def test_a_run_of_another_host_is_only_named() -> None:
    run = make_lost_run(node="host-2")
    (case,) = told()
    assert case["lock"] == "elsewhere"
    assert "host-2" in case["next_step"]
    assert Run.objects.get(pk=run.pk).status == "applying"


def test_a_run_in_a_workers_turn_is_not_taken_from_it() -> None:
    run = make_lost_run(lease_until=timezone.now() + timedelta(minutes=1))
    control_of(run)
    (case,) = told()
    assert not case["salvaged"]
    assert "A worker is handling it until" in case["matter"]
    assert Run.objects.get(pk=run.pk).status == "applying"


# --- silence is no proof of death


def test_a_missing_directory_is_waited_for_one_lease() -> None:
    run = make_lost_run()
    began = time.monotonic()
    shipping.ship(run.pk)
    assert time.monotonic() - began >= LEASE
    assert Run.objects.get(pk=run.pk).status == "interrupted"


def test_a_directory_that_comes_late_is_found(held: Any) -> None:
    run = make_lost_run()
    epoch = Run.objects.take_lease(run.pk, owner="a test", seconds=10)
    assert epoch is not None
    shipment = shipping.Shipment(Run.objects.get(pk=run.pk), epoch)
    assert not shipment.step()
    control = control_of(run)
    held(control / lock.NAME)
    held(control / lock.OWN_NAME)
    time.sleep(LEASE)
    assert not shipment.step()
    assert Run.objects.get(pk=run.pk).status == "applying"


# --- a host that is not heard of


def test_of_a_silent_host_it_is_said_when_it_was_heard_of_and_when_it_is_written_off() -> None:
    seen = timezone.now() - timedelta(minutes=3)
    Node.objects.create(name="host-2", seen_at=seen, started_at=seen)
    found = rescue.lock_of(make_lost_run(node="host-2"))
    assert f"last reported at {seen.astimezone(UTC):%H:%M:%S} UTC" in found.proof
    ends = seen + sweeping.node_gone()
    assert f"written off at {ends.astimezone(UTC):%H:%M:%S} UTC" in found.proof
    assert "it may be alive or dead" in found.words


def test_nothing_of_a_host_lives_by_the_time_it_is_written_off(settings: Any) -> None:
    assert sweeping.node_gone() == timedelta(minutes=10)
    # Whoever lets supervisors wait longer for a worker has hosts waited for longer.
    settings.RUN_ABANDONED_SECONDS = 600
    longest = shipping.LONGEST_AWAY_SECONDS + 600 + GRACE_SECONDS
    assert sweeping.node_gone() > timedelta(seconds=longest)
