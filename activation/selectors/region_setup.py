"""Step 3 as its page shows it: what was chosen, how the checks went, and what stands in the way of step 4."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import timezone

from activation.aws.quotas import RegionReport
from activation.domain.arn_set import ARN_OUTPUTS, ArnSetCheck, Naming, check_set
from activation.domain.checks import Check, CheckState
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.netmask import Network, overlapping
from activation.domain.regions import check_region
from activation.domain.steps import ActivationStatus
from activation.domain.trust_proof import TrustProof
from activation.models import Activation, RegionSetup, Run, Workspace
from activation.selectors.activations import source_run
from activation.selectors.licenses import standing_of

CHECKS_LAST = timedelta(hours=1)
# Longer than one call to AWS takes with all its retries: a worker that says nothing for so long died, and somebody may
# start another check.
CUT_OFF_AFTER = timedelta(minutes=3)
LABELS = {output.name: output.label for output in ARN_OUTPUTS}
# What nobody has done yet; everything else is wrong.
TO_DO = frozenset(
    {"region_arns_absent", "region_not_chosen", "region_checks_missing", "region_checks_running", "region_checks_old"}
)
CLEAR = "Chosen. It does not overlap with existing networks in the account and region."
NOT_COMPARED = "Chosen. Not checked whether it overlaps with existing networks, because they could not be read."
ROLES = ("bootstrap_role_arn", "management_role_arn")


class Stage(StrEnum):
    """How far the checks of a region are."""

    NONE = "none"
    WORKING = "working"
    CUT_OFF = "cut_off"
    OLD = "old"
    # What was not found out is neither good nor bad.
    OPEN = "open"
    BLOCKED = "blocked"
    PASSED = "passed"


def setup_of(activation: Activation) -> RegionSetup | None:
    """Return what was chosen and found for an activation; None before anything was."""
    return RegionSetup.objects.filter(activation=activation).first()


def region_run_under_way(activation: Activation) -> Run | None:
    """Return the region's own run that is not over."""
    return Run.objects.filter(activation=activation, workspace__kind=Workspace.REGION).active().first()


def can_be_changed(activation: Activation) -> bool:
    """Return whether step 3 is open: reached, and no plan made from it."""
    return activation.status == ActivationStatus.CONFIGURING and region_run_under_way(activation) is None


# --- the seven ARNs


def naming_of(activation: Activation) -> Naming | None:
    """Return how the activation's package names what it makes; None where the package is not known."""
    package = activation.package
    if package is None or not package.description.get("paths"):
        return None
    described = package.description
    return Naming(tuple(described["paths"]), tuple(described["name_prefixes"]), exact=package.is_reference)


def check_arns(activation: Activation, arns: Mapping[str, str]) -> ArnSetCheck:
    """Check seven ARNs against each other, the account and the package."""
    account = activation.cloud_account
    return check_set(
        arns,
        account=account.account_id if account else None,
        partition=account.partition if account else None,
        naming=naming_of(activation),
    )


def stored_arns(activation: Activation) -> dict[str, str]:
    """Return the account's ARNs by output; nothing where there are none."""
    return dict(activation.cloud_account.arns) if activation.cloud_account else {}


def roles_of(activation: Activation) -> dict[str, str]:
    """Return the ARNs of the two roles by output."""
    return {output: arn for output, arn in stored_arns(activation).items() if output in ROLES}


# --- the checks


def trust_of(setup: RegionSetup | None) -> TrustProof:
    """Return what is known of both roles."""
    return TrustProof.from_json(setup.trust) if setup else TrustProof()


def room_of(setup: RegionSetup | None) -> RegionReport | None:
    """Return what was found in the region; None where nothing was looked at."""
    return RegionReport.from_json(setup.room) if setup and setup.room else None


def networks_of(setup: RegionSetup | None) -> list[Network] | None:
    """Return the networks that exist in the region; None where they were not read."""
    if setup is None or setup.networks is None:
        return None
    return [Network(each["cidr"], each["name"]) for each in setup.networks]


def overlaps(setup: RegionSetup | None, cidr: str) -> tuple[Network, ...]:
    """Return what exists in the region and shares addresses with a network, as far as it was read."""
    return overlapping(cidr, networks_of(setup) or [])


def stage_of(activation: Activation, setup: RegionSetup | None, now: datetime | None = None) -> Stage:
    """Return how far the checks are, and how they ended."""
    now = now or timezone.now()
    if setup is None:
        return Stage.NONE
    if setup.checking_since is not None:
        return Stage.WORKING if now - setup.checking_since < CUT_OFF_AFTER else Stage.CUT_OFF
    if setup.checked_at is None:
        return Stage.NONE
    proof = trust_of(setup)
    checked = {each.output: each.arn for each in proof.proofs} | {each.output: each.arn for each in proof.readings}
    if now - setup.checked_at > CHECKS_LAST or checked != roles_of(activation):
        return Stage.OLD
    states = {check.state for check in proof.checks}
    if CheckState.FAILED in states or (lacks_room(activation, setup)):
        return Stage.BLOCKED
    return Stage.PASSED if proof.passed else Stage.OPEN


def lacks_room(activation: Activation, setup: RegionSetup) -> list[Check]:
    """Return what would make the building fail for certain; who else builds it may need something else."""
    room = room_of(setup)
    if room is None or activation.control_plane == ControlPlane.ZILLIZ:
        return []
    return [check for check in room.checks if check.state is CheckState.FAILED]


# --- what stands in the way


def obstacles(activation: Activation) -> list[Refused]:
    """Return everything that keeps an activation from step 4, in the order of the page; empty when it may go on."""
    setup = setup_of(activation)
    found = [*arn_obstacles(activation), *region_obstacles(activation)]
    found += network_obstacles(activation, setup)
    found += check_obstacles(activation, setup)
    standing = standing_of(activation.organization)
    if not standing.state.may_activate_region:
        found.append(Refused(standing.state.blocked_by, **standing.values))
    return found


def arn_obstacles(activation: Activation) -> list[Refused]:
    """Return what is wrong with the stored ARNs, as one sentence."""
    arns = stored_arns(activation)
    if not arns:
        return [Refused("region_arns_absent", field="arns")]
    account = activation.cloud_account
    if account is not None and account.is_of_another:
        return [Refused("account_taken", field="arns", account=account.account_id)]
    problems = list(check_arns(activation, arns).problems.values())
    if not problems:
        return []
    first = problems[0]
    wrong = Refused(
        "region_arns_wrong",
        field="arns",
        count=len(problems),
        label=LABELS.get(first.field or "", first.field),
        problem=first.text,
    )
    return [wrong]


def region_obstacles(activation: Activation) -> list[Refused]:
    """Return where the region is not enabled here, or not the one that Terraform ran in."""
    found: list[Refused] = []
    try:
        check_region(activation.region, settings.REGIONS, field="region")
    except Refused as refused:
        found.append(refused)
    run = source_run(activation)
    # Another activation of the same account may be for another region: roles and policies belong to none.
    if run is not None and run.activation_id == activation.pk and run.region != activation.region:
        found.append(Refused("region_other_than_terraform", field="region", ran=run.region, region=activation.region))
    return found


def network_obstacles(activation: Activation, setup: RegionSetup | None) -> list[Refused]:
    """Return whether a network is still to be chosen, or overlaps with what exists."""
    if setup is None or setup.netmask is None:
        return [Refused("region_not_chosen", field="network")]
    if activation.control_plane == ControlPlane.ZILLIZ:
        return []
    if not setup.vpc_cidr:
        return [Refused("region_not_chosen", field="network")]
    taken = overlaps(setup, setup.vpc_cidr)
    return [overlap(setup.vpc_cidr, taken)] if taken else []


def overlap(cidr: str, taken: Iterable[Network]) -> Refused:
    """Return the refusal of a network that shares addresses with others."""
    names = ", ".join(f"{each.name} {each.cidr}" for each in taken)
    return Refused("region_overlaps", field="network", cidr=cidr, names=names)


def check_obstacles(activation: Activation, setup: RegionSetup | None) -> list[Refused]:
    """Return what the checks leave open or found wrong."""
    stage = stage_of(activation, setup)
    codes = {
        Stage.NONE: "region_checks_missing",
        Stage.CUT_OFF: "region_checks_missing",
        Stage.WORKING: "region_checks_running",
        Stage.OLD: "region_checks_old",
    }
    if stage in codes:
        return [Refused(codes[stage], field="checks")]
    if stage is Stage.PASSED or setup is None:
        return []
    proof = trust_of(setup)
    found = [
        Refused("region_trust_open", field="checks", role=LABELS[check.code].lower())
        if check.state is CheckState.NOT_CHECKED
        else Refused("region_trust_missing", field="checks", role=LABELS[check.code].lower())
        for check in proof.checks
        if check.state is not CheckState.PASSED
    ]
    if missing := lacks_room(activation, setup):
        titles = ", ".join(check.title for check in missing)
        found.append(Refused("region_room_missing", field="checks", titles=titles))
    return found


@dataclass(frozen=True)
class Readiness:
    """One line of what step 4 needs: done, or what is missing."""

    title: str
    done: str
    problems: list[Refused] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return the state as `elements/checklist.html` takes it: what is merely to be done waits."""
        if not self.problems:
            return "passed"
        return "waiting" if {problem.code for problem in self.problems} <= TO_DO else "failed"

    @property
    def text(self) -> str:
        """Say what was done, or what is missing."""
        return " ".join(problem.text for problem in self.problems) or self.done

    @property
    def remedy(self) -> str:
        """Say the next step of the first thing missing."""
        return self.problems[0].next_step if self.problems else ""


def readiness(activation: Activation, found: list[Refused]) -> list[Readiness]:
    """Sort what stands in the way into the lines of the page's last part."""
    setup = setup_of(activation)
    titles = {
        "arns": ("Seven ARNs", "All seven are correct and belong to one account."),
        "region": ("Cloud region", f"{activation.region}, where Terraform ran."),
        "network": ("Network", CLEAR if networks_of(setup) is not None else NOT_COMPARED),
        "checks": ("Trust and room", "Checked within the last hour."),
        "license": ("License", "It allows another cloud region."),
    }
    sorted_in: dict[str, list[Refused]] = {name: [] for name in titles}
    for problem in found:
        sorted_in[problem.field if problem.field in titles else "license"].append(problem)
    return [Readiness(title, done, sorted_in[name]) for name, (title, done) in titles.items()]


def choice_of(setup: RegionSetup | None) -> dict[str, Any]:
    """Return what was chosen, as events tell it."""
    if setup is None:
        return {}
    return {"vpc_cidr": setup.vpc_cidr, "netmask": setup.netmask}
