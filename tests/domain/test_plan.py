import json
from pathlib import Path
from typing import Any

import pytest

from activation.domain.errors import Refused
from activation.domain.plan import SENSITIVE, PlanReview, configuration_address, read_plan

FIXTURES = Path(__file__).parent / "fixtures"
PLANS = ["plan_create", "plan_nothing", "plan_import", "plan_replace", "plan_destroy"]


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return document


def counts(review: PlanReview) -> tuple[int, int, int, int]:
    return review.to_add, review.to_change, review.to_destroy, review.to_import


@pytest.mark.parametrize(
    ("name", "expected", "sentence"),
    [
        (
            "plan_create",
            (11, 0, 0, 0),
            "Terraform will create 11 resources in account 123456789012; nothing is changed or deleted.",
        ),
        (
            "plan_nothing",
            (0, 0, 0, 0),
            "There is nothing to do in account 123456789012: everything is as the package describes it.",
        ),
        (
            "plan_import",
            (10, 0, 0, 1),
            (
                "Terraform will create 10 resources and import 1 found again in account 123456789012; "
                "nothing is changed or deleted."
            ),
        ),
        ("plan_replace", (1, 6, 1, 0), "Terraform will change 6 resources and replace 1 in account 123456789012."),
        (
            "plan_destroy",
            (0, 0, 11, 0),
            "Terraform will delete 11 resources in account 123456789012; nothing is created or changed.",
        ),
    ],
)
def test_a_plan_is_counted_as_terraform_counts_and_said_in_one_sentence(
    name: str, expected: tuple[int, int, int, int], sentence: str
) -> None:
    review = read_plan(load(name))
    assert counts(review) == expected
    assert review.sentence("123456789012") == sentence
    assert review.has_changes == (name != "plan_nothing")


@pytest.mark.parametrize("name", PLANS)
def test_a_review_survives_being_stored_as_json(name: str) -> None:
    review = read_plan(load(name))
    assert PlanReview.from_json(json.loads(json.dumps(review.to_json()))) == review


def test_changes_are_grouped_by_type_in_plain_words() -> None:
    groups = read_plan(load("plan_create")).by_type
    assert [(group.label, len(group.changes)) for group in groups] == [
        ("IAM policies", 7),
        ("IAM roles", 2),
        ("policy attachments", 2),
    ]


def test_an_attachment_is_called_by_the_role_it_is_on() -> None:
    names = {change.display_name for change in read_plan(load("plan_create")).changes}
    assert "policy on zilliz-bootstrap-role" in names
    assert "zilliz-ca-irsa-policy" in names


def test_each_policy_and_each_trust_policy_is_parsed() -> None:
    review = read_plan(load("plan_create"))
    assert [policy.display_name for policy in review.trusts] == ["zilliz-bootstrap-role", "zilliz-management-role"]
    assert len(review.policies) == 7
    for policy in (*review.policies, *review.trusts):
        assert policy.document is not None
        assert policy.path == "/zilliz/"
        assert 0 < policy.characters < 6_144


def test_what_terraform_saw_is_kept() -> None:
    review = read_plan(load("plan_create"))
    assert review.terraform_version == "1.11.4"
    assert review.account == "123456789012"
    assert review.providers == ("registry.terraform.io/hashicorp/aws",)
    assert review.provider_settings == ("aws.access_key", "aws.region", "aws.secret_key")
    assert review.provisioners == ()
    assert [(output.name, output.known) for output in review.outputs][:1] == [("aws_lb_irsa_policy_arn", False)]


def test_an_output_known_before_apply_has_its_value() -> None:
    outputs = {output.name: output for output in read_plan(load("plan_nothing")).outputs}
    assert outputs["bootstrap_role_arn"].value == "arn:aws:iam::123456789012:role/zilliz/zilliz-bootstrap-role"


def test_a_replacement_and_an_import_are_named_as_such() -> None:
    (replaced,) = [each for each in read_plan(load("plan_replace")).changes if each.action == "replace"]
    assert replaced.before["name"] == "zilliz-ca-irsa-policy"
    (found,) = [each for each in read_plan(load("plan_import")).changes if each.action == "import"]
    assert found.importing_id == "arn:aws:iam::123456789012:policy/zilliz/zilliz-bootstrap-policy"


def test_an_expression_of_a_value_unknown_before_apply_shows_what_it_refers_to() -> None:
    (role,) = [each for each in read_plan(load("plan_create")).changes if each.address == "aws_iam_role.bootstrap_role"]
    assert role.is_unknown("permissions_boundary")
    assert "aws_iam_policy.permission_boundary" in role.references["permissions_boundary"]


def test_sensitive_values_are_left_out_everywhere() -> None:
    document = load("plan_create")
    change = document["resource_changes"][0]["change"]
    change["after"]["description"] = "hunter2"
    change["after"]["tags"] = {"Key": "hunter2", "Plain": "shown"}
    change["after_sensitive"] = {"description": True, "tags": {"Key": True}}
    document["resource_changes"][1]["change"]["after"]["description"] = "hunter2"
    document["resource_changes"][1]["change"]["after_sensitive"] = True
    document["output_changes"]["secret"] = {
        "actions": ["create"],
        "after": "hunter2",
        "after_unknown": False,
        "after_sensitive": True,
    }
    document["variables"]["aws_secret_key"] = {"value": "hunter2"}
    review = read_plan(document)
    assert "hunter2" not in json.dumps(review.to_json())
    assert review.changes[0].after["tags"] == {"Key": SENSITIVE, "Plain": "shown"}
    (policy,) = [each for each in review.policies if each.address == review.changes[1].address]
    assert policy.problem == "sensitive"


def test_a_policy_known_only_after_apply_says_so() -> None:
    document = load("plan_create")
    change = document["resource_changes"][0]["change"]
    del change["after"]["policy"]
    change["after_unknown"]["policy"] = True
    assert read_plan(document).policies[0].problem == "unknown"


def test_provisioners_in_child_modules_are_found() -> None:
    document = load("plan_create")
    document["configuration"]["root_module"]["module_calls"] = {
        "inner": {"module": {"resources": [{"address": "aws_iam_role.x", "provisioners": [{"type": "local-exec"}]}]}}
    }
    assert read_plan(document).provisioners == ("module.inner.aws_iam_role.x",)


def test_outputs_still_to_be_written_down_are_work_to_do() -> None:
    document = load("plan_nothing")
    document["output_changes"]["bootstrap_role_arn"]["actions"] = ["create"]
    review = read_plan(document)
    assert review.has_changes
    assert "only records outputs" in review.sentence("123456789012")


@pytest.mark.parametrize("document", [{}, {"format_version": "2.0"}, {"format_version": 1}])
def test_what_is_not_a_plan_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        read_plan(document)
    assert refused.value.code == "plan_unreadable"


def test_a_plan_of_odd_shapes_does_not_break_the_reader() -> None:
    document = {
        "format_version": "1.2",
        "resource_changes": ["x", {}, {"change": {"actions": ["conquer"], "after": 7}}],
        "output_changes": {"a": None},
        "configuration": {"root_module": {"resources": [7]}},
    }
    assert [change.action for change in read_plan(document).changes] == ["unknown", "unknown"]


def test_an_instance_belongs_to_the_configuration_without_its_key() -> None:
    assert configuration_address('module.a["x.y]"].aws_iam_role.b[0]') == "module.a.aws_iam_role.b"
