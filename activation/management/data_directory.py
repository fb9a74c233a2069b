"""The directory in which one installation keeps everything, as `up` makes and guards it."""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from activation.management.environment import LEFT_OUT, holds_secret, value
from activation.runner.lock import is_held
from activation.runner.workspace import Places, places

# A socket's path has at most 108 characters with the closing zero (unix(7)); tools make a temporary name of it.
LONGEST_SOCKET_PATH = 100
# These would end or change an address in which the path stands.
UNUSABLE = re.compile(r"[?#%\t\r\n]")
# For as long the processes of an `up` that was killed may take to end, seconds.
OLD_PROCESSES_SECONDS = 90.0


class Unusable(Exception):
    """The directory cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Holder:
    """The `up` that holds a directory."""

    pid: int
    address: str
    since: str

    def __str__(self) -> str:
        where = f" at {self.address}" if self.address else ""
        return f"process {self.pid}{where}, since {self.since}"


class DataDirectory:
    """One installation's directory: keys, database, runs, logs; used by one `up` at a time."""

    def __init__(self, path: Path, *, work: str = "") -> None:
        self.path = path.resolve()
        self._work = work
        self._lock = -1
        # Inherited by every process of ours: whoever gets it exclusively knows that all of them have ended.
        self.processes_lock = -1

    # --- taking it

    def take(self, say: Callable[[str], None]) -> None:
        """Make the directory where missing and hold it until this process ends. Raises Unusable.

        Waits for the processes of an `up` that was killed; these end by themselves.
        """
        if UNUSABLE.search(str(self.path)):
            raise Unusable(f"{self.path} holds one of ? # % or a line break. Choose another directory with --data-dir.")
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # As root, runs have uids of their own, which must pass through and cannot look around.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self._lock = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unusable(f"{self.path} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unusable(
                f"The portal already runs on {self.path} ({self.holder()}). "
                "Stop that one with Ctrl-C, or start this one with another --data-dir."
            ) from error
        self._write_holder("")
        self._await_old_processes(say)
        for name in ("keys", "logs", "valkey"):
            (self.path / name).mkdir(mode=0o700, exist_ok=True)

    def holder(self) -> Holder:
        """Return who holds the directory, as it noted itself."""
        try:
            noted = json.loads((self.path / "up.lock").read_text(encoding="utf-8"))
            return Holder(int(noted["pid"]), str(noted["address"]), str(noted["since"]))
        except (OSError, ValueError, KeyError):
            return Holder(0, "", "a moment ago")

    def announce(self, address: str) -> None:
        """Note at which address this directory's portal is."""
        self._write_holder(address)

    def _write_holder(self, address: str) -> None:
        noted = {"pid": os.getpid(), "address": address, "since": time.strftime("%Y-%m-%d %H:%M:%S")}
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, json.dumps(noted).encode(), 0)

    def _await_old_processes(self, say: Callable[[str], None]) -> None:
        handle = os.open(self.path / "processes.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        ends, said = time.monotonic() + OLD_PROCESSES_SECONDS, False
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if not said:
                say("Waiting for the last processes of an earlier start to end…")
                said = True
            if time.monotonic() > ends:
                raise Unusable(f"Processes of an earlier start still use {self.path}. End them, then try again.")
            time.sleep(0.1)
        # Shared from now on: every process of ours holds this one open file.
        self.processes_lock = handle

    # --- what lies in it

    @property
    def logs(self) -> Path:
        """Return the folder of log files."""
        return self.path / "logs"

    @property
    def simulator(self) -> Path:
        """Return the folder of the local AWS."""
        return self.path / "simulator"

    def secret(self, name: str, make: Callable[[], str]) -> Path:
        """Return the path of a secret, made on first use."""
        path = self.path / "keys" / name
        if not path.exists():
            write_privately(path, make() + "\n")
        return path

    def secret_key(self) -> Path:
        """Return the path of Django's secret key."""
        return self.secret("secret.key", lambda: secrets.token_urlsafe(64))

    def master_keys(self) -> Path:
        """Return the path of the keys that seal everything else: each 32 bytes in base64, the newest first."""
        return self.secret("master.keys", lambda: base64.b64encode(secrets.token_bytes(32)).decode())

    def node(self) -> str:
        """Return this host's name in the installation; it stays, since runs stay on the host that started them."""
        path = self.path / "node"
        if not path.exists():
            host = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-")[:40] or "host"
            suffix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(4))
            write_privately(path, f"{host}-{suffix}\n")
        return path.read_text(encoding="utf-8").strip()

    def remember(self, settings: Mapping[str, str], *, given: Mapping[str, str]) -> None:
        """Keep the settings of this start, so that other commands on this directory have the same ones.

        A secret that was given by the environment stays there: of it only the name is kept.
        """
        left_out = sorted(name for name in given if holds_secret(name, given[name]))
        kept: dict[str, object] = {name: settings[name] for name in settings if name not in left_out}
        write_privately(self.path / "settings.json", json.dumps(kept | {LEFT_OUT: left_out}, indent=2) + "\n")

    def socket(self) -> Path:
        """Return where the embedded Valkey listens; in a short directory of ours where this one's path is long."""
        path = self.path / "valkey.sock"
        if len(str(path)) > LONGEST_SOCKET_PATH or not re.fullmatch(r"[A-Za-z0-9/._-]+", str(path)):
            path = self._short_directory() / "valkey.sock"
        path.unlink(missing_ok=True)
        return path

    def _short_directory(self) -> Path:
        word = hashlib.sha256(str(self.path).encode()).hexdigest()[:12]
        base = os.environ.get("XDG_RUNTIME_DIR", "")
        if not base or len(base) > LONGEST_SOCKET_PATH // 2:
            base = "/tmp"  # noqa: S108 - a directory of our own in it, checked below
        short = Path(base) / f"byoc-{os.geteuid()}-{word}"
        short.mkdir(mode=0o700, exist_ok=True)
        found = short.lstat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o77 or short.is_symlink():
            raise Unusable(f"{short} is not ours alone. Remove it, or choose a shorter --data-dir.")
        return short

    # --- runs

    def runs(self) -> Places:
        """Return where this installation's runs lie."""
        return places(self.path, self._work)

    def living_runs(self) -> dict[Path, str]:
        """Return control directory and run of all that is alive, whoever started it."""
        return {control: run for run, _, control in self.runs().controls() if is_held(control)}

    # --- deleting it

    def is_ours(self) -> bool:
        """Return whether this looks like a data directory, or like nothing at all."""
        return not self.path.exists() or not any(self.path.iterdir()) or (self.path / "processes.lock").is_file()

    def has_database_elsewhere(self, given: Mapping[str, str]) -> bool:
        """Return whether this start or the last one has its database outside: only the keys in here can read it."""
        try:
            last = json.loads((self.path / "settings.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            last = {}
        addresses = [value(settings, "DATABASE_URL") for settings in (given, last)]
        # What was given with a password in it is not written down, and is no file of ours.
        return "DATABASE_URL" in last.get(LEFT_OUT, ()) or not all(map(self._is_inside, filter(None, addresses)))

    def _is_inside(self, database: str) -> bool:
        parts = urlsplit(database)
        return parts.scheme == "sqlite" and Path(parts.path).resolve().is_relative_to(self.path)

    def empty(self) -> None:
        """Delete all that lies in it except the locks, which are held. Raises Unusable while a run lives."""
        if alive := self.living_runs():
            raise Unusable(f"Terraform of {', '.join(sorted(alive.values()))} still runs here: nothing was deleted.")
        where = self.runs()
        begun = [where.work_of(run, phase) for run, phase, _ in where.controls()]
        for elsewhere in (*begun, where.work, where.cache):
            shutil.rmtree(elsewhere, ignore_errors=True)
        for entry in self.path.iterdir():
            if entry.name in {"up.lock", "processes.lock"}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        for name in ("keys", "logs", "valkey"):
            (self.path / name).mkdir(mode=0o700, exist_ok=True)


def write_privately(path: Path, content: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    fresh.replace(path)
