"""An activation's way through the four steps, and the moves between its statuses."""

from enum import IntEnum, StrEnum


class Step(IntEnum):
    """The steps of the guide, with the page of prerequisites ahead of them."""

    BEFORE = 0
    EXTERNAL_ID = 1
    ARNS = 2
    REGION = 3
    ACTIVATION = 4


STEP_TITLES: dict[Step, str] = {
    Step.BEFORE: "Before you start",
    Step.EXTERNAL_ID: "External ID",
    Step.ARNS: "ARNs",
    Step.REGION: "Cloud region",
    Step.ACTIVATION: "Activation",
}


class ActivationStatus(StrEnum):
    """Where an activation stands."""

    DRAFT = "draft"
    AUTHORIZING = "authorizing"
    PROVISIONING_IAM = "provisioning_iam"
    CONFIGURING = "configuring"
    ACTIVATING = "activating"
    ACTIVE = "active"
    FAILED = "failed"
    DEACTIVATING = "deactivating"
    DEACTIVATED = "deactivated"


A = ActivationStatus

# No move leads back to DRAFT or AUTHORIZING: the external ID, once locked, stays. A failed activation goes on at
# the step that failed.
ACTIVATION_MOVES: dict[ActivationStatus, frozenset[ActivationStatus]] = {
    A.DRAFT: frozenset({A.AUTHORIZING, A.PROVISIONING_IAM, A.DEACTIVATED}),
    A.AUTHORIZING: frozenset({A.PROVISIONING_IAM, A.CONFIGURING, A.DEACTIVATED}),
    A.PROVISIONING_IAM: frozenset({A.CONFIGURING, A.DEACTIVATED}),
    A.CONFIGURING: frozenset({A.ACTIVATING, A.DEACTIVATED}),
    A.ACTIVATING: frozenset({A.ACTIVE, A.FAILED, A.CONFIGURING}),
    A.FAILED: frozenset({A.ACTIVATING, A.DEACTIVATING}),
    A.ACTIVE: frozenset({A.DEACTIVATING}),
    A.DEACTIVATING: frozenset({A.DEACTIVATED, A.FAILED, A.ACTIVE}),
    A.DEACTIVATED: frozenset(),
}

REACHED: dict[ActivationStatus, Step] = {
    A.DRAFT: Step.EXTERNAL_ID,
    A.AUTHORIZING: Step.EXTERNAL_ID,
    A.PROVISIONING_IAM: Step.ARNS,
    A.CONFIGURING: Step.REGION,
    A.ACTIVATING: Step.ACTIVATION,
    A.ACTIVE: Step.ACTIVATION,
    A.FAILED: Step.ACTIVATION,
    A.DEACTIVATING: Step.ACTIVATION,
    A.DEACTIVATED: Step.ACTIVATION,
}

ACTIVATION_LABELS: dict[ActivationStatus, str] = {
    A.DRAFT: "Not started",
    A.AUTHORIZING: "External ID",
    A.PROVISIONING_IAM: "Roles and policies",
    A.CONFIGURING: "Cloud region",
    A.ACTIVATING: "Activating",
    A.ACTIVE: "Active",
    A.FAILED: "Failed",
    A.DEACTIVATING: "Being deactivated",
    A.DEACTIVATED: "Deactivated",
}


def activation_may_become(status: ActivationStatus) -> tuple[ActivationStatus, ...]:
    """Return the statuses from which an activation may move to `status`."""
    return tuple(before for before, onward in ACTIVATION_MOVES.items() if status in onward)
