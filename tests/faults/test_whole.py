"""After all of it: one approval more, and everything stands as if nothing had happened. Stands last on purpose."""

from tests.faults.bench import Bench
from tests.faults.conftest import Scenario


def test_the_last_recover_ends_whole(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        bench.planned()
        bench.finish_present()
