import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.trust_policy import lint_trust, trust_policy

PRINCIPAL = "arn:aws:iam::111122223333:role/zilliz-byoc"
EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"

type Document = dict[str, Any]

STRONG: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Vendor",
            "Effect": "Allow",
            "Principal": {"AWS": PRINCIPAL},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    ],
}


def test_the_policy_that_is_shown_is_the_one_that_is_asked_for() -> None:
    assert lint_trust(trust_policy(PRINCIPAL, EXTERNAL_ID), PRINCIPAL, EXTERNAL_ID) == ()


def weak(**changes: Any) -> str:
    """The strong policy with elements of its one statement changed; None takes one away."""
    document = copy.deepcopy(STRONG)
    statement = {**document["Statement"][0], **changes}
    document["Statement"] = [{key: value for key, value in statement.items() if value is not None}]
    return json.dumps(document)


def condition(operator: str, value: object = EXTERNAL_ID, key: str = "sts:ExternalId") -> Document:
    return {operator: {key: value}}


STATEMENT = STRONG["Statement"][0]
OPEN_STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
CORPUS: list[tuple[str, str, str]] = [
    ("no condition", weak(Condition=None), "trust_condition_missing"),
    ("empty condition", weak(Condition={}), "trust_condition_missing"),
    ("other key", weak(Condition=condition("StringEquals", "x", "aws:PrincipalOrgID")), "trust_condition_missing"),
    ("StringLike", weak(Condition=condition("StringLike")), "trust_operator"),
    ("StringLike star", weak(Condition=condition("StringLike", "*")), "trust_external_id_wildcard"),
    ("star in StringEquals", weak(Condition=condition("StringEquals", "cid-*")), "trust_external_id_wildcard"),
    ("variable", weak(Condition=condition("StringEquals", "${aws:userid}")), "trust_external_id_wildcard"),
    ("IfExists", weak(Condition=condition("StringEqualsIfExists")), "trust_operator"),
    ("ignore case", weak(Condition=condition("StringEqualsIgnoreCase")), "trust_operator"),
    ("ForAnyValue", weak(Condition=condition("ForAnyValue:StringEquals", [EXTERNAL_ID, "b"])), "trust_operator"),
    ("ForAllValues", weak(Condition=condition("ForAllValues:StringEquals")), "trust_operator"),
    ("negated", weak(Condition=condition("StringNotEquals")), "trust_operator"),
    ("Null", weak(Condition=condition("Null", "false")), "trust_operator"),
    ("two IDs", weak(Condition=condition("StringEquals", [EXTERNAL_ID, "other"])), "trust_external_id_many"),
    ("no ID", weak(Condition=condition("StringEquals", [])), "trust_external_id_many"),
    ("empty ID", weak(Condition=condition("StringEquals", "")), "trust_external_id_other"),
    ("another ID", weak(Condition=condition("StringEquals", "cid-0")), "trust_external_id_other"),
    ("ID in capitals", weak(Condition=condition("StringEquals", EXTERNAL_ID.upper())), "trust_external_id_other"),
    ("ID with a blank", weak(Condition=condition("StringEquals", f"{EXTERNAL_ID} ")), "trust_external_id_other"),
    (
        "key in two spellings",
        weak(Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "sts:externalid": "x"}}),
        "trust_condition_twice",
    ),
    (
        "a second key",
        weak(Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:SourceAccount": "1"}}),
        "trust_extra_condition",
    ),
    ("anyone", weak(Principal="*"), "trust_principal_wildcard"),
    ("any AWS", weak(Principal={"AWS": "*"}), "trust_principal_wildcard"),
    ("role pattern", weak(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}), "trust_principal_wildcard"),
    ("account root", weak(Principal={"AWS": "arn:aws:iam::111122223333:root"}), "trust_principal_root"),
    ("account number", weak(Principal={"AWS": "111122223333"}), "trust_principal_root"),
    ("another role", weak(Principal={"AWS": f"{PRINCIPAL}-2"}), "trust_principal_other"),
    ("role in capitals", weak(Principal={"AWS": PRINCIPAL.replace("zilliz", "Zilliz")}), "trust_principal_other"),
    ("two principals", weak(Principal={"AWS": [PRINCIPAL, "arn:aws:iam::1:role/x"]}), "trust_principals_many"),
    (
        "a service beside",
        weak(Principal={"AWS": PRINCIPAL, "Service": "ec2.amazonaws.com"}),
        "trust_principals_many",
    ),
    ("a service", weak(Principal={"Service": "ec2.amazonaws.com"}), "trust_principal_kind"),
    ("a federation", weak(Principal={"Federated": "accounts.google.com"}), "trust_principal_kind"),
    ("no principal", weak(Principal=None), "trust_principal_missing"),
    ("NotPrincipal", weak(Principal=None, NotPrincipal={"AWS": PRINCIPAL}), "trust_not_principal"),
    ("NotPrincipal beside", weak(NotPrincipal={"AWS": PRINCIPAL}), "trust_not_principal"),
    ("any action", weak(Action="*"), "trust_action"),
    ("any sts action", weak(Action="sts:*"), "trust_action"),
    ("assume pattern", weak(Action="sts:AssumeRole*"), "trust_action"),
    ("web identity beside", weak(Action=["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"]), "trust_action"),
    ("session tags not agreed", weak(Action=["sts:AssumeRole", "sts:TagSession"]), "trust_action"),
    ("no action", weak(Action=None), "trust_action"),
    ("NotAction", weak(Action=None, NotAction="iam:*"), "trust_not_action"),
    ("Deny", weak(Effect="Deny"), "trust_effect"),
    ("effect misspelled", weak(Effect="allow"), "trust_effect"),
    ("a resource", weak(Resource="*"), "trust_extra_element"),
    ("an unknown element", weak(condition={}), "trust_extra_element"),
    ("a second, open statement", json.dumps({**STRONG, "Statement": [STATEMENT, OPEN_STATEMENT]}), "trust_statements"),
    ("the same twice", json.dumps({**STRONG, "Statement": [STATEMENT, STATEMENT]}), "trust_statements"),
    ("no statement", json.dumps({**STRONG, "Statement": []}), "trust_statements"),
    ("old version", json.dumps({**STRONG, "Version": "2008-10-17"}), "trust_version"),
    ("no version", json.dumps({"Statement": [STATEMENT]}), "trust_version"),
    ("an element outside", json.dumps({**STRONG, "statement": [OPEN_STATEMENT]}), "trust_extra_element"),
    ("not JSON", "{", "trust_unreadable"),
    ("a list", "[]", "trust_unreadable"),
    (
        "a key twice",
        json.dumps(STRONG).replace('"Effect"', '"Principal": {"AWS": "*"}, "Effect"'),
        "trust_unreadable",
    ),
    ("too long", weak(Sid="x" * 2_048), "trust_too_long"),
]


@pytest.mark.parametrize(("policy", "expected"), [each[1:] for each in CORPUS], ids=[each[0] for each in CORPUS])
def test_a_weak_trust_policy_is_found(policy: str, expected: str) -> None:
    findings = lint_trust(policy, PRINCIPAL, EXTERNAL_ID)
    assert expected in {finding.code for finding in findings}
    assert not any(EXTERNAL_ID in finding.text for finding in findings)


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 25


@pytest.mark.parametrize(
    "policy",
    [
        STRONG,
        json.dumps(STRONG, indent=4),
        weak(Sid=None),
        weak(Principal={"AWS": [PRINCIPAL]}, Action=["sts:AssumeRole"]),
        weak(Condition=condition("StringEquals", [EXTERNAL_ID])),
        weak(Condition=condition("StringEquals", key="sts:externalid")),
        json.dumps({**STRONG, "Statement": STATEMENT}),
    ],
)
def test_the_asked_for_trust_policy_passes_in_each_spelling(policy: str | Document) -> None:
    assert lint_trust(policy, PRINCIPAL, EXTERNAL_ID) == ()


def test_session_tags_pass_where_they_were_agreed() -> None:
    policy = weak(Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    agreed = frozenset({"sts:TagSession", "sts:SetSourceIdentity"})
    assert lint_trust(policy, PRINCIPAL, EXTERNAL_ID, extra_actions=agreed) == ()
    only_tags = weak(Action="sts:TagSession")
    assert lint_trust(only_tags, PRINCIPAL, EXTERNAL_ID, extra_actions=agreed)[0].code == "trust_action"


@given(
    st.fixed_dictionaries(
        {"Version": st.just("2012-10-17")},
        optional={
            "Statement": st.lists(
                st.dictionaries(
                    st.sampled_from(["Effect", "Action", "Principal", "Condition", "Resource"]),
                    st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text() | st.lists(st.text())),
                )
            )
        },
    )
)
def test_no_made_up_trust_policy_passes_or_breaks_the_lint(policy: Document) -> None:
    assert lint_trust(policy, PRINCIPAL, EXTERNAL_ID)
