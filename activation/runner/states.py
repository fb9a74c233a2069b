"""Each new serial of the local state, sealed on disk before the resource it holds is reported finished."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activation.domain.sealing import open_sealed, seal
from activation.domain.state import NotAState, State, read_state
from activation.runner.spec import state_context

FOLDER = "states"
STATE = "terraform.tfstate"
ERRORED = "errored.tfstate"
MOST_BYTES = 64 * 1024 * 1024
# Terraform says *complete* a moment before it writes the state; it may take this long, seconds.
PATIENCE = 3.0


@dataclass(frozen=True)
class SealedState:
    """A state that lies sealed in the control directory."""

    file: str
    serial: int
    lineage: str
    sha256: str
    resources: int


class Sealer:
    """Watches one work directory's state file."""

    def __init__(self, *, run_id: str, control: Path, work: Path, key: bytes) -> None:
        self._run_id, self._control, self._work, self._key = run_id, control, work, key
        self._stamp: tuple[int, int, int] | None = None
        self._last: State | None = None
        # Where an object was replaced, and then deleted under an address that stays.
        self._deposed: frozenset[str] = frozenset()
        (control / FOLDER).mkdir(mode=0o700, exist_ok=True)

    def look(self) -> SealedState | None:
        """Seal the state where it has changed since the last look; raises OSError where the disk is full."""
        path = self._work / STATE
        try:
            seen = path.lstat()
        except FileNotFoundError:
            return None
        stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        if stamp == self._stamp:
            return None
        sealed = self._seal(path)
        if sealed is not None or (self._last is not None and self._is_known(path)):
            self._stamp = stamp
        return sealed

    def await_address(self, address: str, *, present: bool, patient: Callable[[], bool]) -> SealedState | None:
        """Wait until the state holds (or no longer holds) an address; return what was sealed meanwhile.

        Not for longer than `patient` says.
        """
        newest = None
        ends = time.monotonic() + PATIENCE
        while True:
            newest = self.look() or newest
            if self._holds(address) if present else self._is_rid_of(address):
                return newest
            if time.monotonic() > ends or not patient():
                return newest
            time.sleep(0.005)

    def _holds(self, address: str) -> bool:
        return self._last is not None and address in self._last.addresses

    def _is_rid_of(self, address: str) -> bool:
        if self._last is None:
            return False
        replaced = address in self._deposed and address not in self._last.deposed
        return replaced or address not in self._last.addresses

    def errored(self) -> SealedState | None:
        """Seal what Terraform could not write into its state and left beside it."""
        return self._seal(self._work / ERRORED)

    def dumped(self, content: bytes) -> SealedState | None:
        """Seal a state that Terraform could write nowhere and printed in its need."""
        try:
            return self._keep(content, read_state(content))
        except NotAState:
            return None

    def _is_known(self, path: Path) -> bool:
        try:
            return self._last is not None and read_state(_content(path)).sha256 == self._last.sha256
        except (NotAState, OSError):
            return False

    def _seal(self, path: Path) -> SealedState | None:
        try:
            content = _content(path)
            state = read_state(content)
        except (NotAState, OSError):
            # Half written, not there, or a link that a run put in its place.
            return None
        return self._keep(content, state)

    def _keep(self, content: bytes, state: State) -> SealedState | None:
        if self._last is not None and (state.lineage, state.serial) == (self._last.lineage, self._last.serial):
            return None
        sealed = seal(self._key, content, state_context(self._run_id, state.serial))
        file = f"{state.serial:08d}.sealed"
        write_durably(self._control / FOLDER / file, sealed)
        self._last = state
        self._deposed |= state.deposed
        return SealedState(file, state.serial, state.lineage, state.sha256, len(state.addresses))


def describe(path: Path, *, run_id: str, key: bytes) -> SealedState:
    """Return what a sealed state holds, of which no journal entry tells; raises CannotOpen, NotAState."""
    state = read_state(open_sealed(key, path.read_bytes(), state_context(run_id, int(path.stem))))
    return SealedState(path.name, state.serial, state.lineage, state.sha256, len(state.addresses))


def _content(path: Path) -> bytes:
    # The run could have put a link there: what it points to is not ours to read.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        return file.read(MOST_BYTES)


def read_kept(path: Path) -> bytes:
    """Return the bytes of a regular file that a run left; raises OSError for links and for what is missing."""
    return _content(path)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that after a power cut it is there whole, or not at all."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(fresh, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
