"""A plan goes on under an earlier approval only where it does nothing that was not approved."""

from dataclasses import replace
from typing import Any

import pytest

from activation.domain.continuation import beyond
from activation.domain.plan import PlanReview, ResourceChange


def change(address: str, action: str = "create", *, unknown: tuple[str, ...] = (), **after: Any) -> ResourceChange:
    kind, name = address.split(".")
    return ResourceChange(
        address, kind, name, (action,), action, after=after, after_unknown=dict.fromkeys(unknown, True)
    )


VPC = change("aws_vpc.main", unknown=("id",), cidr_block="10.0.0.0/16", tags={"Vendor": "zilliz-byoc"}, ipv6=None)
NAT = change("aws_nat_gateway.main", unknown=("subnet_id",), connectivity_type="public")
APPROVED = PlanReview((VPC, NAT))


@pytest.mark.parametrize(
    "plan",
    [
        APPROVED,
        PlanReview((NAT,)),
        PlanReview(()),
        # Built meanwhile; only the rest is left, of which more is known now.
        PlanReview(
            (replace(VPC, action="no-op"), replace(NAT, after_unknown={}, after={"subnet_id": "subnet-1", **NAT.after}))
        ),
        # Found again: taken over as it is, or put right.
        PlanReview((replace(VPC, action="import", importing_id="vpc-1"),)),
        PlanReview((replace(VPC, action="update", importing_id="vpc-1"),)),
        # AWS reads back an empty list where nothing was said.
        PlanReview((replace(VPC, after={**VPC.after, "ipv6": []}),)),
        PlanReview((change("aws_ami.data", "read"),)),
    ],
)
def test_the_same_or_less_is_covered(plan: PlanReview) -> None:
    assert beyond(plan, APPROVED) == ()


@pytest.mark.parametrize(
    "plan",
    [
        PlanReview((change("aws_instance.miner"),)),
        PlanReview((replace(VPC, after={**VPC.after, "cidr_block": "10.1.0.0/16"}),)),
        PlanReview((replace(VPC, after={**VPC.after, "tags": {}}),)),
        PlanReview((replace(VPC, after={"tags": VPC.after["tags"]}),)),
        PlanReview((replace(VPC, action="replace"),)),
        PlanReview((replace(VPC, action="delete"),)),
        PlanReview((replace(VPC, action="forget"),)),
        PlanReview(
            (change("aws_subnet.second", "no-op"), replace(change("aws_subnet.third", "import"), importing_id="s"))
        ),
    ],
)
def test_anything_else_waits_for_a_person(plan: PlanReview) -> None:
    assert beyond(plan, APPROVED)


def test_what_was_going_to_be_deleted_is_no_licence_to_make_it() -> None:
    approved = PlanReview((replace(VPC, action="delete"),))
    assert beyond(PlanReview((VPC,)), approved) == ("aws_vpc.main was not in the approved plan.",)
