"""What a state says of things that were never finished: little, and that little must do."""

from typing import Any

import pytest

from activation.domain.adoption import ATTACHMENT, POLICY, ROLE
from activation.services.recovery import thing_of

ARN = "arn:aws:iam::222233334444:policy/zilliz/zilliz-management-policy"


def test_a_half_made_policy_is_known_by_the_id_that_the_provider_set_first() -> None:
    found = thing_of(f"{POLICY}.a", {"id": ARN, "arn": None, "name": "zilliz-management-policy", "path": "/zilliz/"})
    assert found is not None
    assert (found.policy_arn, found.name, found.path) == (ARN, "zilliz-management-policy", "/zilliz/")


@pytest.mark.parametrize(
    ("address", "attributes"),
    [
        (f"{POLICY}.a", {"id": None, "arn": None, "name": "a"}),
        (f"{POLICY}.a", {"id": ARN, "name": None}),
        (f"{ROLE}.a", {"name": None}),
        (f"{ATTACHMENT}.a", {"role": "a", "policy_arn": None}),
        ("aws_vpc.a", {"id": "vpc-1", "name": "a"}),
        (f"module.x.{ROLE}.a[0]", {}),
    ],
)
def test_what_has_no_name_is_not_guessed_at(address: str, attributes: dict[str, Any]) -> None:
    assert thing_of(address, attributes) is None


def test_a_thing_in_a_module_is_of_its_own_kind() -> None:
    found = thing_of(f'module.x["a.b"].{ROLE}.a[0]', {"name": "zilliz-management-role"})
    assert found is not None
    assert found.type == ROLE
