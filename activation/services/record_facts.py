"""Keep what a record tells of rows that go on changing, as they were when it was asked for.

Everything else that a record is made of never changes: events up to its last number, log lines up to theirs, plans,
states and packages. A worker takes those from where they are, whenever it makes the record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from activation.domain.chain import optional_time_text, time_text
from activation.domain.record import masking
from activation.models import Activation, Organization, Record
from activation.selectors import record_contents as contents
from activation.services import record_packages, record_region, record_runs
from activation.services.record_packages import PackageFacts
from activation.services.record_runs import RunFacts


@dataclass(frozen=True)
class ActivationFacts:
    """Everything a record says of an activation: what activation.json and region.json have."""

    told: Mapping[str, Any]
    # None before step 3 was begun.
    region: Mapping[str, Any] | None


@dataclass(frozen=True)
class RecordFacts:
    """Everything a record says beside its events, as of the moment `at` (a time as events hold it)."""

    at: str
    organization: Mapping[str, str]
    activations: list[ActivationFacts]
    runs: list[RunFacts]
    packages: list[PackageFacts]


def keep(record: Record) -> dict[str, Any]:
    """Return what the rows that a record tells of say now, without the external ID and without keys.

    Call it under the lock of the chain in which the record's last number was taken: then both are of one moment. It is
    stored in the record's row, so what a later version adds is not in those of before.
    """
    organization = Organization.objects.get(pk=record.organization_id)
    hide = masking.hide(organization.external_id)
    activations, runs = contents.activations_of(record), contents.runs_of(record)
    packages = contents.packages_of(activations, runs)
    kept_runs = record_runs.keep_all(runs, hide)
    told_runs = [each["told"] for each in kept_runs]
    return {
        "at": time_text(timezone.now()),
        "organization": {"id": organization.pk, "name": organization.name},
        "activations": [keep_activation(each, told_runs, hide) for each in activations],
        "runs": kept_runs,
        "packages": [record_packages.keep(each) for each in packages],
    }


def read(record: Record, hide: Callable[[str], str], advance: Callable[[int], None]) -> RecordFacts:
    """Return what a record says, from what was kept in its row and from what never changes.

    `advance` is told of each run: plans and states are large, and many take long.
    """
    runs = []
    for each in record.facts["runs"]:
        advance(0)
        runs.append(record_runs.read(each, hide))
    return RecordFacts(
        at=record.facts["at"],
        organization=record.facts["organization"],
        activations=[ActivationFacts(**each) for each in record.facts["activations"]],
        runs=runs,
        packages=[record_packages.read(each) for each in record.facts["packages"]],
    )


def log_lines(record: Record) -> int:
    """Return how many lines the logs in a record have."""
    return sum(each["told"]["log"]["lines_stored"] for each in record.facts["runs"])


def keep_activation(
    activation: Activation, runs: list[Mapping[str, Any]], hide: Callable[[str], str]
) -> dict[str, Any]:
    """Return what the rows of an activation and of its region say now."""
    region = record_region.keep(activation, runs, hide)
    account = activation.cloud_account
    told = {
        "id": activation.pk,
        "region": activation.region,
        "status": activation.status,
        "control_plane": activation.control_plane,
        "created_at": time_text(activation.created_at),
        "created_by": hide(activation.created_by_name),
        "prerequisites_ticked": activation.ticked,
        "package_sha256": activation.package.sha256 if activation.package else None,
        "cloud_account": account
        and {
            "account_id": account.account_id,
            "partition": account.partition,
            "arns": {name: hide(arn) for name, arn in account.arns.items()},
            "arns_source": account.arns_source,
            "arns_stored_at": optional_time_text(account.arns_stored_at),
        },
        "trust": region["trust"]["sentence"] if region is not None else record_region.TRUST_WORDS[""],
    }
    return {"told": told, "region": region}
