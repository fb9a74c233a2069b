"""Where this host's Terraform gets the AWS provider from: looked up as Terraform itself does it."""

import json
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


def configuration(*, mirror: str) -> str:
    """Return the CLI configuration that says where providers come from: from the mirror alone, where there is one.

    Else as Terraform does it on a server by itself: what the system's directories have from there and from nowhere
    else, the rest from its registry. Written down, for unsaid it would look below HOME and beside the configuration as
    well.
    """
    folders = [mirror] if mirror else [folder for folder in PROVIDER_DIRECTORIES if Path(folder).is_dir()]
    methods = [f"  filesystem_mirror {{\n    path = {json.dumps(folder)}\n  }}\n" for folder in folders]
    if not mirror:
        held = sorted({host for host in REGISTRIES.values() for folder in folders if versions_in(Path(folder), host)})
        methods.append(f"  direct {{\n    exclude = {json.dumps([f'{host}/{PROVIDER}' for host in held])}\n  }}\n")
    return f"provider_installation {{\n{''.join(methods)}}}\n"


def kept_by_templates(templates: Path, registry: str) -> list[str]:
    """Return the versions with which packages were initialized here: their runs need no registry any more."""
    folders = templates.glob("*/.terraform/providers") if templates.is_dir() else ()
    return sorted({version for folder in folders for version in versions_in(folder, registry)})
