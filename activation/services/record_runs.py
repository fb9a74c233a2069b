"""Gather what a record tells of one run: what was asked, planned, found, stored."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from activation.domain.errors import Faulted
from activation.domain.plan import PlanReview
from activation.domain.record.inventory import Item, read_inventory
from activation.domain.record.masking import hidden
from activation.domain.sealing import CannotOpen
from activation.domain.state import NotAState
from activation.models import Run, StateVersion
from activation.selectors import record_contents as contents
from activation.services import run_keys
from activation.services.packages import KEY_VALUES
from activation.services.run_inputs import variables_for

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFacts:
    """Everything a record says of a run, without what its readers may not see."""

    run: Run
    account: str
    variables: dict[str, Any]
    # The package's variables for keys: their values are kept nowhere.
    key_variables: list[str]
    preflight: list[dict[str, Any]]
    review: PlanReview | None
    verdict: dict[str, Any]
    plan_sha256: str
    plan_from_serial: int
    state: dict[str, Any]
    inventory: list[Item]
    # `lines_stored`, `lines_emitted` (None where not all phases said it), `sentence`, and by phase what was said.
    log: dict[str, Any]


def gather(run: Run, hide: Callable[[str], str]) -> RunFacts:
    """Return what a record says of a run."""
    plan = contents.plan_of(run)
    state = contents.last_state(run)
    return RunFacts(
        run=run,
        account=run.workspace.cloud_account.account_id,
        variables=hidden(variables(run), hide),
        key_variables=[name for name in KEY_VALUES if name in declared_names(run)],
        preflight=hidden(run.preflight.get("checks", []), hide),
        review=PlanReview.from_json(hidden(plan.review, hide)) if plan is not None and plan.review else None,
        verdict=hidden(plan.verdict, hide) if plan is not None else {},
        plan_sha256=plan.sha256 if plan is not None else "",
        plan_from_serial=plan.state_serial if plan is not None else 0,
        state=described(state) if state is not None else {},
        inventory=inventory(state) if state is not None else [],
        log=log_facts(run),
    )


def declared_names(run: Run) -> set[str]:
    """Return the names of the package's variables; none where nothing is known of it."""
    return {variable["name"] for variable in run.package.description.get("variables", [])}


def variables(run: Run) -> dict[str, Any]:
    """Return the values of the package's variables that are no keys, by name."""
    if not declared_names(run):
        return {}
    try:
        return dict(sorted(variables_for(run).items()))
    except Faulted:
        return {}


def described(state: StateVersion) -> dict[str, Any]:
    """Return what is said of a state; never the state."""
    return {"serial": state.serial, "lineage": state.lineage, "sha256": state.sha256, "resources": state.resources}


def inventory(state: StateVersion) -> list[Item]:
    """Return the resources that a state holds."""
    try:
        return read_inventory(run_keys.open_state(state))
    except (CannotOpen, NotAState):
        log.exception("The state of %s cannot be read for a record", state.run_id)
        return []


def log_facts(run: Run) -> dict[str, Any]:
    """Return how many lines a run's log has, and whether that is as many as its supervisors said they wrote.

    Headings and notices are the portal's own and are counted apart.
    """
    stored, own = contents.stored_lines(run)
    phases = {phase: counts for phase, counts in sorted(run.emitted.items()) if counts.get("lines") is not None}
    begun = {"plan"} if run.started_at else set()
    begun |= {"apply"} if run.apply_started_at else set()
    emitted = sum(counts["lines"] for counts in phases.values()) if begun <= phases.keys() else None
    from_terraform = stored - own
    if emitted is None:
        said = f"{from_terraform:,} lines of Terraform stored; how many were emitted was not said to the end"
    elif emitted == from_terraform:
        said = f"lines stored = lines emitted: {emitted:,}"
    else:
        said = f"LINES ARE MISSING: {from_terraform:,} lines stored, {emitted:,} emitted"
    masked = sum(counts.get("masked") or 0 for counts in phases.values())
    return {
        "lines_stored": stored,
        "lines_of_terraform": from_terraform,
        "lines_emitted": emitted,
        "secrets_masked": masked,
        "phases": phases,
        "sentence": f"{said}; {own:,} more are the portal's own headings and notices; masked places: {masked:,}",
    }
