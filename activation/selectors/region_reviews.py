"""The plan of a cloud region as the person reads it who approves it: choices, things and what they cost, roles."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from activation.domain.plan import PlanReview, ResourceChange
from activation.domain.region_progress import RegionPhase, Thing, phases_of
from activation.domain.steps import ActivationStatus
from activation.models import RegionSetup, Run
from activation.selectors.activations import place_of
from activation.selectors.region_runs import in_order, thing_of, values_of
from activation.selectors.run_reviews import ShownPolicy

ADDONS = "aws_eks_addon"


@dataclass(frozen=True)
class Choice:
    """One thing that was chosen, and where it is changed."""

    label: str
    value: str
    detail: str = ""
    mono: bool = False
    url: str = ""


@dataclass(frozen=True)
class RoleRow:
    """A role of the region: for what, who may take it, which policies it gets."""

    name: str
    purpose: str
    who: tuple[str, ...]
    policies: tuple[str, ...]
    trust: ShownPolicy | None = None


@dataclass(frozen=True)
class RegionReview:
    """Everything that the review of a region says beside the plan itself."""

    choices: list[Choice]
    phases: tuple[RegionPhase, ...]
    billed: list[Thing]
    roles: list[RoleRow]
    has_addons: bool
    # Whether discarding the plan opens step 3 again.
    can_change: bool
    untouched: int = 0


def region_review(run: Run, review: PlanReview, trusts: list[ShownPolicy]) -> RegionReview:
    """Return what the review page of a region shows; `trusts` are the plan's trust policies, laid out."""
    changes = in_order(run, review.changes)
    made = [each for each in changes if each.action != "no-op"]
    things = [thing_of(run, each) for each in made]
    everything = [thing_of(run, each) for each in changes]
    phases = run.package.description.get("phases", ())
    return RegionReview(
        choices=choices_of(run, review),
        phases=phases_of(things, phases, at_work=False, ended_badly=False),
        billed=[each for each in everything if each.billed],
        roles=roles_of(run, changes, trusts),
        can_change=run.activation.status == ActivationStatus.CONFIGURING,
        has_addons=any(each.type == ADDONS for each in changes),
        untouched=len(changes) - len(made),
    )


def choices_of(run: Run, review: PlanReview) -> list[Choice]:
    """Return what the person chose, and what follows from it, each with its way back."""
    activation = run.activation
    setup = RegionSetup.objects.filter(activation=activation).first()
    step_3 = page("activation_region", run)
    account = run.workspace.cloud_account
    clusters = values_of(review, ["aws_eks_cluster"])
    version = str(clusters[0][1].get("version") or "") if clusters else ""
    name = str(clusters[0][1].get("name") or "") if clusters else ""
    network = next((str(each.get("cidr_block", "")) for _, each in values_of(review, ["aws_vpc"])), "")
    subnets = [str(each.get("cidr_block", "")) for _, each in values_of(review, ["aws_subnet"])]
    found = [
        # Both are another activation's: this one's roles and state belong to them.
        Choice("Cloud region", place_of(run.region), url=page("activation_new", run, alone=True)),
        Choice("AWS account", account.account_id, mono=True, url=page("activation_new", run, alone=True)),
        Choice(
            "Network",
            network or (setup.vpc_cidr if setup else ""),
            detail=f"{len(subnets)} subnets: {', '.join(subnets)}" if subnets else "",
            mono=True,
            url=step_3,
        ),
        Choice("Seven ARNs", "Two roles and five policies of step 2", url=page("activation_arns", run)),
        Choice("Name prefix", name, mono=True),
        Choice("Kubernetes", version or "The version that EKS gives to new clusters"),
    ]
    found += [Choice(*words) for words in node_groups(review)]
    return [each for each in found if each.value]


def node_groups(review: PlanReview) -> list[tuple[str, str, str]]:
    """Return for each node group its name, how many of what it starts with, and up to how many it may grow."""
    rows = []
    for _, values in values_of(review, ["aws_eks_node_group"]):
        scaling: dict[str, Any] = next(iter(values.get("scaling_config") or [{}]), {})
        types = " or ".join(str(each) for each in values.get("instance_types") or ())
        least = scaling.get("desired_size") or scaling.get("min_size")
        name = str(values.get("node_group_name") or "nodes")
        disk = f", {values['disk_size']} GiB disk each" if values.get("disk_size") else ""
        most = f"Up to {scaling['max_size']} as clusters grow" if scaling.get("max_size") else ""
        rows.append((f"Nodes “{name}”", f"{least} × {types}{disk}", most))
    return rows


def roles_of(run: Run, changes: list[ResourceChange], trusts: list[ShownPolicy]) -> list[RoleRow]:
    """Return the roles that the region makes: whom each trusts and what it may do, as far as that is known."""
    told = run.package.description.get("resources", {})
    trusted = run.package.description.get("trusts", {})
    shown = {each.address: each for each in trusts}
    attached: dict[str, list[str]] = {}
    for change in changes:
        if change.type == "aws_iam_role_policy_attachment":
            policy = str(change.after.get("policy_arn") or "").rpartition("/")[2]
            attached.setdefault(str(change.after.get("role") or ""), []).append(policy or "a policy of step 2")
    rows = []
    for change in changes:
        if change.type != "aws_iam_role":
            continue
        name = str(change.after.get("name") or change.address)
        trust = shown.get(change.address)
        rows.append(
            RoleRow(
                name=name,
                purpose=str(told.get(change.address, {}).get("purpose", "")),
                who=who_of(trusted.get(change.address, {})),
                policies=tuple(sorted(attached.get(name, ()))),
                trust=trust if trust is not None and not trust.problem else None,
            )
        )
    return rows


def who_of(trusted: dict[str, Any]) -> tuple[str, ...]:
    """Return in words whom a role of the package trusts."""
    if service := trusted.get("service"):
        return (f"The AWS service {service}",)
    accounts = [str(each).removeprefix("system:serviceaccount:") for each in trusted.get("service_accounts", ())]
    return tuple(f"Service account {each} of this cluster" for each in accounts)


def page(name: str, run: Run, *, alone: bool = False) -> str:
    """Return the address of a page of the wizard; empty where this version has none."""
    slug = run.organization.slug
    try:
        return reverse(name, args=[slug] if alone else [slug, run.activation_id])
    except NoReverseMatch:
        return ""
