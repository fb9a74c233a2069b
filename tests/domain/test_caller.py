"""Whom a limit takes for one caller."""

import pytest

from activation.domain.caller import counted_as


def test_all_addresses_of_one_ipv6_subscriber_count_as_one() -> None:
    assert counted_as("2001:db8:0:7::1") == counted_as("2001:db8:0:7:ffff:1:2:3") != counted_as("2001:db8:0:8::1")


def test_ipv4_addresses_count_singly_however_they_are_written() -> None:
    assert counted_as("192.0.2.1") == counted_as("::ffff:192.0.2.1") != counted_as("::ffff:192.0.2.2")


@pytest.mark.parametrize("strange", ["", "unknown", "192.0.2.1:80"])
def test_what_is_no_address_counts_as_it_is_written(strange: str) -> None:
    assert counted_as(strange) == strange


def test_an_interface_behind_an_address_changes_nothing() -> None:
    assert counted_as("fe80::1%eth0") == counted_as("fe80::2")
