"""What an activation's cloud region is to be, and what is known of it: choices, checks, the hand-over and its watch."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from activation.models.cloud import Activation


class RegionSetup(models.Model):
    """The choices of step 3 and what the checks of steps 3 and 4 came to; one row an activation."""

    activation = models.OneToOneField(Activation, on_delete=models.CASCADE, related_name="setup")
    # The network where this portal builds it; a console that builds it itself asks for the mask alone.
    vpc_cidr = models.CharField(max_length=18, blank=True)
    netmask = models.PositiveSmallIntegerField(null=True, blank=True)
    saved_by_name = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)

    # The checks: since when a worker is at them, what it waits for in words, when they were done.
    checking_since = models.DateTimeField(null=True, blank=True)
    checking_says = models.CharField(max_length=500, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # When both roles were tried last: in step 3, or by a worker before a plan or an apply.
    proved_at = models.DateTimeField(null=True, blank=True)
    # As `domain.trust_proof.TrustProof` and `aws.quotas.RegionReport` have it.
    trust = models.JSONField(default=dict, blank=True)
    room = models.JSONField(default=dict, blank=True)
    # The account's networks in the region, `[{"cidr": …, "name": …}]`; null where they could not be read.
    networks = models.JSONField(null=True, blank=True)
    networks_problem = models.CharField(max_length=500, blank=True)

    # What could be seen from outside after the apply, as `domain.checks.Report` has it.
    outside = models.JSONField(default=dict, blank=True)
    outside_at = models.DateTimeField(null=True, blank=True)
    # What stands now beside what the state says: `{"found": …, "stated": […], "serial": …}` as `domain.region_now` has
    # them, when that was seen, why it could not be, and when somebody or the hour last asked.
    found = models.JSONField(default=dict, blank=True)
    found_at = models.DateTimeField(null=True, blank=True)
    found_problem = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    # What was done after it: name → when, by whom, and what a live check said.
    aftercare = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(netmask__isnull=True) | Q(netmask__gte=16, netmask__lte=28), name="a_netmask_that_aws_has"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vpc_cidr or self.netmask or 'nothing'} chosen for {self.activation_id}"


class Handover(models.Model):
    """What was handed to the vendor's console, and what has been seen of what it builds; one row an activation."""

    activation = models.OneToOneField(Activation, on_delete=models.CASCADE, related_name="handover")
    # Names of the values that were ticked off.
    ticked = models.JSONField(default=list, blank=True)
    # When the last value was ticked off, or a watch began before that: from then on the console is expected to build.
    handed_over_at = models.DateTimeField(null=True, blank=True)

    # Short-lived read keys, sealed under the row's own key; destroyed when the watch ends or their time is over.
    wrapped_key = models.BinaryField(null=True)
    sealed = models.BinaryField(null=True)
    principal_arn = models.CharField(max_length=2048, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    key_expires_at = models.DateTimeField(null=True, blank=True)

    started_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    looking_since = models.DateTimeField(null=True, blank=True)
    # Why the last look could not see everything.
    problem = models.CharField(max_length=500, blank=True)
    # What was seen: identity → kind, name, first and last time, as `domain.watch` has it.
    seen = models.JSONField(default=dict, blank=True)
    complete_at = models.DateTimeField(null=True, blank=True)

    # The owner read the console's License page and says that it is right.
    confirmed_by_name = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sealed__isnull=True) | Q(wrapped_key__isnull=False, key_expires_at__isnull=False),
                name="a_sealed_key_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"hand-over of {self.activation_id}"
