"""Events: who did what, when, and how it ended."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from activation.domain.events import SENTENCES, Kind
from activation.models.people import Organization


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of events."""

    def for_organization(self, organization: Organization) -> "EventQuerySet":
        """Return the events of one organization."""
        return self.filter(organization=organization)


class Event(models.Model):
    """One entry of the audit trail; rows are only ever added."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, blank=True)
    # Without gaps in one organization; those of no organization are numbered by the installation.
    sequence = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=60, choices=[(k.value, k.value) for k in Kind])
    outcome = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    actor_role = models.CharField(max_length=40, blank=True)
    signed_in_by = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    activation_id = models.CharField(max_length=40, blank=True, db_index=True)
    run_id = models.CharField(max_length=40, blank=True, db_index=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=80, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "sequence"], name="one_event_per_sequence_number"),
            models.UniqueConstraint(
                fields=["sequence"],
                condition=models.Q(organization__isnull=True),
                name="one_installation_event_per_sequence_number",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-sequence"], name="events_newest_first")]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind}"

    @property
    def sentence(self) -> str:
        """Return what happened as the end of a sentence that begins with the actor."""
        return SENTENCES[Kind(self.kind)]

    @property
    def changes(self) -> list[dict[str, str]]:
        """Return what stood before and after, as lines of `elements/key_values.html`."""
        lines = []
        for name in dict.fromkeys((*self.before, *self.after)):
            values = [str(side[name]) for side in (self.before, self.after) if name in side]
            lines.append({"label": name.replace("_", " "), "value": " → ".join(values)})
        return lines


class EventCounter(models.Model):
    """The last number given to an event that has no organization; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_sequence)
