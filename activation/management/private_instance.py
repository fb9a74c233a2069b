"""A portal of one's own for a while: `up --demo` on free ports, in a directory that goes with it."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from activation.management.environment import plain
from activation.management.processes import ROOT
from activation.management.tether import become_mortal
from activation.runner.workspace import places

START_SECONDS = 120.0
END_SECONDS = 90.0
ADDRESS = re.compile(r"is up at (http://\S+)")


class DidNotStart(Exception):
    """The instance did not come up, or a command on it failed; the text is what was printed."""


class PrivateInstance:
    """One `manage.py up --demo`, ended when the block is left, and when this process is killed in it."""

    def __init__(self, directory: Path, *, settings: Mapping[str, str], licensed: bool = True) -> None:
        """Take a directory and the settings of this machine; without `licensed` the demo has no license of its own."""
        self.data = directory / "data"
        self._settings = {**settings, "DEMO_LICENSE": "1" if licensed else "0"}
        self._console: subprocess.Popen[bytes] | None = None
        self._said = directory / "up.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        words = ("up", "--demo", "--port", "0", "--no-open", "--data-dir", str(self.data))
        with self._said.open("wb") as output:
            self._process = subprocess.Popen(
                (sys.executable, str(ROOT / "manage.py"), *words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=plain(self._settings),
                start_new_session=True,
                preexec_fn=become_mortal,
            )
        try:
            self._await_address(self._process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _await_address(self, process: "subprocess.Popen[bytes]") -> None:
        ends = time.monotonic() + START_SECONDS
        while not ADDRESS.search(self.said()):
            if process.poll() is not None or time.monotonic() > ends:
                raise DidNotStart(self.said())
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        if self._console is not None and self._console.poll() is None:
            self._console.kill()
            self._console.wait()
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def delete(self) -> None:
        """Delete what it kept, once it has ended: here, in memory, and where runs of another uid read providers."""
        if self.data.is_dir():
            kept = places(self.data)
            for folder in (kept.work, kept.cache, self.data):
                shutil.rmtree(folder, ignore_errors=True)

    def said(self) -> str:
        """Return what it printed so far."""
        return self._said.read_text(errors="replace")

    @property
    def address(self) -> str:
        """Return where it can be reached."""
        found = ADDRESS.search(self.said())
        assert found
        return found[1]

    def passwords(self) -> dict[str, str]:
        """Return the demo people's passwords, by e-mail address."""
        found: dict[str, str] = json.loads((self.data / "demo-sign-ins.json").read_text())
        return found

    def manage(self, *words: str) -> str:
        """Return what a management command prints that acts on this instance; raises DidNotStart."""
        done = subprocess.run(
            (sys.executable, str(ROOT / "manage.py"), *words),
            capture_output=True,
            cwd=ROOT,
            env=plain({"DATA_DIR": str(self.data)}),
            check=False,
            text=True,
        )
        if done.returncode:
            raise DidNotStart(done.stderr[-2000:])
        return done.stdout

    def play_console(self, name: str) -> None:
        """Start what stands for the vendor's console: a program of its own, which builds a region by hand."""
        words = ("-m", "activation.simulator.console", "--directory", str(self.data / "simulator"), "--name", name)
        self._console = subprocess.Popen(
            (sys.executable, *words),
            cwd=ROOT,
            env=plain({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=become_mortal,
        )

    def identities(self) -> dict[str, Any]:
        """Return the simulator's identities."""
        found: dict[str, Any] = json.loads((self.data / "simulator" / "simulator.json").read_text())
        return found
