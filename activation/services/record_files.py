"""Write the files of a record into its .zip, a piece at a time, and sign what was written."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils import timezone

from activation.domain import canonical_json
from activation.domain.chain import MEMBERS, Walk, time_text
from activation.domain.errors import Faulted
from activation.domain.plan import PlanReview
from activation.domain.record import csv_cells, manifest, masking, verify
from activation.domain.record.manifest import ACTIVATION, Packed, Span
from activation.domain.record.plan_text import plan_text
from activation.domain.record.readme import readme
from activation.domain.tfvars import assignment
from activation.models import Record
from activation.selectors import record_contents as contents
from activation.services import record_facts, record_html, record_report, record_runs, signing
from activation.services.record_facts import RecordFacts
from activation.services.record_runs import RunFacts

# No zip can hold an earlier time; the files' own times stand in the manifest.
NO_TIME = (1980, 1, 1, 0, 0, 0)
# Bytes handed to the archive at once, and lines of a log joined for it.
LINES_AT_ONCE = 500

Advance = Callable[[int], None]


class Writer:
    """A .zip that is being written; it remembers size and SHA-256 of every file in it."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.packed: list[Packed] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file from its pieces."""
        entry = zipfile.ZipInfo(name, NO_TIME)
        entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
        size, digest = 0, hashlib.sha256()
        # Of what is streamed the size is not known before; beyond 2 GiB a .zip needs its larger form.
        with self.zip.open(entry, "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece)
                size += len(piece)
                digest.update(piece)
        self.packed.append(Packed(name, size, digest.hexdigest()))

    def add_json(self, name: str, value: Any) -> None:
        """Write a file of JSON that people can read."""
        self.add(name, [(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()])


def write(record: Record, path: Path, *, advance: Advance) -> list[Packed]:
    """Write a record's .zip; return what is in it. `advance` is told how many rows were written since the last time.

    It is told of nothing, too, wherever something took a while: who says nothing for long is taken for gone.

    Raises Faulted where the chain of events is broken: such a record would prove nothing, and must not seem to.
    """
    # Its library is a tenth of what every process of the portal would load, and one of them writes records.
    from activation.services import record_pdf

    hide = masking.hide(record.organization.external_id)
    facts = record_facts.read(record, hide, advance)
    writer = Writer(path)
    with writer.zip:
        writer.add("README.txt", [readme(about(record, facts))])
        writer.add("verify.py", [Path(verify.__file__).read_bytes()])
        span = add_events(writer, record, advance)
        checkpoints = add_checkpoints(writer, record)
        for activation in facts.activations:
            folder = f"activations/{activation.told['id']}"
            told = {**activation.told, "license": record_report.license_words(record)}
            writer.add_json(f"{folder}/activation.json", masking.hidden(told, hide))
            if activation.region is not None:
                writer.add_json(f"{folder}/region.json", activation.region)
        for run in facts.runs:
            add_run(writer, run, hide, advance)
        for package in facts.packages:
            writer.add_json(f"packages/{package.kept['sha256']}/package.json", package.told)
        if record.access:
            writer.add("access.csv", csv_cells.encode(record.access))
        report = record_report.write(record, facts, span=span, key_id=signing.fingerprint(), advance=advance)
        writer.add("summary.html", [record_html.write(report, advance)])
        writer.add("summary.pdf", [record_pdf.write(report, advance)])
        packed = list(writer.packed)
        envelope = manifest.signed(
            scope=record.scope,
            organization=facts.organization,
            asked=asked(record),
            events=span,
            checkpoints=checkpoints,
            files=packed,
            made_at=time_text(timezone.now()),
            key=signing.signing_key(),
        )
        writer.add(verify.MANIFEST, [envelope])
    return writer.packed


def about(record: Record, facts: RecordFacts) -> str:
    """Return in a sentence what the record is of."""
    organization = f"{facts.organization['name']} ({facts.organization['id']})"
    if record.scope == ACTIVATION:
        told = facts.activations[0].told
        return f"This is the record of activation {told['id']} ({told['region']}) of {organization}."
    return f"This is the record of {organization} from {record.first_day} to {record.last_day}, whole days in UTC."


def asked(record: Record) -> dict[str, str]:
    """Return the record's filter as the manifest has it."""
    if record.activation_id is not None:
        return {"activation": record.activation_id}
    return {"from": str(record.first_day), "to": str(record.last_day)}


def add_events(writer: Writer, record: Record, advance: Advance) -> Span:
    """Write the events twice, as JSON and for spreadsheets; return from where to where they go."""
    ends: dict[str, str] = {}

    def lines() -> Iterator[bytes]:
        """Yield the events, and make sure of the chain while they go by."""
        walk, batch = None, []
        for event in contents.events_of(record):
            walk = walk or Walk(event["chain"], after=event["sequence"] - 1, prev_hash=event["prev_hash"])
            ends.setdefault("previous", event["prev_hash"])
            if problem := walk.step(event):
                raise Faulted("record_chain_broken", problem=str(problem))
            batch.append(canonical_json.encode(event) + b"\n")
            if len(batch) >= LINES_AT_ONCE:
                yield b"".join(batch)
                advance(len(batch))
                batch = []
        if walk is None or walk.sequence != record.last_sequence:
            at = walk.sequence + 1 if walk else record.first_sequence
            raise Faulted("record_chain_broken", problem=f"#{at}: it is not there")
        ends["head"] = walk.hash
        yield b"".join(batch)
        advance(len(batch))

    def rows() -> Iterator[list[str]]:
        """Yield the heading and the events as rows."""
        yield list(MEMBERS)
        for number, event in enumerate(contents.events_of(record), 1):
            yield csv_cells.row_of(event)
            if number % LINES_AT_ONCE == 0:
                advance(LINES_AT_ONCE)

    writer.add(verify.EVENTS, lines())
    writer.add("events.csv", csv_cells.encode(rows()))
    return Span(
        chain=record.organization_id,
        first_sequence=record.first_sequence,
        last_sequence=record.last_sequence,
        matching=contents.matching(record),
        previous_hash=ends["previous"],
        head_hash=ends["head"],
    )


def add_checkpoints(writer: Writer, record: Record) -> int:
    """Write the checkpoints and the public keys that they and the manifest were signed with; return how many."""
    envelopes = contents.checkpoints_of(record)
    writer.add(verify.CHECKPOINTS, [canonical_json.encode(each) + b"\n" for each in envelopes])
    known, own = signing.public_keys(), signing.fingerprint()
    writer.add(verify.PUBLIC_KEY, [signing.public_key_pem().encode()])
    for key_id in sorted({each["signatures"][0]["keyid"] for each in envelopes} - {own}):
        if key_id not in known:
            raise Faulted("record_key_unknown", key=key_id)
        writer.add(f"{verify.RETIRED_KEYS}{key_id}.pem", [pem(known[key_id])])
    return len(envelopes)


def pem(public_key: bytes) -> bytes:
    """Return a raw public key as PEM."""
    return Ed25519PublicKey.from_public_bytes(public_key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def add_run(writer: Writer, facts: RunFacts, hide: Callable[[str], str], advance: Advance) -> None:
    """Write the files of one run."""
    folder = f"runs/{facts.pk}"
    writer.add_json(f"{folder}/run.json", masking.hidden(facts.told, hide))
    writer.add(f"{folder}/log.txt", log_pieces(facts, hide, advance))
    writer.add(f"{folder}/terraform.tfvars", [tfvars(facts)])
    if facts.review is not None:
        writer.add_json(f"{folder}/plan.json", described_plan(facts, facts.review))
        account, sha256 = facts.told["account"], facts.told["plan_sha256"]
        text = plan_text(facts.review, facts.verdict, account=account, sha256=sha256)
        writer.add(f"{folder}/plan.txt", [text.encode()])
    if facts.told["state"]:
        resources = [each.to_json() for each in facts.inventory]
        writer.add_json(f"{folder}/inventory.json", {"state": facts.told["state"], "resources": resources})


def described_plan(facts: RunFacts, review: PlanReview) -> dict[str, Any]:
    """Return a plan as its file has it."""
    return {
        "sha256": facts.told["plan_sha256"],
        "from_state_serial": facts.plan_from_serial,
        "sentence": review.sentence(facts.told["account"]),
        "review": review.to_json(),
        "safety_check": facts.verdict,
    }


def tfvars(facts: RunFacts) -> bytes:
    """Return what was asked as a tfvars file; of keys only the names."""
    if facts.variables is None:
        return f"# {record_runs.NOT_KEPT}\n".encode()
    lines = [assignment(name, value) for name, value in facts.variables.items()]
    lines += [f"# {name}: a key, which is not kept" for name in facts.key_variables]
    return "".join(f"{line}\n" for line in lines).encode()


def log_pieces(facts: RunFacts, hide: Callable[[str], str], advance: Advance) -> Iterator[bytes]:
    """Yield a run's log: number, time, text; one line for each that is stored."""
    batch: list[str] = []
    for line in contents.log_of(facts.pk, upto=facts.last_line):
        text = hide(line.text).replace("\r", "\\r").replace("\n", "\\n")
        batch.append(f"{line.number:>6} {time_text(line.at)} {text}\n")
        if len(batch) >= LINES_AT_ONCE:
            yield "".join(batch).encode("utf-8", "backslashreplace")
            advance(len(batch))
            batch = []
    yield "".join(batch).encode("utf-8", "backslashreplace")
    advance(len(batch))
