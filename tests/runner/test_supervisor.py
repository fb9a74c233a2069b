"""What may pass is tried again, with a count; a stop is never forgotten."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from activation.domain.run_outcome import SESSION_OVER
from activation.domain.sealing import new_key
from activation.runner import control as controls
from activation.runner import process
from activation.runner.sandbox import Confinement
from activation.runner.spec import Command, Spec
from activation.runner.supervisor import EXIT

FIXTURES = Path(__file__).parents[1] / "domain" / "fixtures"
CAPTURED: dict[str, Any] = {
    each["code"]: each["diagnostics"] for each in json.loads((FIXTURES / "failures_captured.json").read_text())
}
# Fails as often as its first argument says, with the words that Terraform had for it, then succeeds.
FAILING = 'echo x >> tries; if [ "$(wc -l < tries)" -gt "$1" ]; then exit 0; fi; cat said; exit 1'


Outcome = tuple[dict[str, Any], list[dict[str, Any]]]


def carried_out(
    root: Path, name: str, code: str, *, failures: int, deadline_seconds: float = 60, seconds: float = 0
) -> Outcome:
    """Let a supervisor carry out a command that fails so often; return how it ended, and the journal."""
    said = [
        {"@level": "error", "@message": f"Error: {each['summary']}", "type": "diagnostic", "diagnostic": each}
        for each in CAPTURED[code]
    ]
    (root / "said").write_text("".join(json.dumps(each) + "\n" for each in said))
    script = f"sleep {seconds}; " + FAILING.replace("said", str(root / "said"))
    command = Command(name, ("/bin/sh", "-c", script, "sh", str(failures)))
    return supervised(root, command, stop_at_once=failures > 3, deadline_seconds=deadline_seconds)


def supervised(
    root: Path,
    command: Command,
    *,
    stop_at_once: bool = False,
    stop_at: str = "",
    deadline_seconds: float = 60,
    session_seconds: float = 0,
    secrets: dict[str, str] | None = None,
    keep: dict[str, str] | None = None,
    key: bytes | None = None,
) -> Outcome:
    """Let a supervisor carry out a command, and stop it at once, or as soon as it has said something."""
    control, work = root / "control", root / "work"
    control.mkdir()
    work.mkdir()
    spec = Spec(
        run_id="run-0123456789abcdef",
        phase="plan",
        control=str(control),
        work=str(work),
        commands=(command,),
        environment={"PATH": "/usr/bin:/bin"},
        secrets=secrets or {},
        key=key or new_key(),
        confinement=Confinement(writable=(str(work),), landlock=False),
        deadline_seconds=deadline_seconds,
        session_seconds=session_seconds,
        abandoned_seconds=60,
        keep=keep or {},
    )
    process.start(spec)
    if stop_at_once:
        controls.request_stop(control, "cancel")
    ends = time.monotonic() + 60
    while stop_at and stop_at not in (control / "journal.jsonl").read_text() and time.monotonic() < ends:
        time.sleep(0.02)
    if stop_at:
        controls.request_stop(control, "cancel")
    while not (control / EXIT).exists() and time.monotonic() < ends:
        time.sleep(0.05)
    journal = [json.loads(line) for line in (control / "journal.jsonl").read_text().splitlines()]
    return json.loads((control / EXIT).read_text()), journal


def notices(journal: list[dict[str, Any]]) -> list[str]:
    return [each["text"] for each in journal if each["kind"] == "line" and each.get("level") == "notice"]


def test_a_plan_is_made_again_where_its_failure_may_pass(tmp_path: Path) -> None:
    end, journal = carried_out(tmp_path, "plan", "plugin_not_started", failures=1)
    assert end["finished"]
    assert end["diagnostics"] == []
    assert notices(journal) == ["The AWS provider could not start. Trying again in 2 s (1 of 3)."]
    assert end["lines"] == sum(each["kind"] == "line" for each in journal)


def test_a_try_that_the_deadline_would_cut_off_is_not_made(tmp_path: Path) -> None:
    end, journal = carried_out(tmp_path, "plan", "throttled", failures=1, deadline_seconds=6, seconds=2.5)
    assert (end["finished"], end["stopped_for"]) == (False, "")
    assert end["diagnostics"]
    assert notices(journal) == []


@pytest.mark.parametrize(("name", "code"), [("plan", "access_denied"), ("apply", "plugin_not_started")])
def test_a_terminal_failure_and_an_apply_are_not_repeated(tmp_path: Path, name: str, code: str) -> None:
    end, journal = carried_out(tmp_path, name, code, failures=1)
    assert not end["finished"]
    assert end["diagnostics"]
    assert notices(journal) == []


def test_a_cancel_ends_the_waiting(tmp_path: Path) -> None:
    began = time.monotonic()
    end, _ = carried_out(tmp_path, "plan", "plugin_not_started", failures=9)
    assert end["stopped_for"] == "cancel"
    assert not end["finished"]
    assert time.monotonic() - began < 30


# Reads its plan, deaf to a signal, as Terraform is then; says that it begins, and makes something.
DEAF = """
trap "" INT
echo '{"@message": "Terraform 1.11.4", "type": "version", "terraform": "1.11.4"}'
sleep 3
echo '{"@message": "role: Creating...", "type": "apply_start"}'
echo made > ../made
"""
# Makes something, and ends in order when it is asked to.
AT_WORK = """
trap 'echo saved > ../saved; exit 1' INT
echo '{"@message": "role: Creating...", "type": "apply_start"}'
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.2; done
echo made > ../made
"""


def test_an_apply_that_has_not_begun_is_not_left_to_forget_a_stop(tmp_path: Path) -> None:
    end, _ = supervised(tmp_path, Command("apply", ("/bin/sh", "-c", DEAF)), stop_at="1.11.4")
    assert (end["stopped_for"], end["killed_for"], end["finished"]) == ("cancel", "", False)
    time.sleep(3)
    assert not (tmp_path / "made").exists()


def test_an_apply_that_has_begun_is_asked_to_end_in_order(tmp_path: Path) -> None:
    end, _ = supervised(tmp_path, Command("apply", ("/bin/sh", "-c", AT_WORK)), stop_at="Creating")
    assert (end["stopped_for"], end["code"], end["signal"]) == ("cancel", 1, 0)
    assert (tmp_path / "saved").exists()
    assert not (tmp_path / "made").exists()


def test_an_apply_is_asked_to_end_in_order_when_its_session_is_over(tmp_path: Path) -> None:
    end, _ = supervised(tmp_path, Command("apply", ("/bin/sh", "-c", AT_WORK)), session_seconds=1)
    assert (end["stopped_for"], end["killed_for"], end["signal"]) == (SESSION_OVER, "", 0)
    assert (tmp_path / "saved").exists()
    assert not (tmp_path / "made").exists()


# Says that something is finished which no state will ever hold, and notes when it is asked to end.
UNSAVED = """
trap 'touch ../told; exit 1' INT
echo '{"@message": "role: Creating...", "type": "apply_start"}'
echo '{"type": "apply_complete", "hook": {"resource": {"addr": "aws_iam_role.a"}, "action": "create"}}'
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.2; done
"""


def test_a_stop_reaches_terraform_while_its_state_is_waited_for(tmp_path: Path) -> None:
    end, _ = supervised(tmp_path, Command("apply", ("/bin/sh", "-c", UNSAVED)), stop_at="Creating")
    assert end["stopped_for"] == "cancel"
    asked, told = (tmp_path / "control" / controls.STOP).stat(), (tmp_path / "told").stat()
    assert told.st_mtime - asked.st_mtime < 1
