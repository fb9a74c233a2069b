"""What people paste after terraform apply."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.outputs import LIMIT, UnreadLine, missing, read

ACCOUNT = "123456789012"
SEVEN = {
    output.name: f"arn:aws:iam::{ACCOUNT}:{output.kind}/zilliz/{output.resource_name}"
    for output in sorted(ARN_OUTPUTS, key=lambda output: output.name)
}
TEXT = "".join(f'{name} = "{arn}"\n' for name, arn in SEVEN.items())
ENTRIES = {name: {"sensitive": False, "type": "string", "value": arn} for name, arn in SEVEN.items()}
JSON = json.dumps(ENTRIES, indent=2)
STATE = json.dumps(
    {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 11,
        "lineage": "4f5c",
        "outputs": ENTRIES,
        "resources": [{"type": "aws_iam_role", "instances": [{"attributes": {"arn": SEVEN["bootstrap_role_arn"]}}]}],
    },
    indent=2,
)
LOG = (
    "\x1b[0m\x1b[1maws_iam_role.bootstrap: Creation complete after 1s [id=zilliz-bootstrap-role]\x1b[0m\n"
    "\x1b[0m\x1b[1m\x1b[32m\nApply complete! Resources: 11 added, 0 changed, 0 destroyed.\x1b[0m\n"
    "\x1b[0m\x1b[1m\x1b[32m\nOutputs:\n\n\x1b[0m" + TEXT
)
TIMED = "".join(f"2026-01-31T10:00:00.1234567Z {line}\n" for line in LOG.splitlines())
MACHINE = '{"@level":"info","@message":"x","type":"version"}\n' + json.dumps(
    {"@level": "info", "@message": "Outputs: 7", "type": "outputs", "outputs": ENTRIES}
)
TABLE = "| Name | Value |\n|------|-------|\n" + "".join(f"| `{name}` | `{arn}` |\n" for name, arn in SEVEN.items())


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param(TEXT, "text", id="terraform output"),
        pytest.param(TEXT.rstrip(), "text", id="without a last line break"),
        pytest.param(TEXT.encode("utf-16"), "text", id="PowerShell redirection"),
        pytest.param("\ufeff" + TEXT, "text", id="byte order mark"),
        pytest.param(TEXT.replace("\n", "\r\n"), "text", id="CRLF"),
        pytest.param(TEXT.replace(' "', " “").replace('"\n', "”\n"), "text", id="smart quotes"),
        pytest.param(TEXT.replace('"', ""), "text", id="without quotes"),
        pytest.param(TEXT.replace('"', "'").replace(" = ", ": "), "text", id="YAML"),
        pytest.param(TEXT.replace(" = ", "=").replace("\n", ";\n"), "text", id="shell"),
        pytest.param(TEXT.replace(" = ", "\t"), "text", id="spreadsheet"),
        pytest.param(TEXT.replace(' = "', ' =\n  "'), "text", id="wrapped after the sign"),
        pytest.param(TEXT.replace("\n", " "), "text", id="line breaks lost"),
        pytest.param("```hcl\n" + TEXT + "```\n", "text", id="markdown fence"),
        pytest.param("".join(f"> {line}\n" for line in TEXT.splitlines()), "text", id="quoted in a mail"),
        pytest.param("".join(f"- {line}\n" for line in TEXT.splitlines()), "text", id="bullets"),
        pytest.param("".join(f"{n}. {line}\n" for n, line in enumerate(TEXT.splitlines())), "text", id="numbered"),
        pytest.param(TABLE, "text", id="table"),
        pytest.param("user@host:~/iam$ terraform output\n" + TEXT + "user@host:~/iam$\n$ ", "text", id="prompt"),
        pytest.param("PS C:\\iam> terraform output\n" + TEXT, "text", id="PowerShell prompt"),
        pytest.param("\n".join(SEVEN.values()), "text", id="bare ARNs"),
        pytest.param("\n".join(f'* "{arn}-blue",' for arn in SEVEN.values()), "text", id="bare ARNs with a suffix"),
        pytest.param(JSON, "json", id="terraform output -json"),
        pytest.param(json.dumps(ENTRIES), "json", id="compact JSON"),
        pytest.param(json.dumps(SEVEN), "json", id="plain map"),
        pytest.param("$ terraform output -json\n```json\n" + JSON + "\n```", "json", id="JSON in a fence"),
        pytest.param(json.dumps({"format_version": "1.0", "values": {"outputs": ENTRIES}}), "json", id="show -json"),
        pytest.param(STATE, "state", id="state"),
        pytest.param(STATE.encode("utf-8-sig"), "state", id="state with a mark"),
        pytest.param(LOG, "log", id="apply log"),
        pytest.param(TIMED, "log", id="apply log of a build server"),
        pytest.param(LOG.replace(ACCOUNT, "999999999999") + LOG, "log", id="the last of two applies"),
        pytest.param(MACHINE, "log", id="apply -json"),
    ],
)
def test_one_paste_fills_seven_fields(text: str | bytes, source: str) -> None:
    reading = read(text)
    assert reading.lines == ()
    assert {name: arn.removesuffix("-blue") for name, arn in reading.found.items()} == SEVEN
    assert reading.source == source
    assert list(missing(reading)) == []


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        (TEXT + "hello there\n", 8, "not have the form"),
        (TEXT + 'vpc_id = "vpc-1"\n', 8, "“vpc_id” is not one of the requested ARNs"),
        (TEXT + "arn:aws:iam::123456789012:role/unheard-of\n", 8, "has no output name"),
        (TEXT + 'bootstrap_role_arn = "arn:aws:iam::123456789012:role/other"\n', 8, "given twice with different"),
    ],
)
def test_a_line_too_many_is_shown_with_the_reason(text: str, number: int, reason: str) -> None:
    reading = read(text)
    assert reading.found == SEVEN
    assert [line.number for line in reading.lines] == [number]
    assert reason in reading.lines[0].reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('"arn:aws:iam::123456789012:role/zilliz/zilliz-boots', "cut off"),
        ('"arn:aws:iam::1234', "cut off"),
        ('"', "cut off"),
        ("arn:aws:iam::123456789012:role/zilliz/zilliz-boots", "cut off"),
        ("", "cut off"),
        ('"role/zilliz-bootstrap-role"', "is not an ARN"),
        ('"arn:aws:iam::YOUR_ACCOUNT_ID:role/zilliz/zilliz-bootstrap-role"', "YOUR_ACCOUNT_ID"),
        ('"arn:aws:iam::123456789012:policy/x"', "the ARN of a policy; a role goes here"),
        ("<sensitive>", "terraform output -json"),
        ("(known after apply)", "terraform apply"),
        ("tomap({})", "is not an ARN"),
    ],
)
def test_a_value_that_is_no_arn_is_shown_with_the_reason(value: str, reason: str) -> None:
    lines = [f"bootstrap_role_arn = {value}" if "bootstrap" in line else line for line in TEXT.splitlines()]
    lines.append(lines.pop(next(n for n, line in enumerate(lines) if "bootstrap" in line)))
    reading = read("\n".join(lines))
    assert [output.name for output in missing(reading)] == ["bootstrap_role_arn"]
    assert [line.number for line in reading.lines] == [7]
    assert reason in reading.lines[0].reason


def test_an_output_cut_in_half_gives_what_is_whole_and_names_the_rest() -> None:
    for end in range(1, len(TEXT)):
        reading = read(TEXT[:end])
        assert reading.found.items() <= SEVEN.items()
        whole = TEXT[:end].count('"\n')
        assert len(reading.found) >= whole
        if TEXT[end - 1] not in '"\n':
            assert reading.lines, TEXT[:end]


def test_json_cut_in_half_gives_what_is_whole_and_says_so() -> None:
    for text in (JSON, json.dumps(ENTRIES), STATE):
        for end in range(2, len(text) - 1, 7):
            reading = read(text[:end])
            assert reading.found.items() <= SEVEN.items()
            assert any("cut off" in line.reason for line in reading.lines)


def test_two_accounts_mixed_keep_the_larger_part() -> None:
    reading = read(TEXT.replace(ACCOUNT, "210987654321", 2))
    assert len(reading.found) == 5
    assert [line.number for line in reading.lines] == [1, 2]
    assert "account 210987654321, most of the others to 123456789012" in reading.lines[0].reason


def test_the_output_of_another_package_gives_nothing_and_says_of_each_line_why() -> None:
    reading = read('vpc_id = "vpc-1"\nrole_arn = "arn:aws:iam::123456789012:role/x"\ntags = {\n  "a" = "b"\n}\n')
    assert reading.found == {}
    assert [line.number for line in reading.lines] == [1, 2, 3, 4]


def test_the_plan_of_changes_is_told_from_an_apply() -> None:
    lines = [f'  - {name} = "{arn}" -> null' for name, arn in SEVEN.items()]
    assert all("being removed" in line.reason for line in read("Changes to Outputs:\n" + "\n".join(lines)).lines)
    changed = "".join(f'  ~ {name} = "arn:aws:iam::1:role/x" -> "{arn}"\n' for name, arn in SEVEN.items())
    assert read(changed).found == SEVEN


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing to read"),
        (" \r\n\t", "nothing to read"),
        ("╷\n│ Warning: No outputs found\n│ \n╵\n", "there are no outputs"),
        ("{}", "contains no outputs"),
        ("{\n}\n}", "contains no outputs"),
        (json.dumps({"version": 4, "terraform_version": "1", "lineage": "x", "outputs": {}}), "contains no outputs"),
        (json.dumps({"encrypted_data": "x", "meta": {}}), "encrypted"),
        (b"\x80\x81", "not text"),
        (b"\x1f\x8b\x08", "not text"),
        ("x" * (LIMIT + 1), "at most 2 MiB"),
        ("Outputs:\n", "contains no outputs"),
        ("https://console.aws.amazon.com/iam", "not one of the requested ARNs"),
    ],
)
def test_what_gives_nothing_says_why(text: str | bytes, reason: str) -> None:
    reading = read(text)
    assert reading.found == {}
    assert any(reason in line.reason for line in reading.lines)


def test_outputs_that_are_no_text_are_named() -> None:
    document = ENTRIES | {"bootstrap_role_arn": {"value": ["a"]}, "n": {"value": 1}}
    reading = read(json.dumps(document, indent=1))
    assert [line.text for line in reading.lines] == ["bootstrap_role_arn", "n"]
    assert all(line.number > 0 for line in reading.lines)
    assert "is not an ARN" in reading.lines[0].reason


def test_a_line_is_shown_without_its_secret_and_its_colors() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    reading = read(f'\x1b[31maws_secret_key = "{secret}"\x1b[0m\nkey: ASIAIOSFODNN7EXAMPLE\n')
    assert [line.text for line in reading.lines] == ['aws_secret_key = "[masked]"', "key: [masked …MPLE]"]


def test_many_bad_lines_are_counted_not_listed() -> None:
    reading = read("words and words\n" * 1000)
    assert len(reading.lines) == 201
    assert reading.lines[-1] == UnreadLine(0, "", "800 more lines were not understood. Paste only the output itself.")
    assert max(len(line.text) for line in read("y" * 100_000).lines) <= 200


def test_two_megabytes_of_anything_take_seconds_at_most() -> None:
    for piece in ("x\n", "{", '{"a":', '"', "arn:", "a = arn:aws\n", "\x1b]", "Outputs:\n", "a=arn: ", "|", "$", " "):
        started = time.process_time()
        reading = read(piece * (LIMIT // len(piece)))
        assert reading.found == {}
        assert reading.lines
        assert time.process_time() - started < 10, piece


FRAGMENTS = st.lists(
    st.sampled_from(
        [*TEXT.splitlines(), *JSON.splitlines(), "\n", "\r\n", " ", '"', "“", "{", "}", "Outputs:", "\x1b[1m"]
    ),
    max_size=30,
)


@given(st.one_of(st.text(), st.binary(), FRAGMENTS.map("\n".join), FRAGMENTS.map("".join)))
@example("+ ")
@example("{" * 100_000)
@example('{"a":' * 100_000)
@example('{"@level":1')
@example("\ud800 = \ud800")
@example('{"\\ud800": "\\ud800"}')
@example('{"a": ' + "9" * 5000 + "}")
def test_any_input_gets_an_answer(text: str | bytes) -> None:
    reading = read(text)
    for name, arn in reading.found.items():
        assert f"{name}{arn}".isascii()
    for line in reading.lines:
        assert f"{line.text}{line.reason}".encode()
        assert line.reason
    assert reading.found or reading.lines
