import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.errors import Refused
from activation.domain.policy_document import Condition, Principal, characters, read


def test_a_string_and_a_list_of_one_read_the_same() -> None:
    one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": {"AWS": "a"}}
    many = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"], "Principal": {"AWS": ["a"]}}
    assert read({"Statement": one}) == read({"Statement": [many]})


def test_a_statement_keeps_everything_it_says() -> None:
    document = read(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Sid": "Odd",
                    "Effect": "Deny",
                    "NotAction": "iam:*",
                    "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
                    "NotPrincipal": {"Service": "ec2.amazonaws.com"},
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": True}, "NumericLessThan": {"s3:max-keys": 5}},
                    "Comment": "not in the grammar",
                },
            }
        )
    )
    (statement,) = document.statements
    assert (document.version, statement.sid, statement.effect, statement.allows) == ("2012-10-17", "Odd", "Deny", False)
    assert statement.not_actions == ("iam:*",)
    assert statement.not_resources == ("arn:aws:s3:::a", "arn:aws:s3:::b")
    assert statement.not_principals == (Principal("Service", "ec2.amazonaws.com"),)
    assert statement.conditions == (
        Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),
        Condition("NumericLessThan", "s3:max-keys", ("5",)),
    )
    assert statement.unknown_keys == ("Comment",)


def test_the_table_has_a_row_for_each_service_with_plain_words() -> None:
    document = read(
        {
            "Statement": [
                {
                    "Sid": "Mixed",
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "ec2:DescribeVpcs", "s3:PutObject", "made-up:Do"],
                    "Resource": "*",
                    "Condition": {"StringLikeIfExists": {"aws:ResourceTag/Vendor": ["a", "b"]}},
                }
            ]
        }
    )
    assert [(row.service, row.actions) for row in document.rows] == [
        ("S3", ("GetObject", "PutObject")),
        ("EC2", ("DescribeVpcs",)),
        ("made-up", ("Do",)),
    ]
    assert document.rows[0].on == ("*",)
    assert document.rows[0].conditions == ("aws:ResourceTag/Vendor (or absent) is like a or b",)
    assert document.services == ("S3", "EC2", "made-up")


def test_a_quantifier_is_said_in_words() -> None:
    condition = Condition("ForAnyValue:StringEquals", "aws:TagKeys", ("Vendor",))
    assert condition.sentence == "any of aws:TagKeys is Vendor"


def test_a_trust_policy_shows_who_where_a_policy_shows_on_what() -> None:
    document = read({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:x"}}})
    assert document.rows[0].on == ("AWS arn:x",)


def test_size_leaves_out_white_space_between_tokens_only() -> None:
    assert characters('{ "a" :  [ "b c" ] }\n') == len('{"a":["b c"]}')
    assert characters('{"a": "é"}') == len('{"a":"é"}')
    assert characters("not json") == 7


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "7", "null", '"text"', '{"Statement": 7}', '{"Statement": ["text"]}'),
        *('{"Statement": {"Action": {"a": 1}}}', '{"Statement": {"Condition": "x"}}'),
        *('{"Statement": {"Condition": {"StringEquals": "x"}}}', "[" * 100_000),
    ],
)
def test_what_is_not_a_policy_document_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text)
    assert refused.value.code == "policy_unreadable"
    assert refused.value.text


def test_a_key_given_twice_is_refused_because_readers_differ_on_which_counts() -> None:
    with pytest.raises(Refused):
        read('{"Statement": [], "Statement": [{"Effect": "Allow"}]}')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["Statement", "Action", "Principal", "Condition", "x"]), inner)
        ),
    )
)
def test_any_json_reads_or_is_refused(value: object) -> None:
    try:
        read(json.dumps(value)).rows  # noqa: B018
    except Refused as refused:
        assert refused.code == "policy_unreadable"
