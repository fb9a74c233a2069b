"""The portal's web server as a process of its own, and a signed-in person who speaks to it."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import urllib.parse
from typing import TYPE_CHECKING

from django.test import Client

from activation.models import Run, User
from tests.real.engine import wait_for

if TYPE_CHECKING:
    from tests.faults.bench import Bench

START_SECONDS = 120


class Web:
    """One web server."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.is_asked = False
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--no-ws")
        self.process = self.bench.start("web", *words, "byoc_portal.wsgi:application")
        wait_for(self.answers, seconds=START_SECONDS, what="the web server answers")

    def answers(self) -> bool:
        """Return whether it says that it lives."""
        with contextlib.suppress(OSError):
            return self.ask("GET", "/health/live")[0] == 200
        return False

    def kill(self) -> None:
        """Kill it with all its processes."""
        self.close()
        self.bench.kills += 1

    def close(self) -> None:
        """End it."""
        self.bench.kill(self.process)

    def has_died(self) -> bool:
        """Return whether it is gone."""
        return self.process.poll() is not None

    def sign_in(self, user: User) -> None:
        """Have a person's session."""
        browser = Client()
        browser.force_login(user)
        self.cookies = {name: morsel.value for name, morsel in browser.cookies.items()}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Send one request; return status and text. Raises OSError or HTTPException where no answer comes."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=START_SECONDS)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, urllib.parse.urlencode(form or {}), headers)
            self.is_asked = True
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def approve(self, run: Run) -> int:
        """Approve a run's plan as its review page lets a person do it; return the status, 0 where none came."""
        page = f"/o/{run.organization.slug}/runs/{run.pk}"
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.is_asked = False
            form = {"confirmation": "yes", "csrfmiddlewaretoken": self.token}
            return self.ask("POST", f"{page}/approve/", form)[0]
        return 0

    def glance_at(self, run: Run) -> int:
        """Open the run's page; return the status, 0 where none came."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.is_asked = False
            return self.ask("GET", f"/o/{run.organization.slug}/runs/{run.pk}/")[0]
        return 0

    def look_at(self, run: Run) -> None:
        """Open the review page, for its token."""
        status, text = self.ask("GET", f"/o/{run.organization.slug}/runs/{run.pk}/review/")
        assert status == 200, (status, text[:2000])
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        assert found, text[:2000]
        self.token = found.group(1)

    def wait_until_asked(self) -> None:
        """Wait until a request is under way."""
        wait_for(lambda: self.is_asked, seconds=START_SECONDS, what="the request is under way")
