"""Sign how far each chain of events went, in the database and in a file outside of it; verify the chains."""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activation.domain import canonical_json, checkpoint, dsse
from activation.domain.chain import time_text
from activation.models import ChainStatus, Checkpoint, Event, EventCounter, Organization
from activation.models.events import chain_name
from activation.selectors import chains
from activation.services import signing

log = logging.getLogger(__name__)


@transaction.atomic
def add(organization: Organization | None) -> Checkpoint | None:
    """Sign the chain as it is now; None where nothing was added since the last time.

    Nothing is signed either where there is no key to sign with, or where the events do not follow from what was signed
    last. That must not keep a run from ending: it is logged, and the verification names what is wrong.
    """
    lock(organization)
    name = chain_name(organization.pk if organization else None)
    newest = Event.objects.filter(organization=organization).order_by("-sequence").first()
    before = Checkpoint.objects.filter(chain=name).order_by("-number").first()
    if newest is None or (before and before.last_sequence >= newest.sequence):
        return None
    try:
        key, public_keys = signing.signing_key(), signing.public_keys()
    except (OSError, signing.SigningKeyUnusable) as error:
        log.error("No checkpoint of %s was signed: %s", name, error)
        return None
    problem = chains.problem_behind(before, organization, upto=newest.sequence, public_keys=public_keys)
    if problem:
        log.error("No checkpoint of %s was signed: %s", name, problem)
        return None
    at = max(timezone.now(), newest.at, *([before.at] if before else []))
    envelope, own_hash = checkpoint.make(
        chain=name,
        previous=payload_of(before) if before else None,
        last_sequence=newest.sequence,
        head_hash=newest.hash,
        at=time_text(at),
        key=key,
    )
    row = Checkpoint.objects.create(
        chain=name,
        number=before.number + 1 if before else 1,
        last_sequence=newest.sequence,
        at=at,
        hash=own_hash,
        envelope=envelope,
    )
    # After the commit: what was rolled back must not stand in a file from which nothing is ever taken.
    transaction.on_commit(lambda: append_outside([envelope]), robust=True)
    return row


def lock(organization: Organization | None) -> None:
    """Take the lock of a chain, as a writer of events does."""
    if organization is not None:
        Organization.objects.select_for_update().get(pk=organization.pk)
    else:
        EventCounter.objects.get_or_create(pk=1)
        EventCounter.objects.select_for_update().get(pk=1)


def payload_of(row: Checkpoint) -> dict[str, Any]:
    """Return what a stored checkpoint says; whether it is authentic is for the verification to find out."""
    payload: dict[str, Any] = json.loads(dsse.strict_base64(row.envelope["payload"]))
    return payload


def append_outside(envelopes: Iterable[dict[str, Any]]) -> None:
    """Add lines to the file outside of the database, and wait until the disk has them."""
    lines = b"".join(canonical_json.encode(envelope) + b"\n" for envelope in envelopes)
    path = Path(settings.CHECKPOINT_FILE)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file).st_size
        # The machine may have gone down in the middle of a line.
        if size and os.pread(file, 1, size - 1) != b"\n":
            lines = b"\n" + lines
        os.write(file, lines)
        os.fsync(file)
    finally:
        os.close(file)


def organizations() -> Iterator[Organization | None]:
    """Return whose chains there are: every organization's, and the installation's, which is nobody's."""
    yield from Organization.objects.order_by("pk").iterator()
    yield None


def verify_everywhere() -> bool:
    """Verify every chain, keep what came of it for the Events page, and sign those that are whole; return if all are.

    In this order: what was rewritten must be named before the portal itself puts its signature under it.
    """
    # All of them, also behind a broken one.
    broken = 0
    for organization in organizations():
        if verify_and_keep(organization):
            add(organization)
        else:
            broken += 1
    return not broken


def verify_for_page(organization_id: str) -> None:
    """Verify an organization's chain; where none is named, verify and sign all chains."""
    if organization_id:
        verify_and_keep(Organization.objects.get(pk=organization_id))
    else:
        verify_everywhere()


def verify_and_keep(organization: Organization | None) -> bool:
    """Verify one chain and keep what came of it; return whether it is whole."""
    report = chains.verify(organization, public_keys=signing.public_keys(), outside=Path(settings.CHECKPOINT_FILE))
    problem = report.problem
    ChainStatus.objects.update_or_create(
        chain=report.chain,
        defaults={
            "verified_at": timezone.now(),
            "last_sequence": report.last_sequence,
            "problem_sequence": problem.sequence if problem else None,
            "problem": problem.why[:500] if problem else "",
            "lacking": " ".join(report.lacking)[:500],
        },
    )
    for each in report.lacking:
        log.warning("The chain of events %s: %s", report.chain, each)
    if problem:
        log.error("The chain of events %s is broken at %s", report.chain, problem)
    else:
        copy_outside(report.chain, report.not_outside)
    return problem is None


def copy_outside(chain: str, numbers: list[int]) -> None:
    """Add lines that the file outside lacks: the disk was full, or another host signed them. They were remarked."""
    for start in range(0, len(numbers), chains.CHUNK):
        rows = Checkpoint.objects.filter(chain=chain, number__in=numbers[start : start + chains.CHUNK])
        append_outside(rows.order_by("number").values_list("envelope", flat=True))
