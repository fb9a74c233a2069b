"""Start the local AWS: `python -m activation.simulator --directory DIR [--port N] [--lifeline-fd N]`.

Prints one line of JSON when it is ready. Ends at SIGTERM, at SIGINT and when the lifeline's other end is closed.
"""

import argparse
import fcntl
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

from activation.simulator.backend import Backend
from activation.simulator.control import Control
from activation.simulator.demo import Demo
from activation.simulator.directory import Directory
from activation.simulator.faults import Faults
from activation.simulator.front import Front, Server
from activation.simulator.journal import Journal
from activation.simulator.recording import Recording
from activation.simulator.sts import Settings, TokenService


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m activation.simulator", description="A local AWS.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--directory", type=Path, required=True, help="where everything is kept across restarts")
    parser.add_argument("--lifeline-fd", type=int, help="file descriptor of a pipe; end when its other end closes")
    return parser.parse_args(argv)


def _write_privately(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only this user may read, whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    unfinished.replace(path)


def _restored(journal: Journal, backend: Backend, directory: Directory, demo: Demo) -> dict[str, Any]:
    """Continue with what the journal holds; make the identities where it does not hold them. Returns token and
    identities."""
    ready: dict[str, Any] = {}

    def other(record: dict[str, Any]) -> None:
        if record["kind"] == "ready":
            ready.update(record)
        directory.restore(record)

    backend.restore(other)
    if "identities" not in ready:
        ready = {"control_token": secrets.token_urlsafe(24), "identities": demo.create()}
        backend.note("ready", **ready)
    return ready


def main(argv: list[str] | None = None) -> int:
    """Run until told to end; return the exit status."""
    arguments = _arguments(argv)
    folder: Path = arguments.directory
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (folder / "simulator.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Another simulator uses {folder}.", file=sys.stderr)
        return 1
    end = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    if arguments.lifeline_fd is not None:
        Thread(target=_watch, args=(arguments.lifeline_fd, end), daemon=True).start()

    journal = Journal(folder / "journal.jsonl")
    recording = Recording(folder / "actions.jsonl")
    backend = Backend(journal)
    directory = Directory(backend)
    settings, faults = Settings(), Faults()
    tokens = TokenService(directory, settings)
    demo = Demo(backend, directory, tokens)
    ready = _restored(journal, backend, directory, demo)
    control = Control(ready["control_token"], ready["identities"], recording, faults, directory, demo, settings)
    front = Front(backend, directory, tokens, settings, faults, recording)
    server = _listening(arguments.port, folder, front, control)
    port = server.server_address[1]
    endpoint = f"http://127.0.0.1:{port}"
    _write_privately(
        folder / "simulator.json",
        {
            "endpoint": endpoint,
            "port": port,
            "pid": os.getpid(),
            "control_token": ready["control_token"],
            "identities": ready["identities"],
        },
    )
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    serving.start()
    print(json.dumps({"endpoint": endpoint, "port": port}), flush=True)
    end.wait()
    faults.stop()
    server.shutdown()
    server.socket.close()
    return 0


def _listening(port: int, folder: Path, front: Front, control: Control) -> Server:
    """Open the port; where any will do, the one of the last time, so that a Terraform which still runs finds it."""
    if port == 0:
        try:
            return Server(int(json.loads((folder / "simulator.json").read_text())["port"]), front, control)
        except (OSError, ValueError, KeyError):
            pass  # the first time, or the port is taken
    return Server(port, front, control)


def _watch(descriptor: int, end: Event) -> None:
    try:
        while os.read(descriptor, 1024):
            pass
    except OSError:
        print("The lifeline cannot be read.", file=sys.stderr)
    end.set()


if __name__ == "__main__":
    sys.exit(main())
