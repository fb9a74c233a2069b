"""The control directory of one phase: how a worker and a supervisor speak, by files that survive both."""

import os
from pathlib import Path

STOP, FORCE, LEASE, CLOSED, SAVED = "stop", "force", "lease", "closed", "saved"
# What a plan leaves there, sealed: the plan that is applied once it is approved, and what `show` says of it.
KEPT_PLAN, KEPT_REVIEW = "plan.sealed", "review.sealed"


def request_stop(control: Path, reason: str) -> None:
    """Ask the supervisor to send one SIGINT; `reason` is a word for the journal. Asking twice changes nothing."""
    path = control / STOP
    if path.exists():
        return
    fresh = control / f"{STOP}.new"
    fresh.write_text(reason, encoding="ascii")
    os.rename(fresh, path)


def request_force(control: Path) -> None:
    """Ask the supervisor to kill what did not stop."""
    (control / FORCE).touch()


def stop_requested(control: Path) -> str:
    """Return the reason to stop, or nothing."""
    try:
        return (control / STOP).read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def force_requested(control: Path) -> bool:
    """Return whether somebody asked to kill."""
    return (control / FORCE).exists()


def renew_lease(control: Path) -> None:
    """Tell the supervisor that a worker is still interested."""
    path = control / LEASE
    path.touch(mode=0o600)


def close(control: Path) -> None:
    """Mark a phase as written off: whoever was frozen while starting it cannot start it any more."""
    (control / CLOSED).touch(mode=0o600)


def is_closed(control: Path) -> bool:
    """Return whether the phase was written off."""
    return (control / CLOSED).exists()


def mark_saved(control: Path) -> None:
    """Mark a phase of which everything is in the database."""
    (control / SAVED).touch(mode=0o600)


def is_saved(control: Path) -> bool:
    """Return whether the phase's directories may go; else they may be the only place where a state is."""
    return (control / SAVED).exists()


def lease_stamp(control: Path) -> int:
    """Return when the lease was last renewed, in whatever the file system counts; only a change says something."""
    try:
        return (control / LEASE).stat().st_mtime_ns
    except FileNotFoundError:
        return 0
