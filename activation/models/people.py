"""People: accounts, organizations, members, invitations, set-up links."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from activation.domain.control_plane import CONTROL_PLANE_LABELS, ControlPlane
from activation.domain.roles import RIGHTS, ROLE_LABELS, SECOND_FACTOR_ROLES, Right, Role, may_approve
from activation.models.identity import organization_identity


class UserManager(BaseUserManager["User"]):
    """Makes accounts."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who signs in by e-mail address."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Runs the server: packages, workers, health; sees no organization's contents.
    is_installation_administrator = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_account_per_address"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name shown to others."""
        return str(self)


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Reads of organizations."""

    def of(self, user: "User") -> "OrganizationQuerySet":
        """Return the organizations that the person is a member of."""
        return self.filter(members__user=user).order_by("name")


class Organization(models.Model):
    """A company, or a part of one, with one external ID."""

    id = models.CharField(primary_key=True, max_length=40, default=organization_identity, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    control_plane = models.CharField(max_length=10, choices=[(c.value, CONTROL_PLANE_LABELS[c]) for c in ControlPlane])
    four_eyes = models.BooleanField(default=False)
    # SECOND_FACTOR_ROLES are let in only with one.
    requires_second_factor = models.BooleanField(default=False)
    # Who is written to beside the owners when an activation has ended.
    notification_addresses = models.JSONField(default=list, blank=True)
    # Unique for good, also across organizations; never edited in place.
    external_id = models.CharField(max_length=1224, unique=True, null=True, blank=True)
    external_id_locked_at = models.DateTimeField(null=True, blank=True)
    last_sequence = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(control_plane__in=[c.value for c in ControlPlane]), name="known_control_plane"
            ),
            models.CheckConstraint(
                condition=Q(external_id_locked_at__isnull=True) | Q(external_id__isnull=False),
                name="only_an_external_id_can_be_locked",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def control_plane_label(self) -> str:
        """Return the control plane's name as people read it."""
        return CONTROL_PLANE_LABELS[ControlPlane(self.control_plane)]


class MemberQuerySet(models.QuerySet["Member"]):
    """Reads of members."""

    def for_organization(self, organization: Organization) -> "MemberQuerySet":
        """Return the members of one organization."""
        return self.filter(organization=organization)


class Member(models.Model):
    """A person in an organization, with one role."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(r.value, ROLE_LABELS[r]) for r in Role])
    since = models.DateTimeField(default=timezone.now)
    granted_by_name = models.CharField(max_length=120, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_per_person"),
            models.CheckConstraint(condition=Q(role__in=[r.value for r in Role]), name="known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role_label})"

    @property
    def role_label(self) -> str:
        """Return the role as people read it."""
        return ROLE_LABELS[Role(self.role)]

    @property
    def needs_second_factor(self) -> bool:
        """Return whether the organization lets this member in only with a second factor."""
        return self.organization.requires_second_factor and Role(self.role) in SECOND_FACTOR_ROLES

    def may(self, right: Right) -> bool:
        """Return whether this member's role has the right."""
        return right in RIGHTS[Role(self.role)]

    def may_approve(self, *, started_by_id: int | None, four_eyes: bool) -> bool:
        """Return whether this member may approve a run that `started_by_id` started; `four_eyes` is the run's."""
        return may_approve(
            Role(self.role),
            four_eyes=four_eyes or self.organization.four_eyes,
            started_by_same_person=started_by_id == self.user_id,
        )


class PendingChange(models.Model):
    """What one owner asked for while four eyes are asked for, and another has to confirm."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="pending_changes")
    # Who becomes an owner; nobody: four eyes are switched off.
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="pending_changes", null=True, blank=True)
    asked_by = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="asked_changes")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(member__isnull=True), name="four_eyes_switched_off_once"
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(member__isnull=False), name="one_pending_change_a_member"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member.user} becomes an owner" if self.member else "Four eyes are turned off"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of invitations."""

    def for_organization(self, organization: Organization) -> "InvitationQuerySet":
        """Return the invitations of one organization."""
        return self.filter(organization=organization)

    def open(self) -> "InvitationQuerySet":
        """Return those that can still be accepted."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that lets one person join with one role."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=[(r.value, ROLE_LABELS[r]) for r in Role])
    # Only the SHA-256 of the token is kept: who reads the database cannot join.
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    @property
    def role_label(self) -> str:
        """Return the role as people read it."""
        return ROLE_LABELS[Role(self.role)]


class SetupLink(models.Model):
    """A one-time link for the first owner of an empty installation."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"
