"""Whose the package's names are: nobody's, the state's, a cut-off run's, the same package's, or a stranger's."""

import json
from pathlib import Path
from typing import Any

import pytest

from activation.aws.names import BUNDLED, Named, PackageNeeds
from activation.domain.checks import Check as Line
from activation.domain.checks import CheckState
from tests.aws.conftest import EXTERNAL_ID, Check, MakeUser, allow, keys_of, trust

ROLE = "zilliz-bootstrap-role"
POLICY = "zilliz-ca-irsa-policy"
FIXTURE = Path(__file__).parents[1] / "domain/fixtures/plan_create.json"


def names(check: Check, customer: dict[str, Any], **more: Any) -> Line:
    found = check(keys_of(customer["session"]), **more).find("names")
    assert found is not None
    return found


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key.replace("__", ":"), "Value": value} for key, value in values.items()]


def test_the_bundled_names_are_those_of_the_bundled_package() -> None:
    resources = json.loads(FIXTURE.read_text())["resource_changes"]
    planned = PackageNeeds.of_resources((each["type"], each["change"]["after"]) for each in resources)
    assert set(planned.objects) == set(BUNDLED.objects)
    assert len(BUNDLED.objects) == 9
    assert BUNDLED.boundary in {named.name for named in BUNDLED.of_kind("policy")}


def test_names_that_terraform_makes_up_are_left_out() -> None:
    needs = PackageNeeds.of_resources(
        [("aws_iam_role", {"name": None}), ("aws_vpc", {"name": "a"}), ("aws_iam_policy", {"name": "b", "path": None})]
    )
    assert needs.objects == (Named("policy", "b", "/"),)
    assert needs.objects[0].arn("aws-cn", "222233334444") == "arn:aws-cn:iam::222233334444:policy/b"


def test_names_in_the_state_are_terraforms_to_go_on_with(check: Check, customer: dict[str, Any], iam: Any) -> None:
    iam.create_role(RoleName=ROLE, Path="/zilliz/", AssumeRolePolicyDocument=trust())
    line = names(check, customer, known_names={ROLE})
    assert line.state is CheckState.PASSED
    assert "1 exist" in line.detail


def test_a_strangers_role_is_refused_with_whose_it_is(check: Check, customer: dict[str, Any], iam: Any) -> None:
    iam.create_role(
        RoleName=ROLE,
        Path="/zilliz/",
        AssumeRolePolicyDocument=trust("cid-of-somebody-else"),
        Tags=tags(Vendor="acme", Owner="platform"),
    )
    line = names(check, customer)
    assert line.state is CheckState.FAILED
    assert ROLE in line.detail
    assert "rename or delete" in line.remedy
    (sentence,) = line.items
    assert f"arn:aws:iam::{customer['account']}:role/zilliz/{ROLE}" in sentence
    assert "since 20" in sentence
    assert "Owner = platform" in sentence
    assert "another external ID" in sentence
    assert "cid-of-somebody-else" not in json.dumps(line.to_json())


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (trust(EXTERNAL_ID), "the same external ID"),
        (json.dumps(allow("sts:AssumeRole")).replace('"Resource": "*"', '"Principal": {"AWS": "*"}'), "no external ID"),
    ],
)
def test_a_roles_trust_is_told(check: Check, customer: dict[str, Any], iam: Any, document: str, words: str) -> None:
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)
    assert words in names(check, customer).items[0]


@pytest.mark.parametrize("name", [POLICY, POLICY.upper()])
def test_a_policy_under_another_path_or_in_other_letters_takes_the_name(
    check: Check, customer: dict[str, Any], iam: Any, name: str
) -> None:
    iam.create_policy(PolicyName=name, Path="/other/", PolicyDocument=json.dumps(allow("s3:ListBucket")))
    line = names(check, customer)
    assert line.state is CheckState.FAILED
    assert POLICY in line.detail
    assert f"/other/{name}" in line.items[0]


def test_what_a_cut_off_run_of_this_account_left_is_told_from_strangers(
    check: Check, customer: dict[str, Any], iam: Any
) -> None:
    left = tags(Vendor="zilliz-byoc", byoc__activation="act-1")
    iam.create_role(RoleName=ROLE, Path="/zilliz/", AssumeRolePolicyDocument=trust(), Tags=left)
    assert "recover that run" in names(check, customer, own_activations={"act-1"}).remedy
    foreign = names(check, customer, own_activations={"act-2"})
    assert "somebody else" in foreign.remedy
    assert foreign.state is CheckState.FAILED


def test_what_the_same_package_made_at_a_shell_is_sent_to_the_other_door(
    check: Check, customer: dict[str, Any], iam: Any
) -> None:
    document = json.dumps(allow("s3:ListBucket"))
    iam.create_policy(PolicyName=POLICY, Path="/zilliz/", PolicyDocument=document, Tags=tags(Vendor="zilliz-byoc"))
    assert "Run it yourself" in names(check, customer).remedy


def test_without_the_right_to_list_each_name_is_asked_for(
    check: Check, customer: dict[str, Any], iam: Any, make_user: MakeUser
) -> None:
    keys = make_user(allow("iam:GetRole", "iam:GetPolicy"))
    free = check(keys).find("names")
    assert free is not None
    assert free.state is CheckState.PASSED
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust())
    taken = check(keys).find("names")
    assert taken is not None
    assert taken.state is CheckState.FAILED


def test_a_taken_name_whose_owner_may_not_be_read_is_not_passed(check: Check, iam: Any, make_user: MakeUser) -> None:
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust())
    line = check(make_user(allow("iam:List*"))).find("names")
    assert line is not None
    assert line.state is CheckState.FAILED
    assert "could not be read" in line.items[0]
