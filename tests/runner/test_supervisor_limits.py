"""What a run can make the supervisor take in, and read for it."""

import json
import time
from pathlib import Path

import pytest

from activation.domain.sealing import new_key
from activation.runner import process
from activation.runner.sandbox import Confinement
from activation.runner.spec import Command, Spec
from activation.runner.supervisor import EXIT
from tests.runner.test_supervisor import notices, supervised

# Longer than any line that is taken, then one that is.
LONG = """head -c 6000000 /dev/zero | tr "\\0" x; echo; echo '{"@message": "after it", "type": "log"}'"""
# Thirty million bytes, in lines of a thousand.
MUCH = """for n in $(seq 30); do head -c 1000000 /dev/zero | tr "\\0" x | fold -w 1000; echo; done"""


def shell(script: str, name: str = "plan") -> Command:
    return Command(name, ("/bin/sh", "-c", script))


def test_a_line_that_is_too_long_is_left_out_whole(tmp_path: Path) -> None:
    end, journal = supervised(tmp_path, shell(LONG))
    assert end["finished"]
    assert notices(journal) == ["A line of more than 4 MiB is left out."]
    said = [each["text"] for each in journal if each["kind"] == "line"]
    assert not any("xxx" in text for text in said)
    assert any("after it" in text for text in said)


def test_a_log_has_an_end(tmp_path: Path) -> None:
    end, journal = supervised(tmp_path, shell(MUCH))
    assert end["finished"]
    assert notices(journal) == ["The log has more than 20 MiB; the rest is left out."]
    assert sum(len(each["text"]) for each in journal if each["kind"] == "line") < 21 * 2**20
    assert end["lines"] == sum(each["kind"] == "line" for each in journal)


@pytest.mark.parametrize("name", [".terraform", ".terraform.lock.hcl"])
def test_links_that_a_run_left_are_not_followed_into_its_template(tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    if name == ".terraform":
        secret.mkdir()
        (secret / "key").write_text("only ours")
        made = f"ln -s {secret} .terraform; touch .terraform.lock.hcl"
    else:
        secret.write_text("only ours")
        made = f"mkdir .terraform; ln -s {secret} .terraform.lock.hcl"
    with_template(tmp_path, shell(made, "init"))
    assert not list(tmp_path.glob("template*"))


def test_what_a_run_initialized_is_kept_for_the_next(tmp_path: Path) -> None:
    with_template(tmp_path, shell("mkdir .terraform; echo x > .terraform/x; echo y > .terraform.lock.hcl", "init"))
    assert (tmp_path / "template/.terraform/x").read_text() == "x\n"
    assert (tmp_path / "template/.terraform.lock.hcl").read_text() == "y\n"


def with_template(root: Path, command: Command) -> None:
    """Let a supervisor carry out a command after which it keeps the directory as a template."""
    for name in ("control", "work"):
        (root / name).mkdir()
    process.start(
        Spec(
            run_id="run-0123456789abcdef",
            phase="plan",
            control=str(root / "control"),
            work=str(root / "work"),
            commands=(command,),
            environment={"PATH": "/usr/bin:/bin"},
            secrets={},
            key=new_key(),
            confinement=Confinement(writable=(str(root / "work"),), landlock=False),
            deadline_seconds=60,
            abandoned_seconds=60,
            template=str(root / "template"),
        )
    )
    ends = time.monotonic() + 30
    while not (root / "control" / EXIT).exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert json.loads((root / "control" / EXIT).read_text())["finished"]
