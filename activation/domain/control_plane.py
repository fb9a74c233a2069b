"""Who runs the control plane that an activation connects to."""

from enum import StrEnum


class ControlPlane(StrEnum):
    """The answer to *Do you have a Zilliz Cloud BYOC contract?*"""

    ZILLIZ = "zilliz"
    SELF = "self"


CONTROL_PLANE_LABELS: dict[ControlPlane, str] = {
    ControlPlane.ZILLIZ: "Zilliz Cloud",
    ControlPlane.SELF: "This portal",
}
