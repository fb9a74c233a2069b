"""Licenses: what a document grants, and where an organization stands with it on a day.

Sources: the vendor's pages *License* and *License Usage* (fields, colors, the month of grace, what a frozen account
forbids). They leave three things open, and here they are this project's own choice: exactly 100 % of the cores is red,
exactly 60 days is yellow, and the term's last day still counts, in UTC.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from re import ASCII
from re import compile as pattern
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain import dsse, jws
from activation.domain.errors import Refused

DOCUMENT_KIND = "byoc-license"
AWS = "aws"
CLOUD_PROVIDERS = {AWS: "AWS"}
# A document has about 600 characters; whoever sends more sends something else.
LONGEST_DOCUMENT = 8_000
MOST_CORES = 1_000_000
EXPIRING_DAYS = 60
YELLOW_PERCENT = 70
RED_PERCENT = 100
LICENSE_ID = pattern(r"[A-Za-z0-9][A-Za-z0-9._:-]{1,79}", ASCII)
MEMBERS = frozenset({"license", "organization", "cloud_provider", "first_day", "last_day", "cores", "issued_at"})

# Source: the vendor's page *License*, of the time after the month of grace.
FORBIDDEN_WHEN_FROZEN = (
    "Creating, restarting, stopping or scaling clusters",
    "Managing cluster users and passwords",
    "Setting maintenance windows",
    "Changing which IP addresses are allowed",
    "Managing collections and indexes",
    "Activating cloud regions",
)


class LicenseStatus(StrEnum):
    """Where an organization stands with its license."""

    NONE = "none"
    NOT_YET_VALID = "not yet valid"
    ACTIVE = "active"
    EXPIRING = "expiring"
    FULLY_USED = "fully used"
    OVER_QUOTA = "over quota"
    GRACE = "expired"
    FROZEN = "frozen"


class Color(StrEnum):
    """The color of the usage bar; gray where there is no license to measure by, or no number to measure."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GRAY = "gray"


S = LicenseStatus

STATUS_LABELS: dict[LicenseStatus, str] = {
    S.NONE: "No license",
    S.NOT_YET_VALID: "Not yet valid",
    S.ACTIVE: "Active",
    S.EXPIRING: "Expiring soon",
    S.FULLY_USED: "Fully used",
    S.OVER_QUOTA: "Over quota",
    S.GRACE: "Expired, in grace",
    S.FROZEN: "Frozen",
}

# Why no new cloud region can be activated: codes of the table of words.
BLOCKED_BY: dict[LicenseStatus, str] = {
    S.NONE: "license_none",
    S.NOT_YET_VALID: "license_not_yet_valid",
    S.FULLY_USED: "license_fully_used",
    S.OVER_QUOTA: "license_over_quota",
    S.FROZEN: "license_frozen",
}


@dataclass(frozen=True)
class License:
    """What a license grants. `last_day` belongs to the term; `reported`: typed in by a person, signed by nobody."""

    id: str
    organization: str
    cloud_provider: str
    first_day: date
    last_day: date
    cores: int
    issued_at: datetime | None = None
    key: str = ""
    reported: bool = False

    @property
    def grace_ends(self) -> date:
        """Return the last day of the month of grace: the same day of the next month, or that month's last."""
        year, month = divmod(self.last_day.year * 12 + self.last_day.month, 12)
        return date(year, month + 1, min(self.last_day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class LicenseState:
    """Where an organization stands on a day.

    `days_left` counts to the term's last day: 0 on that day, negative afterwards. `reason` says in a sentence why it
    stands so, or why no new region may be activated; `blocked_by` is then the code of that in the table of words.
    `color_reason` says what the bar's color stands for.
    """

    status: LicenseStatus
    color: Color
    days_left: int
    may_activate_region: bool
    reason: str
    next_step: str = ""
    blocked_by: str = ""
    percent: int | None = None
    color_reason: str = ""
    reported: bool = False

    @property
    def words(self) -> str:
        """Return the status as machines read it from the page: `active`, `active (as reported)`, …"""
        return f"{self.status.value} (as reported)" if self.reported else self.status.value

    @property
    def label(self) -> str:
        """Return the status as people read it."""
        return STATUS_LABELS[self.status] + (" (as reported)" if self.reported else "")

    @property
    def color_kind(self) -> str:
        """Return the color as pages name it."""
        return {"green": "success", "yellow": "warning", "red": "error", "gray": "unknown"}[self.color.value]

    @property
    def kind(self) -> str:
        """Return the status as pages color it; cores that nobody knows are not held against it."""
        if self.status is S.ACTIVE and self.color is Color.GRAY:
            return "success"
        return "pending" if self.status is S.NOT_YET_VALID else self.color_kind


def state_of(
    license: License | None,  # noqa: A002
    on: date,
    cores_used: int | None,
    *,
    reported: bool = False,
) -> LicenseState:
    """Return where an organization stands with its license on a day, in UTC.

    `cores_used` is None where it is not known; then nothing is held against it. `reported` where licenses are entered
    as a vendor's console has them, and not installed.
    """
    if license is None:
        none = Refused("license_not_entered" if reported else "license_none")
        return LicenseState(S.NONE, Color.GRAY, 0, False, none.text, none.next_step, none.code)
    status = status_of(license, on, cores_used)
    # Of a vendor's console the cores are only estimated: that is shown, and held against nobody.
    certain = None if license.reported else cores_used
    # In the month of grace the cores count as before.
    blocked_by = BLOCKED_BY.get(status_of(license, on, certain)) or BLOCKED_BY.get(by_cores(license, certain), "")
    estimated = license.reported and status in {S.FULLY_USED, S.OVER_QUOTA}
    code = blocked_by or ("license_estimated_full" if estimated else f"license_{status.name.lower()}")
    wording = Refused(code, **values_of(license, on, cores_used))
    return LicenseState(
        status=status,
        color=color_of(license, on, cores_used),
        days_left=(license.last_day - on).days,
        may_activate_region=not blocked_by,
        reason=wording.text,
        next_step=wording.next_step,
        blocked_by=blocked_by,
        percent=None if cores_used is None else cores_used * 100 // license.cores,
        color_reason=why_colored(license, on, cores_used),
        reported=license.reported,
    )


def values_of(granted: License | None, on: date, cores_used: int | None) -> dict[str, str]:
    """Return what the sentences about a license's state tell, by the names of their placeholders."""
    if granted is None:
        return {}
    return {
        "id": granted.id,
        "cores": f"{granted.cores:,}",
        "used": "" if cores_used is None else f"{cores_used:,}",
        "first_day": day(granted.first_day),
        "last_day": day(granted.last_day),
        "grace_ends": day(granted.grace_ends),
        "days": days_words((granted.last_day - on).days),
    }


def status_of(granted: License, on: date, cores_used: int | None) -> LicenseStatus:
    """Return the status; time comes before cores, since it ends more."""
    if on < granted.first_day:
        return S.NOT_YET_VALID
    if on > granted.grace_ends:
        return S.FROZEN
    if on > granted.last_day:
        return S.GRACE
    if (cores := by_cores(granted, cores_used)) is not S.ACTIVE:
        return cores
    return S.EXPIRING if (granted.last_day - on).days <= EXPIRING_DAYS else S.ACTIVE


def by_cores(granted: License, cores_used: int | None) -> LicenseStatus:
    """Return the status as far as the cores tell."""
    if cores_used is None or cores_used < granted.cores:
        return S.ACTIVE
    return S.OVER_QUOTA if cores_used > granted.cores else S.FULLY_USED


def color_of(granted: License, on: date, cores_used: int | None) -> Color:
    """Return green below 70 % with over 60 days left, yellow from there, red from 100 % or when expired.

    Gray where the cores are not known, and the days alone make it neither yellow nor red.
    """
    used = (cores_used or 0) * 100
    if on > granted.last_day or used >= RED_PERCENT * granted.cores:
        return Color.RED
    if (granted.last_day - on).days <= EXPIRING_DAYS or used >= YELLOW_PERCENT * granted.cores:
        return Color.YELLOW
    return Color.GRAY if cores_used is None else Color.GREEN


def why_colored(granted: License, on: date, cores_used: int | None) -> str:
    """Return what the color stands for, as the end of a sentence."""
    used, days_left = (cores_used or 0) * 100, (granted.last_day - on).days
    why = []
    if days_left < 0:
        why.append("the license has expired")
    if used >= RED_PERCENT * granted.cores:
        why.append("all cores are used" if used == RED_PERCENT * granted.cores else "more cores are used than included")
    elif used >= YELLOW_PERCENT * granted.cores:
        why.append(f"{YELLOW_PERCENT} % or more of the cores are used")
    if 0 <= days_left <= EXPIRING_DAYS:
        why.append(f"{EXPIRING_DAYS} days or fewer are left")
    if why:
        return " and ".join(why)
    cores = "" if cores_used is None else f"less than {YELLOW_PERCENT} % of the cores are used and "
    return f"{cores}more than {EXPIRING_DAYS} days are left"


def days_words(days: int) -> str:
    """Return a number of days in words; of what has passed without its sign."""
    return f"{abs(days):,} day{'' if abs(days) == 1 else 's'}"


def day(value: date) -> str:
    """Return a day as pages write it: `Nov 23, 2026`."""
    return f"{value:%b} {value.day}, {value.year}"


# --- use


@dataclass(frozen=True)
class CoreUse:
    """What some cores are used by: a service of a cluster in a region. What a vendor does not count is `counted` no."""

    service: str
    cluster: str
    region: str
    instances: str
    cores: int
    counted: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the use as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "CoreUse":
        """Return the use that JSON holds."""
        return cls(**value)


def cores_counted(uses: Iterable[CoreUse]) -> int:
    """Return the sum of what counts; the control plane's cores do not (the vendor's page *License*)."""
    return sum(use.cores for use in uses if use.counted)


# --- documents


def key_id_of(key: Ed25519PrivateKey) -> str:
    """Return the ID under which documents name a key."""
    return dsse.key_id(dsse.raw_public_key(key))


def issue(granted: License, key: Ed25519PrivateKey) -> str:
    """Return the signed document of a license; raise Refused where it could not be installed again."""
    if granted.issued_at is None:
        raise ValueError("a document says when it was issued")
    content = {
        "license": granted.id,
        "organization": granted.organization,
        "cloud_provider": granted.cloud_provider,
        "first_day": granted.first_day.isoformat(),
        "last_day": granted.last_day.isoformat(),
        "cores": granted.cores,
        "issued_at": granted.issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    read_content(content, "")
    return jws.sign(DOCUMENT_KIND, content, key)


def read(text: str, public_keys: Mapping[str, bytes]) -> License:
    """Return the license that a document grants, once one of the keys is found to have signed it.

    Raises Refused with field `document`: license_empty, license_no_document, license_algorithm, license_key_unknown,
    license_changed, license_content.
    """
    # Mail programs break long lines; no part of a document holds a blank.
    document = "".join(text.split())
    if not document:
        raise Refused("license_empty", field="document")
    if len(document) > LONGEST_DOCUMENT:
        raise Refused("license_no_document", field="document", problem="it is too long")
    try:
        content, signed_by = jws.verify(document, DOCUMENT_KIND, public_keys)
    except jws.NotADocument as error:
        raise Refused("license_no_document", field="document", problem=str(error)) from error
    except jws.WrongAlgorithm as error:
        raise Refused("license_algorithm", field="document", algorithm=str(error)) from error
    except jws.UnknownKey as error:
        raise Refused("license_key_unknown", field="document", key=str(error)[:16]) from error
    except jws.Changed as error:
        raise Refused("license_changed", field="document") from error
    return read_content(content, signed_by)


def read_content(content: Mapping[str, Any], key: str) -> License:
    """Return the license that the content of a document describes; raise Refused("license_content")."""
    if set(content) != MEMBERS:
        raise wrong("it does not hold exactly what a license holds")
    if any(type(content[name]) is not str for name in MEMBERS - {"cores"}):
        raise wrong("something in it is not a text")
    if content["cloud_provider"] not in CLOUD_PROVIDERS:
        raise wrong("it is for another cloud than AWS")
    if not content["organization"]:
        raise wrong("it names no organization")
    if type(content["cores"]) is not int:
        raise wrong("its number of cores is no whole number")
    try:
        first_day, last_day = date.fromisoformat(content["first_day"]), date.fromisoformat(content["last_day"])
        issued_at = datetime.strptime(content["issued_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise wrong("a date in it is none") from error
    check_terms(content["license"], first_day, last_day, content["cores"])
    return License(
        id=content["license"],
        organization=content["organization"],
        cloud_provider=content["cloud_provider"],
        first_day=first_day,
        last_day=last_day,
        cores=content["cores"],
        issued_at=issued_at,
        key=key,
    )


def check_terms(license_id: str, first_day: date, last_day: date, cores: int) -> None:
    """Raise Refused for an ID, a term or a number of cores that no license has."""
    if not LICENSE_ID.fullmatch(license_id):
        raise Refused("license_id_shape", field="license_id")
    if last_day < first_day:
        raise Refused("license_term_reversed", field="last_day")
    if last_day.year > 9000:
        raise Refused("license_term_too_long", field="last_day")
    if not 1 <= cores <= MOST_CORES:
        raise Refused("license_cores_range", field="cores", most=f"{MOST_CORES:,}")


def wrong(problem: str) -> Refused:
    """Return the refusal of a document that is signed and yet no license."""
    return Refused("license_content", field="document", problem=problem)
