"""How this installation is doing: hosts, queue, and checks with their remedies; no organization's contents."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from activation.domain.run_status import AT_WORK, WAITING_TO_START
from activation.models import Node, Run
from activation.services.keyring import KeysUnusable, keyring

QUEUES = ("start", "ship", "control")
# A host that has not reported for so long counts as away; reports come every few seconds.
AWAY_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class Check:
    """One line of `elements/checklist.html`: state is passed, failed, warning or not_checked."""

    title: str
    state: str
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Host:
    """A host as the Installation page shows it."""

    name: str
    seen_at: Any
    started_at: Any
    is_away: bool
    sandbox: str
    versions: list[tuple[str, str]]
    free_bytes: int | None
    checks: list[Check]


@dataclass(frozen=True)
class Queue:
    """What waits: runs in the database (the truth), messages in each queue (None where the broker is silent)."""

    waiting: int
    at_work: int
    slots: int
    messages: list[tuple[str, int | None]]


def nodes() -> list[Host]:
    """Return the hosts that have reported, the latest first."""
    now = timezone.now()
    return [host_of(node, is_away=now - node.seen_at > AWAY_AFTER) for node in Node.objects.order_by("-seen_at")]


def host_of(node: Node, *, is_away: bool) -> Host:
    """Read what `services.host.full_report` wrote; a worker of another version may have written less."""
    report = node.report if isinstance(node.report, dict) else {}
    program, sandbox = report.get("terraform") or {}, report.get("sandbox") or {}
    versions = [(str(program.get("name", "Terraform")), str(program["version"]))] if program.get("version") else []
    if report.get("python"):
        versions.append(("Python", str(report["python"])))
    return Host(
        name=node.name,
        seen_at=node.seen_at,
        started_at=node.started_at,
        is_away=is_away,
        sandbox=str(sandbox.get("level", "")) if sandbox.get("holds") else "",
        versions=versions,
        free_bytes=report.get("free_bytes"),
        checks=[check_sandbox(sandbox), check_terraform(program, str(report.get("terraform_problem", "")))],
    )


def check_sandbox(sandbox: dict[str, Any]) -> Check:
    """Say whether the walls around Terraform held when they were tried."""
    if sandbox.get("holds"):
        return Check("Sandbox", "passed", f"{sandbox['level']}; tried by running in it.")
    broken = [wall for wall, held in sandbox.get("walls", {}).items() if not held]
    if settings.ALLOW_UNSANDBOXED:
        return Check("Sandbox", "warning", "None; runs go on without one.", "Remove ALLOW_UNSANDBOXED in production.")
    return Check(
        "Sandbox",
        "failed",
        f"Runs are refused: {', '.join(broken) or sandbox.get('error') or 'this kernel has no Landlock'}.",
        "Use a Linux kernel with Landlock (6.7 or later), and let containers use it.",
    )


def check_terraform(program: dict[str, Any], trouble: str) -> Check:
    """Say whether Terraform or OpenTofu was found, and which."""
    if program.get("version"):
        return Check("Terraform", "passed", f"{program.get('name', 'Terraform')} {program['version']}")
    return Check("Terraform", "failed", trouble or "It was not found.", "" if trouble else "Install Terraform 1.11.")


def queue() -> Queue:
    """Return how much waits and how much is at work."""
    return Queue(
        waiting=Run.objects.filter(status__in=[status.value for status in WAITING_TO_START]).count(),
        at_work=Run.objects.filter(status__in=[status.value for status in AT_WORK]).count(),
        slots=settings.RUN_SLOTS,
        messages=messages_waiting(),
    )


def messages_waiting() -> list[tuple[str, int | None]]:
    """Return each queue's length at the broker, where Celery keeps a queue as a list of its name."""
    try:
        with broker() as client:
            return [(name, int(client.llen(name))) for name in QUEUES]
    except (RedisError, OSError):
        return [(name, None) for name in QUEUES]


def broker() -> Redis:
    """Return a connection to the broker that does not wait for long."""
    url = settings.BROKER_URL.replace("redis+socket://", "unix://")
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def checks() -> list[Check]:
    """Return the installation's own checks, then those that each present host reported."""
    lines = [check_keys(), check_broker(), check_https()]
    present = [host for host in nodes() if not host.is_away]
    if not present:
        lines.append(
            Check(
                "Worker",
                "not_checked",
                "No worker has reported yet: sandbox, Terraform and provider are not checked.",
                "Wait a few seconds and reload; if it stays so, start a worker.",
            )
        )
    for host in present:
        lines.extend(host.checks)
    return lines


def check_keys() -> Check:
    """Say whether anything could be sealed."""
    try:
        keyring()
    except KeysUnusable as error:
        return Check("Master keys", "failed", str(error), "Set MASTER_KEYS to a base64 key of 32 bytes.")
    return Check("Master keys", "passed", "Cloud keys, plans and states are sealed before they are stored.")


def check_broker() -> Check:
    """Say whether the broker answers."""
    try:
        with broker() as client:
            client.ping()
    except (RedisError, OSError):
        return Check("Broker", "failed", "It does not answer.", "Start Valkey or Redis, or correct BROKER_URL.")
    return Check("Broker", "passed", "It answers.")


def check_https() -> Check:
    """Say whether people's keys cross the network in clear."""
    if settings.HTTPS:
        return Check("HTTPS", "passed", f"People come by {settings.PORTAL_URL}.")
    if settings.PORTAL_URL.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]")):
        return Check("HTTPS", "passed", "Not used, and not needed: the portal answers on this machine only.")
    return Check(
        "HTTPS", "warning", "Cloud keys would cross the network in clear.", "Set PORTAL_URL to an https:// address."
    )
