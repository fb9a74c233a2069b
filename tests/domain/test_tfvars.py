"""terraform.tfvars as people upload it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from activation.domain import tfvars

GOOD = """\
# filled in by hand
aws_region     = "us-west-2" // Oregon
aws_access_key = "ASIAIOSFODNN7EXAMPLE"
aws_secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
aws_session_token = null
/* from the console */
external_id    = "cid-c88368a7164f15ad9e1fa9068"
"""
VALUES = {
    "aws_region": "us-west-2",
    "aws_access_key": "ASIAIOSFODNN7EXAMPLE",
    "aws_secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "external_id": "cid-c88368a7164f15ad9e1fa9068",
}


def codes(text: str | bytes) -> list[str]:
    return [problem.code for problem in tfvars.parse(text).problems]


@pytest.mark.parametrize(
    "source",
    [
        GOOD,
        GOOD.encode(),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.rstrip(),
    ],
)
def test_a_good_file_gives_its_values_however_it_was_saved(source: str | bytes) -> None:
    read = tfvars.parse(source)
    assert read == tfvars.TfvarsFile(VALUES, (), ())


def test_unknown_names_are_listed_and_not_dropped_silently() -> None:
    read = tfvars.parse('zone = "x"\naws_region = "us-west-2"\ntags = { a = 1, "b" = [true, null] }\nn = -1\n')
    assert read.values == {"aws_region": "us-west-2"}
    assert (read.unknown, read.problems) == (("zone", "tags", "n"), ())


def test_a_package_may_know_other_names() -> None:
    assert tfvars.parse('prefix = "a"', known=["prefix"]).values == {"prefix": "a"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a $${b}"', "a ${b}"),
        ("-12", -12),
        ("1.5", 1.5),
        ("(true)", True),
        ('["a", 1, [false]]', ["a", 1, [False]]),
        ('{ a = 1\n "b c" : null }', {"a": 1, "b c": None}),
    ],
)
def test_a_variable_of_any_type_gets_what_the_literal_stands_for(written: str, value: object) -> None:
    read = tfvars.parse(f"thing = {written}\n", of_any_type=["thing"])
    assert read == tfvars.TfvarsFile({}, (), (), {"thing": value})


@pytest.mark.parametrize("written", ["<<EOT\nabc\nEOT", "var.x", '-"a"', "{ (a) = 1 }", "1e999", '"\\q"'])
def test_a_variable_of_any_type_takes_nothing_that_has_to_be_computed(written: str) -> None:
    read = tfvars.parse(f"thing = {written}\n", of_any_type=["thing"])
    assert read.literals == {}
    assert [problem.field for problem in read.problems] == ["thing"]


@pytest.mark.parametrize("value", ['a ${b} "c"', -12, 1.5, True, ["a", [False, 1]], {"a": {"b c": "d"}}])
def test_what_is_written_as_an_assignment_is_read_again(value: object) -> None:
    assert tfvars.parse(tfvars.assignment("thing", value), of_any_type=["thing"]).literals == {"thing": value}


def test_values_stay_out_of_the_representation() -> None:
    assert "wJalr" not in repr(tfvars.parse(GOOD))


def test_escapes_are_decoded_as_terraform_does() -> None:
    read = tfvars.parse(r'external_id = "a\"b\\c\u0041\U0001F600\t$${x}%%{y}"')
    assert read.values == {"external_id": 'a"b\\cA\U0001f600\t${x}%{y}'}


def test_a_name_set_twice_is_refused_and_the_first_value_kept() -> None:
    read = tfvars.parse('aws_region = "a"\naws_region = "b"\n')
    assert read.values == {"aws_region": "a"}
    assert str(read.problems[0]).startswith("“aws_region” is set twice, again on line 2.")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ('"${var.x}"', "tfvars_interpolation"),
        ('"a${b}c"', "tfvars_interpolation"),
        ('"%{ if true }a%{ endif }"', "tfvars_interpolation"),
        ('<<EOT\n${file("/etc/passwd")}\nEOT', "tfvars_interpolation"),
        ('file("/etc/passwd")', "tfvars_expression"),
        ("var.secret", "tfvars_expression"),
        ("secret", "tfvars_expression"),
        ("1 + 2", "tfvars_expression"),
        ('true ? "a" : "b"', "tfvars_expression"),
        ("[for x in y : x]", "tfvars_expression"),
        ('["a", b]', "tfvars_expression"),
        ("12", "tfvars_not_string"),
        ("true", "tfvars_not_string"),
        ('["a"]', "tfvars_not_string"),
        ("<<EOT\nabc\nEOT", "tfvars_not_string"),
        (r'"a\qb"', "tfvars_escape"),
        (r'"\ud800"', "tfvars_escape"),
        (r'"\UFFFFFFFF"', "tfvars_escape"),
    ],
)
def test_a_value_that_is_no_plain_text_is_refused_by_its_name(value: str, code: str) -> None:
    read = tfvars.parse(f'aws_region = "us-west-2"\nexternal_id = {value}\n')
    assert [(problem.code, problem.field) for problem in read.problems] == [(code, "external_id")]
    assert "“external_id” (line 2)" in str(read.problems[0])
    assert read.values == {"aws_region": "us-west-2"}


def test_an_expression_is_refused_in_unknown_variables_too() -> None:
    assert codes('zone = file("x")') == ["tfvars_expression"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("aws_region = “us-west-2”", "tfvars_smart_quotes", "Line 1 has curly quotation marks"),
        ('a = "x"\naws_region = \u201cus-west-2\u201d\n', "tfvars_smart_quotes", "Line 2"),
        ('a = "x"\naws_region = "us-west-2\n', "tfvars_not_hcl", "line 2"),
        ("aws_region = 'us-west-2'", "tfvars_not_hcl", "line 1"),
        ("[default]\naws_access_key_id = ASIAX", "tfvars_not_hcl", "line 1"),
        ("just some words", "tfvars_not_hcl", "line 1"),
        ('export AWS_REGION="us-west-2"', "tfvars_not_hcl", "line 1"),
        ('variable "x" {\n  default = 1\n}', "tfvars_block", "“variable” on line 1 is a configuration block"),
        ('provider "aws" {}', "tfvars_block", "“provider”"),
        ('{"aws_region": "us-west-2"}', "tfvars_json", "JSON"),
        ("a = " + "[" * 1000 + "]" * 1000, "tfvars_not_hcl", "line 1"),
        ("\x00\x01", "tfvars_not_text", "not text"),
        (b"\x1f\x8b\x08\x00", "tfvars_not_text", "not text"),
        (b"\x80", "tfvars_not_text", "not text"),
        ("a" * 65537, "tfvars_too_large", "64 KiB"),
        ("é" * 40000, "tfvars_too_large", "64 KiB"),
        (b"x" * 2_000_000, "tfvars_too_large", "64 KiB"),
    ],
)
def test_what_is_no_tfvars_is_refused_with_a_reason(text: str | bytes, code: str, words: str) -> None:
    read = tfvars.parse(text)
    assert [problem.code for problem in read.problems] == [code]
    assert words in str(read.problems[0])
    assert read.values == {}


def test_exactly_the_limit_is_read() -> None:
    text = 'aws_region = "us-west-2"\n#'
    assert tfvars.parse(text + "x" * (tfvars.LIMIT - len(text))).values == {"aws_region": "us-west-2"}


def test_no_problem_repeats_a_value() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    for value in (
        f'"{secret}${{x}}"',
        f'f("{secret}")',
        f'["{secret}"]',
        f'"{secret}',
        f"“{secret}”",
        f'"{secret}\\q"',
    ):
        read = tfvars.parse(f"aws_secret_key = {value}")
        assert read.problems
        assert secret not in repr(read) + "".join(map(str, read.problems))


@given(st.one_of(st.text(), st.binary(), st.text('abx="${}[]()%<EOT\n \\#/*.,:?\u201c', max_size=60)))
@example("a = <<EOT\n")
@example('"')
@example("a = {(b) = 1}")
def test_any_input_gets_an_answer(source: str | bytes) -> None:
    read = tfvars.parse(source)
    assert all(str(problem).encode() for problem in read.problems)
    assert all(isinstance(value, str) for value in read.values.values())


@pytest.mark.parametrize("value", ["1" + "+1" * 9000, "b" + ".c" * 9000, "a?1:" * 6000 + "1"])
def test_value_that_is_nested_too_deep_is_a_problem_of_the_file(value: str) -> None:
    assert [problem.code for problem in tfvars.parse(f"a = {value}\n").problems] == ["tfvars_not_hcl"]
