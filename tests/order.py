"""Which tests begin first: each of several processes starts with its share of what takes long, and ends with what does
not, so that at the end none of them waits for another.
"""

import os
from collections.abc import Sequence

import pytest

# Seconds, roughly, on two cores; a folder's are those of what is not named by itself. Tests of one line stay together:
# they share a portal or a simulator that takes long to start.
LONG = {
    "tests/browser/": 300,
    "tests/real/": 270,
    "tests/real/test_walkthrough.py": 170,
    "tests/management/": 150,
    "tests/real/test_region_package.py": 80,
    "tests/real/test_region_run.py": 50,
}


def dealt(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in an order of which each process of pytest-xdist gets a piece (`--dist worksteal`)."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes == 1:
        return list(items)
    shares: list[list[pytest.Item]] = [[] for _ in range(processes)]
    seconds = [0] * processes
    for name in sorted(LONG, key=lambda each: -LONG[each]):
        least = seconds.index(min(seconds))
        seconds[least] += LONG[name]
        shares[least] += [item for item in items if line_of(item) == name]
    light = [item for item in items if not line_of(item)]
    dealt: list[pytest.Item] = []
    for number, share in enumerate(shares):
        # As pytest-xdist cuts them.
        size = (len(items) - len(dealt)) // (processes - number)
        missing = max(0, size - len(share))
        dealt += share + light[:missing]
        light = light[missing:]
    return dealt + light


def line_of(item: pytest.Item) -> str:
    """Return the longest line of the table that a test belongs to; empty for what takes no time."""
    return max((name for name in LONG if item.nodeid.startswith(name)), key=len, default="")
