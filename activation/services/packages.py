"""Configuration packages: taken in, pinned by their SHA-256, chosen, filled with a run's values."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from activation.domain.adoption import Found
from activation.domain.archive import pack, unpack
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Refused
from activation.domain.events import Kind
from activation.domain.guard import IAM_TYPES, Rules
from activation.domain.package import Package, fill_example, read_package
from activation.models import Activation, PackageVersion, Run
from activation.packages import bundled
from activation.selectors.packages import inputs_of
from activation.services import events

IAM_PACKAGE, REGION_PACKAGE = "terraform-aws-iam", "terraform-aws-region"
# Zilliz's public trust policies allow both beside sts:AssumeRole; neither lets anybody in.
ZILLIZ_TRUST_ACTIONS = frozenset({"sts:TagSession", "sts:SetSourceIdentity"})
# Names as in the guide; a package by somebody else may have others, which its taking in says.
GUIDE_PATH, GUIDE_PREFIX, GUIDE_BOUNDARY = "/zilliz/", "zilliz-", "zilliz-permission-boundary-policy"
BOUNDARY_ADDRESS = "aws_iam_policy.permission_boundary"
IAM_PATH = re.compile(r":(?:role|policy)(/.*/)")
KEY_VALUES: dict[str, Callable[[AccessKeys], str]] = {
    "aws_access_key": lambda keys: keys.access_key_id,
    "aws_secret_key": lambda keys: keys.secret_access_key,
    "aws_session_token": lambda keys: keys.session_token,
}


@transaction.atomic
def add_package(
    archive: bytes,
    *,
    source: str,
    actor: events.Actor,
    sha256: str = "",
    name: str = "",
    iam_path: str = "",
    name_prefix: str = "",
) -> PackageVersion:
    """Take in an archive; nothing uses it before `choose`. The same content twice is one row.

    `sha256` is of the archive as delivered. `iam_path` and `name_prefix` are what the safety check lets its roles and
    policies have; empty means what was said before, else what the manifest says, else the guide's. Raises Refused
    where the hash differs or the content is not acceptable.
    """
    archive_sha256 = hashlib.sha256(archive).hexdigest()
    if sha256 and sha256.strip().lower() != archive_sha256:
        raise Refused("package_sha256_differs", field="sha256", expected=sha256.strip().lower(), found=archive_sha256)
    package = read_package(unpack(archive), name=name)
    known = PackageVersion.objects.filter(sha256=package.digest).first()
    if known is not None:
        return allow(known, iam_path=iam_path, name_prefix=name_prefix, actor=actor)
    return store(package, archive, source=source, actor=actor, iam_path=iam_path, name_prefix=name_prefix)


@transaction.atomic
def store(
    package: Package,
    archive: bytes,
    *,
    source: str,
    actor: events.Actor,
    is_reference: bool = False,
    iam_path: str = "",
    name_prefix: str = "",
) -> PackageVersion:
    """Write down a package that is not known yet."""
    row = PackageVersion.objects.create(
        kind=PackageVersion.REGION if package.builds_region else PackageVersion.IAM,
        name=package.name,
        version=package.version,
        sha256=package.digest,
        archive_sha256=hashlib.sha256(archive).hexdigest(),
        archive=archive,
        source=source[:500],
        is_reference=is_reference,
        description=described(package, iam_path=iam_path, name_prefix=name_prefix),
        added_by_name=actor.name,
    )
    events.record(
        Kind.PACKAGE_ADDED,
        actor=actor,
        organization=None,
        object_type="package",
        object_id=package.digest,
        after={"name": package.name, "version": package.version, "source": source[:500]},
    )
    return row


def allow(package: PackageVersion, *, iam_path: str, name_prefix: str, actor: events.Actor) -> PackageVersion:
    """Change what the safety check lets a package's roles and policies have; what is empty stays as it was."""
    before = {"paths": package.description["paths"], "name_prefixes": package.description["name_prefixes"]}
    after = {
        "paths": [iam_path] if iam_path else before["paths"],
        "name_prefixes": [name_prefix] if name_prefix else before["name_prefixes"],
    }
    if after != before:
        package.description |= after
        package.save(update_fields=["description"])
        events.record(
            Kind.PACKAGE_RULES_CHANGED,
            actor=actor,
            organization=None,
            object_type="package",
            object_id=package.sha256,
            before=before,
            after=after,
        )
    return package


def described(package: Package, *, iam_path: str, name_prefix: str) -> dict[str, Any]:
    """Return what pages, runs and the safety check need to know of a package, as JSON."""
    manifest_paths = {match[1] for arn in package.caller_resources if (match := IAM_PATH.search(arn))}
    paths = {iam_path} if iam_path else manifest_paths or {GUIDE_PATH}
    return {
        "paths": sorted(paths),
        "name_prefixes": [name_prefix or GUIDE_PREFIX],
        "boundary": GUIDE_BOUNDARY if BOUNDARY_ADDRESS in package.addresses else "",
        "label": package.label,
        "variables": [asdict(variable) for variable in package.variables],
        "outputs": list(package.outputs),
        "resource_types": dict(package.resource_types),
        "addresses": list(package.addresses),
        "caller_actions": {phase: list(actions) for phase, actions in package.caller_actions.items()},
        "caller_resources": list(package.caller_resources),
        "findings": [{"code": f.code, "text": f.text, "next_step": f.next_step} for f in package.findings],
        "keys_stay_out_of_plan": package.keys_stay_out_of_plan,
        "phases": [dict(each) for each in package.phases],
        "resources": {address: dict(each) for address, each in package.resources.items()},
        "trusts": {address: dict(each) for address, each in package.trusts.items()},
        "pointers": pointers_in(package),
    }


def pointers_in(package: Package) -> dict[str, dict[str, str]]:
    """Return what the package's attributes name, as JSON."""
    return {address: dict(each) for address, each in package.pointers.items()}


def pointers_of(package: PackageVersion) -> dict[str, dict[str, str]]:
    """Return what the package's attributes name; of one taken in before that was written down, read anew.

    Raises Refused where such a package would not be taken in any more.
    """
    if "pointers" not in package.description:
        package.description["pointers"] = pointers_in(read_package(unpack(bytes(package.archive))))
        package.save(update_fields=["description"])
    pointers: dict[str, dict[str, str]] = package.description["pointers"]
    return pointers


@cache
def read_bundled(name: str) -> tuple[Package, bytes]:
    """Return a bundled package and its archive; read once, as reading its HCL takes longer than a page may."""
    files = bundled(name)
    return read_package(files), pack(files, name)


def ensure_bundled(name: str = IAM_PACKAGE) -> PackageVersion:
    """Return a bundled package as it comes with this version of the portal, taken in on first use."""
    package, archive = read_bundled(name)
    row = PackageVersion.objects.filter(sha256=package.digest).first()
    if row is None:
        try:
            row = store(package, archive, source="bundled", actor=events.PORTAL, is_reference=True)
        except IntegrityError:
            # Another first request was quicker.
            row = PackageVersion.objects.get(sha256=package.digest)
    if row.chosen_for == ControlPlane.SELF:
        return row
    others = PackageVersion.objects.filter(kind=row.kind, chosen_for=ControlPlane.SELF)
    with transaction.atomic():
        # Whose package makes the roles is somebody's choice; what builds regions comes with the portal.
        if row.kind == PackageVersion.REGION:
            others.update(chosen_for="")
        if not others.exists():
            PackageVersion.objects.filter(pk=row.pk).update(chosen_for=ControlPlane.SELF, pinned_at=timezone.now())
            row.refresh_from_db()
    return row


@transaction.atomic
def choose(package: PackageVersion, *, control_plane: ControlPlane, actor: events.Actor) -> None:
    """Pin a package by its SHA-256 and make new activations of a control plane take it.

    Raises Refused for the reference at Zilliz Cloud, and for a package that builds regions.
    """
    if package.kind == PackageVersion.REGION:
        raise Refused("region_package_is_bundled")
    if package.is_reference and control_plane is ControlPlane.ZILLIZ:
        raise Refused("reference_package_at_zilliz")
    PackageVersion.objects.filter(kind=package.kind, chosen_for=control_plane).update(chosen_for="")
    PackageVersion.objects.filter(pk=package.pk).update(chosen_for=control_plane)
    PackageVersion.objects.filter(pk=package.pk, pinned_at=None).update(
        pinned_at=timezone.now(), pinned_by_name=actor.name
    )
    events.record(
        Kind.PACKAGE_CHOSEN,
        actor=actor,
        organization=None,
        object_type="package",
        object_id=package.sha256,
        after={"control_plane": control_plane.value},
    )


def chosen(control_plane: str) -> PackageVersion | None:
    """Return the package that a new activation takes; None where the installation administrator has to add one."""
    if control_plane == ControlPlane.SELF:
        ensure_bundled()
    return PackageVersion.objects.filter(kind=PackageVersion.IAM, chosen_for=control_plane).first()


def principal_for(control_plane: str) -> str:
    """Return the ARN that both roles have to trust."""
    at_zilliz = control_plane == ControlPlane.ZILLIZ
    return str(settings.ZILLIZ_PRINCIPAL_ARN if at_zilliz else settings.VENDOR_PRINCIPAL_ARN)


def trust_actions_for(control_plane: str) -> frozenset[str]:
    """Return what the roles may let their principal do beside sts:AssumeRole."""
    return ZILLIZ_TRUST_ACTIONS if control_plane == ControlPlane.ZILLIZ else frozenset()


def declared(package: PackageVersion) -> dict[str, dict[str, Any]]:
    """Return the package's variables by name."""
    return {variable["name"]: variable for variable in package.description["variables"]}


def variables_for(run: Run) -> dict[str, Any]:
    """Return the values of the package's variables that are no keys; only those that it declares.

    What a person entered never takes the place of what the portal knows.
    """
    account = run.workspace.cloud_account
    values: dict[str, Any] = {
        **run.inputs,
        "aws_region": run.region,
        "external_id": run.organization.external_id,
        "vendor_principal_arn": principal_for(run.activation.control_plane),
        "allowed_account_ids": [account.account_id],
        "activation_tags": {"byoc:activation": account.tag},
    }
    return only_declared(run.package, values)


def only_declared(package: PackageVersion, values: dict[str, Any]) -> dict[str, Any]:
    """Return those values that a package has variables for; raises Faulted where it cannot do without another one."""
    known = declared(package)
    missing = [
        name
        for name, variable in known.items()
        if variable["required"] and name not in values and name not in KEY_VALUES
    ]
    if missing:
        raise Faulted("package_variable_unknown", names=", ".join(missing))
    return {name: value for name, value in values.items() if name in known}


def demand_fitting_key(package: PackageVersion, keys: AccessKeys) -> None:
    """Raise Refused for a temporary key where the package has no variable for its session token."""
    if keys.session_token and inputs_of(package).needs_long_term_key:
        raise Refused("package_needs_long_term_key", field="access_key_id")


def key_environment(package: PackageVersion, keys: AccessKeys) -> dict[str, str]:
    """Return `TF_VAR_…` for the key variables that a package cannot do without.

    Others are left null at plan and at apply, and the provider reads the environment.
    """
    return {f"TF_VAR_{name}": value for name in key_variables(package) if (value := KEY_VALUES[name](keys))}


def key_variables(package: PackageVersion) -> tuple[str, ...]:
    """Return the key variables that a package cannot do without."""
    known = declared(package)
    return tuple(name for name in KEY_VALUES if name in known and known[name]["required"])


def rules_for(run: Run) -> Rules:
    """Return what the safety check lets this run's plan do; raises Refused as `pointers_of` does."""
    described = run.package.description
    found = Found.from_json(run.found_again)
    return Rules(
        # What the package says of itself can only narrow what is allowed.
        resource_types=IAM_TYPES & frozenset(described["resource_types"]),
        vendor_principal_arn=principal_for(run.activation.control_plane),
        external_id=run.organization.external_id or "",
        account=run.workspace.cloud_account.account_id,
        paths=frozenset(described["paths"]),
        name_prefixes=tuple(described["name_prefixes"]),
        boundary=described["boundary"] if described["paths"] == [GUIDE_PATH] else "",
        trust_actions=trust_actions_for(run.activation.control_plane),
        allow_destroy=run.kind == Run.DESTROY,
        retry=run.retry_of_id is not None and run.kind != Run.DESTROY,
        replaceable=frozenset(found.replaceable),
        importable=frozenset((each.address, each.id) for each in found.imports),
        pointers=pointers_of(run.package),
    )


def of(activation: Activation) -> PackageVersion:
    """Return the activation's package; for one that began without, the one chosen now.

    Raises Refused where the installation administrator has not chosen any.
    """
    package = activation.package or chosen(activation.control_plane)
    if package is None:
        raise Refused("package_missing")
    return package


def settle(activation: Activation) -> PackageVersion:
    """Return the activation's package, which it keeps from now on; raises Refused as `of` does."""
    if activation.package is None:
        Activation.objects.filter(pk=activation.pk, package__isnull=True).update(package=of(activation))
        activation.refresh_from_db(fields=["package"])
    return of(activation)


def download(activation: Activation, *, with_external_id: bool) -> bytes:
    """Return the package for people who run it themselves: `terraform.tfvars.example` filled, the same bytes each time.

    Raises Refused as `of` does.
    """
    package = of(activation)
    files = unpack(bytes(package.archive))
    example = files.get("terraform.tfvars.example", b"").decode("utf-8", "replace")
    values = example_values(activation, package, with_external_id=with_external_id)
    files["terraform.tfvars.example"] = fill_example(example, values, left_out=key_variables(package)).encode()
    return pack(files, package.name)


def example_values(activation: Activation, package: PackageVersion, *, with_external_id: bool) -> dict[str, str]:
    """Return what `download` fills in: of what the portal knows, what the package has variables for."""
    values = {"aws_region": activation.region, "vendor_principal_arn": principal_for(activation.control_plane)}
    if with_external_id:
        values["external_id"] = activation.organization.external_id or ""
    known = declared(package)
    return {name: value for name, value in values.items() if name in known}


@transaction.atomic
def hand_out(activation: Activation, *, with_external_id: bool, by: events.Actor) -> bytes:
    """Return the package as `download` does, and record who took it, with the SHA-256 of what they got."""
    package = settle(activation)
    archive = download(activation, with_external_id=with_external_id)
    events.record(
        Kind.PACKAGE_DOWNLOADED,
        actor=by,
        organization=activation.organization,
        activation_id=activation.pk,
        object_type="package",
        object_id=package.sha256,
        after={"sha256": hashlib.sha256(archive).hexdigest(), "with_external_id": with_external_id},
    )
    return archive
