"""What the end of a phase means for the run: its status, and why, in words a person understands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.domain.run_status import RunStatus

# Why a supervisor stops Terraform: its session is nearly over, a person asked for it, the database is away for long.
SESSION_OVER, CANCEL, DATABASE_AWAY = "session", "cancel", "database"

# Why Terraform was asked to stop → what becomes of the run, and why in words.
_STOPPED = {
    SESSION_OVER: (
        RunStatus.INTERRUPTED,
        "An AWS session lasts an hour at most. Terraform was stopped before it ended, and its state was saved.",
    ),
    CANCEL: (RunStatus.CANCELED, "Stopped as requested. Its state was saved."),
    "deadline": (RunStatus.ERRORED, "It took longer than allowed and was stopped."),
    "abandoned": (
        RunStatus.INTERRUPTED,
        "No worker was available to follow it, so Terraform was stopped and its state was saved.",
    ),
    DATABASE_AWAY: (
        RunStatus.INTERRUPTED,
        "The portal's database was unreachable for minutes, so Terraform was stopped and its state was saved.",
    ),
    "shutdown": (RunStatus.INTERRUPTED, "The portal was shut down. Terraform stopped, and its state was saved."),
}


@dataclass(frozen=True)
class Outcome:
    """A status to move to, and the reason written beside it."""

    status: RunStatus
    reason: str
    explain: bool = False


def outcome(
    end: Mapping[str, Any],
    *,
    phase: str,
    finished: int,
    planned: int,
    current: tuple[str, ...],
    cancel_asked: bool = False,
) -> Outcome:
    """Read the supervisor's last entry, of a phase that did not do all it should.

    Whoever asked for a stop gets one, whatever else had stopped Terraform a moment before (a full disk is still said).
    """
    saved = _saved(phase, finished, planned, current)
    stopped, killed = str(end["stopped_for"]), str(end["killed_for"])
    if cancel_asked and stopped in _STOPPED:
        stopped = CANCEL
    if killed:
        status = RunStatus.FORCE_CANCELED if stopped == CANCEL else RunStatus.INTERRUPTED
        return Outcome(status, f"Terraform did not stop by itself and was killed. {saved}")
    if stopped in _STOPPED:
        status, why = _STOPPED[stopped]
        return Outcome(status, f"{why} {saved}")
    if stopped.startswith("disk"):
        return Outcome(RunStatus.ERRORED, f"The portal's disk is full ({stopped}). Terraform was stopped. {saved}")
    if stopped:
        return Outcome(RunStatus.INTERRUPTED, f"Terraform was stopped ({stopped}), and its state was saved. {saved}")
    if end["signal"]:
        return Outcome(RunStatus.INTERRUPTED, f"Terraform was killed by signal {end['signal']}. {saved}", explain=True)
    if end["interrupted"]:
        return Outcome(RunStatus.INTERRUPTED, f"Somebody outside the portal interrupted Terraform. {saved}")
    if end["code"] == 127:
        return Outcome(RunStatus.ERRORED, "Terraform could not be started in its sandbox; the log says why.")
    return Outcome(RunStatus.ERRORED, f"Terraform ended with an error in its {end['command']}. {saved}", explain=True)


def lost(*, node: str, time: str, phase: str, finished: int, planned: int, current: tuple[str, ...]) -> str:
    """Return the reason for a run of which nothing is alive and that did not say how it ended.

    `time` is when it was last heard of (UTC); `current` are the names of what was in hand, addresses where unknown.
    """
    while_doing = {"plan": "while planning"}.get(phase, "")
    if phase == "apply" and current:
        while_doing = f"while creating {_names(current)}"
    elif phase == "apply":
        while_doing = "between two resources" if 0 < finished < planned else "while applying"
    gone = f"The worker on {node or 'its host'} went away at {time} UTC {while_doing}".rstrip()
    found = " Recover finds what was in progress." if phase == "apply" and current else ""
    return f"{gone}. {_saved(phase, finished, planned, ())}{found}"


def _saved(phase: str, finished: int, planned: int, current: tuple[str, ...]) -> str:
    if phase != "apply":
        return "Nothing was changed in AWS."
    if not planned:
        return "It had not begun to change anything."
    done = f"{finished} of {planned} were finished and are saved"
    if current:
        return f"{done}; in progress {'was' if len(current) == 1 else 'were'} {_names(current)}."
    return f"{done}."


def _names(current: tuple[str, ...]) -> str:
    """Name what was in hand: names as they are, of an address its last part."""
    names = ", ".join(each.rsplit(".", 1)[-1] for each in current[:3])
    return names + (f" and {len(current) - 3} more" if len(current) > 3 else "")
