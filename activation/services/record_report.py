"""Write the report of a record: who, when, what was asked, planned, approved and created."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.chain import time_text
from activation.domain.control_plane import CONTROL_PLANE_LABELS
from activation.domain.events import LABELS, Kind, Outcome
from activation.domain.record.inventory import Item
from activation.domain.record.manifest import ACTIVATION, Span
from activation.domain.record.report import Block, Pairs, Report, Table, Text, moment
from activation.domain.steps import ACTIVATION_LABELS
from activation.models import Event, Record
from activation.selectors import record_contents as contents
from activation.selectors.activations import place_of
from activation.services import record_region_report, record_runs
from activation.services.record_facts import ActivationFacts, RecordFacts
from activation.services.record_packages import PackageFacts
from activation.services.record_region import TRUST_WORDS
from activation.services.record_runs import RunFacts

# More rows than these are for a spreadsheet, not for a report; the report says so where it stops.
LONGEST_TIMELINE = 500
HOW_TO_VERIFY = (
    "This report is one of the files of the record. manifest.json names each of them with its size and SHA-256 and is "
    "signed; verify.py, which lies beside it, checks all of that without a network; the portal's page of this record "
    "says how, with the fingerprint of the key and the organization's ID that it must be told."
)


def write(record: Record, facts: RecordFacts, *, span: Span, key_id: str, advance: Callable[[int], None]) -> Report:
    """Return the report of a record; `advance` is told of each run."""
    packages = {each.kept["sha256"]: each for each in facts.packages}
    report = Report(
        title="Activation record" if record.scope == ACTIVATION else "Record of a period",
        subtitle=subtitle(record, facts),
        foot=f"{facts.organization['name']} · events #{span.first_sequence} to #{span.last_sequence} · "
        f"signed by {key_id[:16]}…",
    )
    if record.scope == ACTIVATION:
        add_activation(report, facts, packages, span)
    else:
        add_period(report, record, facts, span)
    for each in facts.activations:
        if each.region is not None:
            record_region_report.add(report, each.region)
    for run in facts.runs:
        advance(0)
        add_run(report, run, packages[run.told["package_sha256"]])
    add_packages(report, facts.packages)
    add_trust_and_license(report, record, facts.activations)
    if record.scope == ACTIVATION:
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


def subtitle(record: Record, facts: RecordFacts) -> str:
    """Return what the record is of."""
    name = facts.organization["name"]
    if record.scope == ACTIVATION:
        return f"{name}: activation in {place_of(facts.activations[0].told['region'])}"
    return f"{name}: {record.first_day} to {record.last_day}, whole days in UTC"


def status_label(activation: Mapping[str, Any]) -> str:
    """Return an activation's status as people read it."""
    return ACTIVATION_LABELS[activation["status"]]


def add_activation(report: Report, facts: RecordFacts, packages: Mapping[str, PackageFacts], span: Span) -> None:
    """Say what one activation came to."""
    activation = facts.activations[0].told
    account = activation["cloud_account"]
    package = packages[activation["package_sha256"]].kept if activation["package_sha256"] else None
    report.add(
        "At a glance",
        Text(" ".join(story(activation, facts))),
        Pairs(
            [
                ("Organization", f"{facts.organization['name']} ({facts.organization['id']})"),
                ("Activation", activation["id"]),
                ("As of", moment(facts.at)),
                ("Status", status_label(activation)),
                ("Begun", f"{moment(activation['created_at'])} by {activation['created_by']}"),
                ("Cloud region", place_of(activation["region"])),
                ("AWS account", f"{account['account_id']} ({account['partition']})" if account else ""),
                ("Control plane", CONTROL_PLANE_LABELS[activation["control_plane"]]),
                ("Package", f"{package['name']} {package['version']}" if package else ""),
                ("Events", f"{span.matching:,} about this activation, among {span.count:,} of the organization"),
            ]
        ),
    )
    arns = account["arns"] if account else {}
    rows = [(each.label, arns.get(each.name, "")) for each in ARN_OUTPUTS] if arns else []
    sources = {"terraform": "from Terraform's outputs", "pasted": "pasted by a person"}
    source = sources.get(account["arns_source"], account["arns_source"]) if account else ""
    report.add(
        "The seven ARNs",
        Text(f"Stored {moment(account['arns_stored_at'])}, {source}." if rows else "None are stored yet."),
        *([Table(("What", "ARN"), rows, (0.3, 0.7), frozenset({1}))] if rows else []),
    )


def story(activation: Mapping[str, Any], facts: RecordFacts) -> Iterable[str]:
    """Yield the sentences that tell how it went."""
    yield f"{activation['created_by']} began this activation on {moment(activation['created_at'])}."
    for each in facts.runs:
        run, times = each.told, each.told["times"]
        yield f"{run['created_by']} started run {run['id']} on {moment(times['created_at'])}."
        if each.review is not None:
            yield f"The plan: {each.review.sentence(run['account'])}"
        if run["approved_by"]:
            yield f"{run['approved_by']} approved exactly that plan on {moment(times['approved_at'])}."
        if each.has_ended:
            yield f"The run ended on {moment(times['finished_at'])}: {each.status_label.lower()}."
            if each.inventory:
                yield f"{len(each.inventory)} resources of the package stood in the account then."
        else:
            yield f"The run had not ended by {moment(facts.at)}: {each.status_label.lower()}."


def add_period(report: Report, record: Record, facts: RecordFacts, span: Span) -> None:
    """Say what happened in a period."""
    activations = [each.told for each in facts.activations]
    report.add(
        "At a glance",
        Pairs(
            [
                ("Organization", f"{facts.organization['name']} ({facts.organization['id']})"),
                ("Period", f"{record.first_day} to {record.last_day}, whole days in UTC"),
                ("As of", moment(facts.at)),
                ("Events", f"{span.count:,}: #{span.first_sequence} to #{span.last_sequence}, without a gap"),
                ("Activations", f"{len(activations):,}"),
                ("Runs", f"{len(facts.runs):,}"),
            ]
        ),
    )
    report.add(
        "Activations",
        Table(
            ("Activation", "Region", "Begun", "By", "Status", "AWS account"),
            [
                (
                    each["id"],
                    each["region"],
                    moment(each["created_at"]),
                    each["created_by"],
                    status_label(each),
                    each["cloud_account"]["account_id"] if each["cloud_account"] else "",
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


def add_run(report: Report, facts: RunFacts, package: PackageFacts) -> None:
    """Say what was asked of a run, planned, approved and created."""
    run = facts.told
    report.add(
        f"Run {run['id']}",
        *([Text(facts.review.sentence(run["account"]))] if facts.review is not None else []),
        Pairs(run_pairs(facts, package)),
        *([Text(f"Why it ended so: {run['reason']}", "note")] if run["reason"] else []),
    )
    report.add("Asked", *asked(facts), level=2)
    report.add(
        "Checked before",
        Table(
            ("Check", "Result", "What was found"),
            [(each["title"], each["state"], each.get("detail", "")) for each in run["preflight"]],
            (0.35, 0.15, 0.5),
            empty="No check of the key before this run is recorded.",
        ),
        level=2,
    )
    add_plan(report, facts)
    report.add(
        "Created: what stood in the account after it",
        Table(
            ("Resource", "Kind", "ARN"),
            [inventory_row(each) for each in facts.inventory],
            (0.34, 0.14, 0.52),
            frozenset({0, 2}),
            "Its state could not be opened." if run["state"] else "No state was stored by this run.",
        ),
        level=2,
    )


def asked(facts: RunFacts) -> list[Block]:
    """Return the values that the package was given."""
    if facts.variables is None:
        return [Text(record_runs.NOT_KEPT)]
    rows = [(name, text_of(value)) for name, value in facts.variables.items()]
    rows += [(name, "a key, which is not kept") for name in facts.key_variables]
    return [Pairs(rows)] if rows else [Text("The package has no variables.")]


def text_of(value: Any) -> str:
    """Return a variable's value in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {each}" for name, each in sorted(value.items()))
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def run_pairs(facts: RunFacts, package: PackageFacts) -> list[tuple[str, str]]:
    """Return the facts of a run."""
    run, times, credential, state = facts.told, facts.told["times"], facts.told["credential"], facts.told["state"]
    key = ""
    if credential is not None:
        kind = "long-term key" if credential["is_long_term"] else "temporary key"
        destroyed = credential["destroyed_at"]
        gone = f"destroyed {moment(destroyed)}" if destroyed else "not destroyed yet"
        key = f"{kind} ending in {credential['last_four']} of {credential['principal_arn']}; {gone}"
    elif record_runs.is_of_region(run):
        key = "one-hour sessions of the bootstrap role, taken by this portal with the external ID; kept nowhere"
    approved = f"{moment(times['approved_at'])} by {run['approved_by']}" if run["approved_by"] else ""
    return [
        ("Status", facts.status_label),
        ("Started", f"{moment(times['created_at'])} by {run['created_by']}"),
        *([("Continues", run["continues"])] if run["continues"] else []),
        *([("Goes on from", run["goes_on_from"])] if run["goes_on_from"] and not run["continues"] else []),
        ("Planned", moment(times["planned_at"])),
        ("Approved", approved),
        ("Apply begun", moment(times["apply_started_at"])),
        ("Ended", moment(times["finished_at"])),
        ("AWS account and region", f"{run['account']}, {run['region']}"),
        ("Key", key),
        ("Terraform", run["terraform_version"]),
        ("Sandbox", run["sandbox"]),
        ("Package", f"{package.kept['name']} {package.kept['version']}, SHA-256 {package.kept['sha256']}"),
        ("Plan", f"SHA-256 {run['plan_sha256']}" if run["plan_sha256"] else "none"),
        ("State after it", f"serial {state['serial']}, SHA-256 {state['sha256']}" if state else ""),
        ("Log", record_runs.log_sentence(run["log"])),
    ]


def add_plan(report: Report, facts: RunFacts) -> None:
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
                (each["title"], "passed" if each["passed"] else "failed", each["detail"])
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
        kept = facts.kept
        kind = " (reference: policies written by this project)" if kept["is_reference"] else ""
        rows.append((f"{kept['name']} {kept['version']}", f"from {kept['source']}{kind}"))
        rows.append(("SHA-256 of its content", kept["sha256"]))
        rows.append(("SHA-256 of its archive", kept["archive_sha256"]))
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


def add_trust_and_license(report: Report, record: Record, activations: list[ActivationFacts]) -> None:
    """Say which license counted, and how the trust of the roles is known, or that it is not."""
    trust = [("Trust proof or lint", each.told["trust"]) for each in activations if each.region is not None]
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
        Text(
            f"As of {moment(time_text(record.asked_at))}, when this record was asked for. The same list is access.csv."
        ),
        *([Table(heading, rows, (0.18, 0.26, 0.1, 0.18, 0.14, 0.14))] if heading else []),
    )
