"""The first run of a package version fetches its providers alone; others wait for it, and take what it has."""

import fcntl
import os
import time
from pathlib import Path
from typing import Any

from activation.domain.sealing import new_key
from activation.runner import control as controls
from activation.runner import process
from activation.runner.journal import END, read
from activation.runner.sandbox import Confinement
from activation.runner.spec import Command, Spec
from activation.runner.supervisor import INIT_LOCK
from tests.runner.test_supervisor import notices

WAITS = ["Another run is fetching its providers on this host. Waiting until it has them."]
# Takes a second, and notes it where another one is at it.
INIT = """
if [ -e ../../busy ]; then touch ../../clash; fi
touch ../../busy; sleep 1; rm ../../busy
mkdir .terraform; echo x > .terraform/x; echo once >> ../../inits
"""


def begun(root: Path, name: str, *, init: str = INIT, deadline_seconds: float = 60) -> Path:
    """Let a run begin that initializes the package which all of `root` share; return its control directory."""
    control, work = root / name / "control", root / name / "work"
    control.mkdir(parents=True)
    work.mkdir()
    (root / "templates").mkdir(exist_ok=True)
    commands = (
        Command("init", ("/bin/sh", "-c", init)),
        Command("plan", ("/bin/sh", "-c", "cat .terraform/x; touch ../planned")),
    )
    process.start(
        Spec(
            run_id="run-0123456789abcdef",
            phase="plan",
            control=str(control),
            work=str(work),
            commands=commands,
            environment={"PATH": "/usr/bin:/bin"},
            secrets={},
            key=new_key(),
            confinement=Confinement(writable=(str(work),), landlock=False),
            deadline_seconds=deadline_seconds,
            abandoned_seconds=60,
            template=str(root / "templates" / "package"),
        )
    )
    return control


def journal_of(control: Path) -> list[dict[str, Any]]:
    """Wait for the end of a run; return its journal."""
    ends = time.monotonic() + 30
    found: list[dict[str, Any]] = []
    offset = 0
    while not found or found[-1]["kind"] != END:
        assert time.monotonic() < ends, found
        time.sleep(0.05)
        entries, offset = read(control, offset)
        found += [dict(each) for each in entries]
    return found


def test_two_first_runs_initialize_one_after_the_other_and_once(tmp_path: Path) -> None:
    journals = [journal_of(control) for control in (begun(tmp_path, "one"), begun(tmp_path, "two"))]
    assert all(each[-1]["finished"] for each in journals)
    assert not (tmp_path / "clash").exists()
    assert (tmp_path / "inits").read_text() == "once\n"
    assert (tmp_path / "two" / "planned").exists()
    assert [notices(each) for each in journals] == [[], WAITS]


def test_where_the_first_one_fails_the_next_one_initializes(tmp_path: Path) -> None:
    first = begun(tmp_path, "one", init="sleep 1; exit 1")
    second = begun(tmp_path, "two")
    assert not journal_of(first)[-1]["finished"]
    assert journal_of(second)[-1]["finished"]
    assert (tmp_path / "inits").read_text() == "once\n"


def test_waiting_for_another_run_heeds_a_stop_and_the_deadline(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    handle = os.open(tmp_path / "templates" / INIT_LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    asked, late = begun(tmp_path, "one"), begun(tmp_path, "two", deadline_seconds=1)
    controls.request_stop(asked, "cancel")
    for control, reason in ((asked, "cancel"), (late, "deadline")):
        journal = journal_of(control)
        assert notices(journal) == WAITS
        assert (journal[-1]["stopped_for"], journal[-1]["finished"]) == (reason, False)
    assert not (tmp_path / "inits").exists()
    os.close(handle)
