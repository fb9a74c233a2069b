"""Gather what a record tells of an activation's cloud region: steps 3 and 4, each statement with how it is known."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from activation.aws.quotas import RegionReport
from activation.domain import watch_reading
from activation.domain.chain import time_text
from activation.domain.checks import Report
from activation.domain.record.masking import hidden
from activation.domain.trust_proof import TrustProof
from activation.domain.watch import Memory
from activation.models import Activation, Handover, RegionSetup
from activation.services.record_runs import RunFacts

TRIED, READ = "tried", "read"
TRUST_WORDS = {
    TRIED: "Live proof: this portal tried to assume both roles, with the right external ID, without one and with a "
    "wrong one.",
    READ: "Lint: both trust policies were read with the customer's key. Nobody tried to assume the roles.",
    "": "Neither a live proof nor a lint of the roles has been done yet.",
}


@dataclass(frozen=True)
class RegionFacts:
    """What is known of a region; everything in `told` stands in region.json as it is."""

    activation: Activation
    told: Mapping[str, Any]
    trust: TrustProof
    room: RegionReport | None
    outside: Report | None
    reading: watch_reading.Reading | None

    @property
    def trust_method(self) -> str:
        """Return how the trust was found out: tried, read, or not at all."""
        return TRIED if self.trust.proofs else READ if self.trust.readings else ""

    @property
    def trust_sentence(self) -> str:
        """Return in words what was done about the trust, and how it ended."""
        words = TRUST_WORDS[self.trust_method]
        if not self.trust_method:
            return words
        return f"{words} {'Passed.' if self.trust.passed else f'Not passed: {self.trust.code}.'}"


def gather(activation: Activation, runs: list[RunFacts], hide: Callable[[str], str]) -> RegionFacts | None:
    """Return what a record says of an activation's region; None before step 3 was begun."""
    setup: RegionSetup | None = getattr(activation, "setup", None)
    handover: Handover | None = getattr(activation, "handover", None)
    mine = [each for each in runs if each.run.is_of_region and each.run.activation_id == activation.pk]
    if setup is None and handover is None and not mine:
        return None
    trust = TrustProof.from_json(hidden(setup.trust, hide)) if setup and setup.trust else TrustProof()
    room = RegionReport.from_json(hidden(setup.room, hide)) if setup and setup.room else None
    outside = Report.from_json(hidden(setup.outside, hide)) if setup and setup.outside else None
    reading = read_watch(activation, handover)
    facts = RegionFacts(activation, {}, trust, room, outside, reading)
    told = {
        "name": activation.resource_name,
        "region": activation.region,
        "control_plane": activation.control_plane,
        "status": activation.told_status,
        "building_since": told_time(activation.activating_since),
        "active_since": told_time(activation.activated_at),
        "reason": activation.reason,
        "network": network(setup) if setup else None,
        "trust": told_trust(facts, setup),
        "room": told_room(room, setup) if setup and room else None,
        "runs": [told_run(each) for each in mine],
        "outside": {"at": told_time(setup.outside_at), **outside.to_json()} if setup and outside else None,
        "handover": told_handover(handover, reading) if handover else None,
        "aftercare": told_aftercare(setup) if setup else {},
    }
    return RegionFacts(activation, hidden(told, hide), trust, room, outside, reading)


def told_time(value: datetime | None) -> str | None:
    """Return a time as events hold it; None where there is none."""
    return time_text(value) if value else None


def network(setup: RegionSetup) -> dict[str, Any]:
    """Return the network that was chosen, and what else stood in the account's region when that was looked at."""
    return {
        "vpc_cidr": setup.vpc_cidr,
        "netmask": setup.netmask,
        "chosen_by": setup.saved_by_name,
        "chosen_at": told_time(setup.saved_at),
        "others_in_the_account": setup.networks,
        "others_not_read_because": setup.networks_problem,
    }


def told_trust(facts: RegionFacts, setup: RegionSetup | None) -> dict[str, Any]:
    """Return how the trust was found out, and what was found of each role."""
    return {
        "method": facts.trust_method or None,
        "sentence": facts.trust_sentence,
        "passed": facts.trust.passed,
        "checked_at": told_time(setup.checked_at) if setup else None,
        "roles": [check.to_json() for check in facts.trust.checks],
    }


def told_room(room: RegionReport, setup: RegionSetup) -> dict[str, Any]:
    """Return how much room there was, each line with how it stood."""
    rooms = [{**asdict(each), "available": each.available, "state": each.state.value} for each in room.rooms]
    return {"checked_at": told_time(setup.checked_at), **room.to_json(), "rooms": rooms}


def told_run(facts: RunFacts) -> dict[str, Any]:
    """Return what a region's run came to; its plan, log and inventory stand in its own folder."""
    run = facts.run
    return {
        "id": run.pk,
        "status": run.status,
        "continues": run.continues_id,
        "goes_on_from": run.retry_of_id,
        "approved_by": run.approved_by_name,
        "approved_at": told_time(run.approved_at),
        "ended_at": told_time(run.finished_at),
        "plan_sha256": facts.plan_sha256,
        "state_serial": facts.state.get("serial"),
        "state_sha256": facts.state.get("sha256"),
        "lines_stored": facts.log["lines_stored"],
        "lines_emitted": facts.log["lines_emitted"],
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
        "watched_since": told_time(handover.started_at),
        "key_of": handover.principal_arn,
        "key_last_four": handover.last_four,
        "complete_at": told_time(handover.complete_at),
        "seen": seen,
        "confirmed_by": handover.confirmed_by_name,
        "confirmed_at": told_time(handover.confirmed_at),
    }
