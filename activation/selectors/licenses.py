"""Licenses as the License page shows them: which one counts, how many cores are used, what is known of each region."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from activation.domain import external_id as external_ids
from activation.domain import license as licenses
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.license import CoreUse, LicenseState
from activation.domain.steps import ActivationStatus
from activation.models import Activation, CoreReading, License, Organization, Run, Workspace
from activation.selectors.activations import ArnGroup, arn_groups, place_of
from activation.selectors.license_keys import public_keys
from activation.selectors.region_now import RegionNow, RegionWatched, now_of, setup_of, watched_of

# Here a data plane may stand, whole or in part, and use cores.
BUILT = frozenset(
    {
        ActivationStatus.ACTIVATING,
        ActivationStatus.ACTIVE,
        ActivationStatus.FAILED,
        ActivationStatus.DEACTIVATING,
    }
)
# Before step 2 there is nothing to tell of a region.
SHOWN = BUILT | {ActivationStatus.CONFIGURING, ActivationStatus.DEACTIVATED}
RUNS_SHOWN = 5
# A number older than this says nothing of now: it is shown as the last that was seen, and blocks nothing.
COUNTS_FOR = timedelta(days=1)
NOT_LATELY = "Not counted within the last day."


def today() -> date:
    """Return the day in UTC: terms begin and end there."""
    return datetime.now(UTC).date()


# --- which license counts


@dataclass(frozen=True)
class LicenseRow:
    """A license that was installed; `problem` says why its document does not count any more."""

    license: License
    problem: str = ""

    @property
    def counts(self) -> bool:
        """Return whether it can be the present one."""
        return not self.problem


def license_rows(organization: Organization) -> list[LicenseRow]:
    """Return all licenses of the organization that fit its control plane, the newest first.

    A signed one is read anew from its document each time: what was changed in the database does not count.
    """
    rows = License.objects.for_organization(organization)
    if organization.control_plane == ControlPlane.ZILLIZ:
        return [LicenseRow(row) for row in rows.filter(source=License.REPORTED).order_by("-installed_at", "-pk")]
    keys = public_keys()
    found = rows.filter(source=License.SIGNED).order_by("-issued_at", "-pk")
    return [LicenseRow(row, problem_of(row, keys)) for row in found]


def problem_of(row: License, keys: dict[str, bytes]) -> str:
    """Return why a signed license does not count any more; nothing where it does."""
    try:
        granted = licenses.read(row.document, keys)
    except Refused as error:
        return error.text
    return "" if granted == row.granted else "The stored data does not match its document."


def present_license(rows: list[LicenseRow], on: date) -> License | None:
    """Return the license that counts on a day, of `rows` with the newest first.

    That is the newest whose term has that day; else the one that ended last, for its grace; else the first to begin.
    """
    counting = standing_rows(rows)
    if within := [row for row in counting if row.first_day <= on <= row.last_day]:
        return within[0]
    if begun := [row for row in counting if row.first_day <= on]:
        return max(begun, key=lambda row: row.last_day)
    return min(counting, key=lambda row: row.first_day, default=None)


def standing_rows(rows: list[LicenseRow]) -> list[License]:
    """Return the licenses that can count: what was entered again under the same ID is a correction of it."""
    newest: dict[str, License] = {}
    for row in rows:
        if row.counts:
            newest.setdefault(row.license.license_id, row.license)
    return list(newest.values())


# --- how many cores are used


@dataclass(frozen=True)
class CoresUsed:
    """How many cores are in use; `cores` is None where that is not known, and `problem` says why.

    `method` and `read_at` (of the oldest reading) say how and when they were counted.
    """

    cores: int | None
    method: str = ""
    problem: str = ""
    read_at: datetime | None = None
    uses: list[CoreUse] = field(default_factory=list)
    last_cores: int | None = None
    last_read_at: datetime | None = None


def cores_used(organization: Organization, *, apart_from: Activation | None = None) -> CoresUsed:
    """Return how many cores the organization's data planes use, as AWS showed it last; `apart_from` is left out."""
    built = Activation.objects.for_organization(organization).filter(status__in=[each.value for each in BUILT])
    if apart_from is not None:
        built = built.exclude(pk=apart_from.pk)
    activations = list(built.select_related("core_reading"))
    if not activations:
        if organization.control_plane == ControlPlane.ZILLIZ:
            return CoresUsed(None, problem="This portal knows no activated region, and it cannot ask the console.")
        return CoresUsed(0, method="This portal has activated no cloud region yet.")
    readings = [reading_of(activation) for activation in activations]
    oldest = timezone.now() - COUNTS_FOR
    known = [reading for reading in readings if reading is not None]
    missing = [each.region for each, reading in zip(activations, readings, strict=True) if reading is None]
    uses = [CoreUse.from_json(use) for reading in known if reading.cores is not None for use in reading.uses]
    problems = [f"{reading.activation.region}: {reading.problem}" for reading in known if reading.problem]
    problems += [f"{region}: AWS has not been checked yet." for region in missing]
    problems += [
        f"{reading.activation.region}: {NOT_LATELY}"
        for reading in known
        if not reading.problem and reading.read_at < oldest
    ]
    last = [reading for reading in known if reading.last_cores is not None and reading.last_read_at is not None]
    whole = len(last) == len(activations)
    return CoresUsed(
        cores=None if problems else sum(reading.cores or 0 for reading in known),
        method=" ".join(dict.fromkeys(reading.method for reading in known)),
        problem=" ".join(problems),
        read_at=min((reading.read_at for reading in known), default=None),
        uses=uses,
        last_cores=sum(reading.last_cores or 0 for reading in last) if whole else None,
        last_read_at=min((reading.last_read_at for reading in last if reading.last_read_at), default=None),
    )


def reading_of(activation: Activation) -> CoreReading | None:
    """Return how AWS answered last for a region; None where it was never asked."""
    return getattr(activation, "core_reading", None)


# --- where the organization stands


@dataclass(frozen=True)
class Standing:
    """The license that counts, the cores in use, and what follows from both."""

    license: License | None
    state: LicenseState
    used: CoresUsed
    rows: list[LicenseRow]
    on: date

    @property
    def values(self) -> dict[str, str]:
        """Return what sentences about the state tell."""
        granted = self.license.granted if self.license else None
        return licenses.values_of(granted, self.on, self.used.cores)

    @property
    def grace_days(self) -> int:
        """Return how many days of grace are left after this one."""
        return (self.license.granted.grace_ends - self.on).days if self.license else 0

    @property
    def next_license(self) -> License | None:
        """Return the first license that takes over from the present one on a day to come, its first."""
        taking_over = [
            row
            for row in standing_rows(self.rows)
            if row.first_day > self.on and row != self.license and row == present_license(self.rows, row.first_day)
        ]
        return min(taking_over, key=lambda row: row.first_day, default=None)

    @property
    def is_renewed(self) -> bool:
        """Return whether another license covers the day after the present one's last: no gap is to be warned of."""
        if self.license is None:
            return False
        day = self.license.last_day + timedelta(days=1)
        after = present_license(self.rows, day)
        return after is not None and after.first_day <= day <= after.last_day

    @property
    def older(self) -> list[LicenseRow]:
        """Return the licenses that neither count now nor will."""
        shown = {row.pk for row in (self.license, self.next_license) if row}
        return [row for row in self.rows if row.license.pk not in shown]

    def to_json(self) -> dict[str, Any]:
        """Return the state for machines."""
        row, state = self.license, self.state
        return {
            "license": state.words,
            "license_id": row.license_id if row else None,
            "cloud_provider": row.cloud_provider if row else None,
            "first_day": row.first_day.isoformat() if row else None,
            "last_day": row.last_day.isoformat() if row else None,
            "days_left": state.days_left if row else None,
            "cores": row.cores if row else None,
            "cores_used": self.used.cores,
            "cores_used_read_at": self.used.read_at.isoformat() if self.used.read_at else None,
            "color": state.color.value,
            "may_activate_region": state.may_activate_region,
            "reason": state.reason,
        }


def standing_of(
    organization: Organization, *, on: date | None = None, apart_from: Activation | None = None
) -> Standing:
    """Return where the organization stands with its license on a day, today without one.

    The cores of `apart_from` are left out, whatever AWS showed of it.
    """
    on = on or today()
    rows, used = license_rows(organization), cores_used(organization, apart_from=apart_from)
    row = present_license(rows, on)
    reported = organization.control_plane == ControlPlane.ZILLIZ
    state = licenses.state_of(row.granted if row else None, on, used.cores, reported=reported)
    return Standing(row, state, used, rows, on)


# --- regions


@dataclass(frozen=True)
class Region:
    """A cloud region of the organization, as the License page tells of it."""

    activation: Activation
    place: str
    external_id: str
    groups: list[ArnGroup]
    runs: list[Run]
    # The newest run of the region that somebody approved, and the one of its roles.
    approved: Run | None
    roles_approved: Run | None
    reading: CoreReading | None
    is_built: bool
    now: RegionNow | None = None
    watched: RegionWatched | None = None

    @property
    def words(self) -> str:
        """Return the status as machines read it from the page: `active`, `active (as reported)`, `activating`, …"""
        return self.activation.told_status

    @property
    def label(self) -> str:
        """Return the status as people read it."""
        return self.activation.told_label

    @property
    def vpc(self) -> str:
        """Return the ID of the region's network, as AWS showed it."""
        return self.now.vpc if self.now else self.watched.vpc if self.watched else ""

    @property
    def is_countable(self) -> bool:
        """Return whether its cores are counted with a key."""
        return is_countable(self.activation)

    @property
    def netmask(self) -> int | None:
        """Return how large the network is, as chosen in step 3."""
        setup = setup_of(self.activation)
        if setup is None:
            return None
        _, slash, mask = setup.vpc_cidr.partition("/")
        return int(mask) if slash else setup.netmask


def regions_of(organization: Organization) -> list[Region]:
    """Return the organization's cloud regions, those that were activated first."""
    regions = [region_of(activation) for activation in shown(organization).order_by("-created_at")]
    return sorted(regions, key=lambda region: not region.is_built)


def find_region(organization: Organization, pk: str) -> Activation | None:
    """Return one of the activations that the page shows."""
    return shown(organization).filter(pk=pk).first()


def is_countable(activation: Activation) -> bool:
    """Return whether its cores are counted with a key: a console built it, and no watch is taken any more."""
    return activation.control_plane == ControlPlane.ZILLIZ and activation.status == ActivationStatus.ACTIVE


def shown(organization: Organization) -> QuerySet[Activation]:
    """Return the activations of which the page tells, with what it tells of them."""
    found = Activation.objects.for_organization(organization).filter(status__in=[each.value for each in SHOWN])
    return found.select_related("organization", "cloud_account", "core_reading", "setup", "handover")


def region_of(activation: Activation) -> Region:
    """Return one region with its ARNs and its latest runs."""
    newest = Run.objects.filter(activation=activation).select_related("workspace").order_by("-created_at")
    runs = newest[:RUNS_SHOWN]
    approved = newest.filter(approved_at__isnull=False)
    external_id = activation.organization.external_id
    return Region(
        activation=activation,
        place=place_of(activation.region),
        external_id=external_ids.mask(external_id) if external_id else "",
        groups=arn_groups(activation.cloud_account),
        runs=list(runs),
        approved=approved.filter(workspace__kind=Workspace.REGION).first(),
        roles_approved=approved.filter(workspace__kind=Workspace.IAM).first(),
        reading=reading_of(activation),
        is_built=ActivationStatus(activation.status) in BUILT,
        now=now_of(activation),
        watched=watched_of(activation),
    )


# --- details


@dataclass(frozen=True)
class UseGroup:
    """What one service or one cluster uses."""

    title: str
    uses: list[CoreUse]
    cores: int


def use_groups(uses: list[CoreUse], *, by: str) -> list[UseGroup]:
    """Return the uses by `service` or by `cluster`, by name; what does not count adds nothing to the sums."""
    grouped: dict[str, list[CoreUse]] = {}
    for use in sorted(uses, key=lambda use: (getattr(use, by), use.region, use.cluster, use.service)):
        grouped.setdefault(getattr(use, by), []).append(use)
    return [UseGroup(title, each, licenses.cores_counted(each)) for title, each in grouped.items()]
