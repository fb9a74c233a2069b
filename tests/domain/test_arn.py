"""ARNs: what is read, what is refused, and that reading loses nothing."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain import arn
from activation.domain.errors import Refused

ROLE = "arn:aws:iam::123456789012:role/zilliz/zilliz-bootstrap-role"
POLICY = "arn:aws:iam::123456789012:policy/zilliz/zilliz-business-irsa-policy"


def test_an_arn_is_read_into_its_parts() -> None:
    read = arn.parse_iam(f" {ROLE}\r\n", "role", field="bootstrap_role_arn")
    assert (read.partition, read.service, read.region, read.account) == ("aws", "iam", "", "123456789012")
    assert (read.kind, read.path, read.name) == ("role", "/zilliz/", "zilliz-bootstrap-role")
    assert str(read) == ROLE


def test_an_arn_without_a_path_has_the_path_slash() -> None:
    read = arn.parse_iam("arn:aws-us-gov:iam::123456789012:policy/x", "policy")
    assert (read.path, read.name) == ("/", "x")


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:s3:::bucket/key",
        "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-1",
        "arn:aws:logs:us-west-2:123456789012:log-group:/aws/x:y",
        "arn:aws:sts::123456789012:assumed-role/a/b",
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ],
)
def test_arns_of_other_services_are_read_as_well(text: str) -> None:
    assert str(arn.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "arn_empty", "missing"),
        ("   ", "arn_empty", "missing"),
        ("zilliz-bootstrap-role", "arn_prefix", "starts with “arn:”"),
        ("ARN:aws:iam::123456789012:role/x", "arn_prefix", "starts"),
        ("arn:aws:iam::123456789012", "arn_parts", "six parts"),
        ("arn:aws:iam:123456789012:role/x", "arn_parts", "six parts"),
        ("arn:aws:iam::123456789012:", "arn_parts", "is incomplete"),
        ("arn:azure:iam::123456789012:role/x", "arn_partition", "“azure”. Known here: aws, aws-cn, aws-us-gov"),
        ("arn::iam::123456789012:role/x", "arn_partition", "partition"),
        ("arn:aws:IAM::123456789012:role/x", "arn_service", "IAM"),
        ("arn:aws:s3::123456789012:role/x", "arn_not_iam", "s3. Enter a role of IAM"),
        ("arn:aws:sts::123456789012:assumed-role/x/y", "arn_session", "session"),
        ("arn:aws:iam:us-west-2:123456789012:role/x", "arn_has_region", "us-west-2"),
        ("arn:aws:iam:US:123456789012:role/x", "arn_region", "US"),
        ("arn:aws:iam::12345678901:role/x", "arn_account", "12 digits"),
        ("arn:aws:iam::1234567890123:role/x", "arn_account", "12 digits"),
        ("arn:aws:iam::000000000000:role/x", "arn_account", "12 digits"),
        ("arn:aws:iam::YOUR_ACCOUNT_ID:role/x", "arn_account", "“YOUR_ACCOUNT_ID”"),
        ("arn:aws:iam:::role/x", "arn_account", "12 digits"),
        ("arn:aws:iam::\uff11\uff12\uff13456789012:role/x", "arn_character", "full-width digit"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", "arn_aws_managed", "managed by AWS"),
        (POLICY, "arn_kind", "the ARN of a policy; a role goes here"),
        ("arn:aws:iam::123456789012:user/x", "arn_kind", "the ARN of a user"),
        ("arn:aws:iam::123456789012:instance-profile/x", "arn_kind", "an instance-profile"),
        ("arn:aws:iam::123456789012:root", "arn_kind", "root"),
        ("arn:aws:iam::123456789012:role", "arn_no_name", "does not name a role"),
        ("arn:aws:iam::123456789012:role/", "arn_no_name", "ends too early"),
        ("arn:aws:iam::123456789012:role/zilliz/", "arn_no_name", "ends too early"),
        ("arn:aws:iam::123456789012:rolezilliz/x", "arn_kind", "rolezilliz"),
        ("arn:aws:iam::123456789012:role//x", "arn_path", "//"),
        ("arn:aws:iam::123456789012:role/" + "x" * 65, "arn_name_too_long", "65 characters; AWS allows 64"),
        ("arn:aws:iam::123456789012:role/" + "p" * 511 + "/x", "arn_path_too_long", "513"),
        ("arn:aws:iam::123456789012:role/a#b", "arn_name", "a#b"),
        ("arn:aws:iam::123456789012:role/*", "arn_wildcard", "wildcard *"),
        ("arn:aws:iam::123456789012:role/zilli?", "arn_wildcard", "wildcard ?"),
        ("arn:aws:iam::123456789012:role%2fx", "arn_encoded", "% code"),
        ("arn:aws:iam::123456789012:role/a%2Fb/x", "arn_encoded", "% code"),
        ("arn:aws:iam::123456789012:role/x y", "arn_blank", "a space"),
        (f"{ROLE}\n{POLICY}", "arn_blank", "a line break"),
        (f'"{ROLE}"', "arn_character", "quotation mark"),
        (f"\u201c{ROLE}\u201d", "arn_character", "curly"),
        (f"{ROLE}\x00", "arn_character", "U+0000"),
        (f"{ROLE}\u202e", "arn_character", "right-to-left override"),
        (f"{ROLE}\u200b", "arn_character", "zero width space"),
        (f"{ROLE}\u00a0", "arn_character", "no-break space"),
        ("arn:aws:iam::123456789012:role/" + "x" * 2018, "arn_too_long", "2,049 characters"),
        ("x" * 2_000_000, "arn_too_long", "2,000,000"),
    ],
)
def test_a_wrong_arn_is_refused_with_a_reason_at_its_field(text: str, code: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        arn.parse_iam(text, "role", field="bootstrap_role_arn")
    assert (refused.value.code, refused.value.field) == (code, "bootstrap_role_arn")
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_policy_may_have_a_longer_name_than_a_role() -> None:
    assert arn.parse_iam("arn:aws:iam::123456789012:policy/" + "x" * 128, "policy").name == "x" * 128
    with pytest.raises(Refused) as refused:
        arn.parse_iam("arn:aws:iam::123456789012:policy/" + "x" * 129, "policy")
    assert refused.value.code == "arn_name_too_long"


def test_a_longest_path_and_total_length_are_taken() -> None:
    assert len(arn.parse_iam("arn:aws:iam::123456789012:role/" + "p" * 510 + "/x", "role").path) == 512
    assert arn.parse("arn:aws:iam::123456789012:role/" + "x" * 2017)


def test_a_partition_that_is_not_configured_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        arn.parse_iam("arn:aws-cn:iam::123456789012:role/x", "role", partitions=["aws"])
    assert refused.value.code == "arn_partition"


NAME = st.text(string.ascii_letters + string.digits + "_+=,.@-", min_size=1, max_size=64)
SEGMENT = st.text(string.ascii_letters + string.digits + "_.-:~", min_size=1, max_size=20)


@given(
    st.sampled_from(arn.PARTITIONS),
    st.integers(1, 999_999_999_999),
    st.sampled_from(["role", "policy"]),
    st.lists(SEGMENT, max_size=5),
    NAME,
)
def test_what_is_read_is_written_the_same(
    partition: str, account: int, kind: arn.Kind, segments: list[str], name: str
) -> None:
    path = "".join(f"{segment}/" for segment in segments)
    text = f"arn:{partition}:iam::{account:012}:{kind}/{path}{name}"
    read = arn.parse_iam(text, kind)
    assert str(read) == text
    assert (read.kind, read.path, read.name) == (kind, f"/{path}", name)
    assert arn.parse(str(arn.parse(text))) == arn.parse(text)


@given(st.one_of(st.text(), st.text("arn:awsim/role123456789012*% \n", max_size=80)))
def test_any_text_is_an_arn_or_refused(text: str) -> None:
    for kind in ("role", "policy"):
        try:
            assert str(arn.parse_iam(text, kind)) == text.strip(" \t\r\n\v\f")
        except Refused as refused:
            assert str(refused).encode()
