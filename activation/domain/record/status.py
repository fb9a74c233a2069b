"""The statuses of a record and how they follow one another."""

from enum import StrEnum


class RecordStatus(StrEnum):
    """Where a record's file is."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


S = RecordStatus

# A record is never made a second time while its file is there: FAILED and EXPIRED alone go back to WAITING,
# and MAKING where the worker that made it is gone.
MOVES: dict[RecordStatus, frozenset[RecordStatus]] = {
    S.WAITING: frozenset({S.MAKING}),
    S.MAKING: frozenset({S.READY, S.FAILED, S.WAITING}),
    S.READY: frozenset({S.EXPIRED}),
    S.FAILED: frozenset({S.WAITING}),
    S.EXPIRED: frozenset({S.WAITING}),
}
LABELS: dict[RecordStatus, str] = {
    S.WAITING: "Waiting",
    S.MAKING: "Being made",
    S.READY: "Ready",
    S.FAILED: "Failed",
    S.EXPIRED: "Expired",
}
KINDS: dict[RecordStatus, str] = {
    S.WAITING: "pending",
    S.MAKING: "working",
    S.READY: "success",
    S.FAILED: "error",
    S.EXPIRED: "stopped",
}


def may_become(target: RecordStatus) -> frozenset[RecordStatus]:
    """Return the statuses from which a record may move to `target`."""
    return frozenset(status for status, targets in MOVES.items() if target in targets)
