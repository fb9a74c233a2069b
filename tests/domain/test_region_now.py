"""A region now beside its state: each difference in words, and what nobody looked at as that."""

from activation.domain.region_now import Found, Standing, Thing, compare, drifted

VPC = Thing("aws_vpc", "vpc-1", "zilliz-byoc-a-vpc", {"network": "10.0.0.0/16"})
SUBNETS = tuple(Thing("aws_subnet", f"subnet-{number}") for number in range(3))
ROLE = Thing("aws_iam_role", "zilliz-byoc-a-node")
LOOKED = ("aws_vpc", "aws_subnet", "aws_eks_addon")


def lines(
    found: Found, stated: tuple[Thing, ...] = (VPC, *SUBNETS, ROLE)
) -> dict[str, tuple[Standing, tuple[str, ...]]]:
    return {line.type: (line.standing, line.items) for line in compare(stated, found)}


def test_what_is_as_the_state_says_is_the_same_and_what_nobody_looked_at_is_not() -> None:
    found = compare((VPC, *SUBNETS, ROLE), Found((VPC, *SUBNETS), LOOKED))
    assert [(line.type, line.standing, line.in_terraform, line.in_aws) for line in found] == [
        ("aws_vpc", Standing.SAME, 1, 1),
        ("aws_subnet", Standing.SAME, 3, 3),
        ("aws_iam_role", Standing.NOT_LOOKED, 1, None),
    ]
    assert drifted(found) == 0


def test_each_difference_is_said_in_words() -> None:
    other = Thing("aws_vpc", "vpc-1", "", {"network": "10.1.0.0/16", "unknown": "to Terraform"})
    extra = Thing("aws_subnet", "subnet-9", "by hand")
    found = Found((other, *SUBNETS[1:], extra), LOOKED)
    said = lines(found)
    assert said["aws_vpc"] == (Standing.CHANGED, ("vpc-1: network is 10.1.0.0/16, Terraform says 10.0.0.0/16.",))
    assert said["aws_subnet"] == (
        Standing.MISSING,
        ("subnet-0 is not in AWS.", "by hand (subnet-9) is not in Terraform's state."),
    )
    assert drifted(compare((VPC, *SUBNETS, ROLE), found)) == 2


def test_what_only_aws_has_is_more() -> None:
    addon = Thing("aws_eks_addon", "a:vpc-cni")
    assert lines(Found((addon,), LOOKED), ())["aws_eks_addon"][0] is Standing.MORE


def test_what_could_not_be_read_is_neither_there_nor_missing() -> None:
    (line,) = compare((VPC,), Found((), LOOKED, {"aws_vpc": "The role may not."}))
    assert (line.standing, line.in_aws, line.why) == (Standing.NOT_LOOKED, None, "The role may not.")


def test_a_look_is_read_back_as_it_was_kept() -> None:
    found = Found((VPC, *SUBNETS), LOOKED, {"aws_eip": "No."})
    assert Found.from_json(found.to_json()) == found
    assert Found.from_json({}) == Found()
