"""Records: asked for by people, made by workers, kept for a day, handed out piece by piece."""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activation import dispatch
from activation.domain.chain import time_text
from activation.domain.errors import Faulted, Problem, Refused
from activation.domain.events import Kind
from activation.domain.record import verify
from activation.domain.record.manifest import ACTIVATION, PERIOD
from activation.domain.record.status import RecordStatus
from activation.models import Activation, Organization, Record, User
from activation.selectors import chains
from activation.selectors import record_contents as contents
from activation.services import checkpoints, events, members, record_facts, record_files, signing
from activation.services.events import Actor

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=24)
# Without a sign of progress for so long, the worker that made a record is taken for gone.
SILENT_FOR = timedelta(minutes=2)
# After so many in a row the record itself is taken for what stops them.
MOST_LOST = 3
# A message may be lost: what still waits after this is sent again.
WAITED_FOR = timedelta(seconds=30)
# Seconds between two notes of progress in the database.
PROGRESS_STEP = 0.5
PIECE = 1 << 18


class TakenOver(Exception):
    """Another worker makes this record now."""


@transaction.atomic
def request_of_activation(*, activation: Activation, by: User, actor: Actor) -> Record:
    """Ask for the record of an activation, from its first event to its last; raise Refused where it has none.

    Where the same is there, or is being made, that one is returned: the same request gives the same bytes.
    """
    checkpoints.add(activation.organization)
    found = contents.stretch_of_activation(activation)
    if found is None:
        raise Refused("record_empty")
    wanted = Record(
        organization=activation.organization,
        scope=ACTIVATION,
        activation=activation,
        first_sequence=found.first,
        last_sequence=found.last,
    )
    return ask(wanted, by=by, actor=actor)


@transaction.atomic
def request_of_period(*, organization: Organization, first_day: date, last_day: date, by: User, actor: Actor) -> Record:
    """Ask for the record of whole days in UTC, both included, up to the newest event; raise Refused where it is empty.

    What happens after this moment lies outside, the record's own download as well.
    """
    if last_day < first_day:
        raise Refused("record_days_reversed", field="last_day")
    checkpoints.add(organization)
    found = contents.stretch_of_period(organization, *contents.bounds(first_day, last_day))
    if found is None:
        raise Refused("record_empty", field="first_day")
    wanted = Record(
        organization=organization,
        scope=PERIOD,
        first_day=first_day,
        last_day=last_day,
        first_sequence=found.first,
        last_sequence=found.last,
        access=members.access_rows(organization),
    )
    return ask(wanted, by=by, actor=actor)


def ask(wanted: Record, *, by: User, actor: Actor) -> Record:
    """Store what is asked for and have it made, unless the same is at hand."""
    same = Record.objects.for_organization(wanted.organization).filter(
        scope=wanted.scope,
        activation=wanted.activation,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        first_sequence=wanted.first_sequence,
        last_sequence=wanted.last_sequence,
        status__in=[RecordStatus.WAITING, RecordStatus.MAKING, RecordStatus.READY],
    )
    if (known := same.order_by("-asked_at").first()) is not None and (known.is_under_way or path_of(known).exists()):
        return known
    wanted.asked_by, wanted.asked_by_name = by, actor.name[:120]
    wanted.facts = record_facts.keep(wanted)
    wanted.save(force_insert=True)
    after: dict[str, object] = {
        "scope": wanted.scope,
        "first_sequence": wanted.first_sequence,
        "last_sequence": wanted.last_sequence,
    }
    if wanted.scope == PERIOD:
        after |= {"first_day": str(wanted.first_day), "last_day": str(wanted.last_day)}
    record_event(Kind.RECORD_REQUESTED, wanted, actor, after)
    dispatch.make_record(wanted.pk)
    return wanted


@transaction.atomic
def request_again(*, record: Record, actor: Actor) -> None:
    """Have an expired or failed record made once more; raise Refused where it is there or under way."""
    lose_missing(record)
    if not Record.objects.move(record.pk, to=RecordStatus.WAITING, reason="", done=0, total=0, lost=0):
        raise Refused("record_under_way")
    record_event(Kind.RECORD_REQUESTED, record, actor, {"scope": record.scope})
    dispatch.make_record(record.pk)


def record_event(kind: Kind, record: Record, actor: Actor, after: dict[str, object]) -> None:
    """Record what happened to a record."""
    events.record(
        kind,
        actor=actor,
        organization=record.organization,
        activation_id=record.activation_id or "",
        object_type="record",
        object_id=record.pk,
        after=after,
    )


# --- by a worker


def make(record_id: str) -> None:
    """Make a record that waits; does nothing where another worker was first."""
    attempt = Record.objects.begin(record_id)
    if attempt is None:
        return
    record = Record.objects.select_related("organization").get(pk=record_id)
    draft = folder() / f".{record_id}.{attempt}"
    try:
        if not record.facts:
            keep_facts(record)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        progress = Progress(record, attempt)
        check_chain(record, progress)
        packed = record_files.write(record, draft, advance=progress)
        check_file(record, draft, progress)
        store(record, attempt, draft, [asdict(each) for each in packed])
    except TakenOver:
        log.info("Record %s is made by another worker now", record_id)
    except Problem as problem:
        fail(record, attempt, str(problem))
    except OSError as error:
        fail(record, attempt, f"Its file could not be written or read: {error.strerror or error}.")
        log.exception("Record %s could not be made", record_id)
    except BaseException:
        fail(record, attempt, "Something went wrong on this server; its log says what.")
        raise
    finally:
        draft.unlink(missing_ok=True)


@transaction.atomic
def keep_facts(record: Record) -> None:
    """Keep the facts of a record that an earlier version was asked for, which kept none: those of now, from now on."""
    checkpoints.lock(record.organization)
    record.refresh_from_db(fields=["facts"])
    record.facts = record.facts or record_facts.keep(record)
    record.save(update_fields=["facts"])


def check_chain(record: Record, advance: record_files.Advance) -> None:
    """Raise Faulted where the chain is broken anywhere: a signature of ours must not make a rewritten one seem true."""
    report = chains.verify(
        record.organization,
        public_keys=signing.public_keys(),
        outside=Path(settings.CHECKPOINT_FILE),
        advance=lambda: advance(0),
    )
    if report.problem is not None:
        raise Faulted("record_chain_broken", problem=str(report.problem))


def check_file(record: Record, draft: Path, advance: record_files.Advance) -> None:
    """Raise Faulted where what was written does not verify, as whoever takes it away will try."""
    source = WatchedArchive(draft, advance)
    verdict = verify.verify(source, fingerprint=signing.fingerprint(), organization=record.organization_id)
    if not verdict.holds:
        log.error("Record %s does not verify: %s", record.pk, verdict.text())
        raise Faulted("record_does_not_verify", problem=str(verdict.problems[0]))


class WatchedArchive(verify.Archive):
    """A record's .zip that tells how it is read, so that verifying a large one is not taken for standing still."""

    def __init__(self, path: Path, advance: record_files.Advance) -> None:
        super().__init__(path)
        self.advance = advance

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file piece by piece."""
        for piece in super().pieces(name):
            self.advance(0)
            yield piece


class Progress:
    """Notes in the database how far the making came, now and then."""

    def __init__(self, record: Record, attempt: int) -> None:
        self.record, self.attempt, self.done, self.noted = record, attempt, 0, 0.0
        span = record.last_sequence - record.first_sequence + 1
        # Events are written twice: as JSON and for spreadsheets.
        self.total = 2 * span + record_facts.log_lines(record)

    def __call__(self, rows: int) -> None:
        """Count rows that were written; raise TakenOver where this is not ours to make any more."""
        self.done += rows
        if time.monotonic() - self.noted < PROGRESS_STEP:
            return
        self.noted = time.monotonic()
        done = min(self.done, self.total)
        if not Record.objects.progress(self.record.pk, attempt=self.attempt, done=done, total=self.total):
            raise TakenOver


def store(record: Record, attempt: int, draft: Path, inside: list[dict[str, object]]) -> None:
    """Put the file in its place, and say that it is there."""
    sha256, size = hash_of(draft)
    place = path_of(record)
    os.replace(draft, place)
    now = timezone.now()
    moved = Record.objects.move(
        record.pk,
        to=RecordStatus.READY,
        attempt=attempt,
        sha256=sha256,
        size=size,
        contents=inside,
        first=record.first
        or {
            "made_at": time_text(now),
            "sha256": sha256,
            "files": {str(each["name"]): each["sha256"] for each in inside},
        },
        made_at=now,
        lost=0,
        expires_at=now + KEPT_FOR,
    )
    if not moved:
        place.unlink(missing_ok=True)
        raise TakenOver


def hash_of(path: Path) -> tuple[str, int]:
    """Return a file's SHA-256 in hex and its size in bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def fail(record: Record, attempt: int, reason: str) -> None:
    """Say why a record could not be made."""
    Record.objects.move(record.pk, to=RecordStatus.FAILED, attempt=attempt, reason=reason[:500])


# --- the file


def folder() -> Path:
    """Return where records lie, readable by this portal only."""
    place = Path(settings.DATA_DIR) / "records"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(record: Record) -> Path:
    """Return where a record's file is, or would be; each attempt writes its own."""
    return folder() / f"{record.pk}.{record.attempt}.zip"


@transaction.atomic
def download(*, record: Record, actor: Actor) -> Iterator[bytes]:
    """Return a record's file piece by piece, and record who took it; raise Refused where it is not there."""
    lose_missing(record)
    if not Record.objects.filter(pk=record.pk, status=RecordStatus.READY).exists():
        raise Refused("record_not_ready")
    # Opened before anything is answered: what expires meanwhile is still handed out whole.
    try:
        file = path_of(record).open("rb")
    except OSError as error:
        raise Faulted("record_not_ready") from error
    after: dict[str, object] = {"scope": record.scope, "sha256": record.sha256, "size": record.size}
    record_event(Kind.RECORD_DOWNLOADED, record, actor, after)

    def pieces() -> Iterator[bytes]:
        """Yield the file."""
        with file:
            while piece := file.read(PIECE):
                yield piece

    return pieces()


def lose_missing(record: Record) -> None:
    """Take a ready record for expired where its time is over or its file is gone."""
    if record.is_ready and ((record.expires_at or timezone.now()) <= timezone.now() or not path_of(record).exists()):
        expire(record)


def expire(record: Record) -> None:
    """Take a record's file away; it can be made again."""
    if Record.objects.move(record.pk, to=RecordStatus.EXPIRED):
        path_of(record).unlink(missing_ok=True)


def sweep() -> None:
    """Send lost messages again, take over from workers that are gone, take expired files away."""
    now = timezone.now()
    for record in Record.objects.filter(status=RecordStatus.READY, expires_at__lte=now):
        expire(record)
    for record in Record.objects.filter(status=RecordStatus.MAKING, changed_at__lt=now - SILENT_FOR):
        lost = record.lost + 1
        if lost >= MOST_LOST:
            fail(record, record.attempt, f"{lost} times in a row the worker that made it stopped without a word.")
        elif Record.objects.move(record.pk, to=RecordStatus.WAITING, attempt=record.attempt, lost=lost):
            dispatch.make_record(record.pk)
    for record in Record.objects.filter(status=RecordStatus.WAITING, changed_at__lt=now - WAITED_FOR):
        Record.objects.filter(pk=record.pk).update(changed_at=now)
        dispatch.make_record(record.pk)
    for path in folder().iterdir():
        # What a crash left behind; no row knows of it.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - 2 * KEPT_FOR).timestamp():
                path.unlink()
