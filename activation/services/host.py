"""The host: its name, its directories, its Terraform, its sandbox, as settings and probes have them."""

import json
import platform
import sys
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from activation.domain.errors import Faulted
from activation.domain.way import Way
from activation.models import Node
from activation.runner import process, terraform, workspace

# How the probe ends the name of a wall that is a path which runs need.
REACHED = " can be reached"


@cache
def where() -> workspace.Places:
    """Return this host's directories."""
    return workspace.places(Path(settings.DATA_DIR), settings.WORK_DIR)


def way() -> Way:
    """Return how this installation reaches AWS."""
    return Way(endpoint=settings.AWS_ENDPOINT_URL, proxy=settings.AWS_PROXY_URL, ca_bundle=settings.AWS_CA_FILE)


def node() -> str:
    """Return this host's name, as runs remember it."""
    return settings.NODE_NAME or platform.node() or "this-host"


@cache
def _found_terraform(configured: str) -> terraform.Terraform:
    return terraform.find(configured)


def find_terraform() -> terraform.Terraform:
    """Return Terraform; raises Faulted where it is missing or too old."""
    try:
        return _found_terraform(settings.TERRAFORM)
    except terraform.Missing as error:
        raise Faulted("terraform_missing", detail=str(error)) from error


@cache
def sandbox_report() -> dict[str, Any]:
    """Return what the probe of the sandbox found, run once a process."""
    try:
        needed = [find_terraform().path, str(where().cache), str(where().work)]
    except Faulted:
        needed = [str(where().cache), str(where().work)]
    try:
        found = process.output_of(sys.executable, "-m", "activation.runner.probe", *needed)
    except process.CouldNotStart as error:
        return {"level": "", "walls": {}, "holds": False, "error": str(error)}
    report: dict[str, Any] = json.loads(found)
    return report


def demand_sandbox() -> tuple[str, bool]:
    """Return the sandbox's name and whether Landlock is in it; raises Faulted where runs must be refused."""
    report = sandbox_report()
    if report["holds"]:
        return str(report["level"]), True
    if settings.ALLOW_UNSANDBOXED:
        return "none (allowed by ALLOW_UNSANDBOXED)", False
    unreachable = [wall.removesuffix(REACHED) for wall, held in report["walls"].items() if not held and REACHED in wall]
    if unreachable and all(held or REACHED in wall for wall, held in report["walls"].items()):
        raise Faulted("out_of_reach", paths=", ".join(unreachable))
    broken = ", ".join(wall for wall, held in report["walls"].items() if not held) or "no Landlock in this kernel"
    raise Faulted("sandbox_unavailable", detail=broken)


def report_node() -> None:
    """Write down that this host is here, and what it can do."""
    report = full_report()
    if not Node.objects.filter(pk=node()).update(seen_at=Now(), report=report):
        now = timezone.now()
        Node.objects.get_or_create(name=node(), defaults={"seen_at": now, "started_at": now, "report": report})


def full_report() -> dict[str, Any]:
    """Return versions, sandbox and room, as the Installation page shows them."""
    try:
        found = find_terraform()
        program = {"name": found.name, "version": found.version, "path": found.path}
        problem = ""
    except Faulted as error:
        program, problem = {}, str(error)
    return {
        "terraform": program,
        "terraform_problem": problem,
        "sandbox": sandbox_report(),
        "python": platform.python_version(),
        "free_bytes": workspace.free_bytes(where().data),
        "free_work_bytes": workspace.free_bytes(where().work),
        "work_in_memory": str(where().work).startswith(str(workspace.MEMORY)),
    }
