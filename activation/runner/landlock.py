"""Landlock: confine this process to some files and TCP ports (Linux >= 5.13; ports >= 6.7).

Three system calls, described in the kernel's Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import stat
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH, RULE_NET_PORT = 1, 2
VERSION_FLAG = 1
PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# How many file rights each ABI knows: REFER came with 2, TRUNCATE with 3, IOCTL_DEV with 5.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
SCOPES = 0b11

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def abi() -> int:
    """Return the kernel's Landlock version; 0 where there is none."""
    return max(0, int(_libc.syscall(CREATE_RULESET, None, 0, VERSION_FLAG)))


def restrict(*, readable: Iterable[str], writable: Iterable[str], ports: Iterable[int]) -> None:
    """Confine this process and all it will start; there is no way back.

    Paths that do not exist, or that this user cannot reach anyway, are left out. Raises OSError.
    """
    version = abi()
    if not version:
        raise OSError("this kernel has no Landlock")
    everything = (1 << FILE_RIGHTS.get(version, 16)) - 1
    ruleset = _Ruleset(everything, BIND_TCP | CONNECT_TCP, SCOPES)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    handle = _checked(_libc.syscall(CREATE_RULESET, ctypes.byref(ruleset), size, 0), "landlock_create_ruleset")
    for paths, rights in ((readable, READ), (writable, everything)):
        for path in paths:
            _allow_path(handle, path, rights & everything)
    if version >= 4:
        for port in ports:
            rule = _Port(CONNECT_TCP, port)
            _checked(_libc.syscall(ADD_RULE, handle, RULE_NET_PORT, ctypes.byref(rule), 0), f"port {port}")
    _checked(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _checked(_libc.syscall(RESTRICT_SELF, handle, 0), "landlock_restrict_self")
    os.close(handle)


def _allow_path(handle: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= ON_FILES
        rule = _PathBeneath(rights, parent)
        _checked(_libc.syscall(ADD_RULE, handle, RULE_PATH_BENEATH, ctypes.byref(rule), 0), path)
    finally:
        os.close(parent)


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {what}: {os.strerror(ctypes.get_errno())}")
    return result
