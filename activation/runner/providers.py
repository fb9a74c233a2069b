"""Where this host's Terraform gets the AWS provider from: looked up as Terraform itself does it."""

import platform
from collections.abc import Iterator
from pathlib import Path

from activation.runner.terraform import PROVIDER_DIRECTORIES, Terraform

PROVIDER = "hashicorp/aws"
# Where each program looks for a provider whose address names no host.
REGISTRIES = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def platform_name() -> str:
    """Return this host's platform in the words of providers, such as `linux_amd64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{MACHINES.get(machine, machine)}"


def versions_in(folder: Path, registry: str) -> list[str]:
    """Return the versions of the provider that a directory has for this platform, unpacked or as .zip files."""
    return sorted(set(_versions(folder / registry / PROVIDER, platform_name())))


def _versions(folder: Path, wanted: str) -> Iterator[str]:
    for path in folder.glob(f"*/{wanted}"):
        yield path.parent.name
    for path in folder.glob(f"terraform-provider-*_{wanted}.zip"):
        yield path.name.removesuffix(f"_{wanted}.zip").rpartition("_")[2]


def directory_for(program: Terraform, *, mirror: str) -> str:
    """Return the directory that providers come from, and from nowhere else; empty where the registry is asked.

    Beside a mirror that is set, Terraform asks nobody else; neither where one of the directories in which it looks by
    itself has the provider in any version.
    """
    if mirror:
        return mirror
    registry = REGISTRIES[program.name]
    return next((folder for folder in PROVIDER_DIRECTORIES if versions_in(Path(folder), registry)), "")


def kept_by_templates(templates: Path, registry: str) -> list[str]:
    """Return the versions with which packages were initialized here: their runs need no registry any more."""
    folders = templates.glob("*/.terraform/providers") if templates.is_dir() else ()
    return sorted({version for folder in folders for version in versions_in(folder, registry)})
