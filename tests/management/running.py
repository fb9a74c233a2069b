"""A real `manage.py up` on a directory of the test's own, and a look at the processes that it has."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from activation.runner import workspace

ROOT = Path(__file__).resolve().parents[2]
# What a machine may have set; none of it may reach the portal's processes.
OF_THE_MACHINE = {"PIP_INDEX_URL": "https://packages.invalid/simple", "UV_INDEX": "https://packages.invalid/simple"}
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until a condition holds, or fail the test with `what` was missing."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"within {seconds} s: {what}"
        time.sleep(0.05)


def environment() -> dict[str, str]:
    """Return what a shell on some machine would hand to `up`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **OF_THE_MACHINE}


def processes_of(data: Path) -> dict[int, str]:
    """Return process id and command line of all that was started for a data directory, its `up` excepted."""
    wanted = f"DATA_DIR={data}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


class Up:
    """One `manage.py up`."""

    def __init__(self, data: Path, *words: str, answer: str = "") -> None:
        self.data = data
        self.said_to = data.with_name(f"{data.name}.{time.monotonic_ns()}.said")
        self.began = time.monotonic()
        with self.said_to.open("wb") as output:
            self.process = subprocess.Popen(
                (sys.executable, str(ROOT / "manage.py"), "up", "--data-dir", str(data), *words),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=environment(),
                start_new_session=True,
            )
        assert self.process.stdin
        self.process.stdin.write(answer.encode())
        self.process.stdin.close()

    def said(self) -> str:
        """Return what it printed so far."""
        return self.said_to.read_text(errors="replace")

    def wait_until_said(self, words: str, seconds: float = 60) -> None:
        """Wait until it printed something."""
        wait_for(lambda: words in self.said() or self.process.poll() is not None, seconds, words)
        assert words in self.said(), self.said()

    def wait_until_up(self) -> float:
        """Wait for the address, look at the first page; return the seconds since the start."""
        self.wait_until_said("  Data: ")
        assert self.page("/accounts/login/").status == 200
        return time.monotonic() - self.began

    @property
    def address(self) -> str:
        """Return the printed address."""
        found = re.search(r"is up at (http://\S+)", self.said())
        assert found
        return found[1]

    def page(self, path: str) -> "urllib.request._UrlopenRet":
        """Return the answer to GET."""
        url = path if path.startswith("http") else f"{self.address}{path}"
        return _OPENER.open(url, timeout=10)

    def log(self, name: str) -> list[dict[str, Any]]:
        """Return what a process wrote into its log, each line of which must be a JSON object."""
        path = self.data / "logs" / f"{name}.log"
        entries = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        assert all(isinstance(entry, dict) for entry in entries)
        return entries

    def signal(self, number: int) -> None:
        """Send it a signal, to it alone."""
        self.process.send_signal(number)

    def end(self, seconds: float = 40) -> int:
        """Wait for its end; return the exit code."""
        return self.process.wait(seconds)

    def clean_up(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in processes_of(self.data):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if self.data.is_dir():
            places = workspace.places(self.data)
            for folder in (places.work, places.cache):
                shutil.rmtree(folder, ignore_errors=True)
