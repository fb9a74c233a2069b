"""Write the part of a record's report that tells of a cloud region: network, trust, room, building, what was seen."""

from collections.abc import Iterable, Mapping
from typing import Any

from activation.domain.checks import Check
from activation.domain.control_plane import ControlPlane
from activation.domain.record.report import Block, Pairs, Report, Table, Text, moment

CHECKS = ("Check", "Result", "What was found")
CHECK_WIDTHS = (0.34, 0.14, 0.52)
WATCHED = (
    "What the watch saw, with a read-only key. Zilliz Cloud built it: this portal has no plan and no state of "
    "it, and “active” is what an owner saw on the console's License page."
)
NOT_CONNECTED = "Built by this portal's own package; it is not connected to Zilliz Cloud."


def add(report: Report, region: Mapping[str, Any]) -> None:
    """Add what is known of a region, from what region.json has."""
    is_own = region["control_plane"] == ControlPlane.SELF
    trust, room, outside = region["trust"], region["room"], region["outside"]
    report.add(
        f"Cloud region {region['region']}",
        Text(NOT_CONNECTED if is_own else WATCHED),
        Pairs(
            [
                ("Status", region["status"]),
                ("Name prefix", region["name"] if is_own else ""),
                ("Building since", moment(region["building_since"])),
                ("Active since", moment(region["active_since"])),
                ("Trust proof or lint", trust["sentence"]),
            ]
        ),
        *([Text(f"Reason: {region['reason']}", "note")] if region["reason"] else []),
    )
    if region["network"] is not None:
        add_network(report, region["network"])
    add_checks(report, "Trust of the two roles", trust["roles"], trust["sentence"])
    checks = room["checks"] if room else ()
    add_checks(
        report, "Room in the region", checks, "Quotas, zones, instance types and roles before anything was built."
    )
    if region["runs"]:
        add_runs(report, region["runs"])
    if outside is not None:
        seen = f"Read from AWS on {moment(outside['at'])}, not from the state."
        add_checks(report, "Seen from outside after the apply", outside["checks"], seen)
    if region["handover"]:
        add_handover(report, region["handover"])
    if region["aftercare"]:
        add_aftercare(report, region["aftercare"])


def add_network(report: Report, network: Mapping[str, Any]) -> None:
    """Say which network was chosen, and what else was there."""
    others = network["others_in_the_account"]
    mask = f"/{network['netmask']}" if network["netmask"] else ""
    blocks: list[Block] = [
        Pairs(
            [
                ("Network", network["vpc_cidr"] or f"{mask} (the console chooses the addresses)" if mask else ""),
                ("Chosen", f"{moment(network['chosen_at'])} by {network['chosen_by']}" if network["chosen_at"] else ""),
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


def add_checks(report: Report, title: str, checks: Iterable[Mapping[str, Any]], words: str) -> None:
    """Add a table of checks, each with its single findings below it."""
    rows = []
    for check in map(Check.from_json, checks):
        rows.append((check.title, check.state_label.lower(), check.detail))
        rows += [("", "", item) for item in check.items]
    empty = "Not checked yet."
    report.add(title, Text(words), Table(CHECKS, rows, CHECK_WIDTHS, empty=empty), level=2)


def add_runs(report: Report, runs: Iterable[Mapping[str, Any]]) -> None:
    """Say which runs built it, under whose approval, and with which state each ended."""
    rows = []
    for run in runs:
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


def add_handover(report: Report, handover: Mapping[str, Any]) -> None:
    """Say what was handed over, what appeared when, and who said that it is active."""
    key = f"{handover['key_of']}, ending in {handover['key_last_four']}" if handover["key_of"] else ""
    confirmed = f"{moment(handover['confirmed_at'])} by {handover['confirmed_by']}" if handover["confirmed_at"] else ""
    report.add(
        "Handed over to Zilliz Cloud, and watched",
        Pairs(
            [
                ("Values ticked off", ", ".join(handover["ticked"])),
                ("Watched since", moment(handover["watched_since"])),
                ("With the key of", key),
                ("All documented resources found", moment(handover["complete_at"]) or "not seen"),
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
                    "; ".join(f"{one['name'] or one['identity']} {moment(one['first_seen'])}" for one in each["seen"]),
                )
                for each in handover["seen"]
            ],
            (0.22, 0.1, 0.14, 0.54),
            frozenset({3}),
            "Nobody watched.",
        ),
        level=2,
    )


def add_aftercare(report: Report, aftercare: Mapping[str, Mapping[str, Any]]) -> None:
    """Say what was done once the region was active."""
    rows = [
        (task.replace("_", " ").capitalize(), entry.get("state", ""), moment(entry.get("at")), entry.get("by", ""))
        for task, entry in sorted(aftercare.items())
    ]
    report.add(
        "After the activation", Table(("What", "State", "Looked at", "By"), rows, (0.3, 0.2, 0.25, 0.25)), level=2
    )
