"""Runs: a plan and, once approved, its apply; their logs, plans and keys."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from activation.domain.run_status import ACTIVE, AT_WORK, ENDED, LABELS, RETRYABLE, RunStatus, may_become
from activation.models.cloud import Activation, Workspace
from activation.models.identity import run_identity
from activation.models.packages import PackageVersion
from activation.models.people import Organization, User

# No lease is given for longer: one that ends later was given by a clock that was wrong.
LONGEST_LEASE = timedelta(minutes=10)
# Ends the name of a sandbox of which not every wall held.
ALLOWED_ALL_THE_SAME = "(allowed by ALLOW_UNSANDBOXED)"


class RunQuerySet(models.QuerySet["Run"]):
    """Reads and compare-and-set moves of runs."""

    def for_organization(self, organization: Organization) -> "RunQuerySet":
        """Return the runs of one organization."""
        return self.filter(organization=organization)

    def active(self) -> "RunQuerySet":
        """Return runs that have not ended."""
        return self.filter(status__in=[status.value for status in ACTIVE])

    def at_work(self) -> "RunQuerySet":
        """Return runs for which a supervisor is, or should be, at work."""
        return self.filter(status__in=[status.value for status in AT_WORK])

    def move(self, pk: str, *, to: RunStatus, epoch: int | None = None, **changes: Any) -> bool:
        """Move a run to a status; return whether this call did it.

        With `epoch` the move is refused to everybody but the present holder of the lease.
        """
        rows = self.filter(pk=pk, status__in=[status.value for status in may_become(to)])
        if epoch is not None:
            rows = rows.filter(lease_epoch=epoch)
        if to in ENDED:
            changes.setdefault("finished_at", timezone.now())
            changes.setdefault("lease_until", None)
        return bool(rows.update(status=to.value, **changes))

    def unleased(self) -> "RunQuerySet":
        """Return runs whose lease is over, by the database's clock: hosts may disagree about the time."""
        over = Q(lease_until__lt=Now()) | Q(lease_until__gt=Now() + LONGEST_LEASE)
        return self.filter(Q(lease_until__isnull=True) | over)

    def take_lease(self, pk: str, *, owner: str, seconds: float) -> int | None:
        """Take a free lease; return its epoch, or None where somebody holds it."""
        taken = (
            self.filter(pk=pk, status__in=[status.value for status in AT_WORK])
            .unleased()
            .update(lease_owner=owner, lease_epoch=F("lease_epoch") + 1, lease_until=Now() + timedelta(seconds=seconds))
        )
        return self.values_list("lease_epoch", flat=True).get(pk=pk) if taken else None

    def renew_lease(self, pk: str, *, epoch: int, seconds: float) -> bool:
        """Prolong one's own lease; return whether it was still one's own, and the run at work."""
        until = Now() + timedelta(seconds=seconds)
        return bool(self.at_work().filter(pk=pk, lease_epoch=epoch).update(lease_until=until))

    def release_lease(self, pk: str, *, epoch: int) -> None:
        """Give one's own lease back at once."""
        self.filter(pk=pk, lease_epoch=epoch).update(lease_until=None)


class Run(models.Model):
    """A plan and, once approved, its apply; or a destroy."""

    APPLY = "apply"
    DESTROY = "destroy"

    id = models.CharField(primary_key=True, max_length=40, default=run_identity, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="runs")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="runs")
    activation = models.ForeignKey(Activation, on_delete=models.CASCADE, related_name="runs")
    package = models.ForeignKey(PackageVersion, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10, default=APPLY, choices=[(APPLY, "Apply"), (DESTROY, "Destroy")])
    status = models.CharField(
        max_length=24, default=RunStatus.PENDING.value, choices=[(s.value, LABELS[s]) for s in RunStatus]
    )
    region = models.CharField(max_length=30)
    retry_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="retries")
    # The run that stopped before its one-hour session ended, and under whose approval this one goes on.
    continues = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="continuations")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # As the organization had it when the run began: switching it off later opens no plan that waits.
    four_eyes = models.BooleanField(default=False)
    created_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    approved_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    approved_by_name = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    apply_started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    # Asked of the run by people; flags, so that no status is overwritten.
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    force_requested_at = models.DateTimeField(null=True, blank=True)

    # Why it ended as it did, in words, and the explanation shown with it.
    reason = models.TextField(blank=True)
    explanation = models.JSONField(default=dict, blank=True)

    # Where it lives and who ships it.
    node = models.CharField(max_length=80, blank=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_epoch = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=10, blank=True)
    # Bytes of the present phase's journal that are already in the database.
    journal_offset = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    # Phase → how many lines its supervisor wrote and how many secrets it masked, as it said at its end.
    emitted = models.JSONField(default=dict, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    diagnostics = models.JSONField(default=list, blank=True)
    # What a person gave for variables of the package that are neither the portal's nor the key's; no secrets.
    inputs = models.JSONField(default=dict, blank=True)
    # The values that Terraform was given for its plan, without those of keys; None before, and where it was not kept.
    values = models.JSONField(default=None, null=True, blank=True)
    # What was checked before the run began, line by line.
    preflight = models.JSONField(default=dict, blank=True)
    # What an earlier run left in AWS and this one goes on with, as `domain.adoption.Found` has it.
    found_again = models.JSONField(default=dict, blank=True)
    # The run's own key, wrapped by the installation's master key.
    wrapped_key = models.BinaryField()
    sandbox = models.CharField(max_length=100, blank=True)
    terraform_version = models.CharField(max_length=20, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=[s.value for s in RunStatus]), name="known_run_status"),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(status__in=sorted(s.value for s in ACTIVE)),
                name="one_active_run_per_workspace",
            ),
            models.UniqueConstraint(
                fields=["activation"],
                condition=Q(status__in=sorted(s.value for s in ACTIVE)),
                name="one_active_run_per_activation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_unsandboxed(self) -> bool:
        """Return whether it ran although not every wall around it held."""
        return self.sandbox.endswith(ALLOWED_ALL_THE_SAME)

    @property
    def status_label(self) -> str:
        """Return the status as people read it."""
        return LABELS[RunStatus(self.status)]

    @property
    def is_of_region(self) -> bool:
        """Return whether it builds a cloud region, and not the roles of step 2."""
        return self.workspace.kind == Workspace.REGION

    @property
    def has_ended(self) -> bool:
        """Return whether nothing will change any more."""
        return RunStatus(self.status) in ENDED

    @property
    def can_be_retried(self) -> bool:
        """Return whether another run may take over where this one stopped."""
        return RunStatus(self.status) in RETRYABLE

    @property
    def is_stopping(self) -> bool:
        """Return whether somebody asked it to stop and it has not ended yet."""
        return bool(self.cancel_requested_at) and not self.has_ended


class PlanQuerySet(models.QuerySet["Plan"]):
    """Reads of plans."""

    def older_than(self, age: timedelta) -> "PlanQuerySet":
        """Return plans made longer ago, by the database's clock: hosts may disagree about the time."""
        return self.filter(created_at__lt=Now() - age)


class Plan(models.Model):
    """What was reviewed, and exactly that is applied: sealed plan, its hash, the state and package it fits."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="plan")
    sha256 = models.CharField(max_length=64)
    sealed = models.BinaryField()
    state_serial = models.BigIntegerField(default=0)
    state_lineage = models.CharField(max_length=64, blank=True)
    package_sha256 = models.CharField(max_length=64)
    review = models.JSONField(default=dict)
    verdict = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"plan of {self.run_id}"


class LogLineQuerySet(models.QuerySet["LogLine"]):
    """Reads of log lines."""

    def after(self, number: int, *, most: int) -> "LogLineQuerySet":
        """Return at most `most` lines behind `number`, in order."""
        return self.filter(number__gt=number).order_by("number")[:most]


class LogLine(models.Model):
    """One masked line of a run's log; numbered from 1 without a gap."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="log")
    number = models.BigIntegerField()
    at = models.DateTimeField()
    level = models.CharField(max_length=8, blank=True)
    text = models.TextField()

    objects = LogLineQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "number"], name="one_line_per_number")]

    def __str__(self) -> str:
        return self.text


class Credential(models.Model):
    """A run's AWS keys, sealed; destroyed when the run ends and at the latest an hour after entry."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="credential")
    sealed = models.BinaryField(null=True)
    account_id = models.CharField(max_length=12)
    principal_arn = models.CharField(max_length=2048)
    last_four = models.CharField(max_length=4)
    is_long_term = models.BooleanField()
    # Long-term keys that were entered before this one, `[{"last_four": …, "principal_arn": …}]`: they end by no clock.
    replaced = models.JSONField(default=list, blank=True)
    entered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sealed__isnull=False, destroyed_at__isnull=True)
                | Q(sealed__isnull=True, destroyed_at__isnull=False),
                name="a_destroyed_key_is_gone",
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.last_four}"

    @property
    def long_term_keys(self) -> list[dict[str, str]]:
        """Return the last four characters and the owner of each long-term key that the run was given, newest first."""
        own = [{"last_four": self.last_four, "principal_arn": self.principal_arn}] if self.is_long_term else []
        return [*own, *self.replaced]
