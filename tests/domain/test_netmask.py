"""Networks: which are taken and why others are not, how they are cut up, and what they overlap with."""

import ipaddress

import pytest

from activation.domain.errors import Refused
from activation.domain.netmask import (
    Network,
    estimate,
    netmasks,
    overlapping,
    plan_subnets,
    read_netmask,
    suggest,
)


def code(cidr: str) -> str:
    with pytest.raises(Refused) as raised:
        plan_subnets(cidr)
    assert raised.value.field == "vpc_cidr"
    assert raised.value.text
    assert raised.value.next_step
    return raised.value.code


# Source: the layout of the vendor's public code, worked out for each mask.
@pytest.mark.parametrize(
    ("cidr", "private", "public", "usable_each"),
    [
        ("10.0.0.0/16", ("10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"), "10.0.254.0/24", 16379),
        ("10.0.0.0/17", ("10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"), "10.0.127.0/25", 8187),
        ("10.0.0.0/18", ("10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"), "10.0.63.128/26", 4091),
        ("10.0.0.0/19", ("10.0.0.0/21", "10.0.8.0/21", "10.0.16.0/21"), "10.0.31.192/27", 2043),
        ("10.0.0.0/20", ("10.0.0.0/22", "10.0.4.0/22", "10.0.8.0/22"), "10.0.15.224/28", 1019),
    ],
)
def test_each_mask_is_cut_up_as_documented(cidr: str, private: tuple[str, ...], public: str, usable_each: int) -> None:
    plan = plan_subnets(cidr)
    assert (plan.private, plan.public, plan.usable_each) == (private, public, usable_each)
    assert plan.usable == 3 * usable_each
    assert not plan.is_estimate


@pytest.mark.parametrize("netmask", netmasks())
def test_map_covers_the_network_without_gaps_and_in_its_order(netmask: int) -> None:
    plan = plan_subnets(f"172.16.0.0/{netmask}")
    assert [part.kind for part in plan.parts] == ["private", "private", "private", "free", "public", "free"]
    place = 0.0
    for part in plan.parts:
        assert part.start == place
        assert part.label
        place += part.share
    assert place == 1
    assert sum(part.addresses for part in plan.parts) == plan.addresses == 2 ** (32 - netmask)


def test_parts_are_labeled_with_what_fits_in_them() -> None:
    plan = plan_subnets("10.0.0.0/16")
    assert plan.parts[0].label == "Private subnet 1: 10.0.0.0/18, 16,379 usable addresses"
    assert plan.parts[3].label == "Free: 15,872 addresses"
    assert plan.parts[4].label == "Public subnet: 10.0.254.0/24, 251 usable addresses"


def test_subnets_are_legal_in_aws_for_every_mask_on_offer() -> None:
    for netmask in netmasks():
        plan = plan_subnets(f"192.168.0.0/{netmask}")
        for cidr in (*plan.private, plan.public):
            assert 16 <= ipaddress.ip_network(cidr).prefixlen <= 28


@pytest.mark.parametrize("cidr", ["10.255.0.0/16", "172.31.240.0/20", "192.168.0.0/16", " 10.0.0.0/16\n"])
def test_private_networks_are_taken_with_blanks_around_them(cidr: str) -> None:
    assert plan_subnets(cidr).cidr == cidr.strip()


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        ("", "netmask_empty"),
        ("   ", "netmask_empty"),
        ("10.0.0.0", "netmask_no_mask"),
        ("/16", "netmask_shape"),
        ("10.0.0.0/", "netmask_shape"),
        ("10.0.0/16", "netmask_shape"),
        ("10.0.0.0/255.255.0.0", "netmask_shape"),
        ("10.0.0.0/0.0.255.255", "netmask_shape"),
        ("10.0.0.0/33", "netmask_shape"),
        ("10.0.0.0/-1", "netmask_shape"),
        ("10.0.0.0/١٦", "netmask_shape"),
        ("10.00.0.0/16", "netmask_shape"),
        ("10.0.0.256/16", "netmask_shape"),
        ("fd00::/16", "netmask_ipv6"),
        ("::/0", "netmask_ipv6"),
        ("10.0.0.0/8", "netmask_too_large"),
        ("10.0.0.0/15", "netmask_too_large"),
        ("10.0.0.0/21", "netmask_too_small"),
        ("10.0.0.0/28", "netmask_too_small"),
        ("10.0.0.0/32", "netmask_too_small"),
        ("10.0.1.0/16", "netmask_host_bits"),
        ("10.0.8.0/20", "netmask_host_bits"),
        ("8.8.0.0/16", "netmask_public_addresses"),
        ("172.32.0.0/16", "netmask_public_addresses"),
        ("172.15.0.0/16", "netmask_public_addresses"),
        ("100.64.0.0/16", "netmask_public_addresses"),
        ("192.169.0.0/16", "netmask_public_addresses"),
    ],
)
def test_what_is_no_network_for_this_is_refused_with_the_reason(cidr: str, expected: str) -> None:
    assert code(cidr) == expected


def test_refusals_say_what_would_be_right() -> None:
    with pytest.raises(Refused) as raised:
        plan_subnets("10.0.1.7/16")
    assert "10.0.0.0/16" in raised.value.next_step
    with pytest.raises(Refused) as raised:
        plan_subnets("10.0.0.0/21")
    assert "/29" in raised.value.text


def test_long_nonsense_is_not_repeated_whole() -> None:
    with pytest.raises(Refused) as raised:
        plan_subnets("x" * 5000 + "/16")
    assert len(raised.value.text) < 300


# --- a mask alone, for a console that does the cutting


@pytest.mark.parametrize(("text", "netmask"), [("/16", 16), ("16", 16), (" /28 ", 28), ("/24", 24)])
def test_any_mask_that_aws_has_a_vpc_for_is_taken(text: str, netmask: int) -> None:
    assert read_netmask(text) == netmask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "netmask_empty"),
        ("10.0.0.0/16", "netmask_mask_shape"),
        ("large", "netmask_mask_shape"),
        ("/15", "netmask_not_aws"),
        ("/29", "netmask_not_aws"),
    ],
)
def test_only_what_cannot_be_is_refused_of_a_mask(text: str, expected: str) -> None:
    with pytest.raises(Refused) as raised:
        read_netmask(text)
    assert (raised.value.code, raised.value.field) == (expected, "netmask")


def test_estimate_says_so_and_ends_where_the_rule_does() -> None:
    estimated = estimate(18)
    assert estimated is not None
    assert estimated.is_estimate
    assert estimated.usable_each == 4091
    assert estimate(21) is None


# --- overlaps


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ("10.0.0.0/16", True),
        ("10.0.255.0/24", True),
        ("10.0.0.0/8", True),
        ("10.1.0.0/16", False),
        ("172.31.0.0/16", False),
        ("fd00::/56", False),
        ("unreadable", False),
    ],
)
def test_overlap_is_found_whichever_of_the_two_is_larger(other: str, overlaps: bool) -> None:
    network = Network(other, "vpc-1")
    assert overlapping("10.0.0.0/16", [network]) == ((network,) if overlaps else ())


def test_a_free_network_is_suggested() -> None:
    taken = [Network("10.0.0.0/15", "vpc-1"), Network("10.2.128.0/20", "vpc-2"), Network("nonsense", "vpc-3")]
    assert suggest(16, taken) == "10.3.0.0/16"
    assert suggest(20, taken) == "10.2.0.0/20"
    assert suggest(16, [Network("10.0.0.0/8", "vpc-1")]) is None
