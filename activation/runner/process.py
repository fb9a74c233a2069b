"""Starts supervisors. With the supervisor and the `up` command, the only place that starts processes."""

import os
import subprocess
import sys
from pathlib import Path

from activation.runner import control
from activation.runner.lock import Held
from activation.runner.spec import Spec

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


class CouldNotStart(Exception):
    """The supervisor did not come up."""


def start(spec: Spec) -> None:
    """Start a phase; return when its supervisor holds the run's lock. Raises Held, CouldNotStart."""
    control.renew_lease(Path(spec.control))
    try:
        done = subprocess.run(
            (sys.executable, "-m", "activation.runner.supervisor"),
            input=spec.to_json().encode(),
            capture_output=True,
            cwd=ROOT,
            env=plain_environment(),
            start_new_session=True,
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CouldNotStart(str(error)) from error
    answer = done.stdout.decode("utf-8", "replace").strip()
    if answer == "held":
        raise Held
    if answer == "closed":
        raise CouldNotStart("it was written off before it began")
    if answer != "started":
        raise CouldNotStart(done.stderr.decode("utf-8", "replace")[-500:] or f"exit code {done.returncode}")


def output_of(*argv: str, seconds: float = 30) -> str:
    """Return what a command prints, in a plain environment; raises CouldNotStart when it fails."""
    try:
        done = subprocess.run(
            argv, capture_output=True, cwd=ROOT, env=plain_environment(), timeout=seconds, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CouldNotStart(str(error)) from error
    if done.returncode:
        raise CouldNotStart((done.stderr or done.stdout)[-500:])
    return done.stdout


def plain_environment() -> dict[str, str]:
    """Return an environment made from nothing but what Python and Terraform need to start."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "CHECKPOINT_DISABLE": "1"}
