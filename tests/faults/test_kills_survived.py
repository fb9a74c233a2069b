"""What dies, and the run does not even notice: it goes on, nothing twice, no line missing."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable

import pytest
import redis

from activation.models import Run
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.faults.database import locked
from tests.faults.moments import boundaries, creations, random_moments
from tests.faults.test_kills import ENDS, LOST, provider, supervisor, terraform
from tests.faults.web import Web
from tests.real.engine import RESOURCES, wait_for

Strike = Callable[[Bench], None]


def worker_child(bench: Bench) -> None:
    bench.strike(bench.children(bench.living()[0]))


def worker(bench: Bench) -> None:
    for each in bench.living():
        bench.strike([each.pid])
        each.wait()


def beat(bench: Bench) -> None:
    assert bench.beat is not None
    bench.strike([bench.beat.pid])
    bench.beat.wait()


def valkey(bench: Bench) -> None:
    bench.kill_valkey()


def survives(bench: Bench, scenario: Scenario, run: Run, strike: Strike) -> None:
    """Hold that a run goes on while what died is started again, and note when it was seen to."""
    had_all = bench.in_aws() == RESOURCES
    since = time.monotonic()
    strike(bench)
    bench.bring_up()
    assert redis.Redis(unix_socket_path=str(bench.valkey.unix_socket_path)).ping()
    if had_all and not bench.simulator.held():
        bench.finish(run)
    else:
        bench.goes_on(run)
    scenario.noticed(since)


def test_sigkill_of_the_worker_child(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario):
            survives(bench, scenario, run, worker_child)


@pytest.mark.long_form
def test_sigkill_of_the_worker_child_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            survives(bench, scenario, run, worker_child)


def test_sigkill_of_the_worker(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario):
            survives(bench, scenario, run, worker)


@pytest.mark.long_form
def test_sigkill_of_the_worker_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            survives(bench, scenario, run, worker)


def test_sigkill_of_beat(bench: Bench, scenario: Scenario) -> None:
    """The run goes on without it; it is started again afterwards."""
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario):
            since = time.monotonic()
            beat(bench)
            if bench.in_aws() < RESOURCES:
                bench.goes_on(run)
                scenario.noticed(since)
            else:
                survives(bench, scenario, run, lambda bench: None)


@pytest.mark.long_form
def test_sigkill_of_beat_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            survives(bench, scenario, run, beat)


@pytest.mark.long_form
def test_sigkill_of_beat_and_the_worker_child(bench: Bench, scenario: Scenario) -> None:
    """Nobody ships and nobody sweeps, until beat is there again."""

    def both(bench: Bench) -> None:
        beat(bench)
        worker_child(bench)

    for _ in scenario.each_round():
        for run in boundaries(bench, scenario):
            survives(bench, scenario, run, both)


def test_sigkill_of_valkey(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in boundaries(bench, scenario):
            survives(bench, scenario, run, valkey)


@pytest.mark.long_form
def test_sigkill_of_valkey_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        for run in creations(bench, scenario):
            survives(bench, scenario, run, valkey)


@pytest.mark.long_form
def test_sigkill_of_any_one_process_at_a_random_moment(bench: Bench, scenario: Scenario) -> None:
    """Those that a run needs end it with a reason; the others it does not even notice."""

    def web(bench: Bench) -> None:
        server.kill()

    needed: tuple[Callable[[Bench, Run], None], ...] = (terraform, provider, supervisor)
    others: tuple[Strike, ...] = (worker_child, worker, beat, valkey, web)
    for chance in scenario.each_round():
        with contextlib.closing(Web(bench)) as server:
            for run in random_moments(bench, scenario, chance):
                server.sign_in(bench.owner.user)
                number = chance.randrange(len(needed) + len(others))
                since = time.monotonic()
                if number < len(needed):
                    needed[number](bench, run)
                    ended = bench.ended(run, "applied", LOST, ENDS)
                else:
                    others[number - len(needed)](bench)
                    ended = bench.ended(run, "applied")
                scenario.noticed(since)
                if server.has_died():
                    server.start()
                assert server.glance_at(ended) == 200
                if ended.status == "applied":
                    bench.finish(ended)
                else:
                    bench.recover(ended)


def web_killed(bench: Bench, scenario: Scenario, moments: Iterable[Run]) -> None:
    """Kill the web server with a person's page of the run under way; started again, it shows it to the same session."""
    with contextlib.closing(Web(bench)) as web:
        for run in moments:
            web.sign_in(bench.owner.user)
            asking = threading.Thread(target=web.glance_at, args=(run,))
            asking.start()
            web.wait_until_asked()
            since = time.monotonic()
            web.kill()
            asking.join()
            survives(bench, scenario, run, lambda bench: None)
            scenario.detections[-1] = time.monotonic() - since
            web.start()
            assert web.glance_at(run) == 200


@pytest.mark.long_form
def test_sigkill_of_web(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        web_killed(bench, scenario, boundaries(bench, scenario))


@pytest.mark.long_form
def test_sigkill_of_web_inside_a_creation(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        web_killed(bench, scenario, creations(bench, scenario))


def test_sigkill_of_web_with_an_approval_in_flight(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.planned()
        bench.hold_creations()
        with contextlib.closing(Web(bench)) as web:
            web.sign_in(bench.owner.user)
            web.look_at(run)
            with locked():
                asking = threading.Thread(target=web.approve, args=(run,))
                asking.start()
                web.wait_until_asked()
                since = time.monotonic()
                web.kill()
            asking.join()
            assert Run.objects.get(pk=run.pk).status == "planned"
            web.start()
            assert web.approve(run) == 302
        wait_for(bench.stands_still, seconds=PATIENCE, what="a creation is held")
        bench.goes_on(run)
        scenario.noticed(since)
