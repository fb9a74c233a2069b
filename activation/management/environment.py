"""The environment of the portal's processes: made from nothing, so that the machine's own never reaches them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

# Where programs are, how text and time are written. No HOME: nothing may read a person's own configuration.
KEPT = ("PATH", "LANG", "LC_ALL", "TZ")


# Under this name `settings.json` lists what was given and not kept.
LEFT_OUT = "given_and_not_kept"
SECRETS = frozenset(
    {
        *("SECRET_KEY", "SECRET_KEY_FALLBACKS", "MASTER_KEYS", "SIGNING_KEY", "LICENSE_SIGNING_KEY"),
        *("VENDOR_SECRET_ACCESS_KEY", "VENDOR_SESSION_TOKEN"),
    }
)


def holds_secret(name: str, value: str) -> bool:
    """Return whether a setting is a secret, or an address with a password in it; `NAME_FILE` names a file only."""
    if name in SECRETS:
        return True
    if not name.endswith("_URL"):
        return False
    try:
        parts = urlsplit(value)
        return bool(parts.password) or any("password" in key.lower() for key in parse_qs(parts.query))
    except ValueError:
        return True


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
