"""The demo's two organizations: who is whose control plane, and whose AWS account is whose."""

from dataclasses import dataclass
from typing import Final

from activation.domain.control_plane import ControlPlane


@dataclass(frozen=True)
class DemoOrganization:
    """One of them; `customer` is the simulator's name of its AWS account, `identity` that of the key it runs with."""

    name: str
    control_plane: ControlPlane
    customer: str
    identity: str
    key_file: str


FIRST: Final = DemoOrganization("Acme Vectors", ControlPlane.SELF, "customer", "session", "terraform.tfvars")
# The package that Zilliz publishes has no variable for a session token.
SECOND: Final = DemoOrganization(
    "Northwind Search", ControlPlane.ZILLIZ, "other_customer", "administrator", "northwind-search.tfvars"
)
ORGANIZATIONS: Final = (FIRST, SECOND)
