"""A running simulator for the tests, and clients that speak to it as the AWS SDK does."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from activation.simulator.client import Simulator

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60

Start = Callable[..., "subprocess.Popen[str]"]
Connect = Callable[..., Any]


def start_simulator(directory: Path, *more: str, **options: Any) -> "subprocess.Popen[str]":
    """Start a simulator and wait until it is ready."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        [sys.executable, "-m", "activation.simulator", "--directory", str(directory), *more],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        **options,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(START_SECONDS)
        raise AssertionError(f"the simulator ended with {process.returncode} before it was ready")
    process.ready = json.loads(line)  # type: ignore[attr-defined]
    return process


def end(process: "subprocess.Popen[str]") -> None:
    """End a simulator of ours and collect it."""
    if process.poll() is None:
        process.terminate()
    process.wait(30)
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Start simulators that end with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(directory: Path, *more: str, **options: Any) -> "subprocess.Popen[str]":
        process = start_simulator(directory, *more, **options)
        started.append(process)
        return process

    yield begin
    for process in started:
        end(process)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One simulator for all tests that do not need one of their own."""
    directory = tmp_path_factory.mktemp("simulator")
    process = start_simulator(directory)
    yield Simulator.from_directory(directory)
    end(process)


@pytest.fixture
def simulator(shared: Simulator) -> Iterator[Simulator]:
    """The shared simulator, without faults and with its settings as they are at first."""
    shared.clear()
    yield shared
    shared.clear()


@pytest.fixture
def identities(simulator: Simulator) -> dict[str, Any]:
    """The demo identities of the shared simulator."""
    return simulator.identities()


@pytest.fixture
def connect_to(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make a boto3 client for (endpoint, service, key)."""
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    return client


@pytest.fixture
def connect(simulator: Simulator, connect_to: Connect) -> Connect:
    """Make a boto3 client for (service, key) of the shared simulator."""
    return lambda service, key, **more: connect_to(simulator.endpoint, service, key, **more)


def client(
    endpoint: str,
    service: str,
    key: dict[str, str],
    *,
    region: str = "us-west-2",
    attempts: int = 1,
    read_timeout: float = 60,
) -> Any:
    """Return a boto3 client for one of the simulator's keys."""
    return _client(
        endpoint,
        service,
        (key["access_key_id"], key["secret_access_key"], key["session_token"] or None),
        region,
        attempts,
        read_timeout,
    )


@functools.cache
def _client(
    endpoint: str, service: str, key: tuple[str, str, str | None], region: str, attempts: int, read_timeout: float
) -> Any:
    """Make one once: that takes longer than most of its calls."""
    access_key_id, secret_access_key, session_token = key
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
        config=Config(
            retries={"total_max_attempts": attempts},
            read_timeout=read_timeout,
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"},
        ),
    )
