"""The portal that a smoke test starts for itself: it ends with the smoke test, whatever ends that one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from activation.management.private_instance import PrivateInstance
from activation.runner.workspace import places
from tests.management.running import ROOT, environment, wait_for

# Enters the block and stays in it.
LIGHT = "import sys; from pathlib import Path; from activation.management.private_instance import PrivateInstance as P"
LIGHT += "; P(Path(sys.argv[1]), settings={}).__enter__()"
# By what some machine runs Terraform.
OF_THE_MACHINE = {
    "TERRAFORM": "/opt/terraform",
    "TERRAFORM_PROVIDER_MIRROR": "/srv/providers",
    "AWS_CA_PATH": "/etc/company.pem",
    "ALLOW_UNSANDBOXED": "1",
}


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


def test_a_smoke_test_tries_this_machines_terraform_and_once_asked_to_end_leaves_nothing(tmp_path: Path) -> None:
    words = (sys.executable, str(ROOT / "manage.py"), "walkthrough")
    smoke_test = subprocess.Popen(
        words, cwd=ROOT, env={**environment(), **OF_THE_MACHINE, "TMPDIR": str(tmp_path)}, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: portals(tmp_path), 30, "its portal")
    (portal,) = portals(tmp_path)
    have = dict(each.partition("=")[::2] for each in Path(f"/proc/{portal}/environ").read_text().split("\0"))
    assert have | OF_THE_MACHINE == have

    smoke_test.send_signal(signal.SIGTERM)

    assert smoke_test.wait(60) != 0
    assert portals(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_smoke_test_deletes_is_gone_from_memory_too(tmp_path: Path) -> None:
    instance = PrivateInstance(tmp_path, settings={})
    kept = places(instance.data)
    kept.home.mkdir()
    (kept.cache / "a-provider").touch()

    instance.delete()

    assert [folder for folder in (kept.work, kept.cache, instance.data) if folder.exists()] == []
