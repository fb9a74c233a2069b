"""What stands of a region now, as the License page sets it beside Terraform's state or the documented set."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from activation.domain import watch_reading
from activation.domain.control_plane import ControlPlane
from activation.domain.region_now import Found, Line, Standing, Thing, compare, drifted
from activation.domain.resource_names import type_label
from activation.domain.watch import Memory
from activation.models import Activation, Handover, RegionSetup

# A worker that was asked answers within this; afterwards the page stops waiting.
LOOK_LASTS = timedelta(seconds=30)


@dataclass(frozen=True)
class RegionNow:
    """What AWS showed of a region this portal built, when, and how that compares with the state of a `serial`.

    `looking`: a worker was asked and has not answered yet. `vpc` is the network's ID as AWS showed it.
    """

    lines: tuple[Line, ...]
    serial: int | None
    at: datetime | None
    problem: str
    looking: bool
    vpc: str = ""

    @property
    def looked(self) -> tuple[Line, ...]:
        """The types that were looked at."""
        return tuple(line for line in self.lines if line.standing is not Standing.NOT_LOOKED or line.why)

    @property
    def not_looked(self) -> str:
        """Name the types that the management role does not look at, with how many Terraform has of each."""
        left = [line for line in self.lines if line not in self.looked]
        return listed((type_label(line.type, line.in_terraform), line.in_terraform) for line in left)

    @property
    def drift(self) -> int:
        """How many types are not as Terraform says."""
        return drifted(self.lines)

    @property
    def in_aws(self) -> int:
        """How many things were found."""
        return sum(line.in_aws or 0 for line in self.lines)


def listed(counts: Iterable[tuple[str, int]]) -> str:
    """Return counts as a list in words: `1 route, 2 IAM roles`."""
    return ", ".join(f"{number} {label}" for label, number in counts)


def now_of(activation: Activation) -> RegionNow | None:
    """Return what stands of a region that this portal builds; None for others, and before AWS was asked."""
    setup = setup_of(activation)
    if setup is None or activation.control_plane != ControlPlane.SELF:
        return None
    looking = is_looking(setup)
    if not (setup.found or setup.found_problem or looking):
        return None
    found = Found.from_json(setup.found.get("found", {}))
    stated = [Thing(**each) for each in setup.found.get("stated", ())]
    vpcs = [each.id for each in found.things if each.type == "aws_vpc"]
    return RegionNow(
        lines=compare(stated, found),
        serial=setup.found.get("serial"),
        at=setup.found_at,
        problem=setup.found_problem,
        looking=looking,
        vpc=vpcs[0] if len(vpcs) == 1 else "",
    )


def is_looking(setup: RegionSetup) -> bool:
    """Return whether a worker was asked and has neither answered nor had time enough."""
    asked, reading = setup.asked_at, getattr(setup.activation, "core_reading", None)
    if asked is None or abs(timezone.now() - asked) > LOOK_LASTS:
        return False
    # The number is written last.
    return reading is None or reading.read_at < asked


def setup_of(activation: Activation) -> RegionSetup | None:
    """Return what was chosen and found of a region; None where step 3 was never saved."""
    return getattr(activation, "setup", None)


# --- built by the vendor's console


@dataclass(frozen=True)
class RegionWatched:
    """What the watch has seen of a region that the vendor's console builds: never more than that."""

    reading: watch_reading.Reading
    handover: Handover

    @property
    def vpc(self) -> str:
        """The network's ID, where exactly one is counted."""
        found = [seen.item.identity for each in self.reading.findings for seen in each.here if seen.item.thing == "vpc"]
        return found[0] if len(found) == 1 else ""


def watched_of(activation: Activation) -> RegionWatched | None:
    """Return what was seen of a region at the vendor's console; None before a watch has looked."""
    handover: Handover | None = getattr(activation, "handover", None)
    if handover is None or not handover.seen:
        return None
    began = activation.activating_since or activation.created_at
    return RegionWatched(watch_reading.read(Memory.from_json(handover.seen), handed_over=began), handover)
