"""Rows for tests, made by plain functions."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.record.status import RecordStatus
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import (
    Activation,
    CloudAccount,
    Invitation,
    Member,
    Organization,
    PackageVersion,
    PendingChange,
    Record,
    Run,
    User,
    Workspace,
)
from activation.selectors.people import token_hash

PASSWORD = "correct horse battery staple"
numbers = count(1)


@cache
def password_hash() -> str:
    """Return PASSWORD as the product stores it; made once, because that is slow on purpose."""
    return make_password(PASSWORD)


def make_user(email: str = "", **fields: object) -> User:
    """Make a person who signs in with PASSWORD."""
    number = next(numbers)
    email = email or f"person-{number}@example.com"
    values: dict[str, object] = {"name": f"Person {number}", "password": password_hash()} | fields
    return User.objects.create(email=email, **values)


def make_organization(
    name: str = "", *, control_plane: ControlPlane = ControlPlane.SELF, **fields: object
) -> Organization:
    """Make an organization without members."""
    name = name or f"Organization {next(numbers)}"
    slug = name.lower().replace(" ", "-")
    return Organization.objects.create(name=name, slug=slug, control_plane=control_plane.value, **fields)


def make_member(organization: Organization, role: Role, user: User | None = None) -> Member:
    """Make somebody a member."""
    user = user or make_user(f"{role.value}-{next(numbers)}@{organization.slug}.example")
    return Member.objects.create(organization=organization, user=user, role=role.value, granted_by_name="a test")


def make_invitation(organization: Organization, *, token: str = "", email: str = "", **fields: object) -> Invitation:
    """Make an open invitation; `token` is what its link holds."""
    number = next(numbers)
    values: dict[str, object] = {
        "role": Role.OPERATOR.value,
        "invited_by_name": "Somebody",
        "expires_at": timezone.now() + timedelta(days=7),
    } | fields
    return Invitation.objects.create(
        organization=organization,
        email=email or f"invited-{number}@example.com",
        token_sha256=token_hash(token or f"token-{number}"),
        **values,
    )


def make_package(**fields: object) -> PackageVersion:
    """Make a configuration package that holds nothing."""
    number = next(numbers)
    values: dict[str, object] = {
        "name": "terraform-aws-iam",
        "version": f"0.{number}",
        "sha256": f"{number:064x}",
        "archive_sha256": f"{number:064x}",
        "archive": b"",
        "source": "a test",
    } | fields
    return PackageVersion.objects.create(**values)


def make_cloud_account(organization: Organization, **fields: object) -> CloudAccount:
    """Make an AWS account of the organization."""
    values: dict[str, object] = {"account_id": f"{111_111_111_111 + next(numbers)}"} | fields
    return CloudAccount.objects.create(organization=organization, **values)


def make_activation(
    organization: Organization, *, status: ActivationStatus = ActivationStatus.DRAFT, **fields: object
) -> Activation:
    """Make an activation in us-west-2, without a cloud account unless one is given."""
    values: dict[str, object] = {
        "region": "us-west-2",
        "control_plane": organization.control_plane,
        "created_by_name": "Somebody",
    } | fields
    return Activation.objects.create(organization=organization, status=status.value, **values)


def make_run(activation: Activation, *, status: RunStatus = RunStatus.APPLIED, **fields: object) -> Run:
    """Make a run of the IAM package, with the cloud account and the workspace that it needs."""
    account = activation.cloud_account or make_cloud_account(activation.organization)
    if activation.cloud_account is None:
        activation.cloud_account = account
        activation.save(update_fields=["cloud_account"])
    workspace, _ = Workspace.objects.get_or_create(cloud_account=account, kind=Workspace.IAM)
    values: dict[str, object] = {
        "region": activation.region,
        "created_by_name": "Somebody",
        "wrapped_key": b"",
    } | fields
    if "package" not in values:
        values["package"] = make_package()
    return Run.objects.create(
        organization=activation.organization,
        workspace=workspace,
        activation=activation,
        status=status.value,
        **values,
    )


def make_record(activation: Activation, **fields: object) -> Record:
    """Make the record of an activation, whose file is gone."""
    values: dict[str, object] = {
        "first_sequence": 1,
        "last_sequence": 1,
        "asked_by_name": "Somebody",
        "status": RecordStatus.EXPIRED.value,
    } | fields
    return Record.objects.create(
        organization=activation.organization, scope="activation", activation=activation, **values
    )


def prove(client: Client) -> None:
    """Let the person who is signed in have proved a moment ago who they are."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


@dataclass
class Place:
    """An organization and one of everything in it."""

    organization: Organization
    members: dict[Role, Member]
    activation: Activation
    run: Run
    invitation: Invitation
    # Somebody to whom things are done, so that the members above stay who they are.
    subject: Member
    record: Record
    # Asked for by the owner above.
    change: PendingChange


@dataclass
class World:
    """Two organizations that must not see each other, and the people around them."""

    own: Place
    other: Place
    installation_administrator: User
    people: dict[str, User | None] = field(default_factory=dict)


def make_place(name: str) -> Place:
    """Make an organization with a member of each role, an activation, a run and an open invitation."""
    organization = make_organization(name)
    activation = make_activation(organization, status=ActivationStatus.CONFIGURING)
    members = {role: make_member(organization, role) for role in Role}
    return Place(
        organization=organization,
        members=members,
        change=PendingChange.objects.create(organization=organization, asked_by=members[Role.OWNER]),
        activation=activation,
        run=make_run(activation),
        invitation=make_invitation(organization),
        subject=make_member(organization, Role.AUDITOR),
        record=make_record(activation),
    )


def make_world() -> World:
    """Make the world that access tests walk through."""
    world = World(
        own=make_place("Own Company"),
        other=make_place("Other Company"),
        installation_administrator=make_user("server@example.com", is_installation_administrator=True),
    )
    world.people = {
        "anonymous": None,
        **{role.value: member.user for role, member in world.own.members.items()},
        "stranger": world.other.members[Role.OWNER].user,
        "installation administrator": world.installation_administrator,
    }
    return world
