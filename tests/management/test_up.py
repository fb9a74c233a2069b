"""`manage.py up`, with all its real processes: how it starts, goes on, and ends without a trace."""

import json
import os
import pty
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from activation.runner import lock, process, workspace
from activation.runner.sandbox import Confinement
from activation.runner.spec import Command, Spec
from tests.management.running import OF_THE_MACHINE, ROOT, Up, environment, processes_of, wait_for

# On a machine that has nothing else to do.
FIRST_PAGE_SECONDS = 20
SIGN_INS = re.compile(r"^  (owner|operator|admin|auditor|installation administrator) +(\S+@\S+) +(\S+)$", re.MULTILINE)
Start = Callable[..., Up]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a way to start `up` on a directory of this test's own."""
    started: list[Up] = []

    def begin(*words: str, data: str = "data", answer: str = "") -> Up:
        started.append(Up(tmp_path / data, *words, answer=answer))
        return started[-1]

    yield begin
    for one in started:
        one.clean_up()


def others_at_work() -> float:
    """Return how many processes want each processor, so how much longer everything takes; 1 where nobody else does."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def simulator_port(data: Path) -> int:
    return int(json.loads((data / "simulator" / "simulator.json").read_text())["port"])


def test_demo_shows_its_first_page_soon_and_ctrl_c_leaves_nothing(start: Start) -> None:
    up = start("--demo", "--port", "0")
    assert up.wait_until_up() < FIRST_PAGE_SECONDS * others_at_work()
    sign_ins = SIGN_INS.findall(up.said())
    assert {label for label, _, _ in sign_ins} == {
        "owner",
        "operator",
        "admin",
        "auditor",
        "installation administrator",
    }
    keys = (up.data / "simulator" / "terraform.tfvars").read_text()
    assert str(up.data / "simulator" / "terraform.tfvars") in up.said()
    assert re.search(r'^aws_session_token += ".+"$', keys, re.MULTILINE)
    other = (up.data / "simulator" / "northwind-search.tfvars").read_text()
    assert str(up.data / "simulator" / "northwind-search.tfvars") in up.said()
    assert "AKIA" in other and "aws_session_token" not in other, "Zilliz's package takes no session token"
    assert re.search(r"Acme Vectors +AWS account \d{12}", up.said())

    living = processes_of(up.data)
    for part in ("granian", "runs@", "control@", " beat ", "valkey-server", "activation.simulator"):
        assert any(part in line for line in living.values()), part
    secrets = [(up.data / "keys" / name).read_text().strip() for name in ("secret.key", "master.keys")]
    for pid in living:
        have = Path(f"/proc/{pid}/environ").read_bytes().decode()
        assert not [name for name in OF_THE_MACHINE if f"{name}=" in have]
        assert not [secret for secret in secrets if secret in have]
    for path in (up.data / "keys").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert (up.data / "portal.sqlite3").stat().st_mode & 0o777 == 0o600

    second = start("--demo", "--port", "0")
    assert second.end() == 1
    assert f"process {up.process.pid} at {up.address}" in second.said()

    up.signal(signal.SIGINT)
    assert up.end() == 0
    assert processes_of(up.data) == {}
    assert "Everything has ended." in up.said()


def test_after_a_kill_nothing_lives_on_the_next_start_goes_on_and_reset_asks_before_it_deletes(start: Start) -> None:
    first = start("--demo", "--port", "0")
    first.wait_until_up()
    people, port = SIGN_INS.findall(first.said()), simulator_port(first.data)
    first.process.kill()
    first.process.wait()

    # At once: it must wait for what the first one left, not trip over it.
    second = start("--demo", "--port", "0")
    second.wait_until_up()
    assert SIGN_INS.findall(second.said()) == people
    assert simulator_port(second.data) == port
    refused = start("--reset", "--yes", "--port", "0")
    assert refused.end() == 1
    assert "already runs" in refused.said()
    second.process.kill()
    second.process.wait()
    wait_for(lambda: not processes_of(second.data), 8, "no process of a killed `up`")

    key = (second.data / "keys" / "secret.key").read_text()
    wrong = start("--reset", "--port", "0", answer="yes\n")
    assert wrong.end() == 1
    assert "Nothing was deleted." in wrong.said()
    assert (second.data / "keys" / "secret.key").read_text() == key

    right = start("--reset", "--port", "0", answer="data\n")
    right.wait_until_up()
    assert (right.data / "keys" / "secret.key").read_text() != key


def test_a_closed_terminal_ends_everything(tmp_path: Path) -> None:
    data = tmp_path / "data"
    child, terminal = pty.fork()
    if child == 0:
        words = (sys.executable, str(ROOT / "manage.py"), "up", "--data-dir", str(data), "--port", "0", "--no-open")
        os.chdir(ROOT)
        os.execve(sys.executable, words, environment())
    seen = b""
    ends = time.monotonic() + 60
    while b"Set-up link" not in seen:
        assert time.monotonic() < ends, seen
        seen += os.read(terminal, 4096)
    assert processes_of(data)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert processes_of(data) == {}


def test_without_demo_a_link_leads_to_set_up_and_made_up_people_stay_out(start: Start) -> None:
    up = start("--port", "0")
    up.wait_until_up()
    found = re.search(r"http://\S+/setup/\S+", up.said())
    assert found
    assert up.page(found[0]).status == 200
    assert not any("activation.simulator" in line for line in processes_of(up.data).values())

    server = next(pid for pid, line in processes_of(up.data).items() if "granian" in line and "tether" not in line)
    os.kill(server, signal.SIGKILL)
    up.wait_until_said("web ended (SIGKILL); it starts again", 10)
    assert "web.log" in up.said()

    def answers() -> bool:
        try:
            return bool(up.page("/health/ready").status == 200)
        except OSError:
            # Refused, or cut off while the server of the first start is still going.
            return False

    wait_for(answers, 20, "the web server answers again")

    up.signal(signal.SIGTERM)
    assert up.end() == 0
    assert processes_of(up.data) == {}

    demo = start("--demo", "--port", "0")
    assert demo.end() == 1
    assert "holds a real installation" in demo.said()


# What Terraform says before its first change: one that has not said so is not asked to stop, but ended.
BEGUN = """echo '{"@message": "role: Creating...", "type": "apply_start"}'"""


def a_run(data: Path, run_id: str, program: str) -> Path:
    """Start something under a real supervisor, as a worker would, and return its control directory."""
    where = workspace.places(data)
    control, work = where.control(run_id, "apply"), where.work_of(run_id, "apply")
    control.mkdir(parents=True)
    work.mkdir(parents=True)
    spec = Spec(
        run_id=run_id,
        phase="apply",
        control=str(control),
        work=str(work),
        commands=(Command("apply", ("/bin/bash", "-c", program)),),
        environment={"PATH": "/usr/bin:/bin"},
        secrets={},
        key=os.urandom(32),
        confinement=Confinement(landlock=False),
        deadline_seconds=60,
        abandoned_seconds=60,
        grace_seconds=10,
    )
    process.start(spec)
    journal = control / "journal.jsonl"
    wait_for(lambda: journal.is_file() and "Creating" in journal.read_text(), 30, "a change that has begun")
    return control


def test_a_second_ctrl_c_says_what_may_be_lost_and_ends_at_once(start: Start) -> None:
    up = start("--port", "0")
    up.wait_until_up()
    control = a_run(up.data, "run-slow", f"{BEGUN}; trap 'sleep 8; exit 1' INT; while true; do sleep 0.1; done")
    up.signal(signal.SIGINT)
    up.wait_until_said("is stopping and saves its state (1 s)")
    assert (control / "stop").read_text() == "shutdown"
    asked = time.monotonic()
    up.signal(signal.SIGINT)
    assert up.end() == 0
    assert time.monotonic() - asked < 4
    assert "Terraform of run-slow has not saved its state yet" in up.said()
    assert processes_of(up.data) == {}
    assert lock.is_held(control), "the supervisor goes on by itself"
    wait_for(lambda: not lock.is_held(control), 15, "the supervisor ends by itself")


def test_a_taken_port_is_said(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = start("--port", str(port))
        assert up.end() == 1
    assert f"Port {port} on 127.0.0.1 is taken" in up.said()


def test_reset_leaves_other_directories_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").touch()
    up = start("--reset", "--yes", "--port", "0", data="photos")
    assert up.end() == 1
    assert "no data directory of the portal" in up.said()
    assert (tmp_path / "photos" / "one.jpg").exists()
