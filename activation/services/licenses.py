"""Issue, install and report licenses; keep what AWS showed of their use."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db import transaction
from django.utils import timezone

from activation.domain import license as licenses
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind, Outcome
from activation.domain.license import CoreUse
from activation.domain.license import License as Granted
from activation.models import Activation, CoreReading, License, Organization, User
from activation.models.identity import license_identity
from activation.selectors import license_keys
from activation.selectors.licenses import standing_of, today
from activation.services import events
from activation.services.events import Actor


@transaction.atomic
def issue(
    *, slug: str, cores: int, first_day: date, last_day: date, license_id: str = "", actor: Actor = events.PORTAL
) -> str:
    """Return a signed document for the organization of this slug.

    Raise Refused: license_slug_unknown, license_is_reported, license_key_missing, and what `check_terms` refuses.
    """
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise Refused("license_slug_unknown", slug=slug)
    demand(organization, ControlPlane.SELF)
    key = license_keys.signing_key()
    if key is None:
        raise Refused("license_key_missing")
    granted = Granted(
        id=license_id or license_identity(),
        organization=organization.pk,
        cloud_provider=licenses.AWS,
        first_day=first_day,
        last_day=last_day,
        cores=cores,
        issued_at=datetime.now(UTC).replace(microsecond=0),
        key=licenses.key_id_of(key),
    )
    document = licenses.issue(granted, key)
    record(Kind.LICENSE_ISSUED, organization, granted, actor)
    return document


def install(*, organization: Organization, document: str, actor: Actor, by: User | None = None) -> License:
    """Install a signed document; a refusal is an event as well.

    Raise Refused: license_is_reported, what `licenses.read` refuses, license_foreign, license_expired_already,
    license_doubled, license_older.
    """
    try:
        return take_in(organization, document, actor, by)
    except Refused as error:
        events.record(
            Kind.LICENSE_REFUSED,
            actor=actor,
            organization=organization,
            outcome=Outcome.REFUSED,
            reason=error.text,
            object_type="license",
        )
        raise


def install_where_it_belongs(*, document: str, actor: Actor = events.PORTAL) -> License:
    """Install a signed document in the organization that it names; raise Refused as `install` does."""
    granted = licenses.read(document, license_keys.public_keys())
    organization = Organization.objects.filter(pk=granted.organization).first()
    if organization is None:
        raise Refused("license_organization_unknown", id=granted.id, theirs=granted.organization)
    return install(organization=organization, document=document, actor=actor)


@transaction.atomic
def take_in(organization: Organization, document: str, actor: Actor, by: User | None) -> License:
    """Check a document and keep it."""
    demand(organization, ControlPlane.SELF)
    granted = licenses.read(document, license_keys.public_keys())
    # Two at once take turns, so that the second finds the first.
    Organization.objects.select_for_update().get(pk=organization.pk)
    check_fits(granted, organization)
    row = License.objects.create(
        organization=organization,
        source=License.SIGNED,
        license_id=granted.id,
        cloud_provider=granted.cloud_provider,
        first_day=granted.first_day,
        last_day=granted.last_day,
        cores=granted.cores,
        document="".join(document.split()),
        issued_at=granted.issued_at,
        key=granted.key,
        installed_by=by,
        installed_by_name=actor.name,
    )
    record(Kind.LICENSE_INSTALLED, organization, granted, actor)
    return row


def check_fits(granted: Granted, organization: Organization) -> None:
    """Raise Refused where a license, genuine as it is, cannot be this organization's next one."""
    if granted.organization != organization.pk:
        raise Refused(
            "license_foreign",
            field="document",
            id=granted.id,
            theirs=granted.organization,
            ours=organization.pk,
        )
    if License.objects.filter(source=License.SIGNED, license_id=granted.id).exists():
        raise Refused("license_doubled", field="document", id=granted.id)
    if granted.last_day < today():
        last_day = licenses.day(granted.last_day)
        raise Refused("license_expired_already", field="document", id=granted.id, last_day=last_day)
    newer = License.objects.for_organization(organization).filter(
        source=License.SIGNED, issued_at__gt=granted.issued_at
    )
    if newest := newer.order_by("-issued_at").first():
        raise Refused("license_older", field="document", id=granted.id, installed=newest.license_id)


@transaction.atomic
def report(
    *,
    organization: Organization,
    license_id: str,
    cores: int,
    first_day: date,
    last_day: date,
    actor: Actor,
    by: User | None = None,
) -> bool:
    """Keep what the welcome email says; return whether it differs from what was entered before.

    Raise Refused: license_is_signed, and what `check_terms` refuses.
    """
    demand(organization, ControlPlane.ZILLIZ)
    licenses.check_terms(license_id, first_day, last_day, cores)
    Organization.objects.select_for_update().get(pk=organization.pk)
    granted = Granted(license_id, organization.pk, licenses.AWS, first_day, last_day, cores, reported=True)
    newest = License.objects.for_organization(organization).filter(source=License.REPORTED).order_by("-pk").first()
    if newest and newest.granted == granted:
        return False
    License.objects.create(
        organization=organization,
        source=License.REPORTED,
        license_id=license_id,
        cloud_provider=licenses.AWS,
        first_day=first_day,
        last_day=last_day,
        cores=cores,
        installed_by=by,
        installed_by_name=actor.name,
    )
    record(Kind.LICENSE_REPORTED, organization, granted, actor, before=newest.granted if newest else None)
    return True


def demand(organization: Organization, control_plane: ControlPlane) -> None:
    """Raise Refused where the organization's licenses come another way."""
    if organization.control_plane != control_plane:
        signed = organization.control_plane == ControlPlane.SELF
        raise Refused("license_is_signed" if signed else "license_is_reported")


def record(
    kind: Kind, organization: Organization, granted: Granted, actor: Actor, *, before: Granted | None = None
) -> None:
    """Record what became of a license."""
    events.record(
        kind,
        actor=actor,
        organization=organization,
        object_type="license",
        object_id=granted.id,
        before=told(before) if before else None,
        after=told(granted),
    )


def told(granted: Granted) -> dict[str, str | int]:
    """Return what events tell of a license."""
    key: dict[str, str | int] = {"key": granted.key} if granted.key else {}
    return {
        "license": granted.id,
        "cores": granted.cores,
        "first_day": granted.first_day.isoformat(),
        "last_day": granted.last_day.isoformat(),
        **key,
    }


# --- what the rest of the portal asks


def check_may_activate_region(organization: Organization, *, apart_from: Activation | None = None) -> None:
    """Raise Refused where the license allows no new cloud region: none, not begun, used up, over quota, frozen.

    `apart_from` is the activation that is to go on: what stands of its own half-built region is no other region.
    """
    standing = standing_of(organization, apart_from=apart_from)
    if not standing.state.may_activate_region:
        raise Refused(standing.state.blocked_by, **standing.values)


@transaction.atomic
def note_cores(
    *,
    activation: Activation,
    method: str,
    uses: Iterable[CoreUse] | None,
    problem: str = "",
    at: datetime | None = None,
) -> CoreReading:
    """Keep how many cores of a region's data plane AWS showed.

    `uses` is None where AWS could not tell; `problem` then says why, and the last number that was read stays beside
    it. Raise ValueError for an unknown number without a problem.
    """
    if (uses is None) is not bool(problem):
        raise ValueError("either uses or a problem")
    seen = None if uses is None else list(uses)
    values: dict[str, object] = {
        "read_at": at or timezone.now(),
        "method": method,
        "problem": problem[:500],
        "cores": None if seen is None else licenses.cores_counted(seen),
        "uses": [use.to_json() for use in seen or []],
    }
    if seen is not None:
        values |= {"last_cores": values["cores"], "last_read_at": values["read_at"]}
    row, _ = CoreReading.objects.update_or_create(activation=activation, defaults=values)
    return row
