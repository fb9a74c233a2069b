"""A region whose building is killed inside the VPC, the NAT gateway, the cluster or a node group: one Resume, and one
of each stands, nothing made twice and nothing replaced.

Each is tried in seeded rounds: everything (worker, supervisor, Terraform, provider) is killed at once, at a moment
that the seed says. `--rounds N` tries so many seeds, five of which meet each moment.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain.adoption import Found
from activation.domain.plan import PlanReview
from activation.domain.state import read_state
from activation.models import Activation, Event, LogLine, Plan, Run
from activation.services import runs
from activation.simulator.client import Simulator
from tests.real.engine import Engine, wait_for
from tests.real.region_rights import ASKED
from tests.real.regions import RESOURCES, Prepared, until_active
from tests.real.test_recovery import KILLED, kill_everything, newest
from tests.real.test_region_package import DENIALS, permission
from tests.services.test_licenses import in_settings
from tests.simulator.conftest import client

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.long_form]

# Seconds for what takes ten where nobody else is at work.
SLOW: Final = 180

# What one region takes: the calls that create, each counted once it was carried out.
CREATIONS: Final = {
    "ec2:AllocateAddress": 1,
    "ec2:AssociateRouteTable": 4,
    "ec2:AttachInternetGateway": 1,
    "ec2:CreateInternetGateway": 1,
    "ec2:CreateNatGateway": 1,
    "ec2:CreateRoute": 2,
    "ec2:CreateRouteTable": 2,
    "ec2:CreateSecurityGroup": 1,
    "ec2:CreateSubnet": 4,
    "ec2:CreateVpc": 1,
    "ec2:CreateVpcEndpoint": 1,
    "eks:CreateCluster": 1,
    "eks:CreateNodegroup": 2,
    "iam:AttachRolePolicy": 9,
    "iam:CreateOpenIDConnectProvider": 1,
    "iam:CreateRole": 6,
    "s3:CreateBucket": 1,
}


# Of the rights that one life of a region does not use: a bucket without tags is looked into.
ALSO_GRANTED: Final = frozenset({"s3:ListObjectsV2"})


@dataclass(frozen=True)
class Moment:
    """A call that stands still when everything is killed: carried out and unanswered, or not carried out."""

    action: str
    when: str = "after"
    skip: int = 0


INSIDE: Final = {
    "the VPC": (
        Moment("ec2:CreateVpc"),
        Moment("ec2:DescribeVpcs", "before"),
        Moment("ec2:ModifyVpcAttribute", "before"),
        Moment("ec2:ModifyVpcAttribute"),
    ),
    "the NAT gateway": (Moment("ec2:CreateNatGateway"), Moment("ec2:DescribeNatGateways", "before")),
    "the cluster": (Moment("eks:CreateCluster"), Moment("eks:DescribeCluster", "before")),
    "a node group": (
        Moment("eks:CreateNodegroup"),
        Moment("eks:CreateNodegroup", skip=1),
        Moment("eks:DescribeNodegroup", "before"),
        Moment("eks:DescribeNodegroup", "before", skip=1),
    ),
}


# What is made in two calls, killed between them: half of it exists, and nothing but AWS knows which half.
BETWEEN: Final = (
    Moment("ec2:AuthorizeSecurityGroupIngress", "before"),
    Moment("ec2:AttachInternetGateway", "before"),
    Moment("s3:PutBucketTagging", "before"),
    Moment("iam:CreateOpenIDConnectProvider"),
)


@pytest.fixture(autouse=True)
def license_key(settings: Any) -> None:
    """Let this installation issue licenses; the simulator knows no add-ons."""
    settings.LICENSE_SIGNING_KEY = in_settings(Ed25519PrivateKey.generate())
    settings.REGION_ADDONS = False


@pytest.fixture
def simulator(prepared: Prepared, tmp_path: Path) -> Iterator[Simulator]:
    """Run a simulator in which step 2 was done and nothing else."""
    yield from prepared.simulator(tmp_path / "aws")


@pytest.fixture
def activation(engine: Engine, prepared: Prepared) -> Activation:
    """Return an activation that is ready for its region: with seven ARNs, a license, a network."""
    return prepared.activation(engine)


class Region:
    """What stands of an activation's region in AWS, asked as the customer's administrator."""

    def __init__(self, engine: Engine, activation: Activation) -> None:
        self.engine = engine
        self.name, self.tag = activation.resource_name, activation.tag
        key = engine.simulator.identities()["customer"]["administrator"]
        names = ("ec2", "eks", "s3", "iam")
        self.ec2, self.eks, self.s3, self.iam = (client(engine.simulator.endpoint, name, key) for name in names)

    def identities(self) -> dict[str, str]:
        """Return what AWS never gives twice, by the name of the thing."""
        found: dict[str, str] = {}
        for operation, key, identity in (
            ("vpcs", "Vpcs", "VpcId"),
            ("subnets", "Subnets", "SubnetId"),
            ("internet_gateways", "InternetGateways", "InternetGatewayId"),
            ("addresses", "Addresses", "AllocationId"),
            ("nat_gateways", "NatGateways", "NatGatewayId"),
            ("route_tables", "RouteTables", "RouteTableId"),
            ("vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
            ("security_groups", "SecurityGroups", "GroupId"),
        ):
            for raw in getattr(self.ec2, f"describe_{operation}")()[key]:
                tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())}
                if tags.get("byoc:activation") == self.tag and raw.get("State") != "deleted":
                    assert tags["byoc:address"] not in found, f"{tags['byoc:address']} stands twice"
                    found[tags["byoc:address"]] = raw[identity]
        roles = self.iam.list_roles(PathPrefix="/zilliz/")["Roles"]
        found |= {each["RoleName"]: each["RoleId"] for each in roles if each["RoleName"].startswith(self.name)}
        providers = self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        found |= {f"provider {number}": each["Arn"] for number, each in enumerate(providers)}
        found |= {each["Name"]: str(each["CreationDate"]) for each in self.s3.list_buckets()["Buckets"]}
        for cluster in self.eks.list_clusters()["clusters"]:
            # Its certificate is drawn when it is made.
            found[f"cluster {cluster}"] = self.eks.describe_cluster(name=cluster)["cluster"]["endpoint"]
            for group in self.eks.list_nodegroups(clusterName=cluster)["nodegroups"]:
                raw = self.eks.describe_nodegroup(clusterName=cluster, nodegroupName=group)["nodegroup"]
                found[f"node group {group}"] = raw["nodegroupArn"]
        return found

    def inbound(self) -> int:
        """Return how many inbound rules the security group has."""
        mine = [{"Name": "tag:byoc:activation", "Values": [self.tag]}]
        (group,) = self.ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
        return len(group["IpPermissions"])

    def creations(self, *, after: int) -> dict[str, int]:
        """Return what AWS has carried out since action number `after`, also where the answer was lost."""
        rows = self.engine.simulator.actions(after=after)
        return dict(Counter(row["action"] for row in rows if row["action"] in CREATIONS and row["status"] == 200))


def begin(engine: Engine, activation: Activation) -> tuple[Run, Region, int]:
    """Bring a region's run to its approval; return also how many calls had been made before."""
    engine.start_worker()
    before = len(engine.simulator.actions())
    run = engine.region_run(activation)
    return engine.until(run, "planned", seconds=SLOW), Region(engine, activation), before


def strike(engine: Engine, run: Run, moment: Moment, *, after: float) -> Run:
    """Kill everything while a call of that moment stands still, so many seconds into it; return the dead run."""
    engine.simulator.hold(moment.action, times=40, skip=moment.skip, when=moment.when)
    engine.approve(run)

    def stands_still() -> bool:
        return any(each == {"action": moment.action, "when": moment.when} for each in engine.simulator.held())

    wait_for(stands_still, seconds=SLOW, what=lambda: f"{moment}; {Run.objects.get(pk=run.pk).status} {engine.log()}")
    time.sleep(after)
    kill_everything(engine, run)
    engine.simulator.clear()
    engine.start_worker()
    return engine.until(run, KILLED, seconds=SLOW)


def resumed(engine: Engine, ended: Run) -> Run:
    """Press Resume and approve what it shows."""
    again = engine.region_run(ended.activation, retry_of=ended)
    assert again.retry_of_id == ended.pk
    engine.until(again, "planned", seconds=SLOW)
    verdict = Plan.objects.get(run=again).verdict
    assert verdict["passed"], verdict["findings"]
    engine.approve(again)
    return engine.until(again, "applied", seconds=300)


def canceled_while_looking(engine: Engine, ended: Run) -> Run:
    """Press Resume, and cancel it while AWS turns it away: it has only asked what there is."""
    engine.simulator.inject("ec2:DescribeVpcs", error="RequestLimitExceeded", message="Rate exceeded", times=200)
    again = engine.region_run(ended.activation, retry_of=ended)
    wait_for(lambda: "Looking again" in log_of(again), seconds=SLOW, what="it is turned away")
    runs.cancel(Run.objects.get(pk=again.pk), actor=engine.actor)
    done = engine.until(again, "canceled", seconds=SLOW)
    assert "waiting for AWS" in done.reason
    engine.simulator.clear()
    return done


def log_of(run: Run) -> str:
    return "\n".join(LogLine.objects.filter(run=run).order_by("number").values_list("text", flat=True))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try as many seeds as there are rounds."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, max(metafunc.config.getoption("rounds"), 1) + 1))


@pytest.mark.parametrize("place", INSIDE)
def test_everything_killed_inside_it_ends_in_one_of_each(
    engine: Engine, activation: Activation, place: str, seed: int
) -> None:
    moments = INSIDE[place]
    # Five seeds meet each moment; how far into it, is by chance.
    moment, after = moments[seed % len(moments)], Random(f"{place}/{seed}").uniform(0, 1.5)
    held = killed_and_resumed(engine, activation, moment, after=after, what=f"{place}, seed {seed}")
    assert not held.found.replaceable
    assert held.creations == CREATIONS
    assert held.before.items() <= held.standing.items(), "what stood is still the same thing"
    assert held.inbound == 2, "the security group has its rules"


@pytest.mark.parametrize("moment", BETWEEN, ids=lambda moment: moment.action)
def test_what_takes_two_calls_is_put_right_in_place(engine: Engine, activation: Activation, moment: Moment) -> None:
    held = killed_and_resumed(engine, activation, moment, after=0.2, what=moment.action)
    assert not held.found.replaceable
    assert held.creations == CREATIONS
    assert held.before.items() <= held.standing.items()
    assert held.inbound == 2, "the security group has its rules"


@dataclass(frozen=True)
class Held:
    """What stood at the kill and in the end, what was found in between, and how often AWS made something."""

    before: dict[str, str]
    standing: dict[str, str]
    found: Found
    creations: dict[str, int]
    inbound: int


def killed_and_resumed(engine: Engine, activation: Activation, moment: Moment, *, after: float, what: str) -> Held:
    """Kill everything at a moment, press Resume, and hold that the region is active and whole."""
    run, region, calls = begin(engine, activation)
    ended = strike(engine, run, moment, after=after)
    before = region.identities()
    finished = ended.progress.get("finished", 0)
    print(f"{what}: {moment}, {after:.1f} s in; {finished} finished, {len(before)} in AWS")

    canceled = canceled_while_looking(engine, ended)
    assert region.identities() == before

    done = resumed(engine, canceled)
    until_active(activation, seconds=SLOW)

    state = read_state(newest(done))
    assert len(state.addresses) == RESOURCES
    assert not state.tainted
    found = Found.from_json(done.found_again)
    review = PlanReview.from_json(Plan.objects.get(run=done).review)
    assert review.to_destroy == len(found.replaceable)
    assert review.to_import == len(found.imports)
    if found.again:
        assert "Found again" in log_of(done)
        event = Event.objects.get(kind="run.found_again", run_id=done.pk)
        assert event.after["imports"] == [each.address for each in found.imports]
    # Looking takes no right that the role does not have, and none that nobody has proved.
    rows = [row for row in engine.simulator.actions(after=calls) if "/zilliz-bootstrap-role/" in row["caller"]]
    # Of a role that does not exist IAM knows no path, and refuses where the right is bound to one.
    assert {row["action"] for row in rows if row["outcome"] in DENIALS} <= {"iam:GetRole"}
    asked = {permission(row["action"]) for row in rows} - {"sts:GetCallerIdentity"}
    assert asked <= {*ASKED, *ALSO_GRANTED}, asked - set(ASKED)
    return Held(before, region.identities(), found, region.creations(after=calls), region.inbound())
