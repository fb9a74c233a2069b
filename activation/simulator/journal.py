"""An append-only file of everything that changed the simulator, from which a restarted one continues.

Each record is a line of JSON, written before the change is made and handed to the kernel at once: after kill -9 the
file holds every change that anybody was told of. A last line that was cut off is dropped.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any


class Journal:
    """The file of changes; safe to append to from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._drop_torn_line()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _drop_torn_line(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("r+b") as file:
            content = file.read()
            if content and not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records in the order they were written."""
        with self.path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def append(self, record: dict[str, Any]) -> None:
        """Write one record; it survives the end of this process as soon as this returns."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
