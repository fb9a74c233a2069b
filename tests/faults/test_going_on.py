"""What freezes, leaves, floods or is not there for a while: the run goes on, nothing twice, no line missing."""

import os
import signal
import time

import redis

from activation.dispatch import SHIP_RUN, START_RUN, send, ship_queue
from activation.models import LogLine, Run
from tests.faults import promises
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.faults.database import locked, without_table, written_together
from tests.real.engine import NODE, wait_for

MESSAGES = 200
MESSAGES_LONG = 1000
LOCKED_SECONDS = 3
# Longer than a connection waits for SQLite's lock.
LOCKED_SECONDS_LONG = 60
WRITERS = 20


def goes_on(bench: Bench, scenario: Scenario, run: Run, since: float) -> None:
    """Hold that the run survived, and note when it was seen to."""
    bench.goes_on(run)
    scenario.noticed(since)


def test_sigstop_of_a_worker_beyond_its_lease(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held()
        frozen = bench.living()[0]
        os.killpg(frozen.pid, signal.SIGSTOP)
        try:
            since = time.monotonic()
            other = bench.start_worker()
            epoch = Run.objects.get(pk=run.pk).lease_epoch
            wait_for(
                lambda run=run, epoch=epoch: Run.objects.get(pk=run.pk).lease_epoch > epoch,
                seconds=PATIENCE,
                what="another worker has the lease",
            )
            bench.advance(run)
            scenario.noticed(since)
        finally:
            os.killpg(frozen.pid, signal.SIGCONT)
        goes_on(bench, scenario, run, since)
        bench.kill(other)


def test_a_deployment_in_mid_apply_twice(bench: Bench, scenario: Scenario) -> None:
    """SIGTERM to the worker, as a deployment sends it, and a new one beside it."""
    for _ in scenario.each_round():
        run = bench.held(need=2)
        for _ in range(2):
            since = time.monotonic()
            leaving = bench.living()[0]
            leaving.send_signal(signal.SIGTERM)
            bench.start_worker()
            assert leaving.wait(timeout=PATIENCE) == 0
            goes_on(bench, scenario, run, since)


def test_messages_delivered_many_times_to_four_workers(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held()
        more = [bench.start_worker(concurrency=2) for _ in range(3)]
        since = time.monotonic()
        for number in range(MESSAGES_LONG if scenario.is_long else MESSAGES):
            if number % 2:
                send(START_RUN, run.pk, "start")
            else:
                send(SHIP_RUN, run.pk, ship_queue(NODE))
        broker = redis.Redis(unix_socket_path=str(bench.valkey.unix_socket_path))
        goes_on(bench, scenario, run, since)
        wait_for(
            lambda broker=broker: not broker.llen("start") and not broker.llen(ship_queue(NODE)),
            seconds=PATIENCE,
            what="all messages were taken",
        )
        for worker in more:
            bench.kill(worker)


def test_messages_lost(bench: Bench, scenario: Scenario) -> None:
    """The broker forgets everything: the message that would begin the apply, and what workers told it of queues."""
    for _ in scenario.each_round():
        run = bench.planned()
        bench.hold_creations()
        for worker in bench.living():
            bench.kill(worker)
        since = time.monotonic()
        bench.approve(run)
        redis.Redis(unix_socket_path=str(bench.valkey.unix_socket_path)).flushall()
        bench.bring_up()
        wait_for(bench.stands_still, seconds=PATIENCE, what="the apply has begun")
        scenario.noticed(since)
        redis.Redis(unix_socket_path=str(bench.valkey.unix_socket_path)).flushall()
        goes_on(bench, scenario, run, since)


def test_messages_late(bench: Bench, scenario: Scenario) -> None:
    """Messages of runs that have moved on, and of one that has ended, change nothing."""
    for _ in scenario.each_round():
        run = bench.held()
        others = Run.objects.exclude(pk=run.pk).values_list("pk", "status", "lines")
        before = list(others)
        since = time.monotonic()
        for pk in (run.pk, *(pk for pk, _, _ in before)):
            send(START_RUN, pk, "start")
            send(SHIP_RUN, pk, ship_queue(NODE))
        goes_on(bench, scenario, run, since)
        assert list(others) == before


def test_the_database_is_locked(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held(need=2)
        before = len(promises.completed(run))
        with locked(LOCKED_SECONDS_LONG if scenario.is_long else LOCKED_SECONDS):
            bench.simulator.release(1, when="before")
            bench.simulator.release(1, when="after")
        arrives(bench, scenario, run, before)


def arrives(bench: Bench, scenario: Scenario, run: Run, before: int) -> None:
    """Hold that what could not be written is written now, and that the run goes on."""
    since = time.monotonic()
    wait_for(lambda: len(promises.completed(run)) > before, seconds=PATIENCE, what="the line is there")
    scenario.noticed(since)
    bench.goes_on(run)


def test_the_database_refuses(bench: Bench, scenario: Scenario) -> None:
    """Every write of the log fails for a while."""
    for _ in scenario.each_round():
        run = bench.held(need=2)
        before = len(promises.completed(run))
        with without_table(LogLine._meta.db_table):
            bench.simulator.release(1, when="before")
            bench.simulator.release(1, when="after")
            ends = time.monotonic() + (LOCKED_SECONDS_LONG if scenario.is_long else LOCKED_SECONDS)
            wait_for(lambda ends=ends: time.monotonic() > ends, seconds=PATIENCE, what="a while")
        arrives(bench, scenario, run, before)


def test_twenty_writers_at_once(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held()
        since = time.monotonic()
        writing = written_together(WRITERS, each=5, organization=bench.owner.organization, actor=bench.actor)
        goes_on(bench, scenario, run, since)
        writing()
