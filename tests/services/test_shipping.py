"""How what a supervisor wrote gets into the database: whole, once, whatever dies or is away in between."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, OperationalError, connection
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.redaction import Masker
from activation.domain.run_status import RunStatus
from activation.domain.sealing import seal
from activation.models import Activation, LogLine, Plan, Run
from activation.models.identity import run_identity
from activation.runner import control as controls
from activation.runner import journal, lock
from activation.runner.control import KEPT_PLAN, KEPT_REVIEW
from activation.runner.journal import Journal
from activation.runner.spec import file_context
from activation.services import endings, host, packages, run_keys, shipping
from activation.services.shipping import LeaseLost, Shipment
from tests.factories import make_activation, make_organization, make_run
from tests.faults.database import locked
from tests.views.region_rows import give_region_plan, make_building, make_region_run

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = Path(__file__).parents[1] / "domain" / "fixtures" / "plan_create.json"


@pytest.fixture(autouse=True)
def quick(settings: Any, valkey: None) -> None:
    settings.RUN_SHIP_SECONDS = 5


def values_at_work(phase: str) -> dict[str, Any]:
    pk = run_identity()
    status = RunStatus.PLANNING if phase == "plan" else RunStatus.APPLYING
    return {
        "id": pk,
        "status": status,
        "phase": phase,
        "node": host.node(),
        "wrapped_key": run_keys.fresh(pk),
        "progress": {"phase": phase, "planned": 11, "finished": 6, "current": []},
        **({"apply_started_at": timezone.now()} if phase == "apply" else {}),
    }


def make_run_at_work(phase: str) -> Run:
    """Make a run whose supervisor has ended, and that nobody ships yet."""
    activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
    return make_run(activation, package=packages.ensure_bundled(), **values_at_work(phase))


def end_of(run: Run, **fields: Any) -> dict[str, Any]:
    """Return the last entry of a phase that did all it should, or what `fields` say."""
    return {
        "finished": True, "command": run.phase, "code": 0, "signal": 0, "stopped_for": "", "killed_for": "",
        "interrupted": False, "lines": 2, "masked": 1, "diagnostics": [], "kept": {KEPT_PLAN: {"sha256": "ab" * 32}},
    } | fields  # fmt: skip


def write(run: Run, *, lines: int = 2, **end: Any) -> Path:
    """Write what a supervisor leaves behind: its journal up to the end, and a plan's sealed files."""
    control = host.where().control(run.pk, run.phase)
    control.mkdir(parents=True)
    (control / lock.NAME).touch()
    book = Journal(control, Masker([]))
    for number in range(lines):
        book.append("line", text=f"line {number}")
    book.append(journal.END, **end_of(run, **end))
    if run.phase == "plan":
        for name, content in ((KEPT_PLAN, b"a plan"), (KEPT_REVIEW, PLAN.read_bytes())):
            (control / name).write_bytes(seal(run_keys.key_of(run), content, file_context(run.pk, name)))
    return control


def attach(run: Run) -> Shipment:
    """Take the lease as the next worker does, whoever had it."""
    Run.objects.filter(pk=run.pk).update(lease_until=None)
    epoch = Run.objects.take_lease(run.pk, owner="a test", seconds=20)
    assert epoch is not None
    return Shipment(Run.objects.select_related(*Shipment.RELATED).get(pk=run.pk), epoch)


def texts(run: Run) -> list[str]:
    return list(run.log.order_by("number").values_list("text", flat=True))


@pytest.fixture
def living() -> Iterator[Any]:
    """Let a run live: hold its lock as its supervisor does."""
    handles: list[int] = []

    def live(run: Run) -> Path:
        control = host.where().control(run.pk, run.phase)
        control.mkdir(parents=True, exist_ok=True)
        for name in (lock.NAME, lock.OWN_NAME):
            handles.append(os.open(control / name, os.O_RDWR | os.O_CREAT))
            fcntl.flock(handles[-1], fcntl.LOCK_EX)
        return control

    yield live
    for handle in handles:
        os.close(handle)


# --- the end of a phase


def test_a_worker_killed_between_the_log_and_the_end_loses_neither() -> None:
    run = make_run_at_work("apply")
    write(run)
    # Dies with the log stored and the end read by nobody.
    assert not attach(run).step()
    assert Run.objects.get(pk=run.pk).status == RunStatus.APPLYING

    assert attach(run).step()

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.APPLIED
    assert ended.emitted == {"apply": {"lines": 2, "masked": 1}}
    assert texts(ended) == ["line 0", "line 1"]
    assert not host.where().control(run.pk, "apply").exists()


def test_a_plan_whose_worker_was_killed_before_its_end_is_kept() -> None:
    run = make_run_at_work("plan")
    write(run)
    attach(run).step()

    assert attach(run).step()

    assert Run.objects.get(pk=run.pk).planned_at is not None
    assert Plan.objects.get(run=run).sha256 == "ab" * 32


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the lock is SQLite's")
def test_a_database_that_is_locked_at_the_end_is_waited_for() -> None:
    run = make_run_at_work("apply")
    write(run)
    shipment = attach(run)
    shipment.step()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    with locked(), pytest.raises(OperationalError):
        shipment.step()
    assert Run.objects.get(pk=run.pk).status == RunStatus.APPLYING

    assert not shipment.ship_for(5)

    assert Run.objects.get(pk=run.pk).status == RunStatus.APPLIED
    assert texts(run) == ["line 0", "line 1"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the lock is SQLite's")
def test_a_run_is_handed_over_only_where_the_database_takes_note_of_it(living: Any) -> None:
    living(run := make_run_at_work("apply"))
    shipment = attach(run)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    with locked():
        assert not shipment.hand_over()
    assert not shipment.step()
    assert shipment.hand_over()
    assert Run.objects.get(pk=run.pk).lease_until is None


class ReadOnly:
    """Refuses so many writes, as PostgreSQL does while a standby takes over."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if self.left and sql.startswith("UPDATE"):
            self.left -= 1
            raise InternalError("cannot execute UPDATE in a read-only transaction")
        return execute(sql, parameters, many, context)


def test_a_database_that_takes_no_writes_for_a_while_is_waited_for() -> None:
    run = make_run_at_work("apply")
    write(run)
    shipment = attach(run)
    with connection.execute_wrapper(ReadOnly(times=2)):
        assert not shipment.ship_for(5)
    assert Run.objects.get(pk=run.pk).status == RunStatus.APPLIED
    assert texts(run) == ["line 0", "line 1"]


def test_a_run_is_not_handed_over_to_a_database_that_takes_no_writes(living: Any) -> None:
    living(run := make_run_at_work("apply"))
    shipment = attach(run)
    with connection.execute_wrapper(ReadOnly(times=1)):
        assert not shipment.hand_over()


def test_what_cannot_be_stored_is_no_database_that_is_away(living: Any) -> None:
    control = living(run := make_run_at_work("apply"))
    Journal(control, Masker([])).append("line", text="a line whose number is taken")
    LogLine.objects.create(run=run, number=1, at=timezone.now(), text="that one")
    with pytest.raises(IntegrityError):
        attach(run).ship_for(5)


def test_a_plan_that_cannot_be_opened_ends_its_run_in_its_own_words() -> None:
    run = make_run_at_work("plan")
    control = write(run)
    (control / KEPT_REVIEW).write_bytes(b"something else")

    attach(run).ship_for(5)

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.ERRORED
    assert "cannot be decrypted with this portal's master keys" in ended.reason
    assert not Plan.objects.filter(run=run).exists()


def test_a_plan_that_cannot_be_read_ends_its_run_in_its_own_words() -> None:
    run = make_run_at_work("plan")
    control = write(run)
    sealed = seal(run_keys.key_of(run), json.dumps({"format_version": "9"}).encode(), file_context(run.pk, KEPT_REVIEW))
    (control / KEPT_REVIEW).write_bytes(sealed)

    attach(run).ship_for(5)

    ended = Run.objects.get(pk=run.pk)
    assert (ended.status, ended.explanation["code"]) == (RunStatus.ERRORED, "plan_unreadable")


def test_an_apply_whose_state_cannot_be_opened_says_that_it_was_made() -> None:
    run = make_run_at_work("apply")
    run.states.create(workspace=run.workspace, serial=1, lineage="a", sha256="ab" * 32, sealed=b"something else")
    write(run)

    attach(run).ship_for(5)

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.ERRORED
    assert "Terraform created everything" in ended.reason
    assert "master keys" in ended.reason


def test_a_worker_that_lost_its_turn_writes_no_plan_and_leaves_the_files() -> None:
    run = make_run_at_work("plan")
    control = write(run)
    late = attach(run)
    late.step()
    attach(run)

    with pytest.raises(LeaseLost):
        late.end(*end_and_offset(late))

    assert not Plan.objects.filter(run=run).exists()
    assert Run.objects.get(pk=run.pk).status == RunStatus.PLANNING
    assert (control / KEPT_PLAN).exists()


def end_and_offset(shipment: Shipment) -> tuple[Any, int]:
    entries, offset = journal.read(shipment.control, shipment.run.journal_offset)
    return entries[0], offset


# --- a stop that somebody asked for


def test_a_plan_that_was_ready_before_its_cancel_arrived_is_not_offered() -> None:
    run = make_run_at_work("plan")
    write(run)
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())

    attach(run).ship_for(5)

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.CANCELED
    assert "Nothing was changed in AWS" in ended.reason
    assert not Plan.objects.filter(run=run).exists()


def region_run_at_the_end_of_its_session() -> Run:
    activation, _ = make_building()
    first = make_region_run(activation, approved_by_name="Ada", **values_at_work("apply"))
    give_region_plan(first)
    write(first, finished=False, stopped_for="session", code=1)
    return first


def test_a_region_whose_session_is_over_goes_on() -> None:
    run = region_run_at_the_end_of_its_session()
    attach(run).ship_for(5)
    assert Run.objects.get(pk=run.pk).status == RunStatus.INTERRUPTED
    assert Run.objects.filter(continues=run).count() == 1


def test_a_cancel_at_the_end_of_a_session_stops_the_region_for_good() -> None:
    run = region_run_at_the_end_of_its_session()
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())

    attach(run).ship_for(5)

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.CANCELED
    assert "Stopped as requested" in ended.reason
    assert not Run.objects.filter(continues=run).exists()
    assert Activation.objects.get(pk=run.activation_id).status == "failed"


def test_a_cancel_reaches_terraform_however_much_it_has_to_say(living: Any) -> None:
    run = make_run_at_work("apply")
    control = living(run)
    book = Journal(control, Masker([]))
    shipment = attach(run)
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())
    began = time.monotonic()
    while not controls.stop_requested(control) and time.monotonic() - began < 5:
        book.append("line", text="one more")
        assert not shipment.step()
    assert controls.stop_requested(control) == "cancel"
    assert time.monotonic() - began < 1.5


# --- one Terraform


def test_a_worker_vouches_for_a_run_only_as_long_as_it_reaches_the_database(living: Any) -> None:
    control = living(run := make_run_at_work("apply"))
    shipment = attach(run)
    shipment.reached -= 60
    before = controls.lease_stamp(control)
    shipment.tell_supervisor()
    # A minute without the database: Terraform goes on.
    assert controls.lease_stamp(control) > before
    assert not controls.stop_requested(control)

    shipment.reached -= shipping.LONGEST_AWAY_SECONDS
    before = controls.lease_stamp(control)
    shipment.tell_supervisor()
    assert controls.lease_stamp(control) == before
    assert controls.stop_requested(control) == "database"


def test_the_database_was_reached_when_the_row_was_seen_or_the_log_stored(living: Any) -> None:
    control = living(run := make_run_at_work("apply"))
    shipment = attach(run)
    shipment.reached -= 1000
    shipment.step()
    assert time.monotonic() - shipment.reached < 5
    shipment.reached -= 1000
    Journal(control, Masker([])).append("line", text="one more")
    shipment.step()
    assert time.monotonic() - shipment.reached < 5


def test_what_lives_of_a_run_that_was_written_off_is_stopped_at_once(living: Any) -> None:
    control = living(run := make_run_at_work("apply"))
    late = attach(run)
    endings.conclude(run, to=RunStatus.INTERRUPTED, epoch=late.epoch, reason="Its host was silent.")

    with pytest.raises(LeaseLost):
        late.step()

    assert controls.stop_requested(control) == "written off"


def test_a_worker_that_was_frozen_stores_nothing_into_a_run_that_was_written_off_meanwhile() -> None:
    run = make_run_at_work("apply")
    write(run)
    frozen = attach(run)
    # Its clock stood still as well: it has looked at the row a moment ago.
    frozen.looked = time.monotonic()
    assert endings.conclude(run, to=RunStatus.INTERRUPTED, epoch=frozen.epoch, reason="silent")

    with pytest.raises(LeaseLost):
        frozen.step()

    assert texts(run) == []


def test_a_message_for_a_run_that_was_written_off_stops_what_lives_of_it(living: Any) -> None:
    control = living(run := make_run_at_work("apply"))
    endings.conclude(run, to=RunStatus.INTERRUPTED, epoch=run.lease_epoch, reason="Its host was silent.")
    shipping.ship(run.pk)
    assert controls.stop_requested(control) == "written off"


def test_a_worker_whose_run_another_one_ships_stops_nothing(living: Any) -> None:
    control = living(run := make_run_at_work("apply"))
    late = attach(run)
    attach(run)
    with pytest.raises(LeaseLost):
        late.step()
    shipping.ship(run.pk)
    assert not controls.stop_requested(control)
