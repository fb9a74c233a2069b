"""A console in a process of its own, and activations whose values were handed to it."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.domain.trust_proof import Reading, TrustProof
from activation.models import Activation, Handover, Member, RegionSetup
from activation.services import handover
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.factories import make_activation, make_cloud_account, make_member, make_organization
from tests.simulator.conftest import end, start_simulator

ROOT = Path(__file__).resolve().parents[2]
# Each test has a region of its own in the one AWS account: nothing of one is seen in another.
REGIONS = itertools.cycle(
    ["us-west-2", "us-east-1", "us-east-2"]
    + [f"{place}-{number}" for place in ("eu-west", "ap-southeast") for number in (1, 2, 3)]
    + [f"{place}-1" for place in ("eu-central", "eu-north", "eu-south", "sa-east", "me-south", "af-south", "ap-south")]
)
_numbers = itertools.count(1)


@contextmanager
def local_aws(directory: Path) -> Iterator[Simulator]:
    """Run a simulator for as long as it lasts."""
    process = start_simulator(directory)
    try:
        yield Simulator.from_directory(directory)
    finally:
        end(process)


def build_by_hand(directory: Path, region: str, name: str, *more: str) -> list[str]:
    """Have the other process build, and return which parts it says to have made."""
    where = ("--directory", str(directory), "--region", region, "--name", name)
    done = subprocess.run(
        [sys.executable, "-m", "activation.simulator.console", *where, *more],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line)["part"] for line in done.stdout.splitlines()]


def name_of_plane() -> str:
    """Return a name that nothing in the account has yet: buckets and roles are not of one region alone."""
    return f"zilliz-byoc-test{next(_numbers)}"


def configured(account_id: str, region: str, **fields: Any) -> tuple[Activation, Member]:
    """Make an activation with steps 1 to 3 done, and its owner."""
    organization = make_organization(
        control_plane=ControlPlane.ZILLIZ, external_id=f"cid-{next(_numbers):025}", external_id_locked_at=timezone.now()
    )
    arns = {each.name: f"arn:aws:iam::{account_id}:{each.kind}/zilliz/{each.resource_name}" for each in ARN_OUTPUTS}
    account = make_cloud_account(organization, account_id=account_id, arns=arns)
    activation = make_activation(
        organization, status=ActivationStatus.CONFIGURING, cloud_account=account, region=region, **fields
    )
    roles = ("bootstrap_role_arn", "management_role_arn")
    proof = TrustProof(readings=tuple(Reading(name, arns[name]) for name in roles))
    RegionSetup.objects.create(activation=activation, netmask=16, trust=asdict(proof))
    return activation, make_member(organization, Role.OWNER)


def handed_over(account_id: str, region: str) -> tuple[Activation, Member]:
    """Make an activation whose values were handed over just now, and its owner."""
    activation, owner = configured(account_id, region)
    handover.begin(activation, by=owner, actor=Actor.of(owner))
    activation.refresh_from_db()
    return activation, owner


def older(activation: Activation, minutes: int) -> None:
    """Have the values handed over so long ago."""
    since = timezone.now() - timedelta(minutes=minutes)
    Activation.objects.filter(pk=activation.pk).update(activating_since=since)
    Handover.objects.filter(activation=activation).update(handed_over_at=since)
    activation.refresh_from_db()


def keys_of(identity: dict[str, str]) -> AccessKeys:
    """Return a simulator's identity as keys."""
    return AccessKeys(identity["access_key_id"], identity["secret_access_key"], identity["session_token"])
