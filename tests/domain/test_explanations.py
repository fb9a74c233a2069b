import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.explanations import FAILURES, MATCHED_LIMIT, Explanation, explain
from activation.domain.progress import EventReader

FIXTURES = Path(__file__).parent / "fixtures"

# Diagnostics as Terraform 1.11 and the AWS provider 5.100 gave them here, and texts as AWS and Terraform word them.
CAPTURED: list[dict[str, Any]] = json.loads((FIXTURES / "failures_captured.json").read_text())
WORDED: list[dict[str, str]] = json.loads((FIXTURES / "failures_worded.json").read_text())


def readable(explanation: Explanation) -> bool:
    sentences = (explanation.cause, explanation.meaning, explanation.next_step)
    return all(sentence.endswith(".") and "{" not in sentence for sentence in sentences) and bool(explanation.title)


@pytest.mark.parametrize("sample", CAPTURED, ids=[each["code"] for each in CAPTURED])
def test_a_captured_failure_is_explained(sample: dict[str, Any]) -> None:
    explanation = explain(sample["diagnostics"])
    assert explanation.code == sample["code"]
    assert readable(explanation)
    assert explanation.matched_text


@pytest.mark.parametrize("sample", WORDED, ids=[each["code"] for each in WORDED])
def test_a_failure_is_explained_from_plain_text(sample: dict[str, str]) -> None:
    explanation = explain(sample["text"])
    assert explanation.code == sample["code"]
    assert readable(explanation)


def test_every_failure_of_the_table_has_a_sample() -> None:
    sampled = {each["code"] for each in (*CAPTURED, *WORDED)}
    assert {failure.code for failure in FAILURES} <= sampled
    assert len({failure.code for failure in FAILURES}) == len(FAILURES) >= 40


def test_the_documentation_lists_every_failure_with_its_text() -> None:
    page = (Path(__file__).parents[2] / "docs" / "failures.md").read_text()
    captured = {each["code"]: explain(each["diagnostics"]) for each in reversed(CAPTURED)}
    worded = {each["code"]: explain(each["text"]) for each in reversed(WORDED)}
    assert len(captured) >= 25
    for failure in FAILURES:
        shown = captured.get(failure.code) or worded[failure.code]
        wanted = f"### {shown.title}\n\n`{shown.code}`"
        assert wanted in page, f"docs/failures.md has no: {wanted}"
        for text in (f"> {shown.matched_text}\n", shown.cause, shown.meaning, shown.next_step):
            assert text in page, f"docs/failures.md, {shown.code}: {text}"


def test_a_missing_right_is_named_with_its_resource() -> None:
    (sample,) = [each for each in WORDED if each["code"] == "denied_by_organization"]
    explanation = explain(sample["text"])
    assert explanation.missing_action == "ec2:CreateVpc"
    assert explanation.missing_resource == "arn:aws:ec2:us-west-2:123456789012:vpc/*"
    assert "ec2:CreateVpc on arn:aws:ec2" in explanation.cause
    assert explanation.terminal


def test_a_taken_name_and_a_quota_are_named() -> None:
    causes = [
        explain(each["diagnostics"]).cause for each in CAPTURED if each["code"] in {"name_taken", "quota_reached"}
    ]
    assert any("zilliz-" in cause for cause in causes)
    assert "The account cannot have more: PoliciesPerAccount 1500." in causes


def test_an_encoded_message_is_left_out() -> None:
    (sample,) = [each for each in CAPTURED if "Encoded" in json.dumps(each)]
    assert "Encoded" not in explain(sample["diagnostics"]).matched_text


def test_what_is_not_known_shows_its_own_words() -> None:
    explanation = explain([{"severity": "error", "summary": "The moon is in the wrong phase", "detail": "Wait."}])
    assert explanation.code == "not_recognized"
    assert explanation.matched_text == "The moon is in the wrong phase: Wait."
    assert not explanation.terminal


def test_nothing_at_all_is_not_recognized() -> None:
    nothings: list[Any] = ["", [], [{}]]
    for nothing in nothings:
        assert explain(nothing).code == "not_recognized"


def test_a_warning_does_not_explain_a_failure() -> None:
    warning = {"severity": "warning", "summary": "Rate exceeded"}
    error = {"severity": "error", "summary": "creating IAM Role (x): context canceled"}
    assert explain([warning, error]).code == "canceled"


def test_the_cause_comes_before_what_it_causes() -> None:
    lock = {
        "severity": "error",
        "summary": "Error acquiring the state lock",
        "detail": "write x: no space left on device",
    }
    assert explain([lock]).code == "disk_full"
    text = "Error: Error acquiring the state lock\n\nError message: write x: no space left\non device\n"
    assert explain(text).code == "disk_full"


def test_a_log_line_is_no_reason_where_an_error_is_known() -> None:
    before, after = "aws_x.y: iam:CreateServiceLinkedRole is allowed\n", "\nRate exceeded\n"
    assert explain(f"{before}╷\n│ Error: ExpiredToken: it is expired\n╵{after}").code == "token_expired"


def test_a_log_with_thousands_of_lines_is_explained_by_its_error() -> None:
    log = "aws_iam_role.x: Creating...\n" * 20_000 + "Error: ExpiredToken: it is expired\n"
    explanation = explain(log)
    assert explanation.code == "token_expired"
    assert explanation.matched_text == "Error: ExpiredToken: it is expired"


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("events_interrupted", "interrupted"),
        ("events_name_taken", "name_taken"),
        ("events_provider_killed", "provider_crashed"),
        ("events_init_failed", "registry_unreachable"),
    ],
)
def test_what_the_event_reader_kept_is_explained(stream: str, code: str) -> None:
    reader = EventReader("apply")
    lines = [
        line for each in (FIXTURES / f"{stream}.jsonl").read_text().splitlines() for line in reader.feed(each).lines
    ]
    assert explain(reader.diagnostics).code == code
    assert explain("\n".join(lines)).code == code


def test_an_explanation_is_plain_json() -> None:
    explanation = explain(WORDED[0]["text"])
    assert Explanation(**json.loads(json.dumps(explanation.to_json()))) == explanation


@given(
    st.text()
    | st.lists(
        st.dictionaries(st.sampled_from(["severity", "summary", "detail"]), st.text() | st.none() | st.integers())
    )
)
def test_no_text_whatsoever_raises(diagnostics: Any) -> None:
    assert len(explain(diagnostics).matched_text) <= MATCHED_LIMIT


@given(st.sampled_from(["not authorized to perform: a:b on resource: ", "locked provider ", "operation error IAM: "]))
def test_a_long_text_takes_no_long_time(start: str) -> None:
    assert explain([{"severity": "error", "summary": start * 1_000}]).code
