"""A run's statuses, in HCP Terraform's words, and the moves between them."""

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run stands. *Stopping* is a flag, not a status."""

    PENDING = "pending"
    PLANNING = "planning"
    PLANNED = "planned"
    CONFIRMED = "confirmed"
    APPLYING = "applying"
    APPLIED = "applied"
    PLANNED_AND_FINISHED = "planned_and_finished"
    DISCARDED = "discarded"
    ERRORED = "errored"
    CANCELED = "canceled"
    FORCE_CANCELED = "force_canceled"
    INTERRUPTED = "interrupted"


S = RunStatus

# No move leads out of an ending: a retry is a new run. No move leads from PLANNED to APPLYING: somebody has to
# confirm. INTERRUPTED is an ending too: what was lost sight of is recovered by another run, never resumed as if
# nothing had happened.
MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    S.PENDING: frozenset({S.PLANNING, S.CANCELED, S.ERRORED, S.INTERRUPTED}),
    S.PLANNING: frozenset({S.PLANNED, S.PLANNED_AND_FINISHED, S.ERRORED, S.CANCELED, S.FORCE_CANCELED, S.INTERRUPTED}),
    S.PLANNED: frozenset({S.CONFIRMED, S.DISCARDED, S.ERRORED}),
    S.CONFIRMED: frozenset({S.APPLYING, S.CANCELED, S.ERRORED, S.INTERRUPTED}),
    S.APPLYING: frozenset({S.APPLIED, S.ERRORED, S.CANCELED, S.FORCE_CANCELED, S.INTERRUPTED}),
    S.APPLIED: frozenset(),
    S.PLANNED_AND_FINISHED: frozenset(),
    S.DISCARDED: frozenset(),
    S.ERRORED: frozenset(),
    S.CANCELED: frozenset(),
    S.FORCE_CANCELED: frozenset(),
    S.INTERRUPTED: frozenset(),
}

ENDED = frozenset(status for status, onward in MOVES.items() if not onward)
ACTIVE = frozenset(RunStatus) - ENDED
AT_WORK = frozenset({S.PLANNING, S.APPLYING})
WAITING_TO_START = frozenset({S.PENDING, S.CONFIRMED})
SUCCEEDED = frozenset({S.APPLIED, S.PLANNED_AND_FINISHED})
RETRYABLE = frozenset({S.ERRORED, S.CANCELED, S.FORCE_CANCELED, S.INTERRUPTED, S.DISCARDED})


def may_become(status: RunStatus) -> tuple[RunStatus, ...]:
    """Return the statuses from which a run may move to `status`."""
    return tuple(before for before, onward in MOVES.items() if status in onward)


LABELS: dict[RunStatus, str] = {
    S.PENDING: "Waiting to start",
    S.PLANNING: "Planning",
    S.PLANNED: "Waiting for approval",
    S.CONFIRMED: "Approved, starting",
    S.APPLYING: "Applying",
    S.APPLIED: "Applied",
    S.PLANNED_AND_FINISHED: "Nothing to do",
    S.DISCARDED: "Discarded",
    S.ERRORED: "Failed",
    S.CANCELED: "Canceled",
    S.FORCE_CANCELED: "Stopped by force",
    S.INTERRUPTED: "Interrupted",
}
