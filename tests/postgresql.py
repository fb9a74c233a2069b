"""A PostgreSQL server of a test's own, where the machine has the programs."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests import tools


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server that listens on a socket only; yield the address of an empty database.

    Where the programs are missing, `tools.refuse` says what happens.
    """
    # On PATH there may be a link to one of them alone.
    where = Path(tools.demand("initdb")).resolve().parent
    # The server refuses to run as root.
    root = os.getuid() == 0
    account = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if root else {}
    # Not in tmp_path: others cannot pass through that.
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    log = (folder / "log").open("wb")
    process: subprocess.Popen[bytes] | None = None
    try:
        os.chown(folder, account.pw_uid, account.pw_gid)
        subprocess.run(
            [where / "initdb", "-D", folder / "db", "-U", "portal", "--auth=trust", "-E", "UTF8", "--no-sync"],
            check=True,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
            **who,  # type: ignore[call-overload]
        )
        settings = ("listen_addresses=", f"unix_socket_directories={folder}", "max_connections=150", "fsync=off")
        options = [part for each in settings for part in ("-c", each)]
        process = subprocess.Popen(
            [where / "postgres", "-D", folder / "db", *options],
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
            **who,  # type: ignore[call-overload]
        )
        create(folder, process)
        yield f"postgresql://portal@/portal?host={folder}"
    finally:
        if process is not None:
            # SIGINT: end sessions and stop, without waiting for them.
            process.send_signal(signal.SIGINT)
            process.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def create(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers, and make the database."""
    ends = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(host=str(folder), user="portal", dbname="postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE portal")
            return
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < ends, (folder / "log").read_text()
            time.sleep(0.2)
