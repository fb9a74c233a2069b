"""One Terraform a run, whatever Terraform itself does with the lock that it inherits."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from activation.runner import lock


@pytest.fixture
def released(tmp_path: Path) -> Iterator[Path]:
    """Return a control directory whose supervisor lives, and whose Terraform has let go of the run's lock."""
    handles = [lock.open_and_take(tmp_path), lock.take_own_lock(tmp_path)]
    # On an inherited descriptor, this unlocks it for everybody.
    fcntl.flock(handles[0], fcntl.LOCK_UN)
    yield tmp_path
    for handle in handles:
        os.close(handle)


def test_a_run_whose_terraform_let_go_of_its_lock_still_counts_as_alive(released: Path) -> None:
    assert lock.is_held(released)


def test_a_second_supervisor_does_not_start_beside_one_whose_lock_was_let_go(released: Path) -> None:
    with pytest.raises(lock.Held):
        lock.open_and_take(released)
    with pytest.raises(lock.Held), lock.taken(released):
        pass


def test_a_dead_run_is_not_held(tmp_path: Path) -> None:
    with lock.taken(tmp_path):
        assert lock.is_held(tmp_path)
    assert not lock.is_held(tmp_path)
