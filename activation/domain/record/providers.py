"""Which providers a package is locked to, read from its `.terraform.lock.hcl`."""

import re
from collections.abc import Mapping
from typing import Any

LOCK_FILE = ".terraform.lock.hcl"
# Terraform writes this file itself, in one layout.
_PROVIDER = re.compile(r'^provider "([^"]+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_HASH = re.compile(r'"((?:h1|zh):[^"]+)"')


def locked_providers(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return name, version and hashes of each provider that a package's files lock; nothing where none is locked."""
    text = files.get(LOCK_FILE, b"").decode("utf-8", "replace").replace("\r\n", "\n")
    found = []
    for name, body in _PROVIDER.findall(text):
        version = _VERSION.search(body)
        found.append({"name": name, "version": version[1] if version else "", "hashes": _HASH.findall(body)})
    return found
