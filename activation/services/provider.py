"""Whether this host can get the provider that packages are locked to, and from where."""

import ssl
import threading
import time
import urllib.request
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings

from activation.domain.record.providers import locked_providers
from activation.domain.way import Way
from activation.packages import BUNDLED, bundled
from activation.runner import providers
from activation.runner.terraform import Terraform
from activation.runner.workspace import Places

# An answer counts so long, a silence only so long, seconds: what was mended shows within a minute.
GOOD_SECONDS, BAD_SECONDS = 3600.0, 60.0
PATIENCE_SECONDS = 5


class Registry:
    """Whether a registry answers, asked in the background: who reports a host must not wait for a network."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}
        self._good_until: dict[str, float] = {}

    def problem(self, url: str, way: Way) -> str | None:
        """Return what was wrong when the address was last asked, empty for nothing; None before the first answer."""
        if time.monotonic() >= self._good_until.get(url, 0.0):
            # Until the answer is here nobody else asks.
            self._good_until[url] = time.monotonic() + BAD_SECONDS
            threading.Thread(target=self._ask, args=(url, way), daemon=True).start()
        return self._problems.get(url)

    def _ask(self, url: str, way: Way) -> None:
        problem = ask(url, way)
        self._problems[url] = problem
        self._good_until[url] = time.monotonic() + (BAD_SECONDS if problem else GOOD_SECONDS)


registry = Registry()


def ask(url: str, way: Way) -> str:
    """Return why an address does not answer on the way that Terraform takes; empty where it does."""
    try:
        trusted = ssl.create_default_context(cafile=way.ca_bundle or None)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"http": way.proxy, "https": way.proxy} if way.proxy else {}),
            urllib.request.HTTPSHandler(context=trusted),
        )
        with opener.open(url, timeout=PATIENCE_SECONDS):
            return ""
    except (OSError, ValueError, HTTPException) as error:
        return str(error)[:300] or type(error).__name__


@cache
def wanted() -> list[str]:
    """Return the versions that the bundled packages are locked to."""
    locks = (locked_providers(bundled(name)) for name in BUNDLED)
    return sorted({one["version"] for lock in locks for one in lock if one["name"].endswith(providers.PROVIDER)})


def report(program: Terraform, where: Places, way: Way) -> dict[str, Any]:
    """Return which versions are needed, and where they come from: a directory, or a registry and whether it answers."""
    host = providers.REGISTRIES[program.name]
    folder = providers.directory_for(program, mirror=settings.TERRAFORM_PROVIDER_MIRROR)
    found: dict[str, Any] = {"name": providers.PROVIDER, "wanted": wanted(), "directory": folder}
    if folder:
        return found | {"held": providers.versions_in(Path(folder), host)}
    kept = providers.kept_by_templates(where.templates, host)
    problem = registry.problem(f"https://{host}/.well-known/terraform.json", way)
    return found | {"kept": kept, "registry": host, "problem": problem}
