"""What freezes, leaves, floods or is not there for a while: the run goes on, nothing twice, no line missing."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from celery import current_app
from django.db.models import Model

from activation.dispatch import SHIP_RUN, START_RUN, send, ship_queue
from activation.domain.events import Kind
from activation.models import Event, LogLine, Run
from tests.faults import promises
from tests.faults.bench import PATIENCE, Bench
from tests.faults.conftest import Scenario
from tests.faults.database import locked, without_table, written_together
from tests.real.engine import NODE, wait_for

FOUR = 4
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


@contextmanager
def frozen(workers: "list[subprocess.Popen[bytes]]") -> Iterator[None]:
    """Let workers stand still with all their processes for a while."""
    for worker in workers:
        os.killpg(worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.killpg(worker.pid, signal.SIGCONT)


def deliver(run: Run, messages: int) -> None:
    """Send messages of a run: every other one would start it."""
    for number in range(messages):
        if number % 2:
            send(SHIP_RUN, run.pk, ship_queue(NODE))
        else:
            send(START_RUN, run.pk, "start")


def test_messages_delivered_many_times_to_four_workers(bench: Bench, scenario: Scenario) -> None:
    """Half of them wait when an approved run may begin, and all four workers go for it at once; the rest come later."""
    half = (MESSAGES_LONG if scenario.is_long else MESSAGES) // 2
    for _ in scenario.each_round():
        bench.bring_up()
        more = [bench.start_worker(concurrency=2) for _ in range(FOUR - len(bench.living()))]
        run = bench.planned(need=2)
        bench.hold_creations()
        wait_for(lambda: answering() == FOUR, seconds=PATIENCE, what="four workers answer")
        since = time.monotonic()
        with frozen(bench.living()):
            bench.approve(run)
            deliver(run, half)
        wait_for(bench.stands_still, seconds=PATIENCE, what="the apply has begun")
        deliver(run, half)
        goes_on(bench, scenario, run, since)
        broker = redis.Redis(unix_socket_path=str(bench.valkey.unix_socket_path))
        wait_for(
            lambda broker=broker: not broker.llen("start") and not broker.llen(ship_queue(NODE)),
            seconds=PATIENCE,
            what="all messages were taken",
        )
        assert Event.objects.filter(run_id=run.pk, kind=Kind.RUN_APPLY_STARTED).count() == 1
        if scenario.is_long:
            bench.finish(run)
        for worker in more:
            bench.kill(worker)


def answering() -> int:
    """Return how many workers answer."""
    return len(current_app.control.broadcast("ping", reply=True, timeout=1, limit=FOUR) or ())


def test_sigstop_of_a_worker_beyond_its_lease(bench: Bench, scenario: Scenario) -> None:
    for _ in scenario.each_round():
        run = bench.held()
        with frozen(bench.living()):
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
    """Every write of the log fails for a while; and in the long form whatever reads or writes a run, its lease too."""
    tables: tuple[type[Model], ...] = (LogLine, Run) if scenario.is_long else (LogLine,)
    for _ in scenario.each_round():
        for table in tables:
            run = bench.held(need=2)
            before = len(promises.completed(run))
            with without_table(table._meta.db_table):
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
