"""The moments at which something strikes: each boundary of an account, inside each of its creations, or any moment."""

import time
from collections.abc import Iterator
from random import Random

from activation.models import Run
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.real.engine import RESOURCES, wait_for

# Random moments of one round of the long form.
MOMENTS = 30
# An apply is over by then, on a machine that has nothing else to do.
APPLY_SECONDS = 8.0


def boundaries(bench: Bench, scenario: Scenario, *, need: int = 1) -> Iterator[Run]:
    """Yield a run at each boundary of an account: 0 to 10 finished and standing still, and just after the eleventh.

    In CI's slice at one of them, wherever the present account stands with at least `need` before it.
    """
    if not scenario.is_long:
        yield bench.held(need=need)
        return
    bench.finish_present()
    for finished in range(RESOURCES):
        run = bench.held()
        bench.advance(run, finished - bench.in_aws())
        yield run
    run = bench.held()
    bench.make_the_last(run)
    yield run


def creations(bench: Bench, scenario: Scenario) -> Iterator[Run]:
    """Yield a run inside each of an account's creations: AWS has carried it out, Terraform has not heard of it."""
    if not scenario.is_long:
        run = bench.held()
        bench.step_inside()
        yield run
        return
    bench.finish_present()
    for made in range(RESOURCES):
        run = bench.held()
        assert bench.in_aws() == made
        bench.step_inside()
        yield run


def random_moments(bench: Bench, scenario: Scenario, chance: Random) -> Iterator[Run]:
    """Yield a run at any moment of its apply, however far it has come."""
    for _ in range(MOMENTS if scenario.is_long else 1):
        run = bench.planned()
        bench.approve(run)
        moment = time.monotonic() + chance.uniform(0.2, APPLY_SECONDS)
        wait_for(lambda moment=moment: time.monotonic() > moment, seconds=PATIENCE, what="the moment")
        yield run
