"""Regions: known codes, and the enabled few."""

import pytest

from activation.domain.errors import Refused
from activation.domain.regions import REGIONS, check_region, outside_partition

ENABLED = ("us-west-2", "eu-central-1")


def test_an_enabled_region_is_taken_without_blanks() -> None:
    assert check_region(" us-west-2\n", ENABLED) == "us-west-2"
    assert REGIONS["us-west-2"] == "Oregon"


def test_regions_of_other_partitions_are_told_from_those_that_work() -> None:
    others = tuple(code for code in REGIONS if outside_partition([code]))
    assert others == ("us-gov-east-1", "us-gov-west-1", "cn-north-1", "cn-northwest-1")
    assert outside_partition(["us-iso-east-1", "us-isob-east-1", "us-west-2", "ca-central-1"]) == (
        "us-iso-east-1",
        "us-isob-east-1",
    )


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "region_empty", "Choose"),
        (
            "us-east-1",
            "region_not_enabled",
            "us-east-1 (N. Virginia) is not enabled here; enabled: eu-central-1, us-west-2",
        ),
        ("us-west-2a", "region_zone", "without the last letter: us-west-2"),
        ("US-WEST-2", "region_shape", "us-west-2"),
        ("Oregon", "region_shape", "Oregon"),
        ("us-west-9", "region_unknown", "us-west-9"),
        ("us-west-\uff12", "region_shape", "not the code"),
        ('"us-west-2"', "region_shape", "not the code"),
        ("x" * 2_000_000, "region_shape", "…"),
    ],
)
def test_another_region_is_refused_with_a_reason(text: str, code: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        check_region(text, ENABLED)
    assert (refused.value.code, refused.value.field) == (code, "aws_region")
    assert words in str(refused.value)
    assert len(str(refused.value)) < 300
