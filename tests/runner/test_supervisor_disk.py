"""Where the data directory cannot be written: what Terraform made is waited for, and never wiped unsealed."""

import json
import time
from pathlib import Path
from typing import Any

from activation.domain.sealing import new_key, open_sealed
from activation.runner import lock, process, states
from activation.runner.journal import END, read
from activation.runner.sandbox import Confinement
from activation.runner.spec import Command, Spec, state_context
from activation.runner.states import Sealer
from tests.runner.test_states import RUN, state

KEY = new_key()
DUMP = {"@level": "info", "@message": "Emergency state dump", "state": json.loads(state(5, "a", "b"))}


def begun(root: Path, script: str, *, disk_seconds: float, keep: dict[str, str] | None = None) -> None:
    """Let a supervisor carry out a script; it waits so long for a disk that cannot be written."""
    for name in ("control", "work"):
        (root / name).mkdir(exist_ok=True)
    process.start(
        Spec(
            run_id=RUN,
            phase="apply",
            control=str(root / "control"),
            work=str(root / "work"),
            commands=(Command("apply", ("/bin/sh", "-c", script)),),
            environment={"PATH": "/usr/bin:/bin"},
            secrets={},
            key=KEY,
            confinement=Confinement(writable=(str(root / "work"),), landlock=False),
            deadline_seconds=60,
            abandoned_seconds=60,
            disk_seconds=disk_seconds,
            keep=keep or {},
        )
    )


def entries_at_the_end(root: Path) -> list[dict[str, Any]]:
    """Wait until nothing of the run lives; return its journal."""
    ends = time.monotonic() + 30
    while lock.is_held(root / "control"):
        assert time.monotonic() < ends, "the supervisor does not end"
        time.sleep(0.05)
    entries, offset = read(root / "control", 0)
    return [dict(each) for each in (*entries, *read(root / "control", offset)[0])]


def barred(root: Path, name: str) -> Path:
    """Let a file be one that cannot be written, as on a full disk, until what is returned is removed."""
    path = root / "control" / Path(name).with_suffix(".new")
    path.mkdir(parents=True)
    return path


def test_a_state_that_could_not_be_sealed_is_left_and_no_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(state(5, "a", "b"))
    bar = barred(tmp_path, f"{states.FOLDER}/00000005.sealed")
    begun(tmp_path, "cat ../made > terraform.tfstate", disk_seconds=1)
    assert END not in [each["kind"] for each in entries_at_the_end(tmp_path)]
    assert (tmp_path / "work" / states.STATE).read_bytes() == state(5, "a", "b")
    # Whoever takes the run over finds it there.
    bar.rmdir()
    found = Sealer(run_id=RUN, control=tmp_path / "control", work=tmp_path / "work", key=KEY).look()
    assert found is not None and found.serial == 5


def test_a_state_that_was_only_printed_and_could_not_be_sealed_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "said").write_text(json.dumps(DUMP) + "\n")
    barred(tmp_path, f"{states.FOLDER}/00000005.sealed")
    begun(tmp_path, "cat ../said; exit 1", disk_seconds=1)
    assert END not in [each["kind"] for each in entries_at_the_end(tmp_path)]
    assert json.loads((tmp_path / "work" / states.ERRORED).read_bytes()) == DUMP["state"]


def test_a_state_is_sealed_as_soon_as_there_is_room_and_then_wiped(tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(state(5, "a", "b"))
    bar = barred(tmp_path, f"{states.FOLDER}/00000005.sealed")
    begun(tmp_path, "cat ../made > terraform.tfstate", disk_seconds=30)
    time.sleep(1.5)
    assert (tmp_path / "work" / states.STATE).exists()
    bar.rmdir()
    assert entries_at_the_end(tmp_path)[-1]["kind"] == END
    sealed = (tmp_path / "control" / states.FOLDER / "00000005.sealed").read_bytes()
    assert open_sealed(KEY, sealed, state_context(RUN, 5)) == state(5, "a", "b")
    assert not (tmp_path / "work").exists()


def test_a_plan_waits_for_room_to_be_kept(tmp_path: Path) -> None:
    bar = barred(tmp_path, "plan.sealed")
    begun(tmp_path, "echo planned > tfplan", disk_seconds=30, keep={"tfplan": "plan.sealed"})
    time.sleep(1.5)
    bar.rmdir()
    end = entries_at_the_end(tmp_path)[-1]
    assert (end["kind"], end["finished"], list(end["kept"])) == (END, True, ["plan.sealed"])
    assert (tmp_path / "control" / "plan.sealed").is_file()
