"""The environment of the portal's processes: made from nothing, so that the machine's own never reaches them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

# Where programs are, how text and time are written. No HOME: nothing may read a person's own configuration.
KEPT = ("PATH", "LANG", "LC_ALL", "TZ")


def given_settings(names: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the settings that whoever started us gave, `NAME` or `NAME_FILE`; what is empty was not given."""
    return {
        spelled: environment[spelled]
        for name in sorted(names)
        for spelled in (name, f"{name}_FILE")
        if environment.get(spelled)
    }


def value(settings: Mapping[str, str], name: str, default: str = "") -> str:
    """Return one of the given settings, read from its file where it was given so."""
    if name not in settings and (path := settings.get(f"{name}_FILE")):
        return Path(path).read_text(encoding="utf-8").strip()
    return settings.get(name, default)


def plain(settings: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return a process's whole environment."""
    kept = {name: environment[name] for name in KEPT if name in environment}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        **kept,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "byoc_portal.settings",
        **settings,
    }
