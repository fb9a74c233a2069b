"""Tell of an activation's cloud region: steps 3 and 4, each statement with how it is known."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from activation.aws.quotas import RegionReport
from activation.domain import watch_reading
from activation.domain.chain import optional_time_text
from activation.domain.checks import Report
from activation.domain.record.masking import hidden
from activation.domain.trust_proof import TrustProof
from activation.domain.watch import Memory
from activation.models import Activation, Handover, RegionSetup
from activation.services.record_runs import is_of_region

TRIED, READ = "tried", "read"
TRUST_WORDS = {
    TRIED: "Live proof: this portal tried to assume both roles, with the right external ID, without one and with a "
    "wrong one.",
    READ: "Lint: both trust policies were read with the customer's key. Nobody tried to assume the roles.",
    "": "Neither a live proof nor a lint of the roles has been done yet.",
}


def keep(activation: Activation, runs: list[Mapping[str, Any]], hide: Callable[[str], str]) -> dict[str, Any] | None:
    """Return an activation's region as region.json has it, as its rows are now; None before step 3 was begun.

    `runs` are the record's runs as run.json has them.
    """
    setup: RegionSetup | None = getattr(activation, "setup", None)
    handover: Handover | None = getattr(activation, "handover", None)
    mine = [each for each in runs if is_of_region(each) and each["activation"] == activation.pk]
    if setup is None and handover is None and not mine:
        return None
    room = RegionReport.from_json(hidden(setup.room, hide)) if setup and setup.room else None
    outside = Report.from_json(hidden(setup.outside, hide)) if setup and setup.outside else None
    told = {
        "name": activation.resource_name,
        "region": activation.region,
        "control_plane": activation.control_plane,
        "status": activation.told_status,
        "building_since": optional_time_text(activation.activating_since),
        "active_since": optional_time_text(activation.activated_at),
        "reason": activation.reason,
        "network": network(setup) if setup else None,
        "trust": told_trust(setup, hide),
        "room": told_room(room, setup) if setup and room else None,
        "runs": [told_run(each) for each in mine],
        "outside": {"at": optional_time_text(setup.outside_at), **outside.to_json()} if setup and outside else None,
        "handover": told_handover(handover, read_watch(activation, handover)) if handover else None,
        "aftercare": told_aftercare(setup) if setup else {},
    }
    masked: dict[str, Any] = hidden(told, hide)
    return masked


def network(setup: RegionSetup) -> dict[str, Any]:
    """Return the network that was chosen, and what else stood in the account's region when that was looked at."""
    return {
        "vpc_cidr": setup.vpc_cidr,
        "netmask": setup.netmask,
        "chosen_by": setup.saved_by_name,
        "chosen_at": optional_time_text(setup.saved_at),
        "others_in_the_account": setup.networks,
        "others_not_read_because": setup.networks_problem,
    }


def told_trust(setup: RegionSetup | None, hide: Callable[[str], str]) -> dict[str, Any]:
    """Return how the trust was found out (tried, read, or not at all), and what was found of each role."""
    trust = TrustProof.from_json(hidden(setup.trust, hide)) if setup and setup.trust else TrustProof()
    method = TRIED if trust.proofs else READ if trust.readings else ""
    ended = f" {'Passed.' if trust.passed else f'Not passed: {trust.code}.'}" if method else ""
    return {
        "method": method or None,
        "sentence": f"{TRUST_WORDS[method]}{ended}",
        "passed": trust.passed,
        "checked_at": optional_time_text(setup.checked_at) if setup else None,
        "roles": [check.to_json() for check in trust.checks],
    }


def told_room(room: RegionReport, setup: RegionSetup) -> dict[str, Any]:
    """Return how much room there was: the quotas in numbers, and all that was looked at line by line."""
    rooms = [{**asdict(each), "available": each.available, "state": each.state.value} for each in room.rooms]
    return {
        "checked_at": optional_time_text(setup.checked_at),
        "rooms": rooms,
        "zones": list(room.zones),
        "checks": [check.to_json() for check in room.checks],
    }


def told_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a region's run came to; its plan, log and inventory stand in its own folder."""
    return {
        "id": run["id"],
        "status": run["status"],
        "continues": run["continues"],
        "goes_on_from": run["goes_on_from"],
        "approved_by": run["approved_by"],
        "approved_at": run["times"]["approved_at"],
        "ended_at": run["times"]["finished_at"],
        "plan_sha256": run["plan_sha256"],
        "state_serial": run["state"].get("serial"),
        "state_sha256": run["state"].get("sha256"),
        "lines_stored": run["log"]["lines_stored"],
        "lines_emitted": run["log"]["lines_emitted"],
    }


def told_aftercare(setup: RegionSetup) -> dict[str, Any]:
    """Return what was done after the activation; of a key no more than its last characters."""
    names = ("state", "says", "key", "at", "by")
    return {
        task: {name: entry[name] for name in names if name in entry} for task, entry in sorted(setup.aftercare.items())
    }


def read_watch(activation: Activation, handover: Handover | None) -> watch_reading.Reading | None:
    """Return what a watch has seen; None where nobody watched."""
    if handover is None or not handover.seen:
        return None
    began = activation.activating_since or activation.created_at
    return watch_reading.read(Memory.from_json(handover.seen), handed_over=began)


def told_handover(handover: Handover, reading: watch_reading.Reading | None) -> dict[str, Any]:
    """Return what was handed over, what the watch saw of it and when first, and who confirmed it.

    Of the key only whose it was and its last characters; the sealed key is in no record.
    """
    seen = [
        {
            "documented": finding.wanted.title,
            "needed": finding.wanted.needed,
            "progress": finding.progress.value,
            "seen": [
                {"identity": each.item.identity, "name": each.item.name, "first_seen": each.first}
                for each in finding.here
            ],
        }
        for finding in (reading.findings if reading else ())
    ]
    return {
        "ticked": handover.ticked,
        "watched_since": optional_time_text(handover.started_at),
        "key_of": handover.principal_arn,
        "key_last_four": handover.last_four,
        "complete_at": optional_time_text(handover.complete_at),
        "seen": seen,
        "confirmed_by": handover.confirmed_by_name,
        "confirmed_at": optional_time_text(handover.confirmed_at),
    }
