"""A simulator of its own for each test of the engine, and an engine beside it."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from activation.simulator.client import Simulator
from tests.real.engine import Engine
from tests.real.regions import Prepared, prepare
from tests.simulator.conftest import end, start_simulator
from tests.tools import demand


@pytest.fixture(autouse=True)
def terraform() -> str:
    """Demand the real Terraform for everything here."""
    return demand("terraform")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """Run a simulator in which nothing was done yet."""
    process = start_simulator(tmp_path / "aws")
    yield Simulator.from_directory(tmp_path / "aws")
    end(process)


@pytest.fixture
def engine(transactional_db: None, valkey: None, simulator: Simulator, tmp_path: Path) -> Iterator[Engine]:
    """Return an engine without a worker; what it started ends with the test."""
    built = Engine(simulator, tmp_path)
    yield built
    built.stop()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Make the roles of step 2 once; each test of a region goes on from there with a simulator of its own.

    Processes that share a session share them: whoever is first makes them, the others wait.
    """
    own = tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (common / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return prepare(common / "prepared")
