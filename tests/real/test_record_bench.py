"""A record of a real run, and everything that somebody could do to it: each is named, none passes."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from activation.domain import canonical_json, dsse
from activation.domain.chain import event_hash
from activation.domain.events import Kind
from activation.domain.record import verify
from activation.domain.roles import Role
from activation.models import Activation, Record
from activation.services import events, records, signing
from activation.services.events import Actor
from tests import archives
from tests.factories import make_member, make_place
from tests.real.engine import Engine

Change = Callable[[Path], object]


@dataclass(frozen=True)
class Taken:
    """A record as it was taken away, and what its run must not have told."""

    archive: Path
    folder: Path
    foreign: Path
    secrets: tuple[str, ...]
    fingerprint: str


@pytest.fixture
def taken(engine: Engine, tmp_path: Path) -> Taken:
    """Run for real, take the record away, and one of another organization beside it."""
    engine.start_worker()
    activation = engine.activation()
    engine.applied(activation)
    keys = engine.keys()
    activation = Activation.objects.select_related("organization").get(pk=activation.pk)
    auditor = make_member(activation.organization, Role.AUDITOR)
    record = records.request_of_activation(activation=activation, by=auditor.user, actor=Actor.of(auditor))
    made(record)
    return Taken(
        archive=records.path_of(record),
        folder=unpacked(record, tmp_path / "record"),
        foreign=unpacked(record_of_somebody_else(), tmp_path / "foreign"),
        secrets=(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            activation.organization.external_id or "",
        ),
        fingerprint=signing.fingerprint(),
    )


def made(record: Record) -> Record:
    """Wait for a worker, or be one."""
    records.make(record.pk)
    ends = timezone.now() + timedelta(seconds=60)
    record.refresh_from_db()
    while record.is_under_way and timezone.now() < ends:
        time.sleep(0.1)
        record.refresh_from_db()
    assert record.is_ready, (record.status, record.reason)
    return record


def unpacked(record: Record, folder: Path) -> Path:
    """Unpack a record."""
    with zipfile.ZipFile(records.path_of(record)) as archive:
        archive.extractall(folder)
    return folder


def record_of_somebody_else() -> Record:
    """Return a record of another organization of the same installation, signed with the same key."""
    place = make_place("Somebody Else")
    auditor = place.members[Role.AUDITOR]
    actor = Actor.of(auditor)
    for _ in range(30):
        events.record(
            Kind.ACTIVATION_MOVED, actor=actor, organization=place.organization, activation_id=place.activation.pk
        )
    return made(records.request_of_activation(activation=place.activation, by=auditor.user, actor=actor))


def lines(folder: Path, name: str = "events.jsonl") -> list[bytes]:
    """Return the lines of a file."""
    return (folder / name).read_bytes().splitlines(keepends=True)


def with_lines(change: Callable[[list[bytes]], list[bytes]], name: str = "events.jsonl") -> Change:
    """Return a change of a file's lines."""
    return lambda folder: (folder / name).write_bytes(b"".join(change(lines(folder, name))))


def edited(line: bytes, **changes: Any) -> bytes:
    """Return an event with other contents, its hash made to fit."""
    event = {**json.loads(line), **changes}
    return canonical_json.encode({**event, "hash": event_hash(event)}) + b"\n"


def signed_anew(folder: Path, *, own_key: bool) -> None:
    """Do all that somebody can who has no key of ours: change an event, make everything fit, sign with another key."""
    key = Ed25519PrivateKey.generate()
    envelope = json.loads((folder / "manifest.json").read_bytes())
    manifest = json.loads(base64.b64decode(envelope["payload"]))
    chain, previous = [], None
    for line in lines(folder):
        event = json.loads(line)
        changes = {"actor_name": "Nobody"} if previous is None else {"prev_hash": previous}
        chain.append(edited(line, **changes))
        previous = json.loads(chain[-1])["hash"]
        assert event["sequence"] == json.loads(chain[-1])["sequence"]
    (folder / "events.jsonl").write_bytes(b"".join(chain))
    (folder / "checkpoints.jsonl").write_bytes(b"")
    (folder / "public_key.pem").write_bytes(pem(key))
    manifest["events"]["head_hash"] = previous
    manifest["checkpoints"] = {"count": 0}
    manifest["key_id"] = dsse.key_id(dsse.raw_public_key(key))
    for each in manifest["files"]:
        content = (folder / each["name"]).read_bytes()
        each["size"], each["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    if own_key:
        forged = dsse.sign(verify.RECORD_TYPE, canonical_json.encode(manifest), key)
        (folder / "manifest.json").write_bytes(canonical_json.encode(forged))


def pem(key: Ed25519PrivateKey) -> bytes:
    """Return a key's public half as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def envelope_with(**changes: Any) -> Change:
    """Return a change of the manifest's envelope."""

    def change(folder: Path) -> None:
        envelope = json.loads((folder / "manifest.json").read_bytes())
        for name, value in changes.items():
            if name in {"keyid", "sig"}:
                envelope["signatures"][0][name] = value(envelope["signatures"][0][name])
            else:
                envelope[name] = value(envelope[name])
        (folder / "manifest.json").write_bytes(canonical_json.encode(envelope))

    return change


def resigned_payload(text: str) -> str:
    """Return the same payload in another form: a space in it changes no meaning."""
    return base64.b64encode(base64.b64decode(text).replace(b'":', b'": ', 1)).decode()


def loose_bits(text: str) -> str:
    """Return base64 with the unused bits of its last character set: the same bytes to a lenient reader."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    assert body != text
    return body[:-1] + alphabet[alphabet.index(body[-1]) + 1] + text[len(body) :]


# What is done, and what the answer must say; {n5} is the number of the fifth event.
CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "an event edited": (
        with_lines(lambda rows: [*rows[:4], rows[4].replace(b'"kind":"', b'"kind":"x'), *rows[5:]]),
        ("events.jsonl: #{n5}: it was changed", "events.jsonl: it was changed"),
    ),
    "an event edited, its hash made to fit": (
        with_lines(lambda rows: [*rows[:4], edited(rows[4], reason="none"), *rows[5:]]),
        ("events.jsonl: #{n6}: it does not follow",),
    ),
    "the last event edited, its hash made to fit": (
        with_lines(lambda rows: [*rows[:-1], edited(rows[-1], reason="none")]),
        ("events.jsonl: #", "was signed over another event than this"),
    ),
    "an event taken out": (
        with_lines(lambda rows: [*rows[:4], *rows[5:]]),
        ("events.jsonl: #{n5}: it is missing: in its place stands #{n6}",),
    ),
    "an event doubled": (
        with_lines(lambda rows: [*rows[:5], rows[4], *rows[5:]]),
        ("events.jsonl: #{n6}: in its place stands #{n5}: an event was inserted",),
    ),
    "an event inserted": (
        with_lines(lambda rows: [*rows[:4], edited(rows[4], reason="never happened"), *rows[4:]]),
        ("events.jsonl: #{n6}: in its place stands #{n5}",),
    ),
    "two events exchanged": (
        with_lines(lambda rows: [*rows[:3], rows[4], rows[3], *rows[5:]]),
        ("events.jsonl: #{n4}: it is missing: in its place stands #{n5}",),
    ),
    "the end cut off": (
        with_lines(lambda rows: rows[:-2]),
        ("the events were cut off here",),
    ),
    "the end cut off within a line": (
        with_lines(lambda rows: [*rows[:-1], rows[-1][:-10]]),
        ("events.jsonl: #", "its last line has no end"),
    ),
    "all events taken out": (with_lines(lambda rows: []), ("events.jsonl: #{n1}: it is missing",)),
    "an event added at the end": (
        with_lines(
            lambda rows: [
                *rows,
                edited(
                    rows[-1],
                    sequence=json.loads(rows[-1])["sequence"] + 1,
                    prev_hash=json.loads(rows[-1])["hash"],
                ),
            ]
        ),
        ("it was added: the record ends before it",),
    ),
    "a checkpoint taken out": (
        with_lines(lambda rows: rows[:-1], "checkpoints.jsonl"),
        ("checkpoints.jsonl: it holds",),
    ),
    "a file taken out": (lambda folder: (folder / "events.csv").unlink(), ("events.csv: it was removed",)),
    "the manifest taken out": (
        lambda folder: (folder / "manifest.json").unlink(),
        ("manifest.json: it cannot be read",),
    ),
    "the key taken out": (lambda folder: (folder / "public_key.pem").unlink(), ("public_key.pem: it was removed",)),
    "a file added": (lambda folder: (folder / "extra.txt").write_text("x"), ("extra.txt: it was added",)),
    "a module put beside the verifier": (
        lambda folder: (folder / "argparse.py").write_text("print('Intact'); raise SystemExit(0)"),
        ("argparse.py: it was added",),
    ),
    "a folder of nothing added": (lambda folder: (folder / "APPROVED").mkdir(), ("APPROVED/: it was added",)),
    "a link instead of a file": (
        lambda folder: (
            shutil.move(folder / "README.txt", folder.parent),
            (folder / "README.txt").symlink_to("../README.txt"),
        ),
        ("README.txt: it was changed: it is a link",),
    ),
    "another name of the key": (envelope_with(keyid=lambda text: "0" * 64), ("manifest.json: it names the key 000",)),
    "the key's name in capitals": (envelope_with(keyid=str.upper), ("manifest.json: it names the key",)),
    "base64 with loose bits": (envelope_with(sig=loose_bits), ("not in its one form",)),
    "base64 over two lines": (envelope_with(payload=lambda text: f"{text[:76]}\n{text[76:]}"), ("not base64",)),
    "the payload in another form": (envelope_with(payload=resigned_payload), ("not in the one form that counts",)),
    "the envelope in another form": (
        lambda folder: (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b"\n"),
        ("manifest.json: its JSON is not in the one form",),
    ),
    "everything made to fit, with the old signature": (
        lambda folder: signed_anew(folder, own_key=False),
        ("manifest.json: it names the key",),
    ),
}


def said_by_both(record: Path, **more: str) -> str:
    """Return what our verifier says; `manage.py verify_record` must agree."""
    verdict = verify.verify(verify.source_of(record), **more)
    try:
        call_command("verify_record", str(record), **more, stdout=io.StringIO())
        agreed = verdict.holds
    except CommandError:
        agreed = not verdict.holds
    assert agreed
    return "" if verdict.holds else verdict.text()


def test_nothing_can_be_done_to_a_record_that_is_not_named(
    taken: Taken, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    step = 11 if pytestconfig.getoption("rounds") else 47
    assert said_by_both(taken.folder, fingerprint=taken.fingerprint) == ""
    assert verify.verify(verify.Archive(taken.archive), fingerprint=taken.fingerprint).holds
    no_secret_in(taken)

    work = tmp_path / "work"

    def after(change: Change, **more: str) -> str:
        """Return what is said of the record after a change."""
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(taken.folder, work)
        change(work)
        return said_by_both(work, **more)

    names = sorted(path.relative_to(taken.folder).as_posix() for path in taken.folder.rglob("*") if path.is_file())
    assert {"manifest.json", "verify.py", "summary.pdf", "summary.html", "events.csv", "README.txt"} <= set(names)
    assert any(name.endswith("/plan.txt") for name in names)
    assert any(name.endswith("/inventory.json") for name in names)
    for name in names:
        for at in places(name, (taken.folder / name).stat().st_size, step=step):
            said = after(flip(name, at, at % 8))
            assert name in said, f"bit {at % 8} of byte {at} of {name}: {said}"

    first = json.loads(lines(taken.folder)[0])["sequence"]
    numbers = {f"n{place}": first + place - 1 for place in range(1, 7)}
    for what, (change, expected) in CHANGES.items():
        said = after(change)
        for each in expected:
            assert each.format(**numbers) in said, f"{what}: {said}"
        # The record's own verifier, which stands among what was done.
        own = subprocess.run([sys.executable, work / "verify.py"], capture_output=True, text=True, check=False)
        assert (own.returncode, own.stdout.strip()) == (1, said), what

    # What other programs would read in it in another way.
    packed = tmp_path / "packed.zip"
    for what in archives.CHANGES:
        shutil.copy(taken.archive, packed)
        word = archives.change(packed, what)
        assert word in said_by_both(packed, fingerprint=taken.fingerprint), what

    # Another organization's, whole and in parts; both were signed with the same key.
    for name in ("events.jsonl", "manifest.json", "checkpoints.jsonl", "summary.pdf"):
        said = after(lambda folder, name=name: shutil.copy(taken.foreign / name, folder / name))
        assert said, name
    assert "of another organization" in after(
        lambda folder: shutil.copy(taken.foreign / "events.jsonl", folder / "events.jsonl")
    )
    own = json.loads(base64.b64decode(json.loads((taken.folder / "manifest.json").read_bytes())["payload"]))
    said = said_by_both(taken.foreign, organization=own["organization"]["id"])
    assert "it is a record of another organization" in said

    # Two files exchanged.
    def exchange(folder: Path) -> None:
        (folder / "events.csv").rename(folder / "x")
        (folder / "README.txt").rename(folder / "events.csv")
        (folder / "x").rename(folder / "README.txt")

    said = after(exchange)
    assert "events.csv: it was changed" in said
    assert "README.txt: it was changed" in said

    # Signed with another key throughout: intact in itself, but not by us.
    assert after(lambda folder: signed_anew(folder, own_key=True)) == ""
    said = after(lambda folder: signed_anew(folder, own_key=True), fingerprint=taken.fingerprint)
    assert "wrong key" in said


def places(name: str, size: int, *, step: int) -> list[int]:
    """Return which bytes of a file are changed: every `step`th of the manifest, all of the key, three of any other."""
    if not size:
        return []
    each = {"manifest.json": step, "public_key.pem": 1}.get(name, size)
    return sorted({*range(0, size, each), size // 2, size - 1})


def flip(name: str, at: int, bit: int) -> Change:
    """Return a change of one bit."""

    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[at] ^= 1 << bit
        (folder / name).write_bytes(content)

    return change


def no_secret_in(taken: Taken) -> None:
    """Look for every secret of the run in every file, however it could be written."""
    for secret in taken.secrets:
        assert secret
        raw = secret.encode()
        forms = {
            raw,
            raw[::-1],
            raw.hex().encode(),
            raw.hex().upper().encode(),
            quote(secret, safe="").encode(),
            json.dumps(secret)[1:-1].encode(),
            raw.decode().encode("utf-16-le"),
            raw.decode().encode("utf-16-be"),
        }
        for shift in range(3):
            # Base64 of something that holds it, whatever stands before it.
            for coded in (base64.b64encode, base64.urlsafe_b64encode):
                forms.add(coded(b"\0" * shift + raw)[4 if shift else 0 : -4])
        for path in taken.folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                if path.name == "manifest.json":
                    content += base64.b64decode(json.loads(content)["payload"])
                for form in forms:
                    assert form not in content, f"{path}: a secret of {len(secret)} characters"
