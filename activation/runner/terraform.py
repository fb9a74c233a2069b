"""Terraform's command lines and environment."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from activation.domain.way import Way
from activation.runner import process
from activation.runner.spec import Command

PLAN, REVIEW = "tfplan", "plan.json"
VARIABLES = "portal.auto.tfvars.json"
CONFIGURATION = "terraform.rc"
OLDEST = {"terraform": (1, 10), "tofu": (1, 11)}
# Where Terraform looks for providers by itself on Linux (CLI configuration, "Implied Local Mirror Directories").
PROVIDER_DIRECTORIES = ("/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")


HOW_TO_GET_ONE = (
    "Install Terraform 1.10 or newer (developer.hashicorp.com/terraform/install) or OpenTofu 1.11 or newer, and put it "
    "on PATH or name it in TERRAFORM."
)


class Missing(Exception):
    """No Terraform, or one that is too old; the text says which and how to get one."""


@dataclass(frozen=True)
class Terraform:
    """The program that runs packages."""

    path: str
    name: str
    version: str


def find(configured: str = "") -> Terraform:
    """Return `terraform` or `tofu`, from the setting or from PATH; raises Missing."""
    candidates = [configured] if configured else ["terraform", "tofu"]
    for candidate in candidates:
        if found := shutil.which(candidate):
            return _checked(os.path.realpath(found))
    wanted = configured or "terraform"
    raise Missing(f"{wanted} was not found. {HOW_TO_GET_ONE}")


def _checked(path: str) -> Terraform:
    try:
        answer = process.output_of(path, "version", "-json")
        version = str(json.loads(answer)["terraform_version"])
    except (process.CouldNotStart, ValueError, KeyError) as error:
        raise Missing(f"{path} does not answer `version -json`: {error}. {HOW_TO_GET_ONE}") from error
    name = "tofu" if "tofu" in Path(path).name else "terraform"
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST[name]:
        oldest = ".".join(map(str, OLDEST[name]))
        raise Missing(f"{path} is version {version}; at least {oldest} is needed. {HOW_TO_GET_ONE}")
    return Terraform(path, name, version)


def environment(*, work: Path, home: Path, way: Way, region: str = "") -> dict[str, str]:
    """Return Terraform's whole environment, without secrets: made from nothing, no way to the host's own identity.

    `home` is empty and no run may write there: Terraform looks in it for settings, credentials and plug-ins.
    """
    values = {
        "HOME": str(home),
        "TMPDIR": str(work / "tmp"),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_CLI_CONFIG_FILE": str(work / CONFIGURATION),
        "CHECKPOINT_DISABLE": "1",
        # Measured: -15 % wall, -35 % CPU, +140 MB.
        "GOGC": "400",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        **way.of_terraform(),
    }
    if region:
        values["AWS_REGION"] = region
    return values


def readable(terraform: Terraform, *, mirror: str, cache: Path, home: Path, way: Way) -> tuple[str, ...]:
    """Return what a run must be able to read beside the system: Terraform, the providers behind every link."""
    found = {terraform.path, str(cache), str(home)} | ({os.path.realpath(way.ca_bundle)} if way.ca_bundle else set())
    for folder in (*PROVIDER_DIRECTORIES, *([mirror] if mirror else [])):
        if os.path.isdir(folder):
            found.add(folder)
            # HOST/NAMESPACE/TYPE/VERSION/PLATFORM: the last may be a link.
            found |= {os.path.realpath(path) for path in Path(folder).glob("*/*/*/*/*") if path.is_symlink()}
    return tuple(sorted(found))


def init(terraform: Terraform, *, cache: Path) -> Command:
    """Return `init`: providers exactly as the lock file has them, kept in a cache that runs share."""
    arguments = ("init", "-input=false", "-json", "-lockfile=readonly", "-backend=false")
    return Command("init", (terraform.path, *arguments), environment={"TF_PLUGIN_CACHE_DIR": str(cache)})


def init_without_lock(terraform: Terraform, *, cache: Path) -> Command:
    """Return `init` for a package that brings no lock file."""
    arguments = ("init", "-input=false", "-json", "-backend=false")
    return Command("init", (terraform.path, *arguments), environment={"TF_PLUGIN_CACHE_DIR": str(cache)})


def plan(terraform: Terraform, *, destroy: bool = False, replace: tuple[str, ...] = ()) -> tuple[Command, Command]:
    """Return `plan` and the `show` that makes it readable.

    `replace` are addresses of what is made anew although the configuration alone would not ask for it.
    """
    asked = (*(("-destroy",) if destroy else ()), *(f"-replace={address}" for address in replace))
    words = ("plan", "-input=false", "-json", f"-out={PLAN}", *asked)
    return (
        Command("plan", (terraform.path, *words)),
        Command("show", (terraform.path, "show", "-json", PLAN), capture=REVIEW),
    )


def untaint(terraform: Terraform, address: str) -> Command:
    """Return `untaint`: what was stopped while it was made, and is whole, is not made anew."""
    return Command("untaint", (terraform.path, "untaint", "-no-color", address))


def apply(terraform: Terraform) -> Command:
    """Return the `apply` of the saved plan, and of nothing else."""
    return Command("apply", (terraform.path, "apply", "-input=false", "-json", PLAN))
