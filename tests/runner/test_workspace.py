"""Directories of runs: ours alone, wherever they lie."""

import os
from pathlib import Path

import pytest

from activation.runner.workspace import MEMORY, places, taken


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
