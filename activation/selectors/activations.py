"""Activations as pages show them: the steps, what is reached, what is under way."""

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from activation.domain.arn_set import ARN_OUTPUTS, ArnOutput
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.regions import REGIONS
from activation.domain.roles import Right
from activation.domain.run_status import ACTIVE, SUCCEEDED, RunStatus
from activation.domain.steps import REACHED, STEP_TITLES, ActivationStatus, Step
from activation.models import Activation, CloudAccount, Event, Member, Organization, Run, Workspace

ACTIVATIONS_PER_PAGE = 25
FINISHED = frozenset({ActivationStatus.ACTIVE, ActivationStatus.DEACTIVATING, ActivationStatus.DEACTIVATED})
STEP_PAGES = {
    Step.BEFORE: "activation_before",
    Step.EXTERNAL_ID: "activation_external_id",
    Step.ARNS: "activation_arns",
    Step.REGION: "activation_region",
    # Where step 4 goes on depends on what has happened: `page_reached` knows.
    Step.ACTIVATION: "activation",
}


def place_of(region: str) -> str:
    """Return a region with its city: `us-west-2 (Oregon)`."""
    city = REGIONS.get(region, "")
    return f"{region} ({city})" if city else region


def page_of(activation: Activation, step: Step) -> str:
    """Return the address of a step's page."""
    return reverse(STEP_PAGES[step], args=[activation.organization.slug, activation.pk])


def stepper(activation: Activation, current: Step | int | None = None) -> list[dict[str, Any]]:
    """Return the four steps for `elements/stepper.html`: number, title, state, url, shown.

    `current` is the step whose page this is (0 to 4); without it, the step reached. A step's address is empty where
    it cannot be opened yet.
    """
    status = ActivationStatus(activation.status)
    reached = REACHED[status]
    shown = reached if current is None else current
    # With the plan of a region step 3 is done, although nothing moves before the approval.
    if status is ActivationStatus.CONFIGURING and shown == Step.ACTIVATION:
        reached = Step.ACTIVATION
    steps = []
    for step in Step:
        if step is Step.BEFORE:
            continue
        state = "done" if step < reached or status in FINISHED else "current" if step == reached else "todo"
        if state == "current" and status is ActivationStatus.FAILED:
            state = "blocked"
        url = page_of(activation, step) if step <= reached else ""
        title = STEP_TITLES[step]
        steps.append({"number": int(step), "title": title, "state": state, "url": url, "shown": step == shown})
    return steps


def find_activation(organization: Organization, pk: str) -> Activation | None:
    """Return one of the organization's activations with what its pages need."""
    rows = Activation.objects.for_organization(organization)
    rows = rows.select_related("organization", "cloud_account", "package").defer("package__archive")
    return rows.filter(pk=pk).first()


def own_active_run(activation: Activation) -> Run | None:
    """Return the activation's own run that is under way."""
    return Run.objects.active().select_related("workspace").filter(activation=activation).first()


def active_run(activation: Activation, account: CloudAccount | None = None) -> Run | None:
    """Return the run that is under way for the activation, or for the roles of its AWS account.

    `account` is the one that its key belongs to, where the activation has none yet.
    """
    account_pk = account.pk if account else activation.cloud_account_id
    own = own_active_run(activation)
    if own is not None or account_pk is None:
        return own
    # What builds another region of the account is nobody's way to the roles.
    active = Run.objects.for_organization(activation.organization).active().select_related("workspace")
    return active.filter(workspace__cloud_account=account_pk, workspace__kind=Workspace.IAM).first()


def newest_run(activation: Activation) -> Run | None:
    """Return the latest run of the activation, whatever became of it."""
    return Run.objects.filter(activation=activation).order_by("-created_at").first()


def source_run(activation: Activation) -> Run | None:
    """Return the run whose outputs are the account's ARNs; none where they were pasted."""
    if activation.cloud_account is None or activation.cloud_account.arns_source == "pasted":
        return None
    runs = Run.objects.for_organization(activation.organization).filter(
        workspace__cloud_account=activation.cloud_account,
        workspace__kind=Workspace.IAM,
        status__in=[status.value for status in SUCCEEDED],
    )
    return runs.order_by("-created_at").first()


def authorized_accounts(organization: Organization) -> list[CloudAccount]:
    """Return the AWS accounts in which step 2 is done."""
    return list(CloudAccount.objects.for_organization(organization).exclude(arns={}).order_by("account_id"))


def taken_account(organization: Organization, account_id: str) -> Refused | None:
    """Return the refusal of an AWS account that another organization proved to be its own, without naming it."""
    is_taken = CloudAccount(organization=organization, account_id=account_id).is_of_another
    return Refused("account_taken", account=account_id) if is_taken else None


def external_id_events(organization: Organization) -> list[Event]:
    """Return the latest events about the external ID, newest first: also who took it away in a package."""
    taken = Q(kind=Kind.PACKAGE_DOWNLOADED, after__with_external_id=True)
    events = Event.objects.for_organization(organization).filter(Q(kind__startswith="external_id.") | taken)
    return list(events.order_by("-sequence")[:5])


@dataclass(frozen=True)
class ActivationRow:
    """One line of the list: the activation, its latest run, and what to do next."""

    activation: Activation
    run: Run | None
    place: str
    steps: list[dict[str, Any]]
    action: str

    @property
    def run_matters(self) -> bool:
        """Return whether the run's status tells more than the activation's."""
        if self.run is None:
            return False
        status = RunStatus(self.run.status)
        kind = {ActivationStatus.PROVISIONING_IAM: Workspace.IAM, ActivationStatus.CONFIGURING: Workspace.REGION}
        unfinished = kind.get(ActivationStatus(self.activation.status)) == self.run.workspace.kind
        return status in ACTIVE or (unfinished and status not in SUCCEEDED and status is not RunStatus.DISCARDED)


def activations_page(member: Member, *, before: str = "") -> tuple[list[ActivationRow], str]:
    """Return a page of the organization's activations, newest first, and behind which one the next page begins.

    `before` is the last activation of the page before; where it is not known the list begins anew.
    """
    rows = Activation.objects.for_organization(member.organization).select_related("organization", "cloud_account")
    last = rows.filter(pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    page = list(rows.order_by("-created_at", "-pk")[: ACTIVATIONS_PER_PAGE + 1])
    more = len(page) > ACTIVATIONS_PER_PAGE
    page = page[:ACTIVATIONS_PER_PAGE]
    runs = newest_runs(page)
    found = [row_of(each, runs.get(each.pk), member) for each in page]
    return found, page[-1].pk if more else ""


def newest_runs(activations: list[Activation]) -> dict[str, Run]:
    """Return the latest run of each activation, by the activation."""
    newest = Run.objects.filter(activation=OuterRef("pk")).order_by("-created_at").values("pk")[:1]
    chosen = Activation.objects.filter(pk__in=[each.pk for each in activations]).values(run=Subquery(newest))
    return {run.activation_id: run for run in Run.objects.filter(pk__in=chosen).select_related("workspace")}


def row_of(activation: Activation, run: Run | None, member: Member) -> ActivationRow:
    """Return one line of the list."""
    action = next_action(activation, run) if member.may(Right.WALK_WIZARD) else "Open"
    return ActivationRow(activation, run, place_of(activation.region), stepper(activation), action)


def next_action(activation: Activation, run: Run | None) -> str:
    """Return the words of the link that leads on."""
    if run is not None and run.status == RunStatus.PLANNED:
        return "Review the plan"
    if run is not None and not run.has_ended:
        return "Follow the run"
    status = ActivationStatus(activation.status)
    if status in {ActivationStatus.DRAFT, ActivationStatus.AUTHORIZING}:
        issued = activation.control_plane == ControlPlane.SELF
        return "Get the external ID" if issued else "Enter the external ID"
    if status is ActivationStatus.PROVISIONING_IAM:
        return "Get the ARNs"
    if status is ActivationStatus.CONFIGURING:
        return "Choose the network"
    if status is ActivationStatus.FAILED:
        return "See why, and resume"
    if status is ActivationStatus.ACTIVATING:
        return "See where it stands"
    return "Open"


def page_reached(activation: Activation, run: Run | None) -> str:
    """Return the address where work goes on: the activation's own run under way, else the page of the step reached."""
    if run is not None and run.activation_id == activation.pk:
        page = "run_review" if run.status == RunStatus.PLANNED else "run"
        return reverse(page, args=[activation.organization.slug, run.pk])
    if activation.step is Step.ACTIVATION:
        return page_of_activation(activation)
    return page_of(activation, activation.step)


def page_of_activation(activation: Activation) -> str:
    """Return where step 4 goes on: what to do when it is done, else the hand-over, or the region's latest run."""
    slug = activation.organization.slug
    if ActivationStatus(activation.status) in FINISHED:
        return reverse("activation_done", args=[slug, activation.pk])
    if activation.control_plane != ControlPlane.SELF:
        return reverse("activation_handover", args=[slug, activation.pk])
    runs = Run.objects.filter(activation=activation, workspace__kind=Workspace.REGION).order_by("-created_at")
    newest = runs.values_list("pk", flat=True).first()
    if newest is None:
        return page_of(activation, Step.REGION)
    return reverse("run", args=[slug, newest])


def runs_of(activation: Activation) -> list[Run]:
    """Return the activation's latest runs, newest first."""
    return list(Run.objects.filter(activation=activation).order_by("-created_at")[:10])


@dataclass(frozen=True)
class ArnGroup:
    """The stored ARNs of one kind: each output with its value."""

    title: str
    rows: list[tuple[ArnOutput, str]]


def arn_groups(account: CloudAccount | None) -> list[ArnGroup]:
    """Return the account's ARNs as two roles and five policies; nothing where none are stored."""
    if account is None or not account.arns:
        return []
    titles = {"role": "Two roles", "policy": "Five policies"}
    return [
        ArnGroup(title, [(output, account.arns.get(output.name, "")) for output in ARN_OUTPUTS if output.kind == kind])
        for kind, title in titles.items()
    ]


def arns_as_text(account: CloudAccount) -> str:
    """Return the ARNs as `terraform output` writes them."""
    return "\n".join(f'{name} = "{account.arns[name]}"' for name in sorted(account.arns))
