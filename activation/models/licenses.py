"""Licenses as they were installed or entered, and how many cores were last seen in use."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from activation.domain.license import CLOUD_PROVIDERS, MOST_CORES
from activation.domain.license import License as Granted
from activation.models.cloud import Activation
from activation.models.people import Organization, User


class LicenseQuerySet(models.QuerySet["License"]):
    """Reads of licenses."""

    def for_organization(self, organization: Organization) -> "LicenseQuerySet":
        """Return the licenses of one organization."""
        return self.filter(organization=organization)


class License(models.Model):
    """One license, for good: a renewal or a correction is another row."""

    SIGNED = "signed"
    REPORTED = "reported"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="licenses")
    source = models.CharField(max_length=10, choices=[(SIGNED, "Signed document"), (REPORTED, "As reported")])
    license_id = models.CharField(max_length=80)
    cloud_provider = models.CharField(max_length=10, choices=list(CLOUD_PROVIDERS.items()))
    # Days in UTC, both within the term.
    first_day = models.DateField()
    last_day = models.DateField()
    cores = models.IntegerField()
    # Of a signed one: the document itself, when it was issued, and the ID of the key.
    document = models.TextField(blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=64, blank=True)
    installed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    installed_by_name = models.CharField(max_length=200)
    installed_at = models.DateTimeField(default=timezone.now)

    objects = LicenseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["license_id"], condition=Q(source="signed"), name="a_signed_license_counts_once"
            ),
            models.CheckConstraint(
                condition=Q(source="signed", issued_at__isnull=False) & ~Q(document="") & ~Q(key="")
                | Q(source="reported", document="", key="", issued_at__isnull=True),
                name="a_license_is_signed_or_reported",
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_term_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(cores__gte=1, cores__lte=MOST_CORES), name="a_license_has_cores"),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-installed_at"], name="licenses_newest_first")]

    def __str__(self) -> str:
        return f"{self.license_id} ({self.source})"

    @property
    def granted(self) -> Granted:
        """Return what it grants."""
        return Granted(
            id=self.license_id,
            organization=self.organization_id,
            cloud_provider=self.cloud_provider,
            first_day=self.first_day,
            last_day=self.last_day,
            cores=self.cores,
            issued_at=self.issued_at,
            key=self.key,
            reported=self.source == self.REPORTED,
        )

    @property
    def provider_label(self) -> str:
        """Return the cloud provider's name as people read it."""
        return CLOUD_PROVIDERS.get(self.cloud_provider, self.cloud_provider)


class CoreReading(models.Model):
    """How many cores of one region's data plane were in use when AWS was last asked; one row an activation."""

    activation = models.OneToOneField(Activation, on_delete=models.CASCADE, related_name="core_reading")
    read_at = models.DateTimeField()
    # How they were counted, as a sentence.
    method = models.CharField(max_length=300)
    # Null: AWS was asked and could not tell; `problem` says why. Never 0 for that.
    cores = models.IntegerField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    # What the cores are used by, as `domain.license.CoreUse` has it.
    uses = models.JSONField(default=list, blank=True)
    # The last number that could be read, and when.
    last_cores = models.IntegerField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cores__isnull=True) & ~Q(problem="") | Q(cores__gte=0, problem=""),
                name="unknown_cores_have_a_problem",
            ),
        ]

    def __str__(self) -> str:
        return f"{'unknown' if self.cores is None else self.cores} cores of {self.activation_id}"
