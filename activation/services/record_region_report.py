"""Write the part of a record's report that tells of a cloud region: network, trust, room, building, what was seen."""

from collections.abc import Callable
from datetime import datetime

from activation.domain.checks import Check
from activation.domain.record.report import Block, Pairs, Report, Table, Text
from activation.services.record_region import RegionFacts

CHECKS = ("Check", "Result", "What was found")
CHECK_WIDTHS = (0.34, 0.14, 0.52)
WATCHED = (
    "What the watch saw, with a read-only key. Zilliz Cloud built it: this portal has no plan and no state of "
    "it, and “active” is what an owner saw on the console's License page."
)
NOT_CONNECTED = "Built by this portal's own package; it is not connected to Zilliz Cloud."


def add(report: Report, facts: RegionFacts, moment: Callable[[datetime | None], str]) -> None:
    """Add what is known of a region; `moment` writes a time as the report does."""
    told, activation = facts.told, facts.activation
    report.add(
        f"Cloud region {activation.region}",
        Text(NOT_CONNECTED if activation.control_plane == "self" else WATCHED),
        Pairs(
            [
                ("Status", told["status"]),
                ("Name prefix", told["name"] if activation.control_plane == "self" else ""),
                ("Building since", moment(activation.activating_since)),
                ("Active since", moment(activation.activated_at)),
                ("Trust proof or lint", facts.trust_sentence),
            ]
        ),
        *([Text(f"Reason: {told['reason']}", "note")] if told["reason"] else []),
    )
    add_network(report, facts)
    add_checks(report, "Trust of the two roles", facts.trust.checks, facts.trust_sentence)
    room = facts.room.checks if facts.room else ()
    add_checks(report, "Room in the region", room, "Quotas, zones, instance types and roles before anything was built.")
    if told["runs"]:
        add_runs(report, facts)
    if facts.outside is not None:
        at = told["outside"]["at"]
        seen = f"Read from AWS on {shown(at)}, not from the state."
        add_checks(report, "Seen from outside after the apply", facts.outside.checks, seen)
    if told["handover"]:
        add_handover(report, facts)
    if told["aftercare"]:
        add_aftercare(report, facts)


def shown(told: str | None) -> str:
    """Return a time of region.json as the report writes it; nothing where there is none."""
    return f"{told[:10]} {told[11:19]} UTC" if told else ""


def add_network(report: Report, facts: RegionFacts) -> None:
    """Say which network was chosen, and what else was there."""
    network = facts.told["network"]
    if network is None:
        return
    others = network["others_in_the_account"]
    mask = f"/{network['netmask']}" if network["netmask"] else ""
    blocks: list[Block] = [
        Pairs(
            [
                ("Network", network["vpc_cidr"] or f"{mask} (the console chooses the addresses)" if mask else ""),
                ("Chosen", f"{shown(network['chosen_at'])} by {network['chosen_by']}" if network["chosen_at"] else ""),
                (
                    "Other networks in the account",
                    ", ".join(str(each["cidr"]) for each in others)
                    if others
                    else network["others_not_read_because"] or ("none" if others is not None else "not looked at"),
                ),
            ]
        )
    ]
    report.add("Network chosen", *blocks, level=2)


def add_checks(report: Report, title: str, checks: tuple[Check, ...], words: str) -> None:
    """Add a table of checks, each with its single findings below it."""
    rows = []
    for check in checks:
        rows.append((check.title, check.state_label.lower(), check.detail))
        rows += [("", "", item) for item in check.items]
    empty = "Not checked yet."
    report.add(title, Text(words), Table(CHECKS, rows, CHECK_WIDTHS, empty=empty), level=2)


def add_runs(report: Report, facts: RegionFacts) -> None:
    """Say which runs built it, under whose approval, and with which state each ended."""
    rows = []
    for run in facts.told["runs"]:
        onward = f" (continues {run['continues']})" if run["continues"] else ""
        state = f"serial {run['state_serial']}, SHA-256 {run['state_sha256']}" if run["state_sha256"] else "none"
        rows.append((f"{run['id']}{onward}", run["status"], run["approved_by"], run["plan_sha256"] or "none", state))
    report.add(
        "Runs that built it",
        Text("A continuation goes on under the approval of the run before it; each run is told in full below."),
        Table(
            ("Run", "Status", "Approved by", "Plan, SHA-256", "State after it"),
            rows,
            (0.24, 0.11, 0.13, 0.24, 0.28),
            frozenset({0, 3, 4}),
        ),
        level=2,
    )


def add_handover(report: Report, facts: RegionFacts) -> None:
    """Say what was handed over, what appeared when, and who said that it is active."""
    handover = facts.told["handover"]
    key = f"{handover['key_of']}, ending in {handover['key_last_four']}" if handover["key_of"] else ""
    confirmed = f"{shown(handover['confirmed_at'])} by {handover['confirmed_by']}" if handover["confirmed_at"] else ""
    report.add(
        "Handed over to Zilliz Cloud, and watched",
        Pairs(
            [
                ("Values ticked off", ", ".join(handover["ticked"])),
                ("Watched since", shown(handover["watched_since"])),
                ("With the key of", key),
                ("All documented resources found", shown(handover["complete_at"]) or "not seen"),
                ("Confirmed as active", confirmed),
            ]
        ),
        Table(
            ("Documented", "Needed", "How far", "Seen, and when first"),
            [
                (
                    each["documented"],
                    str(each["needed"]),
                    each["progress"].replace("_", " "),
                    "; ".join(f"{one['name'] or one['identity']} {shown(one['first_seen'])}" for one in each["seen"]),
                )
                for each in handover["seen"]
            ],
            (0.22, 0.1, 0.14, 0.54),
            frozenset({3}),
            "Nobody watched.",
        ),
        level=2,
    )


def add_aftercare(report: Report, facts: RegionFacts) -> None:
    """Say what was done once the region was active."""
    rows = [
        (task.replace("_", " ").capitalize(), entry.get("state", ""), shown(entry.get("at")), entry.get("by", ""))
        for task, entry in facts.told["aftercare"].items()
    ]
    report.add(
        "After the activation", Table(("What", "State", "Looked at", "By"), rows, (0.3, 0.2, 0.25, 0.25)), level=2
    )
