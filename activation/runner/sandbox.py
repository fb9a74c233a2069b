"""What a run may touch: its own directory, the system's read-only parts, HTTPS; under a uid of its own when root."""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass

from activation.domain.way import HTTPS
from activation.runner import landlock

SYSTEM_PATHS = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/services",
    "/etc/localtime",
    "/proc/self",
    "/dev/urandom",
    "/dev/random",
)
PR_SET_PDEATHSIG = 1
FILE_BYTES = 2 * 1024**3
OPEN_FILES = 4096
PROCESSES = 512
# Runs under root get a uid from here on; no account has one of these.
FIRST_UID = 610_000
UIDS = 4_000

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Confinement:
    """What one command may read, write and connect to. `uid` 0 means: keep the present one."""

    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    ports: tuple[int, ...] = (HTTPS,)
    uid: int = 0
    landlock: bool = True


def level(*, unsandboxed_allowed: bool = False) -> str:
    """Return the sandbox's name as shown to people; empty where there is none and none may be done without."""
    version = landlock.abi()
    parts = []
    if version:
        parts.append(f"Landlock {version}")
        parts.append("HTTPS only" if version >= 4 else "network open")
    elif not unsandboxed_allowed:
        return ""
    else:
        parts.append("none")
    if os.geteuid() == 0:
        parts.append("own uid")
    return ", ".join(parts)


def uid_for(run_id: str) -> int:
    """Return the uid that a run gets when the portal runs as root, else 0."""
    if os.geteuid() != 0:
        return 0
    return FIRST_UID + int.from_bytes(run_id.encode()[-8:], "big") % UIDS


def enter(confinement: Confinement) -> None:
    """Confine the calling process for good; called in the forked child just before exec. Raises OSError."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.umask(0o077)
    if confinement.uid:
        # Counted per uid: set only where the uid is the run's own.
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
        os.setgroups([])
        os.setresgid(confinement.uid, confinement.uid, confinement.uid)
        os.setresuid(confinement.uid, confinement.uid, confinement.uid)
    # After the change of uid, which clears it. SIGINT, so that Terraform saves its state when we are gone.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if confinement.landlock:
        landlock.restrict(
            readable=(*SYSTEM_PATHS, *confinement.readable),
            writable=("/dev/null", *confinement.writable),
            ports=confinement.ports,
        )
