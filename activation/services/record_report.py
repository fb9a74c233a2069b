"""Write the report of a record: who, when, what was asked, planned, approved and created."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import CONTROL_PLANE_LABELS, ControlPlane
from activation.domain.events import LABELS, Kind, Outcome
from activation.domain.record.inventory import Item
from activation.domain.record.manifest import Span
from activation.domain.record.report import Block, Pairs, Report, Table, Text
from activation.models import Activation, Event, Record
from activation.selectors import record_contents as contents
from activation.selectors.activations import place_of
from activation.services import record_region_report
from activation.services.record_packages import PackageFacts
from activation.services.record_region import TRUST_WORDS, RegionFacts
from activation.services.record_runs import RunFacts

# More rows than these are for a spreadsheet, not for a report; the report says so where it stops.
LONGEST_TIMELINE = 500
HOW_TO_VERIFY = (
    "This report is one of the files of the record. manifest.json names each of them with its size and SHA-256 and is "
    "signed; verify.py, which lies beside it, checks all of that without a network; the portal's page of this record "
    "says how, with the fingerprint of the key and the organization's ID that it must be told."
)


def moment(value: datetime | None) -> str:
    """Return a time as the report writes it; nothing where there is none."""
    return f"{value.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H:%M:%S} UTC" if value else ""


def write(
    record: Record,
    *,
    span: Span,
    activations: list[Activation],
    runs: list[RunFacts],
    regions: list[RegionFacts],
    packages: list[PackageFacts],
    key_id: str,
    hide: Callable[[str], str],
) -> Report:
    """Return the report of a record; `hide` takes out of a text what its readers may not see."""
    organization = record.organization
    report = Report(
        title="Activation record" if record.activation is not None else "Record of a period",
        subtitle=subtitle(record),
        foot=f"{organization.name} · events #{span.first_sequence} to #{span.last_sequence} · signed by {key_id[:16]}…",
    )
    if record.activation is not None:
        add_activation(report, activations[0], runs, span)
    else:
        add_period(report, record, activations, runs, span)
    for region in regions:
        record_region_report.add(report, region, moment)
    for facts in runs:
        add_run(report, facts, hide)
    add_packages(report, packages)
    add_trust_and_license(report, record, regions)
    if record.activation is not None:
        add_timeline(report, record)
    else:
        add_access(report, record)
    report.add(
        "How to verify this record",
        Text(HOW_TO_VERIFY),
        Pairs(
            [
                ("Signed with key", key_id),
                ("First event", f"#{span.first_sequence}; before it: {span.previous_hash}"),
                ("Last event", f"#{span.last_sequence}: {span.head_hash}"),
                ("Events", f"{span.count:,}, all there are between the first and the last; {span.matching:,} match"),
            ]
        ),
    )
    return report


def subtitle(record: Record) -> str:
    """Return what the record is of."""
    if record.activation is not None:
        return f"{record.organization.name}: activation in {place_of(record.activation.region)}"
    return f"{record.organization.name}: {record.first_day} to {record.last_day}, whole days in UTC"


def add_activation(report: Report, activation: Activation, runs: list[RunFacts], span: Span) -> None:
    """Say what one activation came to."""
    account = activation.cloud_account
    package = activation.package
    report.add(
        "At a glance",
        Text(" ".join(story(activation, runs))),
        Pairs(
            [
                ("Organization", f"{activation.organization.name} ({activation.organization_id})"),
                ("Activation", activation.pk),
                ("Status", activation.status_label),
                ("Begun", f"{moment(activation.created_at)} by {activation.created_by_name}"),
                ("Cloud region", place_of(activation.region)),
                ("AWS account", f"{account.account_id} ({account.partition})" if account else ""),
                ("Control plane", CONTROL_PLANE_LABELS[ControlPlane(activation.control_plane)]),
                ("Package", f"{package.name} {package.version}" if package else ""),
                ("Events", f"{span.matching:,} about this activation, among {span.count:,} of the organization"),
            ]
        ),
    )
    rows = [(each.label, account.arns.get(each.name, "")) for each in ARN_OUTPUTS] if account and account.arns else []
    sources = {"terraform": "from Terraform's outputs", "pasted": "pasted by a person"}
    source = sources.get(account.arns_source, account.arns_source) if account else ""
    report.add(
        "The seven ARNs",
        Text(f"Stored {moment(account.arns_stored_at)}, {source}." if account and rows else "None are stored yet."),
        *([Table(("What", "ARN"), rows, (0.3, 0.7), frozenset({1}))] if rows else []),
    )


def story(activation: Activation, runs: list[RunFacts]) -> Iterable[str]:
    """Yield the sentences that tell how it went."""
    yield f"{activation.created_by_name} began this activation on {moment(activation.created_at)}."
    for facts in runs:
        run = facts.run
        yield f"{run.created_by_name} started run {run.pk} on {moment(run.created_at)}."
        if facts.review is not None:
            yield f"The plan: {facts.review.sentence(facts.account)}"
        if run.approved_by_name:
            yield f"{run.approved_by_name} approved exactly that plan on {moment(run.approved_at)}."
        if run.has_ended:
            yield f"The run ended on {moment(run.finished_at)}: {run.status_label.lower()}."
            if facts.inventory:
                yield f"{len(facts.inventory)} resources of the package stood in the account then."
        else:
            yield f"The run had not ended when this record was made: {run.status_label.lower()}."


def add_period(report: Report, record: Record, activations: list[Activation], runs: list[RunFacts], span: Span) -> None:
    """Say what happened in a period."""
    report.add(
        "At a glance",
        Pairs(
            [
                ("Organization", f"{record.organization.name} ({record.organization_id})"),
                ("Period", f"{record.first_day} to {record.last_day}, whole days in UTC"),
                ("Events", f"{span.count:,}: #{span.first_sequence} to #{span.last_sequence}, without a gap"),
                ("Activations", f"{len(activations):,}"),
                ("Runs", f"{len(runs):,}"),
            ]
        ),
    )
    report.add(
        "Activations",
        Table(
            ("Activation", "Region", "Begun", "By", "Status", "AWS account"),
            [
                (
                    each.pk,
                    each.region,
                    moment(each.created_at),
                    each.created_by_name,
                    each.status_label,
                    each.cloud_account.account_id if each.cloud_account else "",
                )
                for each in activations
            ],
            (0.24, 0.11, 0.2, 0.17, 0.13, 0.15),
            frozenset({0}),
            "None had an event in this period.",
        ),
    )
    report.add(
        "What happened, by kind",
        Table(
            ("Kind", "What", "Outcome", "Events"),
            [
                (kind, LABELS[Kind(kind)] if kind in LABELS else "", outcome, f"{number:,}")
                for kind, outcome, number in contents.counted_kinds(record)
            ],
            (0.34, 0.38, 0.14, 0.14),
            frozenset({0}),
        ),
    )
    report.add(
        "Who did something",
        Table(
            ("Name", "Role", "Events"),
            [(name, role, f"{number:,}") for name, role, number in contents.people(record)],
            (0.5, 0.3, 0.2),
        ),
    )


def add_run(report: Report, facts: RunFacts, hide: Callable[[str], str]) -> None:
    """Say what was asked of a run, planned, approved and created."""
    run = facts.run
    report.add(
        f"Run {run.pk}",
        *([Text(hide(facts.review.sentence(facts.account)))] if facts.review is not None else []),
        Pairs(run_pairs(facts)),
        *([Text(f"Why it ended so: {hide(run.reason)}", "note")] if run.reason else []),
    )
    report.add("Asked", *asked(facts), level=2)
    report.add(
        "Checked before",
        Table(
            ("Check", "Result", "What was found"),
            [(each["title"], each["state"], hide(each.get("detail", ""))) for each in facts.preflight],
            (0.35, 0.15, 0.5),
            empty="No check of the key before this run is recorded.",
        ),
        level=2,
    )
    add_plan(report, facts, hide)
    report.add(
        "Created: what stood in the account after it",
        Table(
            ("Resource", "Kind", "ARN"),
            [inventory_row(each) for each in facts.inventory],
            (0.34, 0.14, 0.52),
            frozenset({0, 2}),
            "Its state could not be opened." if facts.state else "No state was stored by this run.",
        ),
        level=2,
    )


def asked(facts: RunFacts) -> list[Block]:
    """Return the values that the package was given."""
    rows = [(name, text_of(value)) for name, value in facts.variables.items()]
    rows += [(name, "a key, which is not kept") for name in facts.key_variables]
    return [Pairs(rows)] if rows else [Text("Nothing is known of the package's variables.")]


def text_of(value: Any) -> str:
    """Return a variable's value in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {each}" for name, each in sorted(value.items()))
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def run_pairs(facts: RunFacts) -> list[tuple[str, str]]:
    """Return the facts of a run."""
    run, log = facts.run, facts.log
    credential = getattr(run, "credential", None)
    key = ""
    if credential is not None:
        kind = "long-term key" if credential.is_long_term else "temporary key"
        gone = f"destroyed {moment(credential.destroyed_at)}" if credential.destroyed_at else "not destroyed yet"
        key = f"{kind} ending in {credential.last_four} of {credential.principal_arn}; {gone}"
    elif run.is_of_region:
        key = "one-hour sessions of the bootstrap role, taken by this portal with the external ID; kept nowhere"
    return [
        ("Status", run.status_label),
        ("Started", f"{moment(run.created_at)} by {run.created_by_name}"),
        *([("Continues", run.continues_id)] if run.continues_id else []),
        *([("Goes on from", run.retry_of_id)] if run.retry_of_id and not run.continues_id else []),
        ("Planned", moment(run.planned_at)),
        ("Approved", f"{moment(run.approved_at)} by {run.approved_by_name}" if run.approved_by_name else ""),
        ("Apply begun", moment(run.apply_started_at)),
        ("Ended", moment(run.finished_at)),
        ("AWS account and region", f"{facts.account}, {run.region}"),
        ("Key", key),
        ("Terraform", run.terraform_version),
        ("Sandbox", run.sandbox),
        ("Package", f"{run.package.name} {run.package.version}, SHA-256 {run.package.sha256}"),
        ("Plan", f"SHA-256 {facts.plan_sha256}" if facts.plan_sha256 else "none"),
        ("State after it", f"serial {facts.state['serial']}, SHA-256 {facts.state['sha256']}" if facts.state else ""),
        ("Log", log["sentence"]),
    ]


def add_plan(report: Report, facts: RunFacts, hide: Callable[[str], str]) -> None:
    """Say what was planned, and what the safety check found."""
    if facts.review is None:
        report.add("Planned", Text("There is no plan of this run."), level=2)
        return
    passed = "passed" if facts.verdict.get("passed") else "refused the plan"
    report.add(
        "Planned",
        Table(
            ("Resource", "Kind", "What happens"),
            [
                (each.address, each.type_label, f"{each.action}, found again" if each.importing_id else each.action)
                for each in facts.review.changes
                if each.mode == "managed" and (each.action != "no-op" or each.importing_id)
            ],
            (0.5, 0.25, 0.25),
            frozenset({0}),
            "Nothing was to be changed.",
        ),
        Text(f"The safety check {passed}:"),
        Table(
            ("Rule", "Result", "What was found"),
            [
                (each["title"], "passed" if each["passed"] else "failed", hide(each["detail"]))
                for each in facts.verdict.get("checks", ())
            ],
            (0.35, 0.12, 0.53),
            empty="No rule is recorded.",
        ),
        level=2,
    )


def inventory_row(item: Item) -> tuple[str, str, str]:
    """Return one resource as a row."""
    return item.address, f"{item.type_label} (tainted)" if item.tainted else item.type_label, item.arn


def add_packages(report: Report, packages: list[PackageFacts]) -> None:
    """Say which packages Terraform ran."""
    rows: list[tuple[str, str]] = []
    for facts in packages:
        each = facts.package
        kind = " (reference: policies written by this project)" if each.is_reference else ""
        rows.append((f"{each.name} {each.version}", f"from {each.source}{kind}"))
        rows.append(("SHA-256 of its content", each.sha256))
        rows.append(("SHA-256 of its archive", each.archive_sha256))
        rows.append(("Locked providers", facts.providers_sentence))
    report.add(
        "Configuration packages",
        Text("Their files and the hashes of the providers they lock stand in packages/."),
        Pairs(rows),
    )


def license_words(record: Record) -> str:
    """Return which license the organization had by the record's last event, and whether it was verified."""
    event = contents.license_event(record)
    if event is None:
        return f"None was installed or reported by event #{record.last_sequence}."
    how = (
        "its signature was verified when it was installed"
        if event.kind == Kind.LICENSE_INSTALLED
        else "as reported by the organization, not verified"
    )
    granted = event.after
    return (
        f"{granted['license']}: {granted['cores']} cores, {granted['first_day']} to {granted['last_day']}; {how} "
        f"(event #{event.sequence})."
    )


def add_trust_and_license(report: Report, record: Record, regions: list[RegionFacts]) -> None:
    """Say which license counted, and how the trust of the roles is known, or that it is not."""
    trust = [("Trust proof or lint", each.trust_sentence) for each in regions]
    report.add(
        "Trust and license",
        Pairs([*(trust or [("Trust proof or lint", TRUST_WORDS[""])]), ("License", license_words(record))]),
        Text(
            "What the safety check found in the planned trust policies stands with each run; it was read from the "
            "plan, not from AWS."
        ),
    )


def add_timeline(report: Report, record: Record) -> None:
    """Tell every event of the activation, in order."""
    rows: list[tuple[str, str, str, str]] = []
    more = 0
    for event in contents.timeline(record):
        if len(rows) < LONGEST_TIMELINE:
            rows.append(timeline_row(event))
        else:
            more += 1
    report.add(
        "Timeline",
        Table(("#", "Time (UTC)", "Who", "What"), rows, (0.08, 0.23, 0.22, 0.47)),
        *([Text(f"{more:,} more events follow; all of them stand in events.csv and events.jsonl.")] if more else []),
    )


def timeline_row(event: Event) -> tuple[str, str, str, str]:
    """Return an event as a row."""
    outcome = "" if event.outcome == Outcome.DONE else f" ({event.outcome})"
    reason = f": {event.reason}" if event.reason else ""
    what = event.sentence_of_the_portal or event.sentence
    who = f"{event.actor_name} ({event.actor_role})" if event.actor_role else event.actor_name
    return str(event.sequence), f"{event.at:%Y-%m-%d %H:%M:%S.%f}", who, f"{what}{outcome}{reason}"


def add_access(report: Report, record: Record) -> None:
    """Say who had access when the record was asked for."""
    heading, *rows = record.access or [[]]
    report.add(
        "Who had access",
        Text(f"As of {moment(record.asked_at)}, when this record was asked for. The same list is access.csv."),
        *([Table(heading, rows, (0.18, 0.26, 0.1, 0.18, 0.14, 0.14))] if heading else []),
    )
