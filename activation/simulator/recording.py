"""The record of every AWS call: who asked for what, and how it went."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any


@dataclass(frozen=True)
class Action:
    """One call. `outcome` is "ok" or AWS's error code, or "cut"; `time` is ISO 8601 in UTC; `resource` may be empty."""

    time: str
    service: str
    action: str
    caller: str
    account: str
    region: str
    outcome: str
    status: int
    resource: str
    access_key: str
    milliseconds: float


class Recording:
    """Every action of this directory, in memory and in a file; numbered from 1 without gaps."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._actions: list[dict[str, Any]] = []
        if path.exists():
            lines = path.read_bytes().split(b"\n")
            self._actions = [json.loads(line) for line in lines[:-1]]
            if lines[-1]:
                os.truncate(path, path.stat().st_size - len(lines[-1]))
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def add(self, action: Action) -> None:
        """Record one action."""
        with self._lock:
            row = {"number": len(self._actions) + 1, **asdict(action)}
            self._actions.append(row)
            os.write(self._descriptor, json.dumps(row, separators=(",", ":")).encode() + b"\n")

    def since(self, number: int) -> list[dict[str, Any]]:
        """Return the actions after `number`."""
        with self._lock:
            return self._actions[number:]

    def counts(self, number: int = 0) -> dict[str, int]:
        """Return how often each action was called after `number`, failed calls included."""
        return dict(Counter(row["action"] for row in self.since(number)))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
