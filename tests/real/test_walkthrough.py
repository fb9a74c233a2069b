"""The smoke test of an installation, run as its owner runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from activation.domain.arn_set import ARN_OUTPUTS

ROOT = Path(__file__).resolve().parents[2]


def walk(*words: str) -> tuple[int, dict[str, Any]]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        (sys.executable, str(ROOT / "manage.py"), "walkthrough", "--json", *words),
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("control_plane", ["self", "zilliz"])
def test_the_walk_ends_in_seven_arns_that_page_state_and_aws_agree_on(control_plane: str) -> None:
    code, result = walk("--control-plane", control_plane)
    assert code == 0, result
    assert result["ok"] is True
    assert sorted(result["arns"]) == sorted(each.name for each in ARN_OUTPUTS)
    assert result["resources"] == 11
    assert result["simulator_actions"]["iam:CreatePolicy"] == 7
    assert result["simulator_actions"]["iam:CreateRole"] == 2
    assert result["simulator_actions"]["iam:AttachRolePolicy"] == 2
    assert result["serial"] >= 11
    assert result["terraform"]
    assert result["first_line_seconds"] < 5
    assert "Apply complete!" in Path(result["log"]).read_text()
    unpacked = Path(result["record"]).parent / "unpacked"
    shutil.unpack_archive(result["record"], unpacked)
    assert subprocess.run([sys.executable, "verify.py"], cwd=unpacked, check=False).returncode == 0
