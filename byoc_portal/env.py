"""Read settings from the environment: `NAME`, or the file named by `NAME_FILE`."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return `NAME`, else the content of `NAME_FILE`, else the default; raise ImproperlyConfigured without one."""
    if name in os.environ:
        return os.environ[name]
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
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
