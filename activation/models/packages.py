"""Configuration packages: what Terraform runs, known by its SHA-256."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class PackageVersion(models.Model):
    """One version of a configuration package; its content is never changed once it is here."""

    IAM = "iam"
    REGION = "region"

    # What it makes: the roles of step 2, or the region of step 4.
    kind = models.CharField(max_length=10, choices=[(IAM, "IAM"), (REGION, "Region")], default=IAM)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40, blank=True)
    # Of the sorted content, not of the archive around it.
    sha256 = models.CharField(max_length=64, unique=True)
    archive_sha256 = models.CharField(max_length=64)
    archive = models.BinaryField()
    source = models.CharField(max_length=500)
    # Written by this project for the demo and for vendors; refused where Zilliz Cloud is the control plane.
    is_reference = models.BooleanField(default=False)
    description = models.JSONField(default=dict)
    added_by_name = models.CharField(max_length=120, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    # When somebody said that this content is the one they mean; nothing takes a package before.
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by_name = models.CharField(max_length=120, blank=True)
    # The one that new activations take, for each control plane.
    chosen_for = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "chosen_for"], condition=~models.Q(chosen_for=""), name="one_chosen_package"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.sha256[:12]})"
