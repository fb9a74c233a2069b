"""Hosts that run Terraform, as they last reported."""

from django.db import models


class Node(models.Model):
    """One host with a data directory of its own."""

    name = models.CharField(primary_key=True, max_length=80)
    seen_at = models.DateTimeField()
    started_at = models.DateTimeField()
    # What `sandbox.probe` found, versions, free bytes: shown on the Installation page, written into each record.
    report = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
