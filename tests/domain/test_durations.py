"""Durations in words."""

import pytest

from activation.domain.durations import spoken


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (45, "45 seconds"),
        (60, "a minute"),
        (90, "90 seconds"),
        (1800, "30 minutes"),
        (3600, "an hour"),
        (7200, "120 minutes"),
        (10800, "3 hours"),
    ],
)
def test_a_duration_is_said_in_the_largest_unit_that_divides_it(seconds: int, words: str) -> None:
    assert spoken(seconds) == words
