"""Activation records: what was asked for, and the file that was made of it."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from activation.domain.record.manifest import ACTIVATION, PERIOD
from activation.domain.record.purposes import purpose, rank
from activation.domain.record.status import KINDS, LABELS, RecordStatus, may_become
from activation.domain.record.verify import MANIFEST
from activation.models.cloud import Activation
from activation.models.identity import record_identity
from activation.models.people import Organization, User


class RecordQuerySet(models.QuerySet["Record"]):
    """Reads and compare-and-set moves of records."""

    def for_organization(self, organization: Organization) -> "RecordQuerySet":
        """Return the records of one organization; their facts, which only a worker needs, are not fetched."""
        return self.filter(organization=organization).defer("facts")

    def move(self, pk: str, *, to: RecordStatus, attempt: int | None = None, **changes: Any) -> bool:
        """Move a record to a status; return whether this call did it.

        With `attempt` the move is refused to everybody but the worker that makes it now.
        """
        rows = self.filter(pk=pk, status__in=[status.value for status in may_become(to)])
        if attempt is not None:
            rows = rows.filter(attempt=attempt)
        return bool(rows.update(status=to.value, changed_at=timezone.now(), **changes))

    def begin(self, pk: str) -> int | None:
        """Begin to make a waiting record; return the attempt's number, or None where another worker was first."""
        if not self.move(pk, to=RecordStatus.MAKING, attempt=None, done=0):
            return None
        self.filter(pk=pk).update(attempt=F("attempt") + 1)
        return self.values_list("attempt", flat=True).get(pk=pk)

    def progress(self, pk: str, *, attempt: int, done: int, total: int) -> bool:
        """Write down how far the making came; return whether it is still this attempt's to make."""
        rows = self.filter(pk=pk, attempt=attempt, status=RecordStatus.MAKING.value)
        return bool(rows.update(done=done, total=total, changed_at=timezone.now()))


class Record(models.Model):
    """What one person asked for; its file lies in the data directory for a day and is made again on demand."""

    id = models.CharField(primary_key=True, max_length=40, default=record_identity, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="records")
    scope = models.CharField(max_length=12, choices=[(ACTIVATION, "Activation"), (PERIOD, "Period")])
    activation = models.ForeignKey(Activation, on_delete=models.CASCADE, null=True, blank=True, related_name="records")
    # Days in UTC, both within the record.
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    # Fixed when it was asked for: what happens later lies outside, and the same request stays the same bytes.
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    # Who had access then, as rows of a table.
    access = models.JSONField(default=list, blank=True)
    # What rows that go on changing said then (`services.record_facts`). Empty where an earlier version was asked for
    # it, until it is made next.
    facts = models.JSONField(default=dict, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField(default=timezone.now)

    status = models.CharField(
        max_length=10, default=RecordStatus.WAITING.value, choices=[(s.value, LABELS[s]) for s in RecordStatus]
    )
    changed_at = models.DateTimeField(default=timezone.now)
    attempt = models.IntegerField(default=0)
    # How many workers in a row were taken for gone while they made it.
    lost = models.IntegerField(default=0)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    # What is inside, as the manifest has it.
    contents = models.JSONField(default=list, blank=True)
    # When it was made for the first time, the SHA-256 of that file, and those of what was inside, by name.
    first = models.JSONField(default=dict, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=[s.value for s in RecordStatus]), name="known_record_status"),
            models.CheckConstraint(
                condition=Q(scope=ACTIVATION, activation__isnull=False)
                | Q(scope=PERIOD, activation__isnull=True, first_day__isnull=False, last_day__isnull=False),
                name="a_record_is_of_an_activation_or_a_period",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-asked_at"], name="records_newest_first")]

    def __str__(self) -> str:
        return f"{self.title} ({self.status})"

    @property
    def title(self) -> str:
        """Return what it is a record of, in words."""
        if self.activation is not None:
            return f"Activation in {self.activation.region}"
        return f"{self.first_day:%b %-d, %Y} to {self.last_day:%b %-d, %Y}"

    @property
    def file_name(self) -> str:
        """Return the name under which it is downloaded; the same request has the same name."""
        of = self.activation_id or f"{self.first_day}-to-{self.last_day}"
        return f"record-{self.organization.slug}-{of}.zip"

    @property
    def inside(self) -> list[dict[str, Any]]:
        """Return what is in the file, as people look for it: name, size in bytes, purpose."""
        ordered = sorted(self.contents, key=lambda each: (rank(each["name"]), each["name"]))
        return [{**each, "purpose": purpose(each["name"])} for each in ordered]

    @property
    def first_made_at(self) -> datetime | None:
        """Return when it was made for the first time; None where that is not known."""
        return datetime.fromisoformat(self.first["made_at"]) if self.first else None

    @property
    def differing(self) -> list[str]:
        """Return the files that are not as when it was first made, but for the manifest, in which the time stands.

        What the record tells of was kept when it was asked for; the portal and its signing key may be others by now.
        """
        before, now = self.first.get("files", {}), {each["name"]: each.get("sha256") for each in self.contents}
        return sorted({name for name in {*before, *now} if before.get(name) != now.get(name)} - {MANIFEST})

    @property
    def verifier_sha256(self) -> str:
        """Return the SHA-256 of the verifier in the file; empty where it was made before that was kept."""
        return next((each.get("sha256", "") for each in self.contents if each["name"] == "verify.py"), "")

    @property
    def status_label(self) -> str:
        """Return the status as people read it."""
        return LABELS[RecordStatus(self.status)]

    @property
    def status_kind(self) -> str:
        """Return the status as pages color it."""
        return KINDS[RecordStatus(self.status)]

    @property
    def is_under_way(self) -> bool:
        """Return whether something will change by itself."""
        return self.status in {RecordStatus.WAITING.value, RecordStatus.MAKING.value}

    @property
    def is_ready(self) -> bool:
        """Return whether it can be downloaded."""
        return self.status == RecordStatus.READY.value
