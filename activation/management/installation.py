"""One installation on this machine, from its first process to its last."""

import contextlib
import http.client
import json
import os
import shlex
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from activation.management import environment, local_aws, parts, ports
from activation.management.data_directory import DataDirectory, Unusable, write_privately
from activation.management.processes import Programs, ending
from activation.management.signals import Signals, uv_that_started_us
from activation.management.stopping import Shutdown
from activation.runner import terraform

USUAL_PORT = 8000
START_SECONDS = 90.0
# Long before the simulated customer's keys end, seconds.
RENEW_KEYS = 6 * 3600.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CouldNotStart(Exception):
    """A part did not come up; the text says which, why, and where its log is."""


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line; a port of None is the usual one or the next free."""

    demo: bool = False
    host: str = "127.0.0.1"
    port: int | None = None
    open_browser: bool = True
    verbose: bool = False


class Ended(Exception):
    """Somebody asked us to end before everything was up."""


class Installation:
    """Starts, watches and ends everything; the data directory is held already."""

    def __init__(
        self, *, data: DataDirectory, wishes: Wishes, given: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self.data, self.wishes, self.given, self.say = data, wishes, dict(given), say
        self.signals = Signals()
        self.node = environment.value(given, "NODE_NAME") or data.node()
        self.port = self._port()
        self.address = environment.value(given, "PORTAL_URL") or f"http://{self._shown_host()}:{self.port}"
        self.settings = self._settings()
        self.programs = Programs(
            environment=environment.plain(self.settings),
            logs=data.logs,
            lock=data.processes_lock,
            echo=wishes.verbose,
            say=say,
        )

    def _port(self) -> int:
        host, wanted = self.wishes.host, self.wishes.port
        if wanted is None:
            port = ports.choose(host, USUAL_PORT)
            if port != USUAL_PORT:
                self.say(f"Port {USUAL_PORT} is taken; using {port}.")
            return port
        if not ports.is_free(host, wanted):
            raise CouldNotStart(f"Port {wanted} on {host} is taken or not allowed. Choose another with --port.")
        return wanted or ports.choose(host, 0)

    def _shown_host(self) -> str:
        host = self.wishes.host
        if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            return socket.gethostname()
        return f"[{host}]" if ":" in host else host

    def _settings(self) -> dict[str, str]:
        """Return all that the processes' environments hold of settings: ours, then what was given."""
        # This machine itself must always be let in: `_answers` asks it whether all is well.
        hosts = [*environment.value(self.given, "ALLOWED_HOSTS").split(","), urlsplit(self.address).hostname or ""]
        hosts += [self._shown_host(), "localhost", "127.0.0.1", "[::1]"]
        ours = {
            "PORTAL_URL": self.address,
            "NODE_NAME": self.node,
        }
        for name, make in (("SECRET_KEY", self.data.secret_key), ("MASTER_KEYS", self.data.master_keys)):
            if name not in self.given and f"{name}_FILE" not in self.given:
                ours[f"{name}_FILE"] = str(make())
        if not environment.value(self.given, "BROKER_URL"):
            ours["BROKER_URL"] = f"redis+socket://{self.data.socket()}"
        fixed = {
            "DATA_DIR": str(self.data.path),
            "ALLOWED_HOSTS": ",".join(dict.fromkeys(filter(None, map(str.strip, hosts)))),
            "DEMO": "1" if self.wishes.demo else "0",
        }
        return {**ours, **self.given, **fixed}

    # --- the whole life

    def run(self) -> None:
        """Start everything, stay until asked to end, end everything."""
        self._remember_kind()
        self.signals.listen()
        os.umask(0o077)
        guardian = uv_that_started_us()
        began = time.monotonic()
        try:
            try:
                answer = self.start()
                self.say_welcome(answer, time.monotonic() - began)
                self.stay(guardian)
            except Ended:
                pass
            self.say(f"Ending ({self.signals.reason})…")
        finally:
            self.shut_down()
        self.say("Everything has ended.")

    def _remember_kind(self) -> None:
        """Keep demo and earnest apart: made-up people must not stand before a real account. Raises Unusable."""
        kind, path = "demo" if self.wishes.demo else "real", self.data.path / "kind"
        found = path.read_text().strip() if path.exists() else kind
        if found != kind:
            other = "a demo" if found == "demo" else "a real installation, no demo"
            raise Unusable(
                f"{self.data.path} holds {other}. Start it {'with' if found == 'demo' else 'without'} --demo, "
                "choose another --data-dir, or delete it with --reset."
            )
        write_privately(path, f"{kind}\n")

    def start(self) -> dict[str, Any]:
        """Bring everything up; return what `prepare` answered. Raises CouldNotStart, Ended."""
        if not environment.value(self.given, "BROKER_URL"):
            self.programs.start(parts.valkey(self.data.path / "valkey", environment.value(self.settings, "BROKER_URL")))
        if self.wishes.demo:
            self.programs.start(local_aws.program(self.data.simulator))
        self.data.remember(self.settings, given=self.given)
        preparing = self.programs.once(parts.prepare())
        answer = self._answer_of(preparing)
        if self.wishes.demo:
            self._adopt_local_aws()
        web = parts.web(self.wishes.host, self.port)
        for program in (web, parts.runs(self.node), parts.control(self.node), parts.audit(self.node), parts.beat()):
            self.programs.start(program)
        self._await("web", self._answers, "does not answer")
        self.data.announce(self.address)
        return answer

    def _adopt_local_aws(self) -> None:
        directory = self.data.simulator
        self._await("simulator", lambda: bool(local_aws.read(directory)), "is not ready")
        found = local_aws.read(directory)
        local_aws.keep_port(directory, int(found["port"]))
        self.programs.replace(local_aws.command_line(directory, int(found["port"])))
        self.settings |= local_aws.portal_settings(found)
        self.programs.environment |= local_aws.portal_settings(found)
        self.data.remember(self.settings, given=self.given)

    def stay(self, guardian: int | None) -> None:
        """Watch over all processes until somebody asks us to end."""
        renewed = time.monotonic()
        watched = [] if guardian is None else [guardian]
        while not self.signals.first:
            if self.signals.rest(0.5, *watched):
                self.signals.first, self.signals.reason = time.monotonic(), "uv is gone"
            self.programs.look_after()
            if self.wishes.demo and time.monotonic() - renewed > RENEW_KEYS:
                renewed = time.monotonic()
                with contextlib.suppress(OSError):
                    local_aws.write_customer_keys(self.data.simulator, self._region())

    def shut_down(self) -> None:
        """End everything, in order."""
        Shutdown(
            data=self.data,
            programs=self.programs,
            broker=environment.value(self.settings, "BROKER_URL"),
            node=self.node,
            say=self.say,
            impatience=lambda: self.signals.again,
        ).run()

    # --- waiting for parts

    def _answer_of(self, preparing: "subprocess.Popen[bytes]") -> dict[str, Any]:
        ends = time.monotonic() + START_SECONDS
        while preparing.poll() is None:
            self._demand_patience()
            if time.monotonic() > ends:
                raise CouldNotStart("The database was not ready in time.")
            self.signals.rest(0.05)
            self.programs.look_after()
        said, complaints = preparing.communicate()
        if preparing.returncode:
            path = self.programs.log_of("prepare")
            path.write_bytes(complaints)
            last = complaints.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise CouldNotStart(f"The database could not be prepared: {last} ({ending(preparing.returncode)}; {path})")
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer

    def _await(self, name: str, ready: Callable[[], bool], lack: str) -> None:
        """Wait for a part; tell its log's last words where it does not come up."""
        ends = time.monotonic() + START_SECONDS
        while not ready():
            self._demand_patience()
            self.programs.look_after()
            if time.monotonic() > ends:
                path = self.programs.log_of(name)
                words = path.read_text(errors="replace")[-1500:] if path.exists() else ""
                raise CouldNotStart(f"{name} {lack} after {START_SECONDS:g} s. The end of {path}:\n{words}")
            self.signals.rest(0.1)

    def _demand_patience(self) -> None:
        if self.signals.first:
            raise Ended

    def _answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.wishes.host, self.wishes.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready", headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    # --- words

    def _region(self) -> str:
        return environment.value(self.given, "REGIONS", "us-west-2").partition(",")[0].strip()

    def command_words(self) -> str:
        """Return how another command of this installation is called from a shell."""
        # `.data` beside manage.py is where other commands look by themselves.
        is_default = self.data.path == Path(sys.argv[0]).resolve().parent / ".data"
        return "uv run manage.py" if is_default else f"DATA_DIR={shlex.quote(str(self.data.path))} uv run manage.py"

    def say_welcome(self, answer: dict[str, Any], seconds: float) -> None:
        """Print the address, and how to come in."""
        self.say(f"\nBYOC Portal is up at {self.address}  ({seconds:.1f} s; Ctrl-C ends it)\n")
        for person in answer["people"]:
            self.say(f"  {person['label']:<28}{person['email']:<28}{person['password']}")
        if answer["setup_link"]:
            self.say(f"  Set-up link for the first owner, works once, for 24 hours:\n  {answer['setup_link']}")
            self.say("  Then name the person who adds packages and looks after this server:")
            self.say(f"  {self.command_words()} create_installation_administrator --email YOU@EXAMPLE.COM")
        if self.wishes.demo:
            self.say("\n  For step 2, a key of each simulated customer; upload the file, or copy its lines:")
            for keys in local_aws.write_customer_keys(self.data.simulator, self._region()):
                self.say(f"  {keys.organization.name:<18}AWS account {keys.account}, {keys.lifetime}:\n    {keys.path}")
            self.say("  They open nothing but the local AWS.")
        if self.wishes.host not in LOOPBACK and self.address.startswith("http://"):
            self.say("\n  Careful: keys cross the network in clear. Put a proxy with TLS in front; set PORTAL_URL.")
        try:
            terraform.find(environment.value(self.given, "TERRAFORM"))
        except terraform.Missing as error:
            self.say(f"\n  Runs cannot start yet: {error}")
        self.say(f"\n  Data: {self.data.path}   Logs: {self.data.logs}\n")
        has_screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        if self.wishes.open_browser and sys.stdout.isatty() and has_screen:
            webbrowser.open(self.address)
