"""Try the sandbox by running in it: what must work, works; what must be refused, is."""

import json
import os
import socket
import sys
import tempfile
from pathlib import Path

from activation.runner import sandbox

# Held by kernels from 6.7 on (Landlock 4).
OTHER_PORTS = "other ports cannot be reached"


def probe(needed: list[str]) -> dict[str, object]:
    """Return the level, and which of the walls held; fork a child that tries them all.

    `needed` are paths that a run must be able to reach: programs, directories of providers and of work.
    """
    level = sandbox.level()
    if not level:
        return {"level": "", "walls": {}, "holds": False}
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as server:
        inside = Path(name) / "inside"
        inside.mkdir()
        secret = Path(name) / "secret"
        secret.write_text("outside")
        secret.chmod(0o644)
        uid = sandbox.uid_for("probe-00")
        if uid:
            os.chmod(name, 0o755)  # noqa: S103 - so that only the sandbox, not the mode, refuses
            os.chown(inside, uid, uid)
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            walls: dict[str, bool] = {}
            try:
                sandbox.enter(sandbox.Confinement(readable=tuple(needed), writable=(str(inside),), uid=uid))
                walls = try_walls(inside, secret, server.getsockname()[1])
                walls |= {f"{path} can be reached": os.access(path, os.X_OK) for path in needed}
            finally:
                os.write(write_end, json.dumps(walls).encode())
                os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        walls = json.loads(answer or b"{}")
    return {"level": level, "walls": walls, "holds": bool(walls) and all(walls.values())}


def try_walls(inside: Path, secret: Path, port: int) -> dict[str, bool]:
    """Return wall → whether it held; called inside the sandbox."""
    walls = {
        "own directory can be written": not refused(lambda: (inside / "file").write_text("x")),
        "other files cannot be read": refused(secret.read_text),
        "the account list cannot be read": refused(Path("/etc/passwd").read_text),
        "other directories cannot be written": refused(lambda: (secret.parent / "file").write_text("x")),
        # Straight to `connect`: resolving a name would import modules, which nothing here can read any more.
        OTHER_PORTS: refused(lambda: socket.socket().connect(("127.0.0.1", port))),
    }
    if os.geteuid() == 0:
        walls["runs are not root"] = False
    return walls


def refused(act: object) -> bool:
    """Return whether the kernel refuses what `act` does."""
    try:
        act()  # type: ignore[operator]
    except OSError:
        return True
    return False


if __name__ == "__main__":
    json.dump(probe(sys.argv[1:]), sys.stdout)
