"""What a run says is masked once more where it leaves the supervisor: reading it can bring a secret to light."""

import base64
import html
import json
from pathlib import Path

import pytest

from activation.domain.sealing import new_key, open_sealed
from activation.runner.spec import Command, file_context
from activation.runner.supervisor import EXIT
from tests.runner.test_supervisor import supervised

SECRET = "wJalrXUtnFEMI+K7MDENG/bPxRfiCY+EXAMPLEKEY"
SECRETS = {"AWS_SECRET_ACCESS_KEY": SECRET}
COLORED = SECRET[:9] + "\x1b[31m" + SECRET[9:]
# As Go writes it: an encoding around another.
IN_HTML = json.dumps(html.escape(SECRET).replace("+", "&#43;")).replace("&", "\\u0026")[1:-1]


def saying(root: Path, line: str) -> Command:
    (root / "said").write_text(line + "\n")
    return Command("plan", ("/bin/cat", str(root / "said")))


@pytest.mark.parametrize("written", [json.dumps(COLORED)[1:-1], IN_HTML], ids=["colored", "HTML in JSON"])
def test_a_secret_that_only_reading_brings_to_light_is_masked_in_what_failed(tmp_path: Path, written: str) -> None:
    event = {
        "@message": "Error: HIDDEN",
        "type": "diagnostic",
        "diagnostic": {"severity": "error", "summary": "No HIDDEN", "detail": "It was HIDDEN.", "address": "HIDDEN"},
    }
    end, journal = supervised(tmp_path, saying(tmp_path, json.dumps(event).replace("HIDDEN", written)), secrets=SECRETS)
    assert end["diagnostics"][0]["detail"] == "It was [masked]."
    assert end["masked"] >= 1
    (progress,) = (each for each in journal if each["kind"] == "progress")
    assert progress["errors"] == ["No [masked]"]
    left = (tmp_path / "control/journal.jsonl").read_text() + (tmp_path / "control" / EXIT).read_text()
    for form in (SECRET, html.escape(SECRET).replace("+", "&#43;")):
        assert form not in left
        assert json.dumps(form)[1:-1] not in left


def kept_review(root: Path, review: str) -> bytes:
    """Return what is kept of a review that a command prints."""
    key = new_key()
    command = Command("show", ("/bin/cat", str(root / "said")), capture="plan.json")
    (root / "said").write_text(review)
    end, _ = supervised(root, command, secrets=SECRETS, keep={"plan.json": "review.sealed"}, key=key)
    assert end["finished"]
    context = file_context("run-0123456789abcdef", "review.sealed")
    return open_sealed(key, (root / "control/review.sealed").read_bytes(), context)


def test_a_secret_in_a_plan_is_masked_before_the_review_is_kept(tmp_path: Path) -> None:
    tags = {"x": base64.b64encode(SECRET.encode()).decode(), "y": COLORED, f"{SECRET} as a key": "z", "n": 1.5}
    review = json.loads(kept_review(tmp_path, json.dumps({"resource_changes": [{"after": {"tags": tags}}]})))
    (change,) = review["resource_changes"]
    found = change["after"]["tags"]
    assert set(found) == {"x", "y", "[masked] as a key", "n"}
    assert found["y"] == "[masked]"
    # Of Base64, the last character is shared with what follows it.
    assert found["x"].startswith("[masked]")
    assert len(found["x"]) < 12
    assert found["n"] == 1.5


def test_a_plan_without_secrets_is_kept_to_the_letter(tmp_path: Path) -> None:
    review = '{"format_version": "1.2",  "a": "line\\n\\u001b[31mred", "big": 123456789012345678901234567890}'
    assert kept_review(tmp_path, review) == review.encode()
