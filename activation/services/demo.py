"""The people of the demo, with sign-ins that stay the same from start to start."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from activation.domain.archive import pack
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.models import Member, Organization, PackageVersion, User
from activation.packages import bundled
from activation.selectors import license_keys
from activation.selectors.licenses import standing_of
from activation.selectors.people import find_user
from activation.services import events, licenses, organizations, packages
from activation.services.events import Actor
from activation.services.signing import make_key_file
from activation.simulator.organizations import FIRST, SECOND, DemoOrganization
from activation.simulator.vendor_package import stand_in

LICENSE_CORES = 128
LICENSE_DAYS = 365


@dataclass(frozen=True)
class DemoPerson:
    """Somebody the demo makes; without a role: the installation administrator."""

    email: str
    name: str
    role: Role | None


PEOPLE = (
    DemoPerson("owner@demo.example", "Demo Owner", Role.OWNER),
    DemoPerson("owner2@demo.example", "Second Owner", Role.OWNER),
    DemoPerson("operator@demo.example", "Demo Operator", Role.OPERATOR),
    DemoPerson("admin@demo.example", "Demo Admin", Role.ADMIN),
    DemoPerson("auditor@demo.example", "Demo Auditor", Role.AUDITOR),
    DemoPerson("installation@demo.example", "Installation Administrator", None),
)


@dataclass(frozen=True)
class DemoSignIn:
    """What `up` prints for one person."""

    label: str
    email: str
    password: str


def sign_ins_file() -> Path:
    """Return where the demo's passwords lie, readable by the server's user only."""
    return Path(settings.DATA_DIR) / "demo-sign-ins.json"


def create_demo_people() -> list[DemoSignIn]:
    """Make two organizations and their people where they are missing; return all sign-ins.

    Passwords are made once and kept in a file of mode 0600, so that each start can print them. Raise
    Refused("demo_only") outside the demo.
    """
    if not settings.DEMO:
        raise Refused("demo_only")
    passwords = read_passwords()
    for person in PEOPLE:
        passwords.setdefault(person.email, "-".join(secrets.token_hex(2) for _ in range(4)))
    write_passwords(passwords)
    create_rows(passwords)
    take_in_stand_in()
    license_first()
    return [
        DemoSignIn(
            person.role.value if person.role else "installation administrator", person.email, passwords[person.email]
        )
        for person in PEOPLE
    ]


def read_passwords() -> dict[str, str]:
    """Return the passwords of the last start; none where the file is missing or damaged."""
    try:
        content = json.loads(sign_ins_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(email): str(password) for email, password in content.items()} if isinstance(content, dict) else {}


def write_passwords(passwords: dict[str, str]) -> None:
    """Write the file anew and put it in place of the old one at once."""
    path = sign_ins_file()
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(passwords, file, indent=1)
    draft.replace(path)


@transaction.atomic
def create_rows(passwords: dict[str, str]) -> None:
    """Make people, organizations and memberships where they are missing."""
    accounts = {person.email: account_of(person, passwords[person.email]) for person in PEOPLE}
    owner = accounts[PEOPLE[0].email]
    first = organization_of(FIRST, owner)
    second = organization_of(SECOND, owner)
    for person in PEOPLE:
        if person.role is not None:
            join(first, accounts[person.email], person.role)
        if person.role in {Role.ADMIN, Role.AUDITOR}:
            join(second, accounts[person.email], person.role)


def join(organization: Organization, user: User, role: Role) -> None:
    """Make a person a member, unless they are one."""
    if Member.objects.filter(organization=organization, user=user).exists():
        return
    member = Member.objects.create(organization=organization, user=user, role=role.value, granted_by_name="the demo")
    events.record(
        Kind.MEMBER_JOINED,
        actor=Actor.of(member),
        organization=organization,
        object_type="member",
        object_id=str(member.pk),
        after={"role": member.role, "invited_by": "the demo"},
    )


def take_in_stand_in() -> None:
    """Take in the stand-in for Zilliz's own package, which the demo cannot fetch, and use it at Zilliz Cloud."""
    if PackageVersion.objects.filter(chosen_for=ControlPlane.ZILLIZ).exists():
        return
    files = stand_in(bundled(packages.IAM_PACKAGE), principal=str(settings.ZILLIZ_PRINCIPAL_ARN))
    row = packages.add_package(
        pack(files, packages.IAM_PACKAGE),
        source="stand-in for the package that Zilliz publishes, made by the demo",
        actor=events.PORTAL,
        name=packages.IAM_PACKAGE,
    )
    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=events.PORTAL)


def license_first() -> None:
    """Install a license of the demo's own for a year in the first organization, where none counts any more."""
    if not settings.DEMO_LICENSE:
        return
    organization = Organization.objects.get(slug=slugify(FIRST.name))
    standing = standing_of(organization)
    if standing.license is not None and standing.state.days_left >= 0:
        return
    if not license_keys.demo_key_file().exists():
        make_key_file(license_keys.demo_key_file())
    document = licenses.issue(
        slug=organization.slug,
        cores=LICENSE_CORES,
        first_day=standing.on,
        last_day=standing.on + timedelta(days=LICENSE_DAYS),
    )
    licenses.install(organization=organization, document=document, actor=events.PORTAL)


def account_of(person: DemoPerson, password: str) -> User:
    """Return the person's account, with this password."""
    user = find_user(person.email)
    if user is None:
        return User.objects.create_user(
            person.email, password, name=person.name, is_installation_administrator=person.role is None
        )
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def organization_of(demo: DemoOrganization, owner: User) -> Organization:
    """Return the demo's organization, made where it is missing; its address stays when people give it another name."""
    present = Organization.objects.filter(slug=slugify(demo.name)).first()
    return present or organizations.create_organization(
        name=demo.name, control_plane=demo.control_plane, owner=owner, granted_by="the demo"
    )
