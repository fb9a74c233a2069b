"""Check a key before a run, show each line as it comes, and start the run when nothing stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache

from activation.aws.identity import Identity, who_am_i
from activation.aws.names import BUNDLED, PackageNeeds
from activation.aws.preflight import preflight, titles, unidentified
from activation.domain.checks import Check, CheckState, Report
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem
from activation.domain.events import Kind, Outcome
from activation.domain.plan import PlanReview
from activation.domain.run_status import RunStatus
from activation.domain.sealing import CannotOpen
from activation.domain.state import iam_names
from activation.models import Activation, CloudAccount, Credential, Member, PackageVersion, Run, Workspace
from activation.selectors.packages import inputs_of
from activation.selectors.run_reviews import check_rows
from activation.services import activations, endings, events, host, recovery, run_keys, runs
from activation.services.packages import BOUNDARY_ADDRESS, GUIDE_PATH, GUIDE_PREFIX, demand_fitting_key, settle

# Seconds for which the lines of an attempt can be polled; they hold no secret.
KEPT_SECONDS = 300
# What hangs on the names of what is created.
BY_NAME = frozenset({"permissions", "names", "quotas"})


@dataclass(frozen=True)
class Attempt:
    """What became of a key: the run it started, or the report that says what stands in the way."""

    report: Report
    run: Run | None = None


def start(
    activation: Activation,
    *,
    keys: AccessKeys,
    attempt: str,
    retry_of: Run | None,
    by: Member,
    actor: events.Actor,
    inputs: dict[str, Any] | None = None,
) -> Attempt:
    """Check a key and, when nothing stands in the way, start the run with it and the values the package asks for.

    Raises Refused where the package takes no such key, and where the account is another organization's, or is being
    activated already.
    """
    # Before anything is asked of AWS or written: what is refused must leave nothing behind.
    demand_fitting_key(settle(activation), keys)
    who = identity(activation, keys)
    report = Report(tuple(remembered(activation, keys, who, key=cache_key(by, attempt))))
    failed = [check.code for check in report.failed]
    events.record(
        Kind.PREFLIGHT_DONE,
        actor=actor,
        organization=activation.organization,
        outcome=Outcome.FAILED if failed else Outcome.DONE,
        reason=", ".join(failed),
        activation_id=activation.pk,
        object_type="activation",
        object_id=activation.pk,
        after={"account": who.account_id, "principal": who.arn} if isinstance(who, Identity) else {},
    )
    if report.blocking or isinstance(who, Problem):
        return Attempt(report)
    # Only now: a key that was refused must not tie its account to this organization.
    account = activations.claim_account(
        activation.organization, account_id=who.account_id, partition=who.partition, by=actor
    )
    activations.prove_account(account, by=actor)
    run = runs.start_iam_run(
        activation,
        account=account,
        keys=keys,
        principal_arn=who.arn,
        by=by,
        actor=actor,
        retry_of=retry_of,
        preflight=report.to_json(),
        inputs=inputs,
    )
    return Attempt(report, run)


def renew(run: Run, *, keys: AccessKeys, actor: events.Actor) -> None:
    """Take the key of a run again; raises Refused and Faulted where AWS does not know it or it is another's."""
    who = who_am_i(keys, run.region, **host.way().of_sessions())
    runs.renew_credential(run, keys, account_id=who.account_id, principal_arn=who.arn, actor=actor)


def identity(activation: Activation, keys: AccessKeys) -> Identity | Problem:
    """Return whose key it is; where AWS does not say, why, which the report then tells."""
    try:
        return who_am_i(keys, activation.region, **host.way().of_sessions())
    except Problem as problem:
        return problem


def remembered(activation: Activation, keys: AccessKeys, who: Identity | Problem, *, key: str) -> Iterator[Check]:
    """Make the checks one by one, each of them readable by the page as soon as it is done."""
    # The account may become known meanwhile, which would ask for one check more.
    told: dict[str, Any] = {"titles": titles_of(activation), "checks": []}
    for check in checks(activation, keys, who):
        told["checks"].append(check.to_json())
        cache.set(key, told, KEPT_SECONDS)
        yield check


def titles_of(activation: Activation) -> list[str]:
    """Return what is going to be checked, in order."""
    account = activation.cloud_account
    return [title for _, title in titles(account.account_id if account else None)]


def checks(
    activation: Activation, keys: AccessKeys, who: Identity | Problem, needs: PackageNeeds | None = None
) -> Iterator[Check]:
    """Make the checks of what a package needs in an activation's account: by its plan where `needs` is given."""
    assert activation.package is not None
    account = activation.cloud_account
    expected = account.account_id if account else None
    if isinstance(who, Problem):
        # Not asked a second time: it might answer now, and the rest would not know whose names are taken.
        return unidentified(who, expected)
    return preflight(
        keys,
        region=activation.region,
        **host.way().of_sessions(),
        expected_account=expected,
        package=needs or needs_of(activation.package),
        external_id=activation.organization.external_id or "",
        known_names=known_names(activation, who),
        adoptable_names=adoptable_names(activation, keys, who),
        own_activations=[CloudAccount(organization=activation.organization, account_id=who.account_id).tag],
    )


def look_again(run_id: str) -> None:
    """Check the names that a plan tells, and the rights and the room for them, where that was left open before.

    Doing it twice changes nothing; once the plan is approved, discarded or its key gone there is nothing to do.
    """
    run = Run.objects.select_related("activation__organization", "activation__cloud_account", "package").get(pk=run_id)
    report = Report.from_json(run.preflight) if run.preflight else Report(())
    names, plan = report.find("names"), endings.review_of(run)
    credential = Credential.objects.select_related("run").filter(run=run, sealed__isnull=False).first()
    if names is None or names.state is not CheckState.NOT_CHECKED or plan is None or credential is None:
        return
    try:
        keys = run_keys.open_keys(credential)
    except CannotOpen:
        # The apply will say so.
        return
    who = identity(run.activation, keys)
    found = {check.code: check for check in checks(run.activation, keys, who, planned_needs(run.package, plan))}
    again = Report(tuple(found.get(check.code, check) if check.code in BY_NAME else check for check in report.checks))
    Run.objects.filter(pk=run.pk, status=RunStatus.PLANNED).update(preflight=again.to_json())


def planned_needs(package: PackageVersion, plan: PlanReview) -> PackageNeeds:
    """Return what a package creates by the names that its plan tells, and what it calls for that."""
    created = [change for change in plan.changes if change.action == "create"]
    boundary = next((str(each.after.get("name")) for each in created if each.address == BOUNDARY_ADDRESS), "")
    named = PackageNeeds.of_resources(((each.type, each.after) for each in created), boundary=boundary)
    return replace(needs_of(package), objects=named.objects, boundary=named.boundary)


def needs_of(package: PackageVersion) -> PackageNeeds:
    """Return what a package creates and calls, as far as it is known before a plan."""
    described = package.description
    actions = described["caller_actions"].get("create", ()) or BUNDLED.actions
    long_term = inputs_of(package).needs_long_term_key
    follows_guide = described["paths"] == [GUIDE_PATH] and described["name_prefixes"] == [GUIDE_PREFIX]
    if follows_guide:
        return replace(BUNDLED, actions=tuple(actions), long_term_key_only=long_term)
    return PackageNeeds((), actions=tuple(actions), boundary=described["boundary"], long_term_key_only=long_term)


def known_names(activation: Activation, who: Identity) -> frozenset[str]:
    """Return the roles and policies that the account's state holds already."""
    try:
        content = run_keys.open_newest(
            workspace__kind=Workspace.IAM,
            workspace__cloud_account__account_id=who.account_id,
            workspace__cloud_account__organization=activation.organization,
        )
        return iam_names(content) if content else frozenset()
    except Faulted:
        # The run will say so; the check then takes the names for taken, which is the safe side.
        return frozenset()


def adoptable_names(activation: Activation, keys: AccessKeys, who: Identity) -> frozenset[str]:
    """Return the names of what a run that was cut off made, and the next one takes over."""
    workspace = Workspace.objects.filter(
        kind=Workspace.IAM,
        cloud_account__account_id=who.account_id,
        cloud_account__organization=activation.organization,
    ).first()
    if workspace is None or recovery.cut_off(workspace) is None:
        return frozenset()
    return recovery.adoptable_names(workspace, activation, keys)


def cache_key(member: Member, attempt: str) -> str:
    """Return where the lines of a person's attempt are kept."""
    return f"preflight:{member.user_id}:{attempt}"


def lines(activation: Activation, *, attempt: str, member: Member) -> list[dict[str, Any]]:
    """Return all lines of an attempt: those that are done, the one in hand, those still to come."""
    told = cache.get(cache_key(member, attempt)) or {"titles": titles_of(activation), "checks": []}
    done = [Check.from_json(each) for each in told["checks"]]
    waiting: list[dict[str, Any]] = [
        {"title": title, "state": "waiting" if place else "working"}
        for place, title in enumerate(told["titles"][len(done) :])
    ]
    return [*check_rows(done), *waiting]


def failed_words(report: Report) -> str:
    """Return the title of a report that stands in the way."""
    count = len(report.failed)
    return f"This key will not do: {count} check{'' if count == 1 else 's'} failed"
