"""One simulator for this room's tests, its keys, and accounts filled by its administrators."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from activation.aws.names import BUNDLED, PackageNeeds
from activation.aws.preflight import preflight
from activation.domain.checks import Report
from activation.domain.credentials import AccessKeys
from activation.simulator.client import Simulator
from tests.simulator.conftest import client, end, start_simulator

REGION = "us-west-2"
EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
VENDOR = "arn:aws:iam::111122223333:role/byoc-vendor"

Check = Callable[..., Report]
MakeUser = Callable[..., AccessKeys]
TakeRole = Callable[..., AccessKeys]
_numbers = itertools.count(1)


def keys_of(identity: Mapping[str, str]) -> AccessKeys:
    """Return a simulator's identity as keys."""
    return AccessKeys(identity["access_key_id"], identity["secret_access_key"], identity["session_token"])


# What one file builds is nothing that another one should find.
@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    directory = tmp_path_factory.mktemp("aws")
    process = start_simulator(directory)
    yield Simulator.from_directory(directory)
    end(process)


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """The simulator without faults."""
    running.clear()
    yield running
    running.clear()


@pytest.fixture
def customer(simulator: Simulator) -> dict[str, Any]:
    """The customer's account and its identities; nothing stands in it."""
    identities: dict[str, Any] = simulator.identities()["customer"]
    return identities


@pytest.fixture
def iam(simulator: Simulator, customer: dict[str, Any]) -> Iterator[Any]:
    """IAM as the customer's administrator; roles and policies that a test makes end with it."""
    made = client(simulator.endpoint, "iam", customer["administrator"], attempts=3)
    yield made
    for role in made.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in made.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            made.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for inline in made.list_role_policies(RoleName=name)["PolicyNames"]:
            made.delete_role_policy(RoleName=name, PolicyName=inline)
        made.delete_role(RoleName=name)
    for policy in made.list_policies(Scope="Local")["Policies"]:
        made.delete_policy(PolicyArn=policy["Arn"])


@pytest.fixture
def make_user(iam: Any) -> MakeUser:
    """Make a user with one policy and a key."""

    def make(document: Mapping[str, Any]) -> AccessKeys:
        name = f"person-{next(_numbers)}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return AccessKeys(key["AccessKeyId"], key["SecretAccessKey"])

    return make


@pytest.fixture
def take_role(iam: Any, simulator: Simulator, customer: dict[str, Any]) -> TakeRole:
    """Make a role with one policy, and take a session of it."""

    def take(document: Mapping[str, Any], **more: str) -> AccessKeys:
        name = f"deployer-{next(_numbers)}"
        root = trust(principal=f"arn:aws:iam::{customer['account']}:root")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=root, **more)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(document))
        sts = client(simulator.endpoint, "sts", customer["administrator"])
        made = sts.assume_role(RoleArn=arn, RoleSessionName="portal", ExternalId=EXTERNAL_ID)["Credentials"]
        return AccessKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    return take


@pytest.fixture
def check(simulator: Simulator) -> Check:
    """Run the preflight to its end."""

    def run(keys: AccessKeys, *, package: PackageNeeds = BUNDLED, **more: Any) -> Report:
        more = {"region": REGION, "endpoint": simulator.endpoint, "external_id": EXTERNAL_ID} | more
        return Report(tuple(preflight(keys, package=package, **more)))

    return run


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    """Return a policy that allows actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust(external_id: str = EXTERNAL_ID, principal: str = VENDOR) -> str:
    """Return a trust policy as JSON."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
