"""The end of an installation, where a run is being started just then."""

import base64
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from activation.management.data_directory import DataDirectory
from activation.management.processes import Program, Programs
from activation.management.stopping import Shutdown
from activation.runner import control as controls
from activation.runner import lock
from activation.services.installation import broker
from tests.management.running import wait_for


class Workers(Programs):
    """Programs of which the workers alone count; one of them finishes a start before it ends."""

    def __init__(self, data: DataDirectory) -> None:
        self.data, self.alive = data, False
        self.control = data.runs().control("run-0123456789abcdef", "apply")
        self.stopped_for, self.asked_first = "", False

    def is_alive(self, name: str) -> bool:
        return self.alive

    def names(self) -> list[str]:
        return []

    def look_after(self) -> None:
        """Nothing to start again."""

    def end(self, *names: str, patient: Callable[[], None] = lambda: None) -> None:
        if "web" in names:
            self.asked_first = bool(controls.stop_requested(self.control))
        if "runs" in names:
            self.alive = False
            self.start_terraform()

    def start_terraform(self) -> None:
        """Let a run live until it is asked to stop, where there was none yet."""
        if self.control.exists():
            return
        self.control.mkdir(parents=True)
        handle = os.open(self.control / lock.NAME, os.O_RDWR | os.O_CREAT)
        fcntl.flock(handle, fcntl.LOCK_EX)

        def live() -> None:
            ends = time.monotonic() + 10
            while time.monotonic() < ends and not self.stopped_for:
                self.stopped_for = controls.stop_requested(self.control)
                time.sleep(0.05)
            os.close(handle)

        threading.Thread(target=live, daemon=True).start()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    data = DataDirectory(tmp_path, work=str(tmp_path / "work"))
    yield Workers(data)
    assert not data.living_runs()


def end(workers: Workers, *, broker: str = "") -> list[str]:
    said: list[str] = []
    Shutdown(
        data=workers.data, programs=workers, broker=broker, node="here", say=said.append, impatience=lambda: False
    ).run()
    return said


def test_a_run_that_was_being_started_is_stopped_before_all_has_ended(workers: Workers) -> None:
    said = end(workers)
    assert workers.stopped_for == "shutdown"
    assert said[0] == "Terraform of run-0123456789abcdef is stopping and saves its state (0 s)…"


def test_terraform_is_asked_to_stop_before_anything_else_is_waited_for(workers: Workers) -> None:
    workers.start_terraform()
    end(workers)
    assert workers.asked_first


@pytest.mark.parametrize("name", ["web", "control", "valkey"])
def test_a_second_ctrl_c_is_heard_whatever_is_being_ended(name: str, tmp_path: Path) -> None:
    data, said = DataDirectory(tmp_path, work=str(tmp_path / "work")), list[str]()
    lock_of_all = os.open(tmp_path / "processes.lock", os.O_RDWR | os.O_CREAT)
    programs = Programs(environment={"PATH": "/usr/bin:/bin"}, logs=None, lock=lock_of_all, echo=False, say=said.append)
    stubborn = f"trap '' TERM; touch {tmp_path}/ready; while true; do sleep 0.1; done"
    programs.start(Program(name, ("/bin/bash", "-c", stubborn), grace=30))
    wait_for((tmp_path / "ready").exists, 10, "the program started")
    began = time.monotonic()
    Shutdown(
        data=data,
        programs=programs,
        broker="redis://127.0.0.1:1",
        node="here",
        say=said.append,
        impatience=lambda: time.monotonic() > began + 0.2,
    ).run()
    assert said[-1] == "Ending at once. No Terraform runs; nothing is lost."
    assert time.monotonic() - began < 10
    fcntl.flock(lock_of_all, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert programs.names() == []


def test_no_run_is_started_any_more_also_where_none_runs_yet(workers: Workers, valkey: None) -> None:
    workers.alive = True
    with broker().pubsub() as orders:
        orders.psubscribe("*pidbox*")
        end(workers, broker=settings.BROKER_URL)
        heard = [message["data"] for _ in range(4) if (message := orders.get_message(timeout=1))]
    (order,) = [json.loads(each) for each in heard if isinstance(each, bytes)]
    asked = json.loads(base64.b64decode(order["body"]))
    assert (asked["method"], asked["arguments"]["queue"], asked["destination"]) == (
        "cancel_consumer",
        "start",
        ["runs@here"],
    )
