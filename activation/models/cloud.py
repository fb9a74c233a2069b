"""Cloud accounts, activations, Terraform workspaces and their states."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from activation.domain.control_plane import CONTROL_PLANE_LABELS, ControlPlane
from activation.domain.steps import ACTIVATION_LABELS, REACHED, ActivationStatus, Step, activation_may_become
from activation.models.identity import activation_identity, workspace_identity
from activation.models.packages import PackageVersion
from activation.models.people import Organization, User


class CloudAccountQuerySet(models.QuerySet["CloudAccount"]):
    """Reads of cloud accounts."""

    def for_organization(self, organization: Organization) -> "CloudAccountQuerySet":
        """Return the cloud accounts of one organization."""
        return self.filter(organization=organization)


class CloudAccount(models.Model):
    """An organization's AWS account: owns the IAM package's state, its runs and the seven ARNs."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="cloud_accounts")
    account_id = models.CharField(max_length=12)
    # When a key of the account, or its roles, showed whose it is; null while somebody only pasted its ARNs. One AWS
    # account belongs to one organization, which is the one that proved it.
    proved_at = models.DateTimeField(null=True, blank=True)
    partition = models.CharField(max_length=12, default="aws")
    arns = models.JSONField(default=dict, blank=True)
    arns_source = models.CharField(max_length=20, blank=True)
    arns_stored_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CloudAccountQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "account_id"], name="an_account_once_an_organization"),
            models.UniqueConstraint(
                fields=["account_id"], condition=Q(proved_at__isnull=False), name="an_account_is_proved_by_one"
            ),
        ]

    def __str__(self) -> str:
        return self.account_id

    @property
    def is_of_another(self) -> bool:
        """Return whether another organization proved that this AWS account is its own."""
        others = CloudAccount.objects.filter(account_id=self.account_id).exclude(organization=self.organization_id)
        return others.filter(proved_at__isnull=False).exists()

    @property
    def tag(self) -> str:
        """Return the value of the tag `byoc:activation` on what the IAM package makes in this account."""
        return f"{self.organization_id}/{self.account_id}"

    @property
    def is_authorized(self) -> bool:
        """Return whether step 2 is done in this account."""
        return bool(self.arns)


class ActivationQuerySet(models.QuerySet["Activation"]):
    """Reads and compare-and-set moves of activations."""

    def for_organization(self, organization: Organization) -> "ActivationQuerySet":
        """Return the activations of one organization."""
        return self.filter(organization=organization)

    def move(self, pk: str, *, to: ActivationStatus, **changes: Any) -> bool:
        """Move an activation to a status; return whether this call did it."""
        before = [status.value for status in activation_may_become(to)]
        return bool(self.filter(pk=pk, status__in=before).update(status=to.value, **changes))


class Activation(models.Model):
    """One walk through the four steps, for one cloud region."""

    id = models.CharField(primary_key=True, max_length=40, default=activation_identity, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="activations")
    cloud_account = models.ForeignKey(
        CloudAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="activations"
    )
    region = models.CharField(max_length=30)
    status = models.CharField(
        max_length=20,
        default=ActivationStatus.DRAFT.value,
        choices=[(s.value, ACTIVATION_LABELS[s]) for s in ActivationStatus],
    )
    control_plane = models.CharField(max_length=10, choices=[(c.value, CONTROL_PLANE_LABELS[c]) for c in ControlPlane])
    package = models.ForeignKey(PackageVersion, on_delete=models.PROTECT, null=True, blank=True)
    ticked = models.JSONField(default=list, blank=True)
    # When the region began to be built, when people were told that it takes long, and when it was active.
    activating_since = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    # Why it failed, in words.
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ActivationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in ActivationStatus]), name="known_activation_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} ({self.status})"

    @property
    def tag(self) -> str:
        """Return the value of the tag `byoc:activation` on what the region package makes for this activation.

        Raises AssertionError before an account is claimed: nothing is made until then.
        """
        assert self.cloud_account is not None
        return f"{self.cloud_account.tag}/{self.pk}"

    @property
    def resource_name(self) -> str:
        """Return what everything of the region is named after: the region package's variable `name`."""
        return f"zilliz-byoc-{self.pk.removeprefix('act-')[:12]}"

    @property
    def step(self) -> Step:
        """Return the step this activation has reached."""
        return REACHED[ActivationStatus(self.status)]

    @property
    def status_label(self) -> str:
        """Return the status as people read it."""
        return ACTIVATION_LABELS[ActivationStatus(self.status)]

    @property
    def is_reported(self) -> bool:
        """Return whether a vendor's console builds the region, of which this portal sees the account alone."""
        return self.control_plane != ControlPlane.SELF

    @property
    def told_status(self) -> str:
        """Return the status for machines: `active`, `active (as reported)`, `activating`, …"""
        return f"{self.status}{self._as_reported}"

    @property
    def told_label(self) -> str:
        """Return the status as people read it; what only a vendor's console says is marked."""
        return f"{self.status_label}{self._as_reported}"

    @property
    def _as_reported(self) -> str:
        return " (as reported)" if self.is_reported and self.status == ActivationStatus.ACTIVE else ""


class Workspace(models.Model):
    """One Terraform state and the runs that change it (HCP Terraform's word)."""

    IAM = "iam"
    REGION = "region"

    id = models.CharField(primary_key=True, max_length=40, default=workspace_identity, editable=False)
    cloud_account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="workspaces")
    kind = models.CharField(max_length=10, choices=[(IAM, "IAM"), (REGION, "Region")])
    activation = models.ForeignKey(Activation, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cloud_account"], condition=Q(kind="iam"), name="one_iam_workspace_per_account"
            ),
            models.UniqueConstraint(
                fields=["activation"], condition=Q(kind="region"), name="one_region_workspace_per_activation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.cloud_account_id}"


class StateVersionQuerySet(models.QuerySet["StateVersion"]):
    """Reads of states."""

    def newest(self, **of: Any) -> "StateVersion | None":
        """Return the newest state of a workspace, of a run, or of what else the lookups name; None before the first."""
        return self.filter(**of).select_related("run").order_by("-pk").first()


class StateVersion(models.Model):
    """One serial of a workspace's state, sealed; append-only."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="states")
    run = models.ForeignKey("activation.Run", on_delete=models.PROTECT, related_name="states")
    serial = models.BigIntegerField()
    lineage = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    # As the supervisor sealed it, under the run's key.
    sealed = models.BinaryField()
    resources = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = StateVersionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "lineage", "serial"], name="one_state_per_serial"),
        ]

    def __str__(self) -> str:
        return f"serial {self.serial} of {self.workspace_id}"
