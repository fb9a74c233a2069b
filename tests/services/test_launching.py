"""What is started, and what is not."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted
from activation.domain.run_status import RunStatus
from activation.domain.sealing import new_key, seal
from activation.models import Credential, Plan, Run
from activation.models.identity import run_identity
from activation.runner import control as controls
from activation.runner import lock, process, terraform
from activation.runner.control import KEPT_PLAN
from activation.runner.journal import NAME
from activation.runner.sandbox import Confinement
from activation.runner.spec import Command, Spec, file_context
from activation.services import host, launching, packages, run_keys, runs
from tests.factories import make_activation, make_organization, make_run

pytestmark = pytest.mark.django_db
CONTENT = b"the plan that was approved"


@pytest.fixture
def approved() -> Run:
    """Return a run whose plan was approved."""
    pk = run_identity()
    values: dict[str, Any] = {"id": pk, "phase": "apply", "wrapped_key": run_keys.fresh(pk), "node": host.node()}
    activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
    run = make_run(activation, status=RunStatus.APPLYING, **values)
    Plan.objects.create(
        run=run,
        sha256=sha256(CONTENT).hexdigest(),
        sealed=seal(run_keys.key_of(run), CONTENT, file_context(pk, KEPT_PLAN)),
        package_sha256=run.package.sha256,
    )
    return run


def age(run: Run, **how_old: float) -> None:
    Plan.objects.filter(run=run).update(created_at=timezone.now() - timedelta(**how_old))


def test_an_approved_plan_may_wait_a_little_longer_than_its_hour_for_a_place(approved: Run) -> None:
    age(approved, minutes=69)
    assert launching.saved_plan(approved) == CONTENT


def test_an_older_plan_is_not_applied(approved: Run) -> None:
    age(approved, minutes=71)
    with pytest.raises(Faulted) as fault:
        launching.saved_plan(approved)
    assert fault.value.text == "This plan is older than an hour."


def test_the_values_that_a_plan_is_made_with_are_kept_and_its_apply_does_not_change_them(approved: Run) -> None:
    approved.package, approved.phase = packages.ensure_bundled(), launching.PLAN
    given = json.loads(launching.common_files(approved)[terraform.VARIABLES])
    assert given["aws_region"] == approved.region
    approved.phase, approved.region = launching.APPLY, "eu-central-1"
    launching.common_files(approved)
    assert Run.objects.get(pk=approved.pk).values == given


@pytest.fixture
def orders(tmp_path: Path, approved: Run) -> Spec:
    """Return the orders for a supervisor that would make something."""
    control = host.where().control(approved.pk, approved.phase)
    control.mkdir(parents=True)
    work = tmp_path / "work"
    work.mkdir()
    return Spec(
        run_id=approved.pk,
        phase=approved.phase,
        control=str(control),
        work=str(work),
        commands=(Command("apply", ("/bin/sh", "-c", "echo made > ../made")),),
        environment={},
        secrets={},
        key=new_key(),
        confinement=Confinement(landlock=False),
        deadline_seconds=60,
        abandoned_seconds=60,
    )


def test_a_supervisor_that_is_late_starts_nothing_once_its_run_was_given_up(
    approved: Run, orders: Spec, tmp_path: Path
) -> None:
    assert launching.keep_from_starting(approved)
    with pytest.raises(process.CouldNotStart, match="written off"):
        process.start(orders)
    assert not (Path(orders.control) / NAME).exists()
    assert not (tmp_path / "made").exists()


def test_a_supervisor_that_only_did_not_answer_is_not_given_up(approved: Run) -> None:
    control = host.where().control(approved.pk, approved.phase)
    control.mkdir(parents=True)
    with lock.taken(control):
        assert not launching.keep_from_starting(approved)
    assert not controls.is_closed(control)


@pytest.mark.parametrize(
    ("kind", "phase", "seconds"), [("region", "apply", 3000), ("region", "plan", 0), ("iam", "apply", 0)]
)
def test_only_what_builds_a_region_has_a_session_that_ends_before_aws_ends_it(
    approved: Run, kind: str, phase: str, seconds: float
) -> None:
    approved.workspace.kind, approved.phase = kind, phase
    assert launching.session_of(approved) == seconds


# --- a slot on this host


@pytest.mark.parametrize("status", [RunStatus.PENDING, RunStatus.CONFIRMED])
def test_no_run_is_begun_without_a_slot_and_it_waits_as_it_was(approved: Run, settings: Any, status: RunStatus) -> None:
    settings.RUN_SLOTS = 1
    waiting = make_waiting(status)
    launching.start(waiting.pk)
    left = Run.objects.get(pk=waiting.pk)
    assert (left.status, left.lease_epoch, left.lease_until) == (status, 0, None)
    assert not host.where().runs.joinpath(waiting.pk).exists()


def test_a_slot_that_another_start_took_meanwhile_is_not_taken_twice(approved: Run, settings: Any) -> None:
    waiting = make_waiting(RunStatus.CONFIRMED)
    settings.RUN_SLOTS = 1
    assert launching.win(waiting) is None
    Run.objects.filter(pk=approved.pk).update(status=RunStatus.APPLIED)
    assert launching.win(waiting) == 1


# --- what keeps an approved run from starting


def test_no_apply_begins_with_too_little_left_of_its_key(valkey: None) -> None:
    run = make_waiting(RunStatus.CONFIRMED)
    give_key(run, left=timedelta(minutes=9))
    launching.start(run.pk)
    ended = Run.objects.get(pk=run.pk)
    assert (ended.status, ended.apply_started_at) == (RunStatus.ERRORED, None)
    assert ended.reason.startswith("Less than 10 minutes was left of this run's key before it could begin to apply.")
    assert "Press Retry and enter a new key." in ended.reason


def test_a_key_that_lasts_a_little_longer_is_enough() -> None:
    run = make_waiting(RunStatus.CONFIRMED)
    give_key(run, left=timedelta(minutes=11))
    assert not launching.is_key_nearly_over(run)


def test_whatever_keeps_a_run_from_starting_ends_it_with_that_reason(valkey: None) -> None:
    run = make_waiting(RunStatus.CONFIRMED)
    give_key(run, left=timedelta(hours=1))
    assert "variables" not in run.package.description, "a package that nothing is known of"
    launching.start(run.pk)
    ended = Run.objects.get(pk=run.pk)
    assert ended.status == RunStatus.ERRORED
    assert ended.reason.startswith(
        f"The run could not be started: unexpected KeyError; the worker's log on {host.node()} says more."
    )
    assert Credential.objects.get(run=run).sealed is None


def give_key(run: Run, *, left: timedelta) -> None:
    keys = AccessKeys("AKIAAAAAAAAAAAAAAAAA", "s" * 40)
    runs.store_credential(run, keys, account_id="123456789012", principal_arn="arn:aws:iam::123456789012:user/x")
    Credential.objects.filter(run=run).update(expires_at=timezone.now() + left)


def make_waiting(status: RunStatus) -> Run:
    """Make a run that waits to be started, of an organization of its own."""
    pk = run_identity()
    activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
    return make_run(activation, status=status, id=pk, wrapped_key=run_keys.fresh(pk))
