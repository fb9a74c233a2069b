"""The portal that a smoke test starts for itself: it ends with the smoke test, whatever ends that one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.management.running import ROOT, environment, wait_for

# Enters the block and stays in it.
LIGHT = "import sys; from pathlib import Path; from activation.management.private_instance import PrivateInstance as P"
LIGHT += "; P(Path(sys.argv[1])).__enter__()"


def portals(below: Path) -> list[int]:
    """Return the process of each `up` with its data somewhere below."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if b"up" in words and any(word.startswith(os.fsencode(f"{below}/")) for word in words):
            found.append(int(entry.name))
    return found


def test_a_portal_of_ones_own_does_not_outlive_the_process_that_was_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen((sys.executable, "-c", LIGHT, str(tmp_path)), cwd=ROOT, env=environment())
    wait_for(lambda: portals(tmp_path), 30, "its portal")

    owner.kill()
    owner.wait()

    wait_for(lambda: not portals(tmp_path), 20, "the end of its portal")


def test_a_smoke_test_that_is_asked_to_end_ends_its_portal_and_leaves_no_file(tmp_path: Path) -> None:
    words = (sys.executable, str(ROOT / "manage.py"), "walkthrough")
    smoke_test = subprocess.Popen(
        words, cwd=ROOT, env={**environment(), "TMPDIR": str(tmp_path)}, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: portals(tmp_path), 30, "its portal")

    smoke_test.send_signal(signal.SIGTERM)

    assert smoke_test.wait(60) != 0
    assert portals(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
