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


@pytest.mark.parametrize(("control_plane", "license_words"), [("self", "active"), ("zilliz", "active (as reported)")])
def test_the_walk_ends_in_an_active_region_and_in_seven_arns_that_page_state_and_aws_agree_on(
    control_plane: str, license_words: str
) -> None:
    code, result = walk("--control-plane", control_plane)
    assert code == 0, result
    assert result["license"] == license_words
    assert result["ok"] is True
    assert sorted(result["arns"]) == sorted(each.name for each in ARN_OUTPUTS)
    assert result["resources"] == 11
    assert result["simulator_actions"]["iam:CreatePolicy"] == 7
    # The two of step 2; and of step 4 the region package's six with nine policies, or the two of whoever plays console.
    roles, attachments = (8, 11) if control_plane == "self" else (4, 2)
    assert result["simulator_actions"]["iam:CreateRole"] == roles
    assert result["simulator_actions"]["iam:AttachRolePolicy"] == attachments
    assert result["serial"] >= 11
    assert result["terraform"]
    seconds = {each["title"]: each["seconds"] for each in result["steps"]}
    # Long before Terraform ends, however busy the machine is.
    terraform = seconds["Step 2: wait for the plan"] + seconds["Step 2: wait for the apply"]
    assert 0 < result["first_line_seconds"] < terraform / 2
    assert "Apply complete!" in Path(result["log"]).read_text()
    unpacked = Path(result["record"]).parent / "unpacked"
    shutil.unpack_archive(result["record"], unpacked)
    (region,) = unpacked.glob("activations/*/region.json")
    told = json.loads(region.read_text())
    assert told["status"] == license_words
    assert told["trust"]["method"] == ("tried" if control_plane == "self" else "read")
    assert subprocess.run([sys.executable, "verify.py"], cwd=unpacked, check=False).returncode == 0


@pytest.mark.long_form
@pytest.mark.parametrize(
    ("control_plane", "granted", "words"),
    [
        ("self", "foreign", "does not know as the vendor's"),
        ("self", "none", "No license is installed, so no cloud region can be activated."),
        ("zilliz", "none", "No license is entered, so no cloud region can be activated."),
    ],
)
def test_without_a_license_of_the_vendor_the_walk_ends_with_the_words_of_the_page(
    control_plane: str, granted: str, words: str
) -> None:
    code, result = walk("--control-plane", control_plane, "--license", granted)
    assert code == 1
    assert result["ok"] is False
    assert words in result["error"], result["error"]
    # What it walked through is kept, to be looked at.
    assert (Path(result["logs"]) / "web.log").is_file()
    assert "WalkFailed" in Path(result["trace"]).read_text()
