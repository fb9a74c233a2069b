"""The directories of a run: control (masked, sealed, lasting) and work (Terraform's own, wiped at the end)."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from activation.runner.states import write_durably

SHARED = Path("/var/tmp")  # noqa: S108 - a directory of our own in it, checked before use
MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of our own in it, 0700
# Beside the provider's own memory a run writes a few megabytes; less than this and it is not begun.
LEAST_FREE_BYTES = 64 * 1024 * 1024
LEAST_FREE_MEMORY_BYTES = 256 * 1024 * 1024
# In the control directory: where the phase's work directory lies.
WORK = "work"


class NoRoom(Exception):
    """The disk is too full to begin."""


@dataclass(frozen=True)
class Places:
    """Where this host keeps its runs."""

    data: Path
    work: Path
    # Downloaded providers, which runs of every uid read.
    cache: Path

    @property
    def runs(self) -> Path:
        """Return the folder of all control directories."""
        return self.data / "runs"

    @property
    def home(self) -> Path:
        """Return the directory that is home to every run: empty, and none may write there."""
        return self.work / "home"

    @property
    def templates(self) -> Path:
        """Return the folder of initialized packages."""
        return self.data / "templates"

    def control(self, run_id: str, phase: str) -> Path:
        """Return the control directory of a run's phase."""
        return self.runs / run_id / phase

    def controls(self) -> Iterator[tuple[str, str, Path]]:
        """Return run, phase and control directory of all that lies here."""
        if self.runs.is_dir():
            for run in sorted(self.runs.iterdir()):
                for phase in sorted(run.iterdir()) if run.is_dir() else ():
                    yield run.name, phase.name, phase

    def new_work_of(self, run_id: str, phase: str) -> Path:
        """Return where a phase that begins now works; the path is short: go-plugin's sockets lie in it."""
        return self.work / f"{run_id}-{phase}"

    def work_of(self, run_id: str, phase: str) -> Path:
        """Return the work directory of a phase where it was begun: since then another place may have been chosen."""
        new = self.new_work_of(run_id, phase)
        try:
            begun = Path(os.fsdecode((self.control(run_id, phase) / WORK).read_bytes()))
        except FileNotFoundError:
            return new
        # What is returned here is wiped some time: never anything else than a run's.
        return begun if begun.is_absolute() and begun.name == new.name else new


def places(data: Path, work: str = "") -> Places:
    """Return this host's directories, made where missing, readable by nobody else.

    The work directories lie in memory where the host has such a file system, so that keys which a package puts
    into its plan never touch a disk.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = Path(work) if work else memory_for(data) or data / "work"
    found = Places(data, root, cache_for(data))
    for folder in (found.runs, found.cache, found.templates, found.work):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        # Runs have uids of their own and must pass through, not look around.
        for folder in (data, found.cache, found.work):
            folder.chmod(0o711)
    return found


def memory_for(data: Path) -> Path | None:
    """Return a directory in memory that is ours alone to write; None where there is none, or not enough room."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and free_bytes(MEMORY) > LEAST_FREE_MEMORY_BYTES):
        return None
    stat = data.stat()
    return taken(MEMORY / f"byoc-{stat.st_dev:x}-{stat.st_ino:x}", mode=0o700)


def taken(folder: Path, *, mode: int) -> Path | None:
    """Make a directory where everybody may make some; return None where somebody else was first with its name."""
    try:
        folder.mkdir(mode=mode, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    is_ours = S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return folder if is_ours else None


def cache_for(data: Path) -> Path:
    """Return where providers are kept: in the data directory, or beside it where runs could not reach them there.

    As root, runs have uids of their own; a data directory in somebody's home is closed to them. The other directory is
    ours alone to write, else it is not used.
    """
    inside = data / "providers"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in data.resolve().parents):
        return inside
    stat = data.stat()
    return taken(SHARED / f"byoc-{stat.st_dev:x}-{stat.st_ino:x}-providers", mode=0o711) or inside


def free_bytes(path: Path) -> int:
    """Return the free bytes where `path` lies."""
    stat = os.statvfs(path)
    return stat.f_bavail * stat.f_frsize


def demand_room(where: Places) -> None:
    """Raise NoRoom where a run could not be written down."""
    for folder in (where.data, where.work):
        if free_bytes(folder) < LEAST_FREE_BYTES:
            raise NoRoom(f"{folder} has {free_bytes(folder) // 2**20} MB left")


def prepare(
    where: Places, *, run_id: str, phase: str, files: Mapping[str, bytes], template: Path, uid: int
) -> tuple[Path, Path]:
    """Make control and work directory of a phase, the work directory filled and owned by the run's uid."""
    control, work = where.control(run_id, phase), where.new_work_of(run_id, phase)
    control.mkdir(mode=0o700, parents=True, exist_ok=True)
    for earlier in {where.work_of(run_id, phase), work}:
        shutil.rmtree(earlier, ignore_errors=True)
    write_durably(control / WORK, os.fsencode(work))
    work.mkdir(mode=0o700, parents=True)
    (work / "tmp").mkdir(mode=0o700)
    where.home.mkdir(mode=0o700, exist_ok=True)
    if template.is_dir():
        shutil.copytree(template, work, symlinks=True, dirs_exist_ok=True)
    for name, content in files.items():
        path = work / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
    if uid:
        where.home.chmod(0o755)
        hand_over(work, uid)
    return control, work


def fill(work: Path, template: Path, *, uid: int) -> None:
    """Put an initialized package into a work directory in which nothing has run yet."""
    shutil.copytree(template, work, symlinks=True, dirs_exist_ok=True)
    if uid:
        hand_over(work, uid)


def hand_over(folder: Path, uid: int) -> None:
    """Give a directory and all in it to a run's uid."""
    os.chown(folder, uid, uid)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(parent, name), uid, uid, follow_symlinks=False)


def make_readable(folder: Path) -> None:
    """Take a directory that a run filled back from its uid, and let every run read it."""
    os.chown(folder, os.geteuid(), os.getegid())
    folder.chmod(0o755)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(parent, name)
            os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)
            if not os.path.islink(path):
                os.chmod(path, 0o755)  # noqa: S103 - providers are public, and programs


def wipe_work(where: Places, *, run_id: str, phase: str) -> None:
    """Remove a phase's work directory, after its states were saved."""
    shutil.rmtree(where.work_of(run_id, phase), ignore_errors=True)


def forget(where: Places, *, run_id: str, phase: str) -> None:
    """Remove a phase's directories, after all in them is in the database."""
    wipe_work(where, run_id=run_id, phase=phase)
    shutil.rmtree(where.control(run_id, phase), ignore_errors=True)
    run = where.runs / run_id
    if run.is_dir() and not any(run.iterdir()):
        run.rmdir()
