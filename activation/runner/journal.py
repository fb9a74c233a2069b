"""The journal: what happened in one phase of a run, one JSON object a line, appended only."""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activation.domain.redaction import Masker

NAME = "journal.jsonl"
# The kind of the last entry of a phase.
END = "end"


class Journal:
    """Appends entries, masked. What cannot be written now (a full disk) is kept and written later, in order."""

    def __init__(self, control: Path, masker: Masker) -> None:
        self._masker = masker
        self._handle = os.open(control / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._waiting = b""

    @property
    def is_behind(self) -> bool:
        """Return whether something waits to be written."""
        return bool(self._waiting)

    def append(self, kind: str, **fields: Any) -> None:
        """Add one entry; its time is UTC."""
        masked = self._masker.mask_json(fields)
        entry = {"t": datetime.now(UTC).isoformat(timespec="microseconds"), "kind": kind, **masked}
        self._waiting += json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write what waits, as far as the disk takes it."""
        while self._waiting:
            try:
                written = os.write(self._handle, self._waiting)
            except OSError:
                return
            self._waiting = self._waiting[written:]

    def sync(self) -> None:
        """Bring everything to the disk, as far as it takes it."""
        self.flush()
        try:
            os.fsync(self._handle)
        except OSError:
            return


def read(control: Path, offset: int, *, most: int = 1 << 20) -> tuple[list[Mapping[str, Any]], int]:
    """Return the complete entries from a byte offset on, and the offset behind them.

    At most about `most` bytes at a time; a line that is still being written is left for the next call. The last entry
    of a phase comes alone: what it means is to be brought in with it. Nothing is read beyond a line that a power cut
    left torn: nobody writes behind it any more.
    """
    try:
        with open(control / NAME, "rb") as file:
            file.seek(offset)
            chunk = file.read(most)
            if chunk and b"\n" not in chunk:
                chunk += file.readline()
    except FileNotFoundError:
        return [], offset
    lines = chunk[: chunk.rfind(b"\n") + 1].splitlines(keepends=True)
    entries = list(_whole(lines))
    del lines[len(entries) :]
    if len(entries) > 1 and entries[-1]["kind"] == END:
        del entries[-1], lines[-1]
    return entries, offset + sum(map(len, lines))


def _whole(lines: list[bytes]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return
