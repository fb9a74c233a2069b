"""A host whose runs were written off comes back: what they wrote meanwhile is stored, once, and nothing is undone."""

import fcntl
import json
import os
import shutil
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.events import Kind
from activation.domain.redaction import Masker
from activation.domain.run_status import RunStatus
from activation.domain.sealing import seal
from activation.models import Activation, Event, Run
from activation.models.identity import run_identity
from activation.runner import control as controls
from activation.runner import journal, lock, states
from activation.runner.journal import Journal
from activation.runner.spec import state_context
from activation.services import endings, events, host, leftovers, run_keys, salvage, shipping, sweeping
from tests.factories import make_activation, make_organization, make_run

pytestmark = pytest.mark.django_db(transaction=True)
LINEAGE = "a-b-c"
END = {
    "finished": False, "command": "apply", "code": 1, "signal": 0, "stopped_for": "abandoned", "killed_for": "",
    "interrupted": True, "lines": 3, "masked": 0, "diagnostics": [], "kept": {},
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(settings: Any, valkey: None) -> None:
    settings.RUN_LEASE_SECONDS = 0.6


def make_written_off(activation: Activation | None = None, **fields: Any) -> Run:
    """Make a run in mid-apply of a host that another one writes off for its silence."""
    pk = run_identity()
    values: dict[str, Any] = {
        "id": pk,
        "status": RunStatus.APPLYING,
        "phase": "apply",
        "node": host.node(),
        "apply_started_at": timezone.now(),
        "wrapped_key": run_keys.fresh(pk),
        "progress": told(1),
    } | fields
    run = make_run(activation or make_activation(make_organization(control_plane=ControlPlane.SELF)), **values)
    events.record_of_run(Kind.RUN_CREATED, run)
    reason = salvage.reason_lost(run)
    assert endings.conclude(run, to=RunStatus.INTERRUPTED, epoch=run.lease_epoch, reason=reason)
    run.refresh_from_db()
    return run


def told(finished: int) -> dict[str, Any]:
    return {"phase": "apply", "planned": 11, "finished": finished, "current": []}


def leave(run: Run) -> Path:
    """Write what the run's supervisor left: two sealed states, a newer one that is not, and three lines."""
    where, key = host.where(), run_keys.key_of(run)
    control, work = where.control(run.pk, run.phase), where.work_of(run.pk, run.phase)
    (control / states.FOLDER).mkdir(parents=True)
    work.mkdir(parents=True)
    (control / lock.NAME).touch()
    book = Journal(control, Masker([]))
    for serial in (3, 4):
        book.append("line", text=f"resource {serial}: Creation complete")
        file, content = f"{serial:08d}.sealed", state(serial)
        (control / states.FOLDER / file).write_bytes(seal(key, content, state_context(run.pk, serial)))
        digest = sha256(content).hexdigest()
        book.append("state", file=file, serial=serial, lineage=LINEAGE, sha256=digest, resources=0)
    book.append("progress", **told(2))
    book.append("line", text="Error: operation canceled", level="error")
    book.append(journal.END, **END)
    (work / states.STATE).write_bytes(state(5))
    return control


def state(serial: int) -> bytes:
    return json.dumps({"version": 4, "serial": serial, "lineage": LINEAGE, "resources": [], "outputs": {}}).encode()


def serials(run: Run) -> list[int]:
    return list(run.states.order_by("pk").values_list("serial", flat=True))


def texts(run: Run) -> list[str]:
    return list(run.log.order_by("number").values_list("text", flat=True))


def events_of(run: Run) -> list[Event]:
    return list(Event.objects.filter(kind=Kind.RUN_LEFTOVERS_STORED, run_id=run.pk))


def test_log_and_states_are_stored_once_and_the_verdict_stays() -> None:
    run = make_written_off()
    control = leave(run)

    sweeping.sweep()

    ended = Run.objects.get(pk=run.pk)
    assert (ended.status, ended.finished_at) == (run.status, run.finished_at)
    assert "1 of 11" in run.reason
    assert "2 of 11 were finished and are saved" in ended.reason
    assert serials(run) == [3, 4, 5]
    assert run_keys.open_newest(workspace=run.workspace_id) == state(5)
    *lines, said = texts(run)
    assert lines == ["resource 3: Creation complete", "resource 4: Creation complete", "Error: operation canceled"]
    assert said == f"What this run had left on {host.node()} is stored now: 3 lines of its log and 3 states."
    assert ended.emitted == {"apply": {"lines": 3, "masked": 0}}
    assert [event.after for event in events_of(run)] == [{"lines": 3, "states": 3}]
    assert not host.where().work_of(run.pk, "apply").exists()
    # Whoever finds the directory again has nothing more to store.
    (control / controls.SAVED).unlink()
    assert leftovers.take_in() == []
    assert len(texts(run)) == 4
    assert len(events_of(run)) == 1


def test_a_shell_takes_them_in_as_well_and_says_so() -> None:
    run = make_written_off()
    leave(run)
    output = StringIO()
    call_command("recover_runs", stdout=output)
    assert serials(run) == [3, 4, 5]
    assert "Interrupted (saved just now)" in output.getvalue()
    assert "2 of 11 were finished and are saved" in output.getvalue()


def test_what_still_lives_is_stopped_and_stored_when_it_has_ended() -> None:
    run = make_written_off()
    control = leave(run)
    handle = os.open(control / lock.NAME, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        assert leftovers.take_in() == []
        assert texts(run) == []
        assert controls.stop_requested(control) == shipping.WRITTEN_OFF
    finally:
        os.close(handle)
    assert leftovers.take_in() == [run.pk]
    assert serials(run) == [3, 4, 5]


def make_later(run: Run, status: RunStatus, **fields: Any) -> Run:
    """Make the run that somebody started after the first was written off; its host's clock is an hour behind."""
    before = timezone.now() - timedelta(hours=1)
    later = make_run(run.activation, retry_of=run, status=status, created_at=before, **fields)
    events.record_of_run(Kind.RUN_CREATED, later)
    return later


def test_behind_a_later_run_the_log_is_stored_and_no_state() -> None:
    run = make_written_off()
    leave(run)
    # It looked in AWS for what the first had made, and went on from there.
    later = make_later(run, RunStatus.APPLIED, apply_started_at=run.apply_started_at - timedelta(hours=1))

    assert leftovers.take_in() == [run.pk]

    assert serials(run) == []
    assert texts(run)[-1].endswith(
        "stored now: 3 lines of its log. Its states are left out: a later run looked in AWS for what it had made, and "
        "went on from there."
    )
    assert Run.objects.get(pk=run.pk).reason == run.reason
    assert not later.states.exists()


def test_a_run_that_plans_from_the_present_state_is_waited_for() -> None:
    run = make_written_off()
    control = leave(run)
    later = make_later(run, RunStatus.PLANNED)

    assert leftovers.take_in() == []

    assert (serials(run), texts(run)) == ([], [])
    # It changed nothing: the states are the newest that there are.
    Run.objects.filter(pk=later.pk).update(status=RunStatus.DISCARDED)
    assert leftovers.take_in() == [run.pk]
    assert serials(run) == [3, 4, 5]
    assert controls.is_saved(control)


def test_a_run_before_it_keeps_no_state_out() -> None:
    pk = run_identity()
    activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
    # By a clock that was an hour ahead.
    late = timezone.now() + timedelta(hours=1)
    earlier = make_run(
        activation, id=pk, status=RunStatus.ERRORED, apply_started_at=late, wrapped_key=run_keys.fresh(pk)
    )
    events.record_of_run(Kind.RUN_CREATED, earlier)
    run = make_written_off(activation=activation)
    leave(run)

    assert leftovers.take_in() == [run.pk]

    assert serials(run) == [3, 4, 5]


def test_on_a_full_disk_they_are_waited_for_and_not_cleared_away() -> None:
    run = make_written_off()
    control = leave(run)
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=2))
    bar = control / states.FOLDER / "00000005.new"
    bar.mkdir()

    sweeping.sweep()

    assert (serials(run), texts(run)) == ([], [])
    assert (host.where().work_of(run.pk, "apply") / states.STATE).read_bytes() == state(5)
    bar.rmdir()
    leftovers.take_in()
    sweeping.clear_away()
    assert serials(run) == [3, 4, 5]
    assert not control.exists()


def test_with_the_master_key_back_the_states_are_stored() -> None:
    pk = run_identity()
    key = run_keys.fresh(pk)
    run = make_written_off(id=pk, wrapped_key=key)
    control = leave(run)
    Run.objects.filter(pk=run.pk).update(wrapped_key=os.urandom(60))

    leftovers.take_in()

    # Sealed as they are, two of them need no key.
    assert serials(run) == [3, 4]
    assert not controls.is_saved(control)
    assert (host.where().work_of(run.pk, "apply") / states.STATE).exists()
    Run.objects.filter(pk=run.pk).update(wrapped_key=key)
    leftovers.take_in()
    assert serials(run) == [3, 4, 5]
    assert texts(run)[-1].endswith("is stored now: 1 state.")
    assert controls.is_saved(control)


def test_one_that_makes_trouble_keeps_no_other_from_its_turn() -> None:
    torn, robbed, run = make_written_off(), make_written_off(), make_written_off()
    control = leave(torn)
    shutil.rmtree(leave(robbed) / states.FOLDER)
    leave(run)
    # As a power cut leaves a file: its length is there, what was written is not.
    with (control / journal.NAME).open("r+b") as book:
        book.seek(40)
        book.write(bytes(200))

    assert set(leftovers.take_in()) == {torn.pk, run.pk}

    assert serials(run) == [3, 4, 5]
    assert serials(torn) == [3, 4, 5]
    assert len(texts(torn)) == 1


def test_a_plans_directory_that_nobody_removed_is_marked_and_nothing_more() -> None:
    run = make_written_off()
    control = host.where().control(run.pk, "plan")
    control.mkdir(parents=True)
    Journal(control, Masker([])).append("line", text="of the plan, stored long ago")

    assert leftovers.take_in() == []

    assert controls.is_saved(control)
    assert texts(run) == []
