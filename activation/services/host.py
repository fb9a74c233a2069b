"""The host: its name, its directories, its Terraform, its sandbox, as settings and probes have them."""

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from activation.domain.errors import Faulted
from activation.domain.record.manifest import GENERATOR
from activation.domain.way import Way
from activation.models import Node
from activation.models.runs import ALLOWED_ALL_THE_SAME
from activation.runner import process, terraform, workspace
from activation.runner.probe import OTHER_PORTS
from activation.services import provider

# How the probe ends the name of a wall that is a path which runs need.
REACHED = " can be reached"
# The probe names its walls by what holds behind them; these are the words for one that does not.
BROKEN_WALLS = {
    "own directory can be written": "a run cannot write into its own directory",
    "other files cannot be read": "a run can read files that are not its own",
    "the account list cannot be read": "a run can read the host's list of accounts",
    "other directories cannot be written": "a run can write outside its own directory",
    OTHER_PORTS: "a run can connect to other ports than that of HTTPS",
    "runs are not root": "a run is root",
}


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


# Reports of a sandbox that held, by what runs need to reach. One that did not hold is tried again, so that what was
# mended counts without a restart.
_held: dict[tuple[str, ...], dict[str, Any]] = {}


def sandbox_report() -> dict[str, Any]:
    """Return what the probe of the sandbox found on this host."""
    needed: tuple[str, ...] = (str(where().cache), str(where().work))
    with suppress(Faulted):
        needed = (find_terraform().path, *needed)
    return tried(needed)


def tried(needed: tuple[str, ...]) -> dict[str, Any]:
    """Return what the probe found; it runs until the sandbox holds, then no more in this process."""
    if needed not in _held:
        report = probe(needed)
        if not report["holds"]:
            return report
        _held[needed] = report
    return _held[needed]


def probe(needed: Sequence[str]) -> dict[str, Any]:
    """Try the sandbox by running in it; `needed` are paths that must be within reach."""
    try:
        found = process.output_of(sys.executable, "-m", "activation.runner.probe", *needed)
        report: dict[str, Any] = json.loads(found)
    except (process.CouldNotStart, ValueError) as error:
        return {"level": "", "walls": {}, "holds": False, "error": str(error)}
    return report


def sandbox_fault(report: Mapping[str, Any]) -> Faulted | None:
    """Return why runs are refused on a host with this report of its sandbox; None where it held."""
    if report.get("holds"):
        return None
    broken = [wall for wall, held in (report.get("walls") or {}).items() if not held]
    unreachable = [wall.removesuffix(REACHED) for wall in broken if wall.endswith(REACHED)]
    if unreachable and len(unreachable) == len(broken):
        return Faulted("out_of_reach", paths=", ".join(unreachable))
    if broken:
        return Faulted("sandbox_broken", detail="; ".join(BROKEN_WALLS.get(wall, f"not so: {wall}") for wall in broken))
    if report.get("error"):
        return Faulted("sandbox_untried", detail=report["error"])
    return (
        Faulted("sandbox_broken", detail="the trial ended at once") if report.get("level") else Faulted("no_landlock")
    )


def demand_sandbox() -> tuple[str, bool]:
    """Return the sandbox's name and whether Landlock is in it; raises Faulted where runs must be refused."""
    return sandbox_of(sandbox_report())


def sandbox_of(report: Mapping[str, Any]) -> tuple[str, bool]:
    """Return what `demand_sandbox` does, for a host with this report of its sandbox."""
    fault = sandbox_fault(report)
    if fault is None:
        return str(report["level"]), True
    if settings.ALLOW_UNSANDBOXED:
        # An older kernel cannot close the network; what it can confine, it does.
        open_network = [wall for wall, held in (report.get("walls") or {}).items() if not held] == [OTHER_PORTS]
        level = report["level"] if open_network else "none"
        return f"{level} {ALLOWED_ALL_THE_SAME}", open_network
    raise fault


def report_node() -> None:
    """Write down that this host is here, and what it can do."""
    report = full_report()
    if not Node.objects.filter(pk=node()).update(seen_at=Now(), report=report):
        now = timezone.now()
        Node.objects.get_or_create(name=node(), defaults={"seen_at": now, "started_at": now, "report": report})


def full_report() -> dict[str, Any]:
    """Return versions, sandbox, provider and room, as the Installation page shows them."""
    try:
        found = find_terraform()
        program = {"name": found.name, "version": found.version, "path": found.path}
        problem, supply = "", provider.report(found, where(), way())
    except Faulted as error:
        program, problem, supply = {}, error.text, {}
    return {
        "terraform": program,
        "terraform_problem": problem,
        "provider": supply,
        "sandbox": sandbox_report(),
        "portal": GENERATOR["version"],
        "python": platform.python_version(),
        "free_bytes": workspace.free_bytes(where().data),
        "free_work_bytes": workspace.free_bytes(where().work),
        "least_free_bytes": workspace.LEAST_FREE_BYTES,
        "work_in_memory": str(where().work).startswith(str(workspace.MEMORY)),
    }
