"""Read settings from the environment: `NAME`, or the file named by `NAME_FILE`; what is empty is not set.

What `manage.py up` chose for a data directory lies in its `settings.json` and counts where the environment is silent,
so that other commands on that directory act on the same database, with the same keys. Secrets that `up` was given by
its environment are not in that file; other commands must be given them too.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from activation.management.environment import LEFT_OUT

DATA_DIRECTORY = Path(__file__).resolve().parent.parent / ".data"
# Every name that was asked for: what `up` hands on, and what docs/configuration.md must list.
asked_for: set[str] = set()


@cache
def kept() -> dict[str, Any]:
    """Return what the last `up` on this data directory wrote down; nothing where there was none."""
    try:
        content = (Path(os.environ.get("DATA_DIR") or DATA_DIRECTORY) / "settings.json").read_text(encoding="utf-8")
    except OSError:
        return {}
    found: dict[str, Any] = json.loads(content)
    return found


def remembered() -> dict[str, str]:
    """Return the settings of the last `up` on this data directory."""
    return {name: str(value) for name, value in kept().items() if name != LEFT_OUT}


def text(name: str, default: str | None = None) -> str:
    """Return `NAME`, else the content of `NAME_FILE`, else the default; raise ImproperlyConfigured without one."""
    asked_for.add(name)
    for source in (os.environ, remembered()):
        if given := source.get(name):
            return given
        if path := source.get(f"{name}_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
    if name in kept().get(LEFT_OUT, ()):
        # Going on without it could mean another database, or another key.
        raise ImproperlyConfigured(f"manage.py up was given {name}, which is written down nowhere: give it again.")
    if default is None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE.")
    return default


def flag(name: str, default: bool = False) -> bool:
    """Return whether `NAME` says yes (1, true, yes, on)."""
    return text(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Return `NAME` as a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from error


def words(name: str, default: str = "") -> list[str]:
    """Return `NAME` split at commas, blanks trimmed, empty parts dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]
