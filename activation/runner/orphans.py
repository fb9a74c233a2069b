"""Processes of a run whose supervisor is dead: Terraform was told by the kernel to stop, what stays is ended."""

import contextlib
import os
import signal
import time
from pathlib import Path

from activation.runner import lock

# Terraform, told to stop, may take this long before it is killed; without a Terraform nobody waits for a provider.
PATIENCE_SECONDS = 120.0


def are_left(control: Path) -> bool:
    """Return whether something of the run lives without its supervisor."""
    return lock.is_held(control) and not lock.has_supervisor(control)


def end(control: Path, *, since: float) -> None:
    """End what is left of a run; `since` is the monotonic time at which it was first seen without its supervisor."""
    holders = lock.holders(control)
    stopping = any(_name(process) in {"terraform", "tofu"} for process in holders)
    if stopping and time.monotonic() - since < PATIENCE_SECONDS:
        return
    for process in holders:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            handle = os.pidfd_open(process)
            try:
                # The number may be somebody else's by now: the handle says who it is, the lock whether it is ours.
                if process in lock.holders(control):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""
