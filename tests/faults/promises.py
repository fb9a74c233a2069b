"""What must hold after each fault, whatever it was."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from activation.domain.run_status import ENDED, SUCCEEDED, RunStatus
from activation.domain.state import State, read_state
from activation.models import Credential, Event, LogLine, Plan, Run, StateVersion
from activation.services import run_keys
from tests.real.engine import RESOURCES

if TYPE_CHECKING:
    from tests.faults.bench import Bench

COMPLETE = ": Creation complete"


def texts(run: Run) -> list[str]:
    """Return a run's log."""
    return list(LogLine.objects.filter(run=run).order_by("number").values_list("text", flat=True))


def completed(run: Run) -> list[str]:
    """Return the addresses that a run's log reports created, in order."""
    return [text.split(COMPLETE)[0].strip() for text in texts(run) if COMPLETE in text]


def newest_state(run: Run) -> State | None:
    """Return the newest stored state of a run's workspace; None before the first."""
    rows = StateVersion.objects.select_related("run").filter(workspace=run.workspace_id)
    row = rows.order_by("-pk").first()
    return read_state(run_keys.open_state(row)) if row else None


def recorded(run: Run) -> frozenset[str]:
    """Return the addresses of the newest stored state."""
    state = newest_state(run)
    return state.addresses if state else frozenset()


def hold(bench: Bench, run: Run, *, ended: bool) -> None:
    """Hold what is promised of a run that goes on, or has ended."""
    row = Run.objects.get(pk=run.pk)
    numbers = list(LogLine.objects.filter(run=run).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, row.lines + 1)), "the log has a gap"
    twice = [address for address, times in Counter(completed(run)).items() if times > 1]
    assert not twice, f"the log says twice that {twice} was created"
    lost = set(completed(run)) - recorded(run)
    assert not lost, f"finished, and in no stored state: {lost}"
    assert Event.objects.filter(run_id=run.pk, kind="run.apply_started").count() <= 1, "a plan was applied twice"
    assert bench.watch.most(run.pk) <= 1, "two Terraforms of one run lived at once"
    if not ended:
        assert row.status not in ENDED, f"{row.status}: {row.reason}"
        return
    assert row.status in ENDED, row.status
    assert row.reason or RunStatus(row.status) in SUCCEEDED, "an ending without a reason"
    assert Credential.objects.get(run=run).sealed is None, "the key outlives its run"
    assert not bench.everything_of(run), "something of an ended run is alive"


def makes_whole(bench: Bench, run: Run) -> None:
    """Hold that a planned run would end in exactly the package's things, nothing of them a second time."""
    plan = Plan.objects.get(run=run)
    assert plan.verdict["passed"], plan.verdict["findings"]
    managed = [each for each in plan.review["changes"] if each.get("mode", "managed") == "managed"]
    actions = {each["address"]: each["action"] for each in managed}
    assert not [each for each in actions.values() if each in {"delete", "replace"}], actions
    new = {address for address, action in actions.items() if action == "create"}
    assert len(new) == RESOURCES - bench.in_aws(), f"plans {sorted(new)} beside the {bench.in_aws()} there are"


def is_whole(bench: Bench, run: Run) -> None:
    """Hold that state, AWS and page have exactly the package's things, each made once."""
    state = newest_state(run)
    assert state is not None
    assert len(state.addresses) == RESOURCES
    assert not state.tainted
    assert bench.in_aws() == RESOURCES
    assert bench.identities().items() >= bench.found.items(), "something was made anew that was there"
    assert bench.made() == RESOURCES, f"AWS has carried out {bench.made()} creations"
    assert len(bench.account().arns) == 7
