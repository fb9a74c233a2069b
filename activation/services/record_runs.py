"""Tell of one run: what was asked, planned, found, stored."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from activation.domain.chain import optional_time_text, time_text
from activation.domain.plan import PlanReview
from activation.domain.record.inventory import Item, read_inventory
from activation.domain.record.masking import hidden
from activation.domain.run_status import ENDED, LABELS
from activation.domain.sealing import CannotOpen
from activation.domain.state import NotAState
from activation.models import Plan, Run, StateVersion, Workspace
from activation.selectors import record_contents as contents
from activation.services import run_keys
from activation.services.packages import KEY_VALUES

log = logging.getLogger(__name__)

NOT_KEPT = (
    "The values of the package's variables are not kept: this run was not planned, or an earlier version of the portal "
    "planned it."
)
TIMES = ("created_at", "started_at", "planned_at", "approved_at", "apply_started_at", "finished_at")


@dataclass(frozen=True)
class RunFacts:
    """Everything a record says of a run, without what its readers may not see.

    All but the plan and the inventory is as it was when the record was asked for; `told` stands in run.json as it is.
    """

    told: Mapping[str, Any]
    # None where nothing was planned, or an earlier version of the portal did not keep them.
    variables: dict[str, Any] | None
    # The package's variables for keys: their values are kept nowhere.
    key_variables: list[str]
    # The number of the last log line that belongs to the record.
    last_line: int
    review: PlanReview | None
    verdict: dict[str, Any]
    plan_from_serial: int
    inventory: list[Item]

    @property
    def pk(self) -> str:
        """Return the run's ID."""
        return str(self.told["id"])

    @property
    def status_label(self) -> str:
        """Return the status as people read it."""
        return LABELS[self.told["status"]]

    @property
    def has_ended(self) -> bool:
        """Return whether it was over."""
        return self.told["status"] in ENDED


def is_of_region(told: Mapping[str, Any]) -> bool:
    """Return whether a run, as run.json has it, builds a cloud region and not the roles of step 2."""
    return bool(told["builds"] == Workspace.REGION)


def keep_all(runs: list[Run], hide: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return what the rows of runs say now; however many there are, in as many queries."""
    states, lines = contents.last_states(runs), contents.stored_lines(runs)
    return [keep(each, states.get(each.pk), lines.get(each.pk, contents.StoredLines()), hide) for each in runs]


def keep(
    run: Run, state: StateVersion | None, lines: contents.StoredLines, hide: Callable[[str], str]
) -> dict[str, Any]:
    """Return what a run's row says now, and which plan, state and log lines there are.

    Those never change and may be large: `read` takes them from where they are.
    """
    return {
        "told": told(run, state, lines, hide),
        "variables": hidden(run.values, hide),
        "key_variables": [name for name in KEY_VALUES if name in declared_names(run)],
        "last_line": lines.last,
    }


def told(
    run: Run, state: StateVersion | None, lines: contents.StoredLines, hide: Callable[[str], str]
) -> dict[str, Any]:
    """Return a run as run.json has it."""
    plan: Plan | None = getattr(run, "plan", None)
    credential = getattr(run, "credential", None)
    return {
        "id": run.pk,
        "kind": run.kind,
        "builds": run.workspace.kind,
        "status": run.status,
        "goes_on_from": run.retry_of_id,
        "continues": run.continues_id,
        "found_again": hidden(run.found_again, hide),
        "reason": hide(run.reason),
        "explanation": hidden(run.explanation, hide),
        "activation": run.activation_id,
        "account": run.workspace.cloud_account.account_id,
        "region": run.region,
        "created_by": hide(run.created_by_name),
        "approved_by": hide(run.approved_by_name),
        "times": {name: optional_time_text(getattr(run, name)) for name in TIMES},
        "package_sha256": run.package.sha256,
        "plan_sha256": plan.sha256 if plan is not None else "",
        "state": described(state) if state is not None else {},
        "log": log_facts(run, lines),
        "preflight": hidden(run.preflight.get("checks", []), hide),
        "sandbox": run.sandbox,
        "terraform_version": run.terraform_version,
        "credential": credential
        and {
            "account_id": credential.account_id,
            "principal_arn": hide(credential.principal_arn),
            "last_four": credential.last_four,
            "is_long_term": credential.is_long_term,
            "entered_at": time_text(credential.entered_at),
            "destroyed_at": optional_time_text(credential.destroyed_at),
        },
    }


def read(kept: Mapping[str, Any], hide: Callable[[str], str]) -> RunFacts:
    """Return what a record says of a run."""
    told = kept["told"]
    plan = contents.plan_of(told["id"], told["plan_sha256"]) if told["plan_sha256"] else None
    return RunFacts(
        told=told,
        variables=None if kept["variables"] is None else dict(sorted(kept["variables"].items())),
        key_variables=kept["key_variables"],
        last_line=kept["last_line"],
        review=PlanReview.from_json(hidden(plan.review, hide)) if plan is not None and plan.review else None,
        verdict=hidden(plan.verdict, hide) if plan is not None else {},
        plan_from_serial=plan.state_serial if plan is not None else 0,
        inventory=inventory(told) if told["state"] else [],
    )


def declared_names(run: Run) -> set[str]:
    """Return the names of the package's variables; none where nothing is known of it."""
    return {variable["name"] for variable in run.package.description.get("variables", [])}


def described(state: StateVersion) -> dict[str, Any]:
    """Return what is said of a state; never the state."""
    return {"serial": state.serial, "lineage": state.lineage, "sha256": state.sha256, "resources": state.resources}


def inventory(told: Mapping[str, Any]) -> list[Item]:
    """Return the resources that the state after a run holds."""
    state = contents.state_of(told["id"], lineage=told["state"]["lineage"], serial=told["state"]["serial"])
    try:
        return read_inventory(run_keys.open_state(state))
    except (CannotOpen, NotAState):
        log.exception("The state of %s cannot be read for a record", state.run_id)
        return []


def log_facts(run: Run, lines: contents.StoredLines) -> dict[str, Any]:
    """Return how many lines a run's log has, and how many its supervisors said they wrote, by phase as well.

    Headings and notices are the portal's own and are counted apart. `lines_emitted` is None where not all phases that
    were begun said it.
    """
    phases = {phase: counts for phase, counts in sorted(run.emitted.items()) if counts.get("lines") is not None}
    begun = {"plan"} if run.started_at else set()
    begun |= {"apply"} if run.apply_started_at else set()
    return {
        "lines_stored": lines.count,
        "lines_of_terraform": lines.count - lines.own,
        "lines_emitted": sum(counts["lines"] for counts in phases.values()) if begun <= phases.keys() else None,
        "secrets_masked": sum(counts.get("masked") or 0 for counts in phases.values()),
        "phases": phases,
    }


def log_sentence(facts: Mapping[str, Any]) -> str:
    """Return in words whether as many lines of a log are stored as were emitted."""
    emitted, from_terraform = facts["lines_emitted"], facts["lines_of_terraform"]
    if emitted is None:
        said = f"{from_terraform:,} lines of Terraform stored; how many were emitted was not said to the end"
    elif emitted == from_terraform:
        said = f"lines stored = lines emitted: {emitted:,}"
    else:
        said = f"LINES ARE MISSING: {from_terraform:,} lines stored, {emitted:,} emitted"
    own, masked = facts["lines_stored"] - from_terraform, facts["secrets_masked"]
    return f"{said}; {own:,} more are the portal's own headings and notices; masked places: {masked:,}"
