"""Tell of a configuration package: its files by their hashes, the providers it locks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.domain.archive import unpack
from activation.domain.errors import Refused
from activation.domain.record.providers import locked_providers
from activation.models import PackageVersion
from activation.selectors import record_contents as contents


@dataclass(frozen=True)
class PackageFacts:
    """Everything a record says of a package; `kept` is what its row said when the record was asked for."""

    kept: Mapping[str, Any]
    files: list[dict[str, Any]]
    providers: list[dict[str, Any]]

    @property
    def providers_sentence(self) -> str:
        """Return which providers are locked, in words."""
        words = [f"{each['name']} {each['version']} ({len(each['hashes'])} hashes)" for each in self.providers]
        return ", ".join(words) or "none is locked by the package"

    @property
    def told(self) -> dict[str, Any]:
        """Return it as package.json has it."""
        return {**self.kept, "files": self.files, "providers": self.providers}


def keep(package: PackageVersion) -> dict[str, Any]:
    """Return what a package's row says now; what its content holds never changes."""
    return {
        "name": package.name,
        "version": package.version,
        "sha256": package.sha256,
        "archive_sha256": package.archive_sha256,
        "source": package.source,
        "is_reference": package.is_reference,
        "findings": package.description.get("findings", []),
    }


def read(kept: Mapping[str, Any]) -> PackageFacts:
    """Return what a record says of a package."""
    try:
        files: Mapping[str, bytes] = unpack(contents.archive_of(kept["sha256"]))
    except Refused:
        files = {}
    described = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    return PackageFacts(kept, described, locked_providers(files))
