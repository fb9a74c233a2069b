"""Recover: before a retry plans anything, find in AWS what the run before it had made and could not write down."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from activation.aws import adoption, region_adoption
from activation.aws.inventory import PAUSES, Inventory
from activation.aws.region_inventory import RegionInventory
from activation.aws.sessions import session
from activation.domain.adoption import ATTACHMENT, POLICY, ROLE, Found, Owner, Wanted, import_blocks, wanted_of
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem, Refused
from activation.domain.events import Kind
from activation.domain.explanations import Explanation
from activation.domain.plan import PlanReview, configuration_address
from activation.domain.region_adoption import lifted, rows_of
from activation.domain.run_status import RETRYABLE, RunStatus
from activation.domain.state import attributes_of, read_state
from activation.models import Activation, LogLine, Plan, Run, Workspace
from activation.services import events, host, region_packages, run_keys
from activation.services.packages import principal_for

IMPORTS_FILE = "portal_imports.tf"
OVERRIDE_FILE = "portal_override.tf"
# Plans of so many earlier runs are asked what they were going to make.
PLANS = 20
# While the account is looked at, the worker's turn is prolonged by this much before each call, seconds.
TURN_SECONDS = 60
CANCELED = "recovery_canceled"
TITLES = {
    "recovery_doubled": "A resource exists twice",
    "recovery_stranger": "A name is taken by somebody else",
    "recovery_inconclusive": "What the earlier run left is not known",
}


def cut_off(workspace: Workspace) -> Run | None:
    """Return the run that began to change an account and did not end well, where none after it did."""
    begun = Run.objects.filter(workspace=workspace, apply_started_at__isnull=False).order_by("-apply_started_at")
    newest = begun.first()
    if newest is None or newest.kind != Run.APPLY or RunStatus(newest.status) not in RETRYABLE:
        return None
    return newest


def find(run: Run, keys: AccessKeys) -> Found:
    """Return what a run goes on with, write it into its row and its log; nothing for a run that recovers nothing.

    Raises Refused("recovery_stranger") where a name is somebody else's, Faulted("recovery_inconclusive") where AWS
    could not be asked, and what `activation.aws.errors.read` says of the key.
    """
    if run.kind != Run.APPLY or run.retry_of_id is None:
        return Found()

    def still_ours() -> None:
        if not Run.objects.renew_lease(run.pk, epoch=run.lease_epoch, seconds=TURN_SECONDS):
            raise Faulted("run_moved_on")
        if Run.objects.filter(pk=run.pk, cancel_requested_at__isnull=False).exists():
            raise Refused(CANCELED)

    def say(text: str) -> None:
        write(run, text, level="notice")

    account = run.workspace.cloud_account.account_id
    write(run, f"Looking in account {account} for what the earlier run created but could not record", level="phase")
    if run.is_of_region:
        found = look_at_region(run, keys, say=say, before=still_ours)
    else:
        found = look(run.workspace, run.activation, keys, say=say, before=still_ours)
    keep(run, found)
    if found.strangers:
        for stranger in found.strangers:
            write(run, stranger, level="error")
        raise Refused("recovery_stranger", owners=" ".join(found.strangers))
    tell(run, found)
    return found


def tell(run: Run, found: Found) -> None:
    """Write into a run's log what becomes of each thing that was found."""
    for each in found.imports:
        write(run, f"Found again: {each.label} ({each.address}). It is imported into the state, not created again.")
    for each in found.untaint:
        write(run, f"Found again: {each.label} ({each.address}). Its creation was interrupted, but it is complete.")
    for address in found.replaceable:
        write(run, f"Incomplete and to be replaced: {address}. It belongs to this activation and contains no data.")
    if not found.again and not found.replaceable:
        write(run, "Nothing was left behind: everything that exists is in the state.")


@transaction.atomic
def keep(run: Run, found: Found) -> None:
    """Write into a run's row what was found again, and that it was; nothing where another worker has its turn."""
    mine = Run.objects.filter(pk=run.pk, lease_epoch=run.lease_epoch)
    if not mine.update(found_again=found.to_json()):
        raise Faulted("run_moved_on")
    run.found_again = found.to_json()
    if found.again or found.replaceable:
        after = {
            "imports": [each.address for each in found.imports],
            "untainted": [each.address for each in found.untaint],
            "replaced": list(found.replaceable),
        }
        events.record_of_run(Kind.RUN_FOUND_AGAIN, run, after=after)


def look_at_region(
    run: Run,
    keys: AccessKeys,
    *,
    say: Callable[[str], None] = lambda text: None,
    before: Callable[[], None] = lambda: None,
    pauses: tuple[float, ...] = PAUSES,
) -> Found:
    """Compare an account with the newest state of a region and with what its package makes; raises as `find` does.

    What AWS is still making is waited for. `keys` are a session of the bootstrap role.
    """
    account = run.workspace.cloud_account
    values = region_packages.variables_for(run)
    named = {f"var.{name}": value for name, value in values.items() if isinstance(value, str)}
    recorded, tainted = recorded_ids(run.workspace)
    aws = session(keys, run.region, **host.way().of_sessions())
    return region_adoption.look(
        RegionInventory(aws, say=say, before=before, pauses=pauses),
        rows=rows_of(run.package.description["resources"], with_addons=values["install_addons"]),
        values={**named, "name": values["name"], "partition": account.partition},
        recorded=recorded,
        tainted=tainted,
        tag=run.activation.tag,
        account=account.account_id,
        partition=account.partition,
        say=say,
    )


def recorded_ids(workspace: Workspace) -> tuple[dict[str, str], frozenset[str]]:
    """Return the ids that the newest state holds, by address without instance keys, and the addresses that are half
    made; raises Faulted("cannot_open")."""
    content = run_keys.open_newest(workspace=workspace)
    if content is None:
        return {}, frozenset()
    state = read_state(content)
    held = attributes_of(content, state.addresses)
    ids = {configuration_address(address): str(each.get("id") or "") for address, each in held.items()}
    return ids, state.tainted


def look(
    workspace: Workspace,
    activation: Activation,
    keys: AccessKeys,
    *,
    say: Callable[[str], None] = lambda text: None,
    before: Callable[[], None] = lambda: None,
    pauses: tuple[float, ...] = PAUSES,
) -> Found:
    """Compare an account with the newest state and the plans that were begun; raises as `find` does, but for names."""
    account = workspace.cloud_account
    begun = (
        Plan.objects.filter(run__workspace=workspace, run__kind=Run.APPLY, run__apply_started_at__isnull=False)
        .select_related("run")
        .defer("sealed")
        .order_by("-run__apply_started_at")[:PLANS]
    )
    plans = list(begun)[::-1]
    wanted: dict[str, Wanted] = {}
    for plan in plans:
        review = PlanReview.from_json(plan.review)
        wanted |= wanted_of(review, account=account.account_id, partition=account.partition)
    package = activation.package
    assert package is not None
    recorded, tainted = recorded_things(workspace)
    return adoption.look(
        Inventory(session(keys, activation.region, **host.way().of_sessions()), say=say, before=before, pauses=pauses),
        wanted={address: each for address, each in wanted.items() if belongs(address, package.description)},
        recorded=recorded,
        tainted=tainted,
        addresses=package.description["addresses"],
        paths=package.description["paths"],
        owner=Owner(
            tag=account.tag,
            external_id=activation.organization.external_id or "",
            principal=principal_for(activation.control_plane),
            since=min((plan.run.apply_started_at for plan in plans if plan.run.apply_started_at), default=None),
        ),
        account=account.account_id,
        partition=account.partition,
    )


def belongs(address: str, description: dict[str, Any]) -> bool:
    """Return whether an address is one of the package's, so that it can be imported to."""
    return configuration_address(address) in description["addresses"]


def recorded_things(workspace: Workspace) -> tuple[frozenset[str], dict[str, Wanted]]:
    """Return the addresses of the newest state, and what it holds as half made; raises Faulted("cannot_open")."""
    content = run_keys.open_newest(workspace=workspace)
    if content is None:
        return frozenset(), {}
    state = read_state(content)
    half_made = {
        address: half
        for address, attributes in attributes_of(content, state.tainted).items()
        if (half := thing_of(address, attributes)) is not None
    }
    return state.addresses, half_made


def thing_of(address: str, attributes: Mapping[str, Any]) -> Wanted | None:
    """Return an IAM thing as the state has it; None for another kind, and for what the state has no name of.

    Of a half made thing many attributes are null; what the provider knows first is `id`: a policy's ARN, a role's name.
    """
    kind = configuration_address(address).split(".")[-2]
    role, policy = str(attributes.get("role") or ""), str(attributes.get("policy_arn") or "")
    if kind == ATTACHMENT:
        return Wanted(address, kind, role=role, policy_arn=policy) if role and policy else None
    arn = str(attributes.get("arn") or attributes.get("id") or "") if kind == POLICY else ""
    name = str(attributes.get("name") or "")
    if kind not in {ROLE, POLICY} or not name or (kind == POLICY and not arn):
        return None
    tags = attributes.get("tags_all") or attributes.get("tags") or {}
    return Wanted(address, kind, name=name, path=str(attributes.get("path") or "/"), tags=dict(tags), policy_arn=arn)


def imports_file(found: Found) -> dict[str, bytes]:
    """Return the files that let the plan take over what was found again; none where nothing was."""
    texts = {IMPORTS_FILE: import_blocks(found.imports), OVERRIDE_FILE: lifted(found)}
    return {name: text.encode() for name, text in texts.items() if text}


def adoptable_names(workspace: Workspace, activation: Activation, keys: AccessKeys) -> frozenset[str]:
    """Return the names of roles and policies that a retry is going to take over, for the checks before it.

    Where AWS could not be asked there is none: the run itself looks again, with more patience.
    """
    try:
        found = look(workspace, activation, keys, pauses=())
    except Problem:
        return frozenset()
    return frozenset(each.label for each in found.imports if each.type in {ROLE, POLICY})


@transaction.atomic
def write(run: Run, text: str, *, level: str = "") -> None:
    """Add a line to the log of a run of which no supervisor lives yet; nothing where another worker has its turn."""
    mine = Run.objects.filter(pk=run.pk, lease_epoch=run.lease_epoch, lines=run.lines)
    if mine.update(lines=run.lines + 1):
        run.lines += 1
        LogLine.objects.create(run=run, number=run.lines, at=timezone.now(), level=level, text=text)


def explained(problem: Problem) -> dict[str, Any]:
    """Return what a problem means, as it is stored with the run; only its code where its words say everything."""
    title = TITLES.get(problem.code)
    if title is None:
        return {"code": problem.code}
    return asdict(
        Explanation(
            code=problem.code,
            title=title,
            cause=problem.text,
            meaning="Terraform was not started: nothing was created or changed.",
            next_step=problem.next_step,
            action="recover",
            terminal=problem.code in {"recovery_stranger", "recovery_doubled"},
            matched_text="",
        )
    )
