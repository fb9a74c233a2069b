"""Directories of runs: ours alone, wherever they lie."""

import os
from pathlib import Path

import pytest

from activation.runner.workspace import MEMORY, WORK, forget, places, prepare, taken


def test_work_lies_in_memory_under_a_name_of_the_data_directorys(tmp_path: Path) -> None:
    where = places(tmp_path / "data")
    try:
        assert where.work.parent == MEMORY
        assert places(tmp_path / "data").work == where.work
    finally:
        where.work.rmdir()


def test_a_directory_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    stat = (tmp_path / "data").mkdir() or (tmp_path / "data").stat()
    squatted = MEMORY / f"byoc-{stat.st_dev:x}-{stat.st_ino:x}"
    squatted.mkdir()
    squatted.chmod(0o777)
    try:
        assert places(tmp_path / "data").work == tmp_path / "data" / "work"
    finally:
        squatted.rmdir()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    assert taken(tmp_path / "link", mode=0o700) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_somebody_elses_directory_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 12345, 12345)
    assert taken(tmp_path / "theirs", mode=0o700) is None


def test_a_phase_is_found_where_it_was_begun_whatever_is_chosen_since(tmp_path: Path) -> None:
    before = places(tmp_path / "data", str(tmp_path / "in-memory"))
    phase = {"run_id": "run-1", "phase": "apply"}
    _, work = prepare(before, **phase, files={"terraform.tfstate": b"{}"}, template=tmp_path / "none", uid=0)

    # The memory is full, and the process another one.
    after = places(tmp_path / "data", str(tmp_path / "on-disk"))

    assert after.work_of("run-1", "apply") == work
    assert (work / "terraform.tfstate").exists()
    _, again = prepare(after, **phase, files={}, template=tmp_path / "none", uid=0)
    assert not work.exists()
    assert again == after.work_of("run-1", "apply") == tmp_path / "on-disk" / "run-1-apply"
    forget(after, **phase)
    assert not again.exists()


@pytest.mark.parametrize("content", [b"", b".", b"/", b"run-1-apply", b"/etc", b"/elsewhere/run-2-apply"])
def test_a_note_of_the_work_directory_that_is_torn_or_names_something_else_is_not_followed(
    tmp_path: Path, content: bytes
) -> None:
    where = places(tmp_path / "data", str(tmp_path / "work"))
    control = where.control("run-1", "apply")
    control.mkdir(parents=True)
    (control / WORK).write_bytes(content)
    assert where.work_of("run-1", "apply") == tmp_path / "work" / "run-1-apply"
