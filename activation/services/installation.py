"""How this installation is doing: hosts, queue, and checks with their remedies; no organization's contents."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from activation import dispatch
from activation.domain.errors import Faulted
from activation.domain.run_status import AT_WORK, WAITING_TO_START
from activation.models import Node, Run
from activation.services import host, key_rotation, mail
from activation.services.keyring import KeysUnusable, keyring

# Each host ships its runs from a queue of its own, beside these.
SHARED_QUEUES = ("start", "control", "audit")
# A host that has not reported for so long counts as away; reports come every few seconds.
AWAY_AFTER = timedelta(minutes=2)
# Without these nothing can be begun, whatever hosts are there.
NEEDED = frozenset({"Master keys", "Broker"})


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
    # Its name, and the state of its check.
    sandbox: tuple[str, str]
    versions: list[tuple[str, str]]
    free_bytes: int | None
    free_work_bytes: int | None
    checks: list[Check]

    @property
    def may_run(self) -> bool:
        """Return whether a run can begin here."""
        return not self.is_away and all(check.state != "failed" for check in self.checks)


@dataclass(frozen=True)
class Standing:
    """How the installation does as a whole: `working`, `degraded` or `down`, and what that means."""

    state: str
    text: str


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
    walls = check_sandbox(sandbox)
    supply = report.get("provider") or {}
    said = [
        ("Portal", report.get("portal")),
        (str(program.get("name", "Terraform")), program.get("version")),
        (str(supply.get("name", "")), ", ".join(supply.get("wanted") or ())),
        ("Python", report.get("python")),
    ]
    return Host(
        name=node.name,
        seen_at=node.seen_at,
        started_at=node.started_at,
        is_away=is_away,
        sandbox=(sandbox_name(sandbox), walls.state),
        versions=[(name, str(version)) for name, version in said if version],
        free_bytes=report.get("free_bytes"),
        free_work_bytes=report.get("free_work_bytes"),
        checks=[
            walls,
            check_terraform(program, str(report.get("terraform_problem", ""))),
            check_provider(supply),
            check_disk(report),
        ],
    )


def check_sandbox(sandbox: dict[str, Any]) -> Check:
    """Say whether the walls around Terraform held when they were tried."""
    fault, name = host.sandbox_fault(sandbox), sandbox_name(sandbox)
    if fault is None:
        return Check("Sandbox", "passed", f"{name}; tested by running in it.")
    if settings.ALLOW_UNSANDBOXED:
        text = f"{name[:1].upper()}{name[1:]}: runs continue all the same. {fault.text}"
        return Check("Sandbox", "warning", text, "Remove ALLOW_UNSANDBOXED in production.")
    return Check("Sandbox", "failed", f"{name}. {fault.text}", fault.next_step)


def sandbox_name(sandbox: dict[str, Any]) -> str:
    """Return the sandbox as runs of a host with this report name it, or that there are none."""
    try:
        return host.sandbox_of(sandbox)[0]
    except Faulted:
        return "Runs are refused"


def check_terraform(program: dict[str, Any], trouble: str) -> Check:
    """Say whether Terraform or OpenTofu was found, and which."""
    if program.get("version"):
        return Check("Terraform", "passed", f"{program.get('name', 'Terraform')} {program['version']}")
    return Check("Terraform", "failed", trouble or "It was not found.", "" if trouble else "Install Terraform 1.11.")


def check_provider(supply: dict[str, Any]) -> Check:
    """Say whether the provider that packages are locked to can be had, and from where."""
    title, needed = "Provider", set(supply.get("wanted") or ())
    name = f"{supply.get('name')} {', '.join(sorted(needed))}"
    if not needed:
        return Check(title, "not_checked", "Without Terraform, it is not known where providers come from.")
    if folder := supply.get("directory"):
        if needed <= set(supply.get("held") or ()):
            return Check(title, "passed", f"{name} is in {folder}.")
        return Check(
            title,
            "failed",
            f"{folder} does not contain {name}, and Terraform looks nowhere else.",
            f"On a machine with a network, in the package’s folder, run: terraform providers mirror {folder}. Then "
            "copy it here.",
        )
    registry, problem = supply.get("registry"), supply.get("problem")
    if problem is None:
        return Check(title, "not_checked", f"{registry} is being checked.", "Reload in a few seconds.")
    if not problem:
        return Check(title, "passed", f"{registry} answers. {name} is fetched when a package runs for the first time.")
    remedy = (
        f"Let this host reach https://{registry}, through AWS_PROXY_URL if needed. Or name a directory of providers "
        f"in TERRAFORM_PROVIDER_MIRROR."
    )
    if needed <= set(supply.get("kept") or ()):
        return Check(
            title,
            "warning",
            f"{registry} does not answer ({problem}). Packages that have run here before still work.",
            remedy,
        )
    return Check(title, "failed", f"{registry} does not answer ({problem}).", remedy)


def check_disk(report: dict[str, Any]) -> Check:
    """Say whether there is room to begin, and for how long."""
    room = [report.get("free_bytes"), report.get("free_work_bytes")]
    known = [free for free in room if isinstance(free, int)]
    least = report.get("least_free_bytes")
    if len(known) < len(room) or not isinstance(least, int):
        return Check("Disk", "not_checked", "The host did not report its free space.")
    data, work = (filesizeformat(free) for free in known)
    text = f"{data} free for data, {work} for work{' in memory' if report.get('work_in_memory') else ''}."
    remedy = "Free space in DATA_DIR and WORK_DIR. Databases, logs and records grow there."
    if min(known) < least:
        return Check("Disk", "failed", f"No run starts below {filesizeformat(least)}: {text}", remedy)
    return (
        Check("Disk", "warning", f"Little space is left: {text}", remedy)
        if min(known) < 4 * least
        else Check("Disk", "passed", text)
    )


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
    names = [
        *SHARED_QUEUES,
        *(dispatch.ship_queue(name) for name in Node.objects.order_by("name").values_list("pk", flat=True)),
    ]
    try:
        with broker() as client:
            return [(name, int(client.llen(name))) for name in names]
    except (RedisError, OSError):
        return [(name, None) for name in names]


def broker() -> Redis:
    """Return a connection to the broker that does not wait for long."""
    url = settings.BROKER_URL.replace("redis+socket://", "unix://")
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def checks() -> list[Check]:
    """Return the installation's own checks, then those that each present host reported."""
    return lines(own_checks(), nodes())


def own_checks() -> list[Check]:
    """Return the checks that need no host."""
    return [check_keys(), check_broker(), check_https(), check_mail()]


def lines(own: list[Check], hosts: list[Host]) -> list[Check]:
    """Return the checks as lines of a list; where several hosts are present each line names its own."""
    present = [host for host in hosts if not host.is_away]
    if not present:
        return [
            *own,
            Check(
                "Worker",
                "not_checked",
                "No worker has reported yet: sandbox, Terraform, provider and disk are not checked.",
                "Wait a few seconds and reload. If nothing changes, start a worker.",
            ),
        ]
    if len(present) == 1:
        return [*own, *present[0].checks]
    return [*own, *(replace(line, title=f"{line.title}, {each.name}") for each in present for line in each.checks)]


def standing(own: list[Check], hosts: list[Host]) -> Standing:
    """Return how the installation does: *down* where no run can begin, *degraded* where a check did not pass."""
    stopped = [check.title for check in own if check.state == "failed" and check.title in NEEDED]
    if stopped:
        return Standing("down", f"No run can start:  {', '.join(stopped).lower()}.")
    if not any(host.may_run for host in hosts):
        away = not any(not host.is_away for host in hosts)
        return Standing("down", f"No run can start:  {'no worker reports' if away else 'no host passes its checks'}.")
    amiss = [check.title for check in lines(own, hosts) if check.state in {"failed", "warning"}]
    gone = [host.name for host in hosts if host.is_away]
    if amiss or gone:
        return Standing("degraded", f"Runs continue, but check: {', '.join([*amiss, *gone])}.")
    return Standing("working", "Every check passes.")


def check_keys() -> Check:
    """Say whether anything could be sealed, and whether what was can be opened."""
    try:
        keyring()
    except KeysUnusable as error:
        return Check("Master keys", "failed", str(error), "Set MASTER_KEYS to a base64 key of 32 bytes.")
    if lost := key_rotation.rotate(change=False).lost:
        text = f"No key of MASTER_KEYS opens the encrypted data of {lost[0]}, and {len(lost) - 1} more."
        return Check("Master keys", "failed", text, "Add the missing key to MASTER_KEYS, after the first.")
    return Check("Master keys", "passed", "Cloud keys, plans and states are encrypted before they are stored.")


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
        return Check("HTTPS", "passed", f"People use {settings.PORTAL_URL}.")
    if settings.PORTAL_URL.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]")):
        return Check("HTTPS", "passed", "Not used and not needed: the portal answers only on this machine.")
    return Check(
        "HTTPS", "warning", "Cloud keys would cross the network unencrypted.", "Set PORTAL_URL to an https:// address."
    )


def check_mail() -> Check:
    """Say whether invitations, password links and messages about activations reach people."""
    server = mail.server()
    if not mail.leaves():
        if settings.DEMO:
            return Check("Mail", "passed", "Not sent in the demo. It is written to the web server log.")
        return Check(
            "Mail",
            "warning",
            "None is sent. People get no messages about their activations and no password-reset links, and whoever "
            "invites somebody has to send the link.",
            "Set EMAIL_URL to smtp+tls://USER:PASSWORD@HOST:587.",
        )
    if trouble := mail.problem():
        return Check(
            "Mail",
            "failed",
            f"The mail server does not answer ({trouble}).",
            "Correct EMAIL_URL, or start the mail server.",
        )
    return Check("Mail", "passed", f"{server[0]}, port {server[1]}, answers." if server else "It is sent.")
