import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.guard import Rules, inspect, lint_trust
from activation.domain.plan import read_plan

FIXTURES = Path(__file__).parent / "fixtures"
PRINCIPAL = "arn:aws:iam::111122223333:role/zilliz-byoc"
EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
RULES = Rules(
    resource_types=frozenset({"aws_iam_policy", "aws_iam_role", "aws_iam_role_policy_attachment"}),
    vendor_principal_arn=PRINCIPAL,
    external_id=EXTERNAL_ID,
    account="123456789012",
    boundary="zilliz-permission-boundary-policy",
)

type Document = dict[str, Any]


def load(name: str) -> Document:
    document: Document = json.loads((FIXTURES / f"{name}.json").read_text())
    return document


def codes(document: Document, rules: Rules = RULES) -> set[str]:
    verdict = inspect(read_plan(document), rules)
    assert verdict.passed == (not verdict.findings)
    assert verdict.passed == all(check.passed for check in verdict.checks)
    for finding in verdict.findings:
        assert finding.text.endswith(".")
    return {finding.code for finding in verdict.findings}


def resource(document: Document, address: str) -> Document:
    found: Document = next(each for each in document["resource_changes"] if each["address"] == address)
    return found


def configured(document: Document, address: str) -> Document:
    resources = document["configuration"]["root_module"]["resources"]
    found: Document = next(each for each in resources if each["address"] == address)
    return found


# --- whole plans


@pytest.mark.parametrize("name", ["plan_create", "plan_nothing", "plan_import"])
def test_the_packages_own_plan_passes(name: str) -> None:
    assert codes(load(name)) == set()
    assert codes(load(name), replace(RULES, retry=True)) == set()


def test_a_verdict_says_what_was_checked() -> None:
    verdict = inspect(read_plan(load("plan_create")), RULES)
    assert [check.title for check in verdict.checks] == [
        "Only the AWS provider, and no commands",
        "Only what this package is for",
        "Names and paths",
        "Nothing is deleted or replaced",
        "Permissions boundary",
        "Trust policies",
        "Policy documents",
        "Attachments",
    ]
    assert verdict.checks[4].detail == "2 roles, each with its boundary."
    assert json.loads(json.dumps(verdict.to_json()))["passed"] is True


def test_a_delete_passes_only_in_a_run_that_deletes_and_never_in_a_retry() -> None:
    assert codes(load("plan_destroy")) == {"delete"}
    assert codes(load("plan_destroy"), replace(RULES, allow_destroy=True)) == set()
    assert codes(load("plan_destroy"), replace(RULES, allow_destroy=True, retry=True)) == {"delete"}


def test_a_replacement_is_refused() -> None:
    assert "replace" in codes(load("plan_replace"))


def test_a_run_that_deletes_may_delete_only_what_is_the_packages() -> None:
    document = load("plan_destroy")
    resource(document, "aws_iam_role.bootstrap_role")["change"]["before"]["name"] = "Admin"
    assert codes(document, replace(RULES, allow_destroy=True)) == {"name"}


# --- single changes to a plan that passes


def _type(document: Document) -> None:
    resource(document, "aws_iam_policy.bootstrap_policy")["type"] = "aws_iam_user"


def _name(document: Document) -> None:
    resource(document, "aws_iam_policy.bootstrap_policy")["change"]["after"]["name"] = "AdminAccess"


def _name_unknown(document: Document) -> None:
    change = resource(document, "aws_iam_policy.ebs_csi_irsa_policy")["change"]
    del change["after"]["name"]
    change["after_unknown"]["name"] = True


def _path(document: Document) -> None:
    resource(document, "aws_iam_policy.ebs_csi_irsa_policy")["change"]["after"]["path"] = "/"


def _forget(document: Document) -> None:
    resource(document, "aws_iam_policy.ebs_csi_irsa_policy")["change"]["actions"] = ["forget"]


def _boundary_missing(document: Document) -> None:
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    del change["after_unknown"]["permissions_boundary"]
    change["after"]["permissions_boundary"] = None


def _boundary_other(document: Document) -> None:
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    del change["after_unknown"]["permissions_boundary"]
    change["after"]["permissions_boundary"] = "arn:aws:iam::aws:policy/AdministratorAccess"


def _boundary_points_elsewhere(document: Document) -> None:
    expressions = configured(document, "aws_iam_role.bootstrap_role")["expressions"]
    expressions["permissions_boundary"] = {"references": ["aws_iam_policy.bootstrap_policy.arn"]}


def _boundary_points_at_two(document: Document) -> None:
    expressions = configured(document, "aws_iam_role.bootstrap_role")["expressions"]
    expressions["permissions_boundary"]["references"].append("var.other")


def _inline_policy(document: Document) -> None:
    expressions = configured(document, "aws_iam_role.bootstrap_role")["expressions"]
    expressions["inline_policy"] = [{"policy": {"constant_value": "{}"}}]


def _trust_unknown(document: Document) -> None:
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    del change["after"]["assume_role_policy"]
    change["after_unknown"]["assume_role_policy"] = True


def _trust_sensitive(document: Document) -> None:
    resource(document, "aws_iam_role.bootstrap_role")["change"]["after_sensitive"] = {"assume_role_policy": True}


def _trust_weak(document: Document) -> None:
    after = resource(document, "aws_iam_role.management_role")["change"]["after"]
    after["assume_role_policy"] = after["assume_role_policy"].replace("StringEquals", "StringLike")


def _policy(text: object) -> Callable[[Document], None]:
    def put(document: Document) -> None:
        after = resource(document, "aws_iam_policy.management_policy")["change"]["after"]
        after["policy"] = text if isinstance(text, str) else json.dumps({"Version": "2012-10-17", "Statement": text})

    return put


def _policy_unknown(document: Document) -> None:
    change = resource(document, "aws_iam_policy.management_policy")["change"]
    del change["after"]["policy"]
    change["after_unknown"]["policy"] = True


def _attachment_policy(document: Document) -> None:
    change = resource(document, "aws_iam_role_policy_attachment.bootstrap_attachment")["change"]
    change["after_unknown"].pop("policy_arn")
    change["after"]["policy_arn"] = "arn:aws:iam::aws:policy/AdministratorAccess"


def _attachment_role(document: Document) -> None:
    change = resource(document, "aws_iam_role_policy_attachment.bootstrap_attachment")["change"]
    change["after"]["role"] = "zilliz-someone-else"


def _attachment_unproved(document: Document) -> None:
    expressions = configured(document, "aws_iam_role_policy_attachment.bootstrap_attachment")["expressions"]
    expressions["policy_arn"] = {"references": ["data.aws_iam_policy.admin.arn", "data.aws_iam_policy.admin"]}


def _provisioner(document: Document) -> None:
    configured(document, "aws_iam_role.bootstrap_role")["provisioners"] = [{"type": "local-exec"}]


def _provider(document: Document) -> None:
    document["configuration"]["provider_config"]["x"] = {"full_name": "registry.terraform.io/hashicorp/external"}


def _endpoints(document: Document) -> None:
    aws = document["configuration"]["provider_config"]["aws"]
    aws["expressions"]["endpoints"] = [{"iam": {"constant_value": "https://collector.example"}}]


def _account(document: Document) -> None:
    data = document["prior_state"]["values"]["root_module"]["resources"][0]
    data["values"]["account_id"] = "999999999999"


def _incomplete(document: Document) -> None:
    document["complete"] = False


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_type, "resource_type"),
        (_name, "name"),
        (_name_unknown, "name_unknown"),
        (_path, "path"),
        (_forget, "action"),
        (_boundary_missing, "boundary_missing"),
        (_boundary_other, "boundary_other"),
        (_boundary_points_elsewhere, "boundary_unproved"),
        (_boundary_points_at_two, "boundary_unproved"),
        (_inline_policy, "role_extra_rights"),
        (_trust_unknown, "trust_unknown"),
        (_trust_sensitive, "trust_sensitive"),
        (_trust_weak, "trust_operator"),
        (_policy_unknown, "policy_unknown"),
        (_policy("not json"), "policy_unreadable"),
        (_policy([]), "policy_unreadable"),
        (_policy([{"Effect": "Allow", "Action": "*", "Resource": "*"}]), "policy_everything"),
        (_policy([{"Effect": "Allow", "Action": ["s3:*", "*:*"], "Resource": ["*"]}]), "policy_everything"),
        (_policy([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*:*:*:*"}]), "policy_everything"),
        (_policy([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), "policy_everything"),
        (_policy([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a"}]), "policy_everything"),
        (_policy([{"Effect": "allow", "Action": "*", "Resource": "*"}]), "policy_everything"),
        (_policy([{"Effect": "Allow", "Action": "s3:*", "Resource": "x" * 6_144}]), "policy_too_long"),
        (_policy([{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Principal": "*"}]), "policy_unreadable"),
        (_attachment_policy, "attachment_policy"),
        (_attachment_role, "attachment_role"),
        (_attachment_unproved, "attachment_policy"),
        (_provisioner, "provisioner"),
        (_provider, "provider"),
        (_endpoints, "provider_setting"),
        (_account, "account"),
        (_incomplete, "plan_incomplete"),
    ],
)
def test_one_thing_that_is_not_the_packages_is_enough(change: Callable[[Document], None], expected: str) -> None:
    document = load("plan_create")
    change(document)
    assert expected in codes(document)


def test_a_deny_of_everything_and_a_narrow_allow_pass() -> None:
    document = load("plan_create")
    _policy(
        [
            {"Effect": "Deny", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::zilliz-byoc*"},
        ]
    )(document)
    assert codes(document) == set()


def test_given_names_and_addresses_are_exhaustive() -> None:
    names = frozenset(each["change"]["after"].get("name", "") for each in load("plan_create")["resource_changes"])
    assert codes(load("plan_create"), replace(RULES, names=names)) == set()
    assert codes(load("plan_create"), replace(RULES, names=names - {"zilliz-ca-irsa-policy"})) == {"name"}
    addresses = frozenset(each["address"] for each in load("plan_create")["resource_changes"])
    assert codes(load("plan_create"), replace(RULES, addresses=addresses)) == set()
    assert codes(load("plan_create"), replace(RULES, addresses=addresses - {"aws_iam_role.bootstrap_role"})) == {
        "address"
    }


def test_another_package_passes_with_its_own_prefix_and_path() -> None:
    text = (FIXTURES / "plan_create.json").read_text().replace("/zilliz/", "/acme/").replace("zilliz-", "acme-")
    document: Document = json.loads(text)
    rules = replace(
        RULES,
        name_prefixes=("acme-",),
        paths=frozenset({"/acme/"}),
        boundary="",
        vendor_principal_arn=PRINCIPAL.replace("zilliz-", "acme-"),
    )
    assert codes(document, rules) == set()
    assert {"name", "path"} <= codes(document)


# --- trust policies

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
