"""The seven ARNs together."""

import pytest

from activation.domain.arn_set import ARN_OUTPUTS, Naming, check_set

ACCOUNT = "123456789012"
OTHER = "210987654321"


def seven(account: str = ACCOUNT, suffix: str = "") -> dict[str, str]:
    return {
        output.name: f"arn:aws:iam::{account}:{output.kind}/zilliz/{output.resource_name}{suffix}"
        for output in ARN_OUTPUTS
    }


def codes(arns: dict[str, str], account: str | None = None) -> dict[str, str]:
    return {name: problem.code for name, problem in check_set(arns, account=account).problems.items()}


def test_the_seven_outputs_are_two_roles_and_five_policies() -> None:
    assert [output.kind for output in ARN_OUTPUTS] == ["role"] * 2 + ["policy"] * 5
    assert len({output.name for output in ARN_OUTPUTS}) == len({output.label for output in ARN_OUTPUTS}) == 7
    assert all(output.purpose.endswith(".") for output in ARN_OUTPUTS)


@pytest.mark.parametrize("suffix", ["", "-blue"])
def test_a_right_set_is_parsed_without_a_problem(suffix: str) -> None:
    parsed, problems = check_set(seven(suffix=suffix), account=ACCOUNT)
    assert problems == {}
    assert {name: str(arn) for name, arn in parsed.items()} == seven(suffix=suffix)


def test_missing_and_unknown_fields_are_named() -> None:
    arns = seven() | {"vpc_id": "vpc-1", "bootstrap_role_arn": " "}
    del arns["management_role_arn"]
    assert codes(arns) == {
        "vpc_id": "arn_field_unknown",
        "bootstrap_role_arn": "arn_empty",
        "management_role_arn": "arn_empty",
    }


def test_one_arn_of_another_account_is_the_one_refused() -> None:
    arns = seven() | {"aws_lb_irsa_policy_arn": seven(OTHER)["aws_lb_irsa_policy_arn"]}
    assert codes(arns) == {"aws_lb_irsa_policy_arn": "arn_other_account"}
    problem = check_set(arns).problems["aws_lb_irsa_policy_arn"]
    assert problem.field == "aws_lb_irsa_policy_arn"
    assert "210987654321, not to 123456789012" in str(problem)


def test_all_seven_of_another_account_than_terraform_ran_in_are_refused() -> None:
    assert set(codes(seven(OTHER), ACCOUNT).values()) == {"arn_other_account"}


def test_another_partition_is_refused() -> None:
    name = "management_role_arn"
    assert codes(seven() | {name: seven()[name].replace("arn:aws:", "arn:aws-cn:")}) == {name: "arn_other_partition"}


def test_all_seven_of_another_partition_than_the_account_s_are_refused() -> None:
    others = {name: arn.replace("arn:aws:", "arn:aws-us-gov:") for name, arn in seven().items()}
    problems = check_set(others, account=ACCOUNT, partition="aws").problems
    assert {each.code for each in problems.values()} == {"arn_other_partition"}
    assert len(problems) == 7


def test_the_same_object_twice_is_refused_whatever_its_case_and_path() -> None:
    arns = seven(suffix="-x")
    arns["ebs_csi_irsa_policy_arn"] = f"arn:aws:iam::{ACCOUNT}:policy/{'zilliz-ca-irsa-policy-X'}"
    assert codes(arns) == {"ebs_csi_irsa_policy_arn": "arn_twice", "cluster_autoscaler_irsa_policy_arn": "arn_twice"}
    assert "Cluster autoscaler IRSA policy" in str(check_set(arns).problems["ebs_csi_irsa_policy_arn"])


def test_swapped_fields_are_refused_both() -> None:
    arns = seven()
    first, second = "ebs_csi_irsa_policy_arn", "aws_lb_irsa_policy_arn"
    arns[first], arns[second] = arns[second], arns[first]
    assert codes(arns) == {first: "arn_swapped", second: "arn_swapped"}
    roles = seven()
    roles["bootstrap_role_arn"], roles[first] = roles[first], roles["bootstrap_role_arn"]
    assert codes(roles) == {"bootstrap_role_arn": "arn_kind", first: "arn_kind"}


def test_a_parsed_arn_has_no_problem() -> None:
    arns = seven() | {"bootstrap_role_arn": seven(OTHER)["bootstrap_role_arn"], "management_role_arn": "x"}
    parsed, problems = check_set(arns)
    assert set(parsed) | set(problems) == set(arns)
    assert not set(parsed) & set(problems)


NAMING = Naming(("/zilliz/",), ("zilliz-",))


def test_names_and_paths_are_those_that_the_package_gives() -> None:
    assert check_set(seven(suffix="-blue"), naming=NAMING).problems == {}
    name = "ebs_csi_irsa_policy_arn"
    for part, other, code in (
        ("/zilliz/", "/mine/", "arn_other_path"),
        ("/zilliz/", "/", "arn_other_path"),
        ("zilliz-ebs", "ebs", "arn_other_name"),
    ):
        arns = seven() | {name: seven()[name].replace(part, other)}
        assert {key: each.code for key, each in check_set(arns, naming=NAMING).problems.items()} == {name: code}


def test_a_package_whose_names_are_known_gives_no_others() -> None:
    exact = Naming(("/zilliz/",), ("zilliz-",), exact=True)
    assert check_set(seven(), naming=exact).problems == {}
    problems = check_set(seven(suffix="-blue"), naming=exact).problems
    assert {each.code for each in problems.values()} == {"arn_other_name"}
    assert "the package calls it zilliz-bootstrap-role" in problems["bootstrap_role_arn"].text
