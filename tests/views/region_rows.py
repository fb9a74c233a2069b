"""Runs of a region as tests of pages need them: their plan by the package's manifest, their log by what was made."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.utils import timezone

from activation.domain.package import Package, read_package
from activation.domain.plan import PlanReview, ResourceChange
from activation.domain.roles import Role
from activation.domain.run_status import RunStatus
from activation.domain.steps import ActivationStatus
from activation.models import Activation, LogLine, Member, PackageVersion, Plan, RegionSetup, Run, Workspace
from activation.packages import bundled
from activation.services.packages import REGION_PACKAGE, described
from tests.factories import make_activation, make_cloud_account, make_member, make_organization, make_package

ACCOUNT = "222233334444"
NAME = "zilliz-byoc-test"
VALUES: dict[str, dict[str, Any]] = {
    "aws_vpc.main": {"cidr_block": "10.0.0.0/16", "tags": {"Name": f"{NAME}-vpc"}},
    "aws_eks_cluster.main": {"name": NAME, "version": "1.33"},
    "aws_eks_node_group.core": {
        "cluster_name": NAME,
        "node_group_name": "core",
        "instance_types": ["m6i.2xlarge"],
        "disk_size": 100,
        "scaling_config": [{"desired_size": 3, "min_size": 3, "max_size": 50}],
    },
    "aws_iam_role.node": {"name": f"{NAME}-node"},
    "aws_iam_role_policy_attachment.node_worker": {
        "role": f"{NAME}-node",
        "policy_arn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
    },
}
IDS = {"aws_vpc.main": "vpc-0123456789abcdef0", "aws_subnet.private_1": "subnet-0123456789abcdef1"}


@cache
def package_that_comes_along() -> Package:
    """Read the bundled package; once, because that takes a second or two."""
    return read_package(bundled(REGION_PACKAGE))


def region_package() -> PackageVersion:
    """Return the bundled package's row, without its files."""
    package = package_that_comes_along()
    known = PackageVersion.objects.filter(sha256=package.digest).first()
    return known or make_package(
        kind=PackageVersion.REGION,
        name=package.name,
        version=package.version,
        sha256=package.digest,
        description=described(package, iam_path="", name_prefix=""),
        chosen_for="self",
    )


def make_building(status: ActivationStatus = ActivationStatus.ACTIVATING, **fields: Any) -> tuple[Activation, Member]:
    """Make an activation of this portal whose step 3 is done, and its owner."""
    organization = make_organization("Own Company", external_id="cid-abcdefghijklmnopqrstuvwxy")
    account = make_cloud_account(
        organization,
        account_id=ACCOUNT,
        arns={
            f"{name}_role_arn": f"arn:aws:iam::{ACCOUNT}:role/zilliz/zilliz-{name}-role"
            for name in ("bootstrap", "management")
        },
    )
    values = {"cloud_account": account, "activating_since": timezone.now()} | fields
    activation = make_activation(organization, status=status, **values)
    RegionSetup.objects.create(activation=activation, vpc_cidr="10.0.0.0/16", netmask=16)
    return activation, make_member(organization, Role.OWNER)


def make_region_run(activation: Activation, status: RunStatus, **fields: Any) -> Run:
    """Make a run of the bundled package that builds regions."""
    assert activation.cloud_account is not None
    workspace, _ = Workspace.objects.get_or_create(
        kind=Workspace.REGION, activation=activation, defaults={"cloud_account": activation.cloud_account}
    )
    now = timezone.now()
    values: dict[str, Any] = {"region": activation.region, "created_by_name": "Ada", "wrapped_key": b""}
    values |= {"package": region_package(), "started_at": now, "planned_at": now}
    return Run.objects.create(
        organization=activation.organization,
        workspace=workspace,
        activation=activation,
        status=status.value,
        **values | fields,
    )


def give_region_plan(
    run: Run, *, exist: tuple[str, ...] = (), found: tuple[str, ...] = (), passed: bool = True
) -> Plan:
    """Give a run the plan of everything in the manifest; `exist` are there already, `found` are taken over."""
    changes = []
    for address in run.package.description["resources"]:
        kind, _, name = address.partition(".")
        action = "no-op" if address in exist else "import" if address in found else "create"
        identifier = IDS.get(address, "")
        changes.append(
            ResourceChange(
                address=address,
                type=kind,
                name=name,
                actions=("create",) if action == "create" else ("no-op",),
                action=action,
                after=VALUES.get(address, {}) | ({"id": identifier} if identifier and action != "create" else {}),
                importing_id=identifier or "an-id" if address in found else "",
                display_name=VALUES.get(address, {}).get("name", address),
            )
        )
    return Plan.objects.create(
        run=run,
        sha256="ab" * 32,
        sealed=b"",
        package_sha256=run.package.sha256,
        review=json.loads(json.dumps(PlanReview(changes=tuple(changes)).to_json())),
        verdict={"passed": True, "checks": [], "findings": []},
    )


def write_creations(run: Run, *made: str, begun: tuple[str, ...] = (), failed: tuple[str, ...] = ()) -> None:
    """Write the log lines of an apply in which things were begun and made; its progress says the same."""
    now: datetime = timezone.now()
    lines = [f"{address}: Creating..." for address in (*made, *begun, *failed)]
    lines += [f"{address}: Still creating... [00m10s elapsed]" for address in begun]
    lines += [f"{address}: Creation complete after 2s [id={IDS.get(address, 'x')}]" for address in made]
    lines += [f"{address}: Creation errored after 3s" for address in failed]
    LogLine.objects.bulk_create(
        LogLine(run=run, number=number, at=now + timedelta(seconds=number), text=text)
        for number, text in enumerate(lines, start=1)
    )
    progress = {"phase": "apply", "planned": 47, "finished": len(made), "current": list(begun)}
    Run.objects.filter(pk=run.pk).update(lines=len(lines), progress=progress)
    run.refresh_from_db()
