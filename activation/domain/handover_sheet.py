"""What a person copies into the vendor's console, in the order of its guide.

Source: the guide's step 3, *Activate cloud region*: ARN, Netmask, Active Cloud Region; the seven ARNs in the order in
which Terraform prints them. How the console labels each of the seven fields is not public: they are told by the name of
their output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from activation.domain.arn_set import ARN_OUTPUTS

NETMASK, REGION = "netmask", "region"
_LABELS: Final = {each.name: each.label for each in ARN_OUTPUTS}
NAMES: Final = (*sorted(_LABELS), NETMASK, REGION)
"""What can be ticked off, in the guide's order."""


@dataclass(frozen=True)
class Entry:
    """One value: what it is called here, what to copy, and where in the console it goes.

    `output` is the name in Terraform's output by which the field is told; empty for what is no ARN.
    """

    name: str
    label: str
    value: str
    goes_into: str
    output: str = ""


def sheet(arns: Mapping[str, str], *, netmask: int | None, region: str) -> tuple[Entry, ...]:
    """Return the nine values in the guide's order; an ARN that is not stored is empty."""
    entries = [
        Entry(name, _LABELS[name], arns.get(name, ""), "Under ARN, the field for", name) for name in sorted(_LABELS)
    ]
    mask = f"/{netmask}" if netmask is not None else ""
    return (
        *entries,
        Entry(NETMASK, "Netmask", mask, "Under Netmask: the size of the new VPC. Choose it from the list."),
        Entry(REGION, "Region", region, "Under Active Cloud Region. It must be the region that Terraform ran with."),
    )
