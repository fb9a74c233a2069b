"""Who answers for the variables of a package."""

import pytest

from activation.domain.package import read_package
from activation.domain.package_inputs import Inputs
from activation.packages import bundled
from activation.simulator.vendor_package import stand_in

REFERENCE = bundled("terraform-aws-iam")
GUIDE = stand_in(REFERENCE, principal="arn:aws:iam::965570967084:role/zilliz-byoc")


def package_with(*variables: str) -> dict[str, bytes]:
    """Return the guide's package with more variables."""
    return GUIDE | {"more.tf": "\n".join(variables).encode()}


def found_in(files: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
    return {finding.code: finding.names for finding in read_package(files).findings}


def test_the_bundled_package_asks_people_for_nothing() -> None:
    assert Inputs.of(read_package(REFERENCE).variables) == Inputs()


def test_a_package_with_a_key_but_no_token_needs_a_long_term_key_and_says_so() -> None:
    assert Inputs.of(read_package(GUIDE).variables).needs_long_term_key
    assert found_in(GUIDE)["long_term_key_needed"] == ("aws_session_token",)
    token = package_with('variable "aws_session_token" {\n  type = string\n}')
    assert not Inputs.of(read_package(token).variables).needs_long_term_key
    assert "long_term_key_needed" not in found_in(token)


def test_variables_are_sorted_by_how_a_value_can_be_given() -> None:
    inputs = Inputs.of(
        read_package(
            package_with(
                'variable "suffix" {\n  type = string\n}',
                'variable "days" {\n  type = number\n  default = 3\n}',
                'variable "strict" {\n  type = bool\n  default = null\n}',
                'variable "zones" {\n  type = list(string)\n}',
                'variable "anything" {\n}',
                'variable "password" {\n  type = string\n  sensitive = true\n}',
            )
        ).variables
    )
    assert [each.name for each in inputs.fields] == ["suffix", "days", "strict"]
    assert [each.name for each in inputs.from_file] == ["zones", "anything"]
    assert inputs.unfillable == ("password",)


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        ('variable "zones" {\n  type = list(string)\n}', "inputs_from_file"),
        ('variable "password" {\n  type = string\n  sensitive = true\n}', "inputs_unfillable"),
        ('variable "password" {\n  type = string\n  sensitive = true\n  default = ""\n}', "inputs_secret"),
    ],
)
def test_what_cannot_simply_be_filled_in_is_named_when_the_package_is_added(variable: str, code: str) -> None:
    (name,) = found_in(package_with(variable))[code]
    assert f'"{name}"' in variable
