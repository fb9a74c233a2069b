import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.errors import Refused
from activation.domain.guard import Rules, inspect
from activation.domain.plan import PlanReview, read_plan

FIXTURES = Path(__file__).parent / "fixtures"
PRINCIPAL = "arn:aws:iam::111122223333:role/zilliz-byoc"
EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
RULES = Rules(
    resource_types=frozenset({"aws_iam_policy", "aws_iam_role", "aws_iam_role_policy_attachment"}),
    vendor_principal_arn=PRINCIPAL,
    external_id=EXTERNAL_ID,
    account="123456789012",
    boundary="zilliz-permission-boundary-policy",
    pointers={
        "aws_iam_role.bootstrap_role": {"permissions_boundary": "aws_iam_policy.permission_boundary"},
        "aws_iam_role.management_role": {"permissions_boundary": "aws_iam_policy.permission_boundary"},
        "aws_iam_role_policy_attachment.bootstrap_attachment": {"policy_arn": "aws_iam_policy.bootstrap_policy"},
        "aws_iam_role_policy_attachment.management_attachment": {"policy_arn": "aws_iam_policy.management_policy"},
    },
)

POINTERS = RULES.pointers.items()

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


def _inline_policy_made_by_a_dynamic_block(document: Document) -> None:
    # Terraform leaves such blocks out of the configuration that it prints with a plan.
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    change["after"]["inline_policy"] = [{"name": "all", "policy": '{"Statement":[]}'}]
    change["after_unknown"]["inline_policy"] = [{}]


def _inline_policy_that_is_unknown(document: Document) -> None:
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    change["after"]["inline_policy"] = [{"name": "all"}]
    change["after_unknown"]["inline_policy"] = [{"policy": True}]


def _managed_policies(document: Document) -> None:
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    change["after"]["managed_policy_arns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    del change["after_unknown"]["managed_policy_arns"]


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


def _aliased_provider(document: Document) -> None:
    aws = document["configuration"]["provider_config"]["aws"]
    document["configuration"]["provider_config"]["aws.other"] = {**aws, "expressions": {"profile": {}, "region": {}}}


def _program_read_while_planning(document: Document) -> None:
    resources = document["prior_state"]["values"]["root_module"]["resources"]
    resources.append({"mode": "data", "type": "external", "provider_name": "registry.terraform.io/hashicorp/external"})


def _function_called_while_planning(document: Document) -> None:
    document["configuration"]["root_module"]["resources"].append(
        {"address": "data.aws_lambda_invocation.x", "mode": "data", "type": "aws_lambda_invocation"}
    )


def _action(document: Document) -> None:
    document["action_invocations"] = [{"address": "action.local_command.x"}]


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
        (_inline_policy_made_by_a_dynamic_block, "role_extra_rights"),
        (_inline_policy_that_is_unknown, "role_extra_rights"),
        (_managed_policies, "role_extra_rights"),
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
        (_aliased_provider, "provider_setting"),
        (_program_read_while_planning, "provider"),
        (_program_read_while_planning, "data_source"),
        (_function_called_while_planning, "data_source"),
        (_action, "invocation"),
        (_account, "account"),
        (_incomplete, "plan_incomplete"),
    ],
)
def test_one_thing_that_is_not_the_packages_is_enough(change: Callable[[Document], None], expected: str) -> None:
    document = load("plan_create")
    change(document)
    assert expected in codes(document)


def test_a_value_known_after_the_apply_counts_only_where_the_package_names_its_policy_plainly() -> None:
    # What the plan lists of `aws_iam_policy.x.arn` and of `replace(aws_iam_policy.x.arn, …)` is the same.
    assert codes(load("plan_create"), replace(RULES, pointers={})) == {"boundary_unproved", "attachment_policy"}
    elsewhere = {address: dict.fromkeys(each, "aws_iam_policy.ebs_csi_irsa_policy") for address, each in POINTERS}
    assert codes(load("plan_create"), replace(RULES, pointers=elsewhere)) == {"boundary_unproved", "attachment_policy"}


@pytest.mark.parametrize("attribute", ["inline_policy", "managed_policy_arns"])
def test_a_role_that_stands_keeps_the_rights_that_aws_has_and_gets_no_more(attribute: str) -> None:
    document = load("plan_nothing")
    change = resource(document, "aws_iam_role.bootstrap_role")["change"]
    change["actions"] = ["update"]
    change["before"][attribute] = ["as AWS has it"]
    change["after"][attribute] = ["as AWS has it"]
    assert codes(document) == set()
    change["after"][attribute] = ["as AWS has it", "more"]
    assert codes(document) == {"role_extra_rights"}
    del change["after"][attribute]
    change["after_unknown"][attribute] = True
    assert codes(document) == {"role_extra_rights"}


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


def test_values_of_odd_shapes_are_refused_and_break_nothing() -> None:
    for attribute in ("name", "path", "permissions_boundary", "assume_role_policy", "policy", "role", "policy_arn"):
        document = load("plan_nothing")
        for each in document["resource_changes"]:
            if attribute in each["change"]["after"]:
                each["change"]["after"][attribute] = [{"odd": True}]
        assert codes(document)


@given(st.data())
def test_a_plan_with_any_part_replaced_is_judged_or_refused(data: st.DataObject) -> None:
    document = load(data.draw(st.sampled_from(["plan_create", "plan_nothing", "plan_import"])))
    node: Any = document
    for _ in range(data.draw(st.integers(0, 9))):
        children = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not children:
            break
        key = data.draw(st.sampled_from(children))
        if not isinstance(node[key], dict | list):
            break
        node = node[key]
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    if keys:
        node[data.draw(st.sampled_from(keys))] = data.draw(
            st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()) | st.just({"odd": [1]})
        )
    try:
        review = read_plan(document)
    except Refused:
        return
    json.dumps(inspect(review, RULES).to_json())
    json.dumps(PlanReview.from_json(json.loads(json.dumps(review.to_json()))).to_json())
    assert review.sentence("123456789012")


# --- retries


def test_a_retry_replaces_only_what_is_listed_and_says_so() -> None:
    document = load("plan_replace")
    replaced = {each["address"] for each in document["resource_changes"] if "delete" in each["change"]["actions"]}
    retry = replace(RULES, retry=True)
    assert "replace" in codes(document, retry)
    listed = replace(retry, replaceable=frozenset(replaced))
    assert "replace" not in codes(document, listed)
    checks = inspect(read_plan(document), listed).checks
    check = next(each for each in checks if each.title == "Only what is listed is replaced")
    assert all(address in check.detail for address in replaced)
    # Outside of a retry the list says nothing.
    assert "replace" in codes(document, replace(RULES, replaceable=frozenset(replaced)))


def test_a_plan_takes_over_only_what_it_was_told_to() -> None:
    document = load("plan_import")
    taken = {
        (each["address"], each["change"]["importing"]["id"])
        for each in document["resource_changes"]
        if each["change"].get("importing")
    }
    assert taken
    assert codes(document, replace(RULES, importable=frozenset(taken))) == set()
    assert codes(document, replace(RULES, importable=frozenset())) == {"import"}
    others = frozenset((address, "arn:aws:iam::123456789012:policy/of-another") for address, _ in taken)
    assert codes(document, replace(RULES, importable=others)) == {"import"}
