"""What a supervisor is told, once, over an inherited pipe."""

import base64
import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from activation.runner.sandbox import Confinement

GRACE_SECONDS = 120.0
DISK_SECONDS = 600.0


@dataclass(frozen=True)
class Command:
    """One Terraform command of a phase."""

    name: str
    argv: tuple[str, ...]
    # Its standard output goes into this file of the work directory instead of the log.
    capture: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """One phase of a run: what to start, in which walls, for how long, and what to keep of it."""

    run_id: str
    phase: str
    control: str
    work: str
    commands: tuple[Command, ...]
    environment: dict[str, str]
    # Environment variables whose values are secrets: they reach Terraform and nothing else.
    secrets: dict[str, str]
    key: bytes
    confinement: Confinement
    deadline_seconds: float
    # Stop Terraform when no worker has touched the lease file for this long.
    abandoned_seconds: float
    # Stop Terraform when its AWS session has been used for this long; 0 = it lives as long as the phase may.
    session_seconds: float = 0.0
    # After a SIGINT Terraform may take this long before it is killed.
    grace_seconds: float = GRACE_SECONDS
    # So long room is waited for where the data directory is full; then all is left where it is.
    disk_seconds: float = DISK_SECONDS
    # Files of the work directory to seal at the end: name there → name in the control directory.
    keep: dict[str, str] = field(default_factory=dict)
    # Where the initialized `.terraform` is saved for the next run of this package version.
    template: str = ""
    # The directory of providers that init fills and that later runs, under other uids, read.
    cache: str = ""

    def to_json(self) -> str:
        """Return the text for the pipe; it holds secrets."""
        document = dataclasses.asdict(self)
        document["key"] = base64.b64encode(self.key).decode()
        return json.dumps(document)

    @classmethod
    def from_json(cls, text: str) -> "Spec":
        """Read what `to_json` wrote."""
        document: dict[str, Any] = json.loads(text)
        confinement = document["confinement"]
        for name in ("readable", "writable", "ports"):
            confinement[name] = tuple(confinement[name])
        document["confinement"] = Confinement(**confinement)
        document["commands"] = tuple(
            Command(**{**command, "argv": tuple(command["argv"])}) for command in document["commands"]
        )
        document["key"] = base64.b64decode(document["key"])
        return cls(**document)


def state_context(run_id: str, serial: int) -> str:
    """Return what a sealed state is bound to."""
    return f"{run_id}|state|{serial}"


def file_context(run_id: str, name: str) -> str:
    """Return what a kept file is bound to."""
    return f"{run_id}|file|{name}"
