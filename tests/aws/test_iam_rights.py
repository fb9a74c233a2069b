"""The least policy and the recipes for a key: small, complete, and working when they are copied."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from activation.aws.iam_rights import (
    APPLY_ACTIONS,
    RIGHTS,
    On,
    Phase,
    caller_policy,
    hour_key_commands,
    long_term_key_commands,
    works_on,
)
from activation.aws.names import BUNDLED
from activation.aws.preflight import preflight
from activation.domain.checks import CheckState
from activation.domain.credentials import AccessKeys
from activation.domain.policy_document import MANAGED_POLICY_LIMIT, characters, read
from activation.packages import bundled
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, REGION
from tests.simulator.conftest import client

ACCOUNT = "222233334444"


def test_the_policy_fits_and_reads_as_a_policy() -> None:
    policy = caller_policy(ACCOUNT)
    assert characters(json.dumps(policy)) <= MANAGED_POLICY_LIMIT
    document = read(policy)
    assert not document.unknown_keys
    assert all(statement.allows for statement in document.statements)


def test_the_policy_grants_every_recorded_right_once_and_no_other() -> None:
    granted = [action for statement in caller_policy(ACCOUNT)["Statement"] for action in statement["Action"]]
    assert sorted(granted) == sorted(right.action for right in RIGHTS)
    assert not any("*" in action for action in granted)


def test_what_changes_something_is_bound_to_the_path() -> None:
    for statement in caller_policy(ACCOUNT, "/elsewhere/", "aws-cn")["Statement"]:
        if statement["Resource"] == "*" or statement["Resource"].endswith(":role/*"):
            assert all(re.match(r"iam:(Get|List|Simulate)", action) for action in statement["Action"])
        else:
            assert statement["Resource"].startswith(f"arn:aws-cn:iam::{ACCOUNT}:")
            assert statement["Resource"].endswith("/elsewhere/*")


def test_new_roles_stand_under_a_boundary_unless_the_package_has_none() -> None:
    conditions = {
        action: statement.get("Condition")
        for statement in caller_policy(ACCOUNT)["Statement"]
        for action in statement["Action"]
    }
    mine = f"arn:aws:iam::{ACCOUNT}:policy/zilliz/*"
    assert conditions["iam:CreateRole"] == {"ArnLike": {"iam:PermissionsBoundary": mine}}
    assert conditions["iam:AttachRolePolicy"] == {"ArnLike": {"iam:PolicyARN": mine}}
    loose = caller_policy(ACCOUNT, bounded=False)
    assert '"iam:PermissionsBoundary"' not in json.dumps(loose)
    assert '"iam:CreateRole"' in json.dumps(loose)


def test_a_package_that_names_its_calls_gets_these_and_the_checks_and_no_others() -> None:
    called = {"iam:CreateRole", "iam:GetRole", "iam:CreateServiceLinkedRole", "ec2:DescribeVpcs"}
    policy = caller_policy(ACCOUNT, "/acme/", bounded=False, actions=called)
    granted = {action: each["Resource"] for each in policy["Statement"] for action in each["Action"]}
    assert set(granted) - called == {right.action for right in RIGHTS if Phase.CHECK in right.phases} - called
    assert called <= set(granted)
    assert granted["iam:CreateRole"] == f"arn:aws:iam::{ACCOUNT}:role/acme/*"
    assert granted["ec2:DescribeVpcs"] == "*"
    assert all(each["Action"] for each in policy["Statement"])


def test_the_package_names_no_right_that_is_missing_here() -> None:
    manifest = json.loads(bundled("terraform-aws-iam")["manifest.json"])
    named = {action for phase in ("create", "update", "destroy") for action in manifest["caller"][phase]}
    assert named <= set(APPLY_ACTIONS)


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("iam:CreateRole", On.ROLE),
        ("iam:ListRoles", On.ACCOUNT),
        ("iam:PutRolePolicy", On.ROLE),
        ("iam:ListRoleTags", On.ROLE),
        ("iam:SetDefaultPolicyVersion", On.POLICY),
        ("iam:CreateServiceLinkedRole", On.ROLE),
        ("ec2:DescribeVpcs", On.ACCOUNT),
    ],
)
def test_it_is_known_what_an_action_works_on(action: str, on: On) -> None:
    assert works_on(action) is on


def command_line(command: str, key: dict[str, str], endpoint: str) -> dict[str, Any]:
    """Do what the AWS CLI does with a command: operations and options are boto3's in other letters."""
    program, service, operation, *words = shlex.split(command)
    assert program == "aws"
    client_ = client(endpoint, service, key)
    method = operation.replace("-", "_")
    shape = client_.meta.service_model.operation_model(client_.meta.method_to_api_mapping[method]).input_shape
    members = {f"--{xform_name(name, '-')}": (name, member.type_name) for name, member in shape.members.items()}
    parameters: dict[str, Any] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name, kind = members[option]
        text = Path(value.removeprefix("file://")).read_text() if value.startswith("file://") else value
        parameters[name] = int(text) if kind == "integer" else text
    answer: dict[str, Any] = getattr(client_, method)(**parameters)
    return answer


def keys_in(answer: dict[str, Any]) -> AccessKeys:
    made = answer["Credentials"]
    return AccessKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def failures(keys: AccessKeys, endpoint: str) -> list[tuple[str, CheckState]]:
    checks = preflight(keys, region=REGION, endpoint=endpoint, package=BUNDLED, external_id=EXTERNAL_ID)
    return [(each.code, each.state) for each in checks if each.state is not CheckState.PASSED]


def test_the_role_recipe_gives_a_key_that_passes_and_leaves_nothing(
    simulator: Simulator, customer: dict[str, Any], iam: Any, tmp_path: Path
) -> None:
    policy = tmp_path / "caller-policy.json"
    policy.write_text(json.dumps(caller_policy(customer["account"]), indent=2))
    recipe = hour_key_commands(customer["account"], policy_file=str(policy))[0]
    run = [command_line(command, customer["administrator"], simulator.endpoint) for command in recipe.commands]
    assert failures(keys_in(run[-1]), simulator.endpoint) == []
    for command in recipe.afterwards.split(" && "):
        command_line(command, customer["administrator"], simulator.endpoint)
    assert iam.list_roles()["Roles"] == []


def test_the_user_recipe_gives_a_long_term_key_that_passes_and_can_be_ended(
    simulator: Simulator, customer: dict[str, Any], iam: Any, tmp_path: Path
) -> None:
    policy = tmp_path / "caller-policy.json"
    policy.write_text(json.dumps(caller_policy(customer["account"]), indent=2))
    make, _, end = long_term_key_commands(customer["account"], policy_file=str(policy))
    administrator, endpoint = customer["administrator"], simulator.endpoint
    made = [command_line(command, administrator, endpoint) for command in make.commands][-1]["AccessKey"]
    keys = AccessKeys(made["AccessKeyId"], made["SecretAccessKey"])
    package = replace(BUNDLED, long_term_key_only=True)
    checks = list(preflight(keys, region=REGION, endpoint=endpoint, package=package, external_id=EXTERNAL_ID))
    (warning,) = [each for each in checks if each.state is not CheckState.PASSED]
    assert (warning.code, warning.state) == ("temporary_key", CheckState.WARNING)
    assert "valid for one hour" not in warning.remedy, "this package takes no such key"
    for command in (*end.commands, *end.afterwards.split(" && ")):
        command_line(command.replace("YOUR_KEY_ID", made["AccessKeyId"]), administrator, endpoint)
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_the_mfa_recipe_gives_a_key_that_passes(simulator: Simulator, customer: dict[str, Any]) -> None:
    recipe = next(each for each in hour_key_commands(customer["account"], user="ann") if "MFA" in each.title)
    (command,) = recipe.commands
    assert f"arn:aws:iam::{customer['account']}:mfa/ann" in command
    answer = command_line(command, customer["administrator"], simulator.endpoint)
    assert failures(keys_in(answer), simulator.endpoint) == []


def test_every_recipe_says_when_to_take_it_and_where_aws_says_so() -> None:
    recipes = (*hour_key_commands(ACCOUNT, "aws-us-gov"), *long_term_key_commands(ACCOUNT, "aws-us-gov"))
    for recipe in recipes:
        assert recipe.when
        assert recipe.note
        assert recipe.docs_url.startswith("https://docs.aws.amazon.com/")
        assert "arn:aws:" not in " ".join(recipe.commands)
    assert [recipe.title for recipe in recipes if not recipe.commands] == ["Not: get-federation-token"]
