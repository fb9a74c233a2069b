"""Condition operators, against the table in AWS's user guide."""

import pytest

from activation.simulator.conditions import Outcome, evaluate_conditions, matches_arn, matches_wildcard, substitute

YES, NO, UNKNOWN = Outcome.SATISFIED, Outcome.UNSATISFIED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "outcome"),
    [
        ("StringEquals", "a", "a", YES),
        ("StringEquals", "a", "A", NO),
        ("StringEquals", ["a", "b"], "b", YES),
        ("StringEquals", "a", None, NO),
        ("StringEqualsIfExists", "a", None, YES),
        ("StringEqualsIfExists", "a", "b", NO),
        ("StringEqualsIgnoreCase", "a", "A", YES),
        ("StringNotEquals", "a", "b", YES),
        ("StringNotEquals", ["a", "b"], "b", NO),
        ("StringNotEquals", "a", None, YES),
        ("StringLike", "zb-*", "zb-1", YES),
        ("StringLike", "zb-?", "zb-12", NO),
        ("StringNotLike", "zb-*", "xx", YES),
        ("ArnLike", "arn:aws:iam::*:role/x", "arn:aws:iam::111122223333:role/x", YES),
        ("ArnLike", "arn:aws:iam::*", "arn:aws:iam::111122223333:role/x", NO),
        ("ArnNotLike", "arn:aws:iam::*:role/x", "arn:aws:iam::111122223333:role/y", YES),
        ("NumericLessThan", "10", "9", YES),
        ("NumericLessThan", "10", "10", NO),
        ("NumericGreaterThanEquals", "10", "10", YES),
        ("NumericEquals", "10", "ten", UNKNOWN),
        ("DateLessThan", "2030-01-01T00:00:00Z", "2026-01-01T00:00:00Z", YES),
        ("DateGreaterThan", "2030-01-01T00:00:00Z", "2026-01-01T00:00:00Z", NO),
        ("Bool", "true", "true", YES),
        ("Bool", True, "false", NO),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", YES),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", NO),
        ("Null", "true", None, YES),
        ("Null", "false", None, NO),
        ("Null", "false", "a", YES),
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], YES),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], NO),
        ("ForAllValues:StringEquals", ["a"], None, YES),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "a"], YES),
        ("ForAnyValue:StringEquals", ["a"], None, NO),
        ("StringSoundsLike", "a", "a", UNKNOWN),
    ],
)
def test_operator_answers_as_in_the_user_guide(
    operator: str, wanted: object, given: str | list[str] | None, outcome: Outcome
) -> None:
    context = {} if given is None else {"sts:ExternalId": given}
    assert evaluate_conditions({operator: {"sts:ExternalId": wanted}}, context).outcome is outcome


def test_all_operators_and_all_keys_must_hold() -> None:
    block = {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}
    assert evaluate_conditions(block, {"a": "1", "b": "2", "c": "true"}).outcome is YES
    assert evaluate_conditions(block, {"a": "1", "b": "2", "c": "false"}).outcome is NO


def test_a_part_that_fails_outweighs_a_part_that_is_unknown() -> None:
    block = {"Unheard": {"a": "1"}, "StringEquals": {"a": "2"}}
    assert evaluate_conditions(block, {"a": "1"}).outcome is NO


def test_key_names_are_compared_without_regard_to_case_and_missing_ones_are_listed() -> None:
    assert evaluate_conditions({"StringEquals": {"STS:externalid": "a"}}, {"sts:ExternalId": "a"}).outcome is YES
    assert evaluate_conditions({"StringEquals": {"aws:x": "a"}}, {}).missing_keys == {"aws:x"}


@pytest.mark.parametrize("block", ["text", ["list"], {"StringEquals": "no object"}])
def test_a_block_of_the_wrong_shape_is_unknown(block: object) -> None:
    assert evaluate_conditions(block, {}).outcome is UNKNOWN


def test_wildcards_reach_over_line_ends_and_regular_expressions_mean_nothing() -> None:
    assert matches_wildcard("a*c", "a\nb\nc")
    assert not matches_wildcard("a.c", "abc")
    assert matches_wildcard("a[bc]", "a[bc]")


def test_arn_wildcards_stay_within_their_part() -> None:
    assert not matches_arn("arn:aws:*:role/x", "arn:aws:iam::111122223333:role/x")
    assert matches_arn("arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/a/b")


def test_variables_are_filled_in_with_default_values_and_literals() -> None:
    context = {"aws:username": "ann"}
    assert substitute("user/${aws:username}", context) == "user/ann"
    assert substitute("${aws:other, 'none'}", context) == "none"
    assert substitute("${aws:other}", context) is None
    literal = substitute("a${*}", context)
    assert literal is not None
    assert matches_wildcard(literal, "a*")
    assert not matches_wildcard(literal, "ab")
