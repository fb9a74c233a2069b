"""A plan as the review page shows it: what will happen, what was checked, which rights are given."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from activation.domain import external_id as external_ids
from activation.domain import policy_document
from activation.domain.checks import Check, CheckState, Report
from activation.domain.errors import Refused
from activation.domain.plan import PlannedPolicy, PlanReview
from activation.domain.policy_document import MANAGED_POLICY_LIMIT, Statement
from activation.domain.roles import Right
from activation.domain.run_status import RunStatus
from activation.domain.tfvars import assignment
from activation.models import Member, Plan, Run, StateVersion

UNREADABLE = {
    "unknown": "Its text is known only after the apply.",
    "sensitive": "The package marks its text as secret, so it cannot be shown or checked.",
}


def check_rows(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return lines of a report as `elements/checklist.html` takes them."""
    return [
        {
            "title": check.title,
            "state": check.state.value,
            "text": check.detail,
            "findings": check.items,
            "remedy": check.remedy,
            "url": check.docs_url if check.remedy else "",
            "url_text": "AWS's own page on this",
        }
        for check in checks
    ]


def left_open(run: Run) -> list[dict[str, Any]]:
    """Return what the checks before a run's plan warned of, or could not look at."""
    checks = Report.from_json(run.preflight).checks if run.preflight else ()
    return check_rows(check for check in checks if check.state is not CheckState.PASSED)


@dataclass(frozen=True)
class ShownPolicy:
    """A policy document laid out for reading; `problem` says why it is not, where it is not."""

    name: str
    address: str
    statements: list[dict[str, Any]]
    services: str
    characters: int
    raw: str
    problem: str = ""

    @property
    def limit(self) -> int:
        """Return how many characters AWS allows."""
        return MANAGED_POLICY_LIMIT


@dataclass(frozen=True)
class Reviewed:
    """Everything of a plan that the review page shows."""

    plan: Plan
    review: PlanReview
    sentence: str
    policies: list[ShownPolicy]
    trusts: list[ShownPolicy]
    mark: str
    in_full: bool
    stale: bool
    too_old: bool
    # Lines of the checks before the plan that did not simply pass.
    left_open: list[dict[str, Any]]
    # What a person gave for the package's own variables, as a tfvars file has it.
    inputs: list[str]
    # The external ID, which the plan's text holds.
    hidden: str = ""

    @property
    def verdict(self) -> dict[str, Any]:
        """Return the safety check's verdict as it was stored."""
        return dict(self.plan.verdict)

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Return the safety check as `elements/checklist.html` takes it."""
        return [
            {"title": each["title"], "state": "passed" if each["passed"] else "failed", "text": each["detail"]}
            for each in self.plan.verdict.get("checks", ())
        ]

    @property
    def raw(self) -> str:
        """Return the plan as the safety check read it, as JSON; the external ID as this member may see it."""
        text = json.dumps(self.plan.review, indent=2, ensure_ascii=False)
        return text.replace(self.hidden, self.mark) if self.hidden else text

    @property
    def short_sha(self) -> str:
        """Return the beginning of the plan's SHA-256."""
        return f"{self.plan.sha256[:16]}…"

    @property
    def recorded(self) -> str:
        """Return in plain words what the plan starts from."""
        serial = self.plan.state_serial
        if not serial:
            return "Nothing: this account's first run"
        return f"Version {serial} of the recorded state"


def reviewed(run: Run, member: Member) -> Reviewed | None:
    """Return the plan of a run as this member may see it; None where there is none yet."""
    plan = Plan.objects.filter(run=run).defer("sealed").first()
    if plan is None:
        return None
    review = PlanReview.from_json(plan.review)
    locked = run.organization.external_id or ""
    shown = locked if member.may(Right.REVEAL_EXTERNAL_ID) or not locked else external_ids.mask(locked)
    newest = StateVersion.objects.defer("sealed").newest(workspace=run.workspace_id)
    serial, lineage = (newest.serial, newest.lineage) if newest else (0, "")
    waits = run.status == RunStatus.PLANNED
    return Reviewed(
        plan=plan,
        review=review,
        sentence=review.sentence(run.workspace.cloud_account.account_id),
        policies=[shown_policy(each) for each in review.policies],
        trusts=[shown_policy(each, hidden=locked, shown=shown) for each in review.trusts],
        mark=shown,
        in_full=bool(shown) and any(shown == locked and locked in each.text for each in review.trusts),
        left_open=left_open(run),
        inputs=[assignment(name, value) for name, value in sorted(run.inputs.items())],
        stale=waits and (plan.state_serial, plan.state_lineage) != (serial, lineage),
        hidden=locked,
        too_old=waits and is_too_old(plan),
    )


def is_too_old(plan: Plan) -> bool:
    """Return whether it is too late to approve a plan."""
    return Plan.objects.older_than(timedelta(seconds=settings.PLAN_VALID_SECONDS)).filter(pk=plan.pk).exists()


def shown_policy(policy: PlannedPolicy, *, hidden: str = "", shown: str = "") -> ShownPolicy:
    """Lay out one document; `hidden` in it is shown as `shown`."""
    name = policy.display_name
    if policy.document is None:
        problem = UNREADABLE.get(policy.problem, policy.problem or "It cannot be read.")
        return ShownPolicy(name, policy.address, [], "", policy.characters, policy.text, problem)
    text = policy.text.replace(hidden, shown) if hidden else policy.text
    try:
        document = policy_document.read(text)
        raw = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (Refused, ValueError):
        document, raw = policy.document, ""
    return ShownPolicy(
        name=name,
        address=policy.address,
        statements=[row_of(each) for each in document.statements],
        services=", ".join(document.services),
        characters=policy.characters,
        raw=raw,
    )


def row_of(statement: Statement) -> dict[str, Any]:
    """Return a statement as `elements/policy_table.html` takes it."""
    return {
        "sid": statement.sid,
        "effect": statement.effect,
        "actions": [*statement.actions, *(f"all but {each}" for each in statement.not_actions)],
        "resources": [*statement.resources, *(f"all but {each}" for each in statement.not_resources)],
        "principals": [
            *(f"{each.kind}: {each.value}" for each in statement.principals),
            *(f"anyone but {each.kind}: {each.value}" for each in statement.not_principals),
        ],
        "conditions": [
            {"key": each.key, "operator": each.operator, "values": each.values} for each in statement.conditions
        ],
    }
