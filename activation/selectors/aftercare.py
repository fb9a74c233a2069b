"""What is left to do when a region is active, as its page shows it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from activation.domain import aftercare as rules
from activation.domain.aftercare import DONE_STATES, Task
from activation.domain.watch import Item, Memory, Thing
from activation.domain.watch_reading import read as read_watch
from activation.models import Activation, Credential, Handover, RegionSetup, Workspace
from activation.selectors.region_runs import outside_rows

GUIDE = "https://docs.zilliz.com/docs/byoc"
# The guide's own list, *Related topics*.
RELATED = (
    ("Create Cluster", f"{GUIDE}/create-cluster"),
    ("Quick Start", f"{GUIDE}/quick-start"),
    ("Install SDKs", f"{GUIDE}/install-sdks"),
    ("Example Dataset", f"{GUIDE}/example-dataset"),
)


@dataclass(frozen=True)
class TaskState:
    """One of the three things: done or not, what was seen, by whom it was asked and when."""

    state: str
    done: bool
    says: str = ""
    key: str = ""
    seen_on: datetime | None = None
    at: datetime | None = None
    by: str = ""

    @property
    def waiting(self) -> bool:
        """Return whether a worker is at it."""
        return self.state == "checking"


@dataclass(frozen=True)
class UsedKey:
    """A key with which step 2 ran in the activation's account, as far as it is kept; never the key."""

    last_four: str
    principal_arn: str
    # What AWS said of it: on, off, unknown, or nothing yet.
    state: str = ""

    @property
    def word(self) -> str:
        """Return the state as people read it."""
        return {"on": "still on", "off": "off", "unknown": "not proved"}.get(self.state, "not checked yet")


@dataclass(frozen=True)
class Done:
    """Everything that the page of an active region says."""

    activation: Activation
    reported: bool
    # Of a region that a vendor's console built: what this portal saw of it itself, as a sentence.
    watched: str
    key: TaskState
    role: TaskState
    cluster: TaskState
    used: list[UsedKey]
    facts: list[dict[str, Any]]
    outside: list[dict[str, Any]]
    outside_at: datetime | None
    cluster_name: str
    role_arn: str
    security_group: str

    @property
    def left(self) -> int:
        """Return how many of the three things are not done; the role is optional and not counted."""
        return sum(not each.done for each in (self.key, self.cluster))

    @property
    def switch_off(self) -> tuple[tuple[str, str], ...]:
        """Return the commands that switch off each key that is not off."""
        still = [(each.principal_arn, each.last_four) for each in self.used if each.state != "off"] or [("", "")]
        return tuple(command for each in still for command in rules.switch_off_commands(*each))

    @property
    def remove_role(self) -> str:
        """Return the commands that remove the bootstrap role."""
        return "\n".join(rules.remove_role_commands(self.role_arn))

    @property
    def role_name(self) -> str:
        """Return the bootstrap role's name."""
        return rules.name_of(self.role_arn)

    @property
    def kubeconfig(self) -> str:
        """Return the command for kubectl."""
        return rules.kubeconfig_command(self.activation.region, self.cluster_name) if self.cluster_name else ""

    @property
    def open_endpoint(self) -> str:
        """Return the command that lets another network reach the cluster's endpoint."""
        return rules.open_endpoint_command(self.activation.region, self.security_group) if self.security_group else ""

    @property
    def access(self) -> str:
        """Return the commands that let somebody into the cluster."""
        return "\n".join(rules.access_commands(self.activation.region, self.cluster_name)) if self.cluster_name else ""


def credentials_of(activation: Activation) -> list[Credential]:
    """Return what is kept of the keys of all runs of step 2 in the activation's account, newest first."""
    if activation.cloud_account_id is None:
        return []
    rows = Credential.objects.filter(
        run__workspace__cloud_account=activation.cloud_account, run__workspace__kind=Workspace.IAM
    )
    return list(rows.defer("sealed").order_by("-entered_at"))


def long_term_keys(rows: list[Credential], kept: dict[str, Any]) -> list[UsedKey]:
    """Return each long-term key of some credentials once, with what AWS said of it."""
    states = key_states(kept)
    found = {each["last_four"]: each["principal_arn"] for row in reversed(rows) for each in row.long_term_keys}
    return [UsedKey(last_four, arn, states.get(last_four, "")) for last_four, arn in reversed(found.items())]


def key_states(kept: dict[str, Any]) -> dict[str, str]:
    """Return what AWS said of each key that somebody asked about, by its last four characters."""
    entry = kept.get(Task.ACCESS_KEY.value, {})
    return {last_four: str(each.get("state", "")) for last_four, each in entry.get("keys", {}).items()}


def done_page(activation: Activation, *, outputs: dict[str, Any], waiting: bool) -> Done:
    """Return what the page shows; `outputs` are Terraform's, `waiting` says whether a worker is at the role."""
    setup = RegionSetup.objects.filter(activation=activation).first()
    kept: dict[str, Any] = setup.aftercare if setup else {}
    reported = activation.is_reported
    key = task_state(Task.ACCESS_KEY, kept)
    rows = credentials_of(activation)
    used = long_term_keys(rows, kept)
    if used:
        state = rules.together(key_states(kept), [each.last_four for each in used])
        key = replace(key, state=state, done=state in DONE_STATES[Task.ACCESS_KEY])
    elif rows and key.state in {"", "unknown"}:
        key = TaskState("temporary", True, key=f"…{rows[0].last_four}")
    role = task_state(Task.BOOTSTRAP_ROLE, kept)
    if role.waiting and not waiting:
        role = TaskState("open", False, says="No worker checked in time. Try again.")
    seen = seen_things(activation) if reported else {}
    name = str(outputs.get("cluster_name") or "") or only(seen.get(Thing.CLUSTER, []))
    return Done(
        activation=activation,
        reported=reported,
        watched=watched_words(activation) if reported else "",
        key=key,
        role=role,
        cluster=task_state(Task.CLUSTER, kept),
        used=used,
        facts=facts_of(activation, outputs | seen_values(seen), name, setup),
        outside=outside_rows(setup),
        outside_at=setup.outside_at if setup else None,
        cluster_name=name,
        security_group=str(outputs.get("security_group_id") or ""),
        role_arn=str((activation.cloud_account.arns if activation.cloud_account else {}).get("bootstrap_role_arn", "")),
    )


def task_state(task: Task, kept: dict[str, Any]) -> TaskState:
    """Return one of the things as it was kept; nothing done where nothing was."""
    entry = kept.get(task.value, {})
    state = str(entry.get("state", ""))
    return TaskState(
        state=state,
        done=state in DONE_STATES[task],
        says=str(entry.get("says", "")),
        key=str(entry.get("key", "")),
        seen_on=time_of(entry.get("seen_on")),
        at=time_of(entry.get("at")),
        by=str(entry.get("by", "")),
    )


def time_of(text: object) -> datetime | None:
    """Return a time as it was kept."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def watched_words(activation: Activation) -> str:
    """Return what this portal saw itself of a region that somebody confirmed."""
    row = Handover.objects.filter(activation=activation).only("started_at", "complete_at").first()
    if row is not None and row.complete_at is not None:
        return "This portal saw the resources, not the console."
    if row is not None and row.started_at is not None:
        return "This portal saw only part of the documented resources."
    return "This portal did not look at the account."


def seen_things(activation: Activation) -> dict[str, list[str]]:
    """Return names, or identities, of what the watch of the account counted as the console's, by kind."""
    handover = Handover.objects.filter(activation=activation).only("seen").first()
    if handover is None or not handover.seen:
        return {}
    began = activation.activating_since or activation.created_at
    reading = read_watch(Memory.from_json(handover.seen), handed_over=began)
    return {
        finding.wanted.thing.value: [called(each.item) for each in finding.here]
        for finding in reading.findings
        if finding.here
    }


def called(item: Item) -> str:
    """Return what AWS's commands call a thing: a cluster and a bucket by name, others by their ID."""
    return item.name if item.thing in {Thing.CLUSTER, Thing.BUCKET} and item.name else item.identity


def seen_values(seen: dict[str, list[str]]) -> dict[str, Any]:
    """Return what was seen under the names that Terraform's outputs have."""
    named = {"vpc_id": Thing.VPC, "security_group_id": Thing.SECURITY_GROUP, "bucket_name": Thing.BUCKET}
    return {output: ", ".join(sorted(seen[thing])) for output, thing in named.items() if thing in seen}


def only(names: list[str]) -> str:
    """Return the only one; empty for none or several."""
    return names[0] if len(names) == 1 else ""


def facts_of(
    activation: Activation, outputs: dict[str, Any], cluster: str, setup: RegionSetup | None
) -> list[dict[str, Any]]:
    """Return the facts to copy for creating a cluster, as `elements/key_values.html` takes them."""
    account = activation.cloud_account
    subnets = outputs.get("private_subnet_ids")
    values = (
        ("Cloud region", activation.region, ""),
        ("AWS account", account.account_id if account else "", ""),
        ("EKS cluster", cluster, ""),
        ("Cluster endpoint", outputs.get("cluster_endpoint"), "Private: it answers only inside the VPC."),
        ("Kubernetes version", outputs.get("cluster_version"), ""),
        ("VPC", outputs.get("vpc_id"), setup.vpc_cidr if setup else ""),
        ("Private subnets", ", ".join(subnets) if isinstance(subnets, list) else "", ""),
        ("Security group", outputs.get("security_group_id"), ""),
        ("Bucket", outputs.get("bucket_name"), ""),
        ("Role of the database’s service accounts", outputs.get("business_irsa_role_arn"), ""),
        ("Role of the load balancer controller", outputs.get("aws_lb_irsa_role_arn"), ""),
        ("Role of the cluster autoscaler", outputs.get("cluster_autoscaler_irsa_role_arn"), ""),
        ("Role of the EBS CSI driver", outputs.get("ebs_csi_irsa_role_arn"), ""),
    )
    return [
        {"label": label, "value": str(value), "help": more, "copyable": True} for label, value, more in values if value
    ]
