"""The walls around a run, tried by a process that stands inside them, and by one that stands inside none."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from activation.runner import landlock, process

ABI = landlock.abi()
# Any program that every user of the system reaches.
PROGRAM = "/usr/bin/env"
# What every sandbox promises; ports came with the fourth version of Landlock.
WALLS = {
    "own directory can be written",
    "other files cannot be read",
    "the account list cannot be read",
    "other directories cannot be written",
} | ({"other ports cannot be reached"} if ABI >= 4 else set())
# Tries the same walls in a process that nothing but resource limits confines.
WITHOUT_LANDLOCK = """
import json, pathlib, sys
from activation.runner import probe, sandbox
inside, secret, port = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
sandbox.enter(sandbox.Confinement(landlock=False))
print(json.dumps(probe.try_walls(inside, secret, port)))
"""

pytestmark = pytest.mark.skipif(not ABI, reason="this kernel has no Landlock")


def said(*words: str) -> dict[str, object]:
    """Return what a process of its own found out about its walls."""
    done = subprocess.run(
        (sys.executable, *words),
        cwd=process.ROOT,
        env=process.plain_environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_inside_the_sandbox_every_wall_holds() -> None:
    report = said("-m", "activation.runner.probe", PROGRAM)
    expected = WALLS | {f"{PROGRAM} can be reached"}
    assert report["walls"] == dict.fromkeys(expected, True)
    assert report["holds"] is True
    assert str(report["level"]).startswith(f"Landlock {ABI}")


def test_a_path_that_a_run_needs_and_cannot_reach_is_told(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    report = said("-m", "activation.runner.probe", missing)
    assert report["walls"] == dict.fromkeys(WALLS, True) | {f"{missing} can be reached": False}
    assert report["holds"] is False


def test_without_landlock_the_same_process_reads_writes_and_connects(tmp_path: Path) -> None:
    inside, secret = tmp_path / "inside", tmp_path / "secret"
    inside.mkdir()
    secret.write_text("outside")
    with socket.create_server(("127.0.0.1", 0)) as server:
        walls = said("-c", WITHOUT_LANDLOCK, str(inside), str(secret), str(server.getsockname()[1]))
    open_walls = WALLS - {"own directory can be written"}
    root = {"runs are not root": False} if os.geteuid() == 0 else {}
    assert walls == {"own directory can be written": True} | dict.fromkeys(open_walls, False) | root
