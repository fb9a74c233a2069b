#!/usr/bin/env python3
"""Verify an activation record: that it is whole, unchanged since it was signed, and by whose key.

    python verify.py [FOLDER or FILE.zip] [--fingerprint F] [--organization ID]

Without a folder it verifies the one in which it stands. It exits with 0 only when everything holds, with 1 where
something does not, which it names: the file, and in the events the sequence number. It needs Python 3.9 or newer and
the package `cryptography`; it asks no network and writes nothing.

It cannot vouch for itself: compare its SHA-256 with the one on the portal's Records page, or verify with a copy of it
that did not come with the record.

This one file goes into every record, so it uses nothing of the portal: canonical JSON, DSSE envelopes, the chain of
events and its checkpoints are written here a second time, from their descriptions. The portal verifies with it too.
"""

import sys

if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    # Python looks for every module beside the script first, and that is a folder of whoever sent the record: a file
    # argparse.py in it would run in place of Python's own. So nothing may be imported before this.
    del sys.path[0]

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from json import JSONEncoder
from pathlib import Path
from typing import IO, Any, Iterator  # noqa: UP035 (Python 3.9)

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # pragma: no cover
    sys.exit("verify.py needs the package cryptography:  python -m pip install cryptography")

RECORD_TYPE = "application/vnd.byoc-portal.record+json"
CHECKPOINT_TYPE = "application/vnd.byoc-portal.checkpoint+json"
FORMAT = 1
MANIFEST, PUBLIC_KEY = "manifest.json", "public_key.pem"
EVENTS, CHECKPOINTS = "events.jsonl", "checkpoints.jsonl"
RETIRED_KEYS = "keys/"
# A manifest names each file of a record; one of this size would name a million.
LARGEST_MANIFEST = 256 * 1024 * 1024

MANIFEST_MEMBERS = {
    "format",
    "scope",
    "organization",
    "filter",
    "events",
    "checkpoints",
    "files",
    "generator",
    "made_at",
    "time_zone",
    "key_id",
}
EVENTS_MEMBERS = {"chain", "first_sequence", "last_sequence", "count", "matching", "previous_hash", "head_hash"}
EVENT_MEMBERS = {
    "format",
    "chain",
    "sequence",
    "at",
    "kind",
    "outcome",
    "reason",
    "actor_id",
    "actor_name",
    "actor_role",
    "signed_in_by",
    "address",
    "request_id",
    "activation_id",
    "run_id",
    "object_type",
    "object_id",
    "before",
    "after",
    "prev_hash",
    "hash",
}
CHECKPOINT_MEMBERS = {
    "format",
    "chain",
    "number",
    "first_sequence",
    "last_sequence",
    "count",
    "head_hash",
    "previous_hash",
    "at",
    "key_id",
}


class Wrong(Exception):
    """Something in the record does not hold; the message is a sentence without its end."""


def printable(text: str) -> str:
    """Return a text in one line that a terminal shows as it is: no name in a record may clear or color the screen."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold: in which file, why, and at which event where it is one."""

    file: str
    why: str
    sequence: "int | None" = None

    def __str__(self) -> str:
        place = f"{self.file}: #{self.sequence}" if self.sequence is not None else self.file
        return printable(f"{place}: {self.why}")


@dataclass
class Verdict:
    """What came of verifying one record."""

    problems: list[Problem] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)
    key_id: str = ""
    events: int = 0
    checkpoints: int = 0
    author_established: bool = False

    @property
    def holds(self) -> bool:
        """Return whether everything holds."""
        return not self.problems

    def add(self, file: str, why: str, sequence: "int | None" = None) -> None:
        """Add a problem."""
        self.problems.append(Problem(file, why, sequence))

    def text(self) -> str:
        """Return the verdict as people read it."""
        lines = []
        if self.manifest:
            what, events = self.manifest["filter"], self.manifest["events"]
            scope = ", ".join(f"{name} {what[name]}" for name in sorted(what))
            lines.append(f"Record of {self.manifest['organization']['name']}: {self.manifest['scope']}, {scope}")
            lines.append(
                f"  {len(self.manifest['files'])} files, events #{events['first_sequence']} to "
                f"#{events['last_sequence']}, signed at {self.manifest['made_at']}"
            )
        if self.problems:
            lines.append(f"NOT INTACT: {len(self.problems)} thing(s) do not hold.")
            lines += [f"  {problem}" for problem in self.problems]
        elif self.author_established:
            lines.append(f"Intact, and signed by the key that you named: {self.key_id}")
        else:
            lines.append(f"Intact under key {self.key_id}; author not established.")
            lines.append("  Get the key's fingerprint from the portal itself and name it: --fingerprint F")
        return "\n".join(printable(line) for line in lines)


# --- where the files of a record are


class Folder:
    """A record that was unpacked."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """Return the names of all files, with `/`; a link is none that a record holds, nor is a folder of nothing."""
        found = sorted(self.path.rglob("*"))
        inner = {path.parent for path in found}
        names = []
        for path in found:
            name = path.relative_to(self.path).as_posix()
            if path.is_symlink() or not path.is_dir():
                names.append(name)
            elif path not in inner:
                names.append(f"{name}/")
        return names

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file piece by piece."""
        path = self.path / name
        if path.is_symlink():
            raise Wrong("it is a link, not a file")
        if path.exists() and not path.is_file():
            raise Wrong("it is no file")
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def check(self) -> None:
        """Do nothing: a folder has no form of its own."""


class Archive:
    """A record as it was downloaded."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as found:
            self.entries = found.infolist()
        self.by_name = {each.orig_filename: each for each in self.entries}

    def names(self) -> list[str]:
        """Return the names of all files as they stand in the list; one that stands there twice comes twice."""
        return [each.orig_filename for each in self.entries]

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file piece by piece."""
        entry = self.by_name[name]
        with self.path.open("rb") as file:
            file.seek(entry.header_offset)
            lengths = LOCAL.unpack(file.read(LOCAL.size))[-2:]
            file.seek(sum(lengths), 1)
            yield from inflated(file, entry)

    def check(self) -> None:
        """Raise Wrong where the archive is not, byte for byte, what a portal writes around its files.

        Programs differ in what they read of a .zip: some take what stands before each file, some the list at the end,
        some a second name or size that they find beside the first. Nothing is left for them to differ in where every
        byte that is no file's contents follows from the names, sizes and checksums of the files.
        """
        check_names(self.names())
        try:
            with self.path.open("rb") as file:
                check_zip(file, self.entries)
        except UNREADABLE as error:
            raise Wrong(f"the archive cannot be read ({error})") from error


# How a portal packs a record: from the first byte on one file behind the other, each deflated and with its size in the
# larger form, then their list and its end. Times, attributes and versions are always the same.
LOCAL, LISTED = struct.Struct("<4s5H3L2H"), struct.Struct("<4s2B5H3L5H2L")
LARGE_SIZES = struct.Struct("<2H2Q")
END, LARGE_END, LARGE_PLACE = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
VERSION, UNIX, DEFLATED, MIDNIGHT, FIRST_DAY, A_FILE = 45, 3, 8, 0, 0x21, 0o100644 << 16
# Beyond these a number is written in the larger form, and in its usual place this.
LARGEST, MOST_FILES, ELSEWHERE = (1 << 31) - 1, (1 << 16) - 1, 0xFFFFFFFF
NAME = re.compile(r"[\w-]+(\.[\w-]+)*(/[\w-]+(\.[\w-]+)*)*", re.ASCII)
PIECE = 1 << 18


def check_names(names: list[str]) -> None:
    """Raise Wrong for a name that no portal gives, or that some computer takes for another file's or a folder's."""
    for name in names:
        if not NAME.fullmatch(name):
            raise Wrong(f"the archive holds a name that no record has: {name}")
    plain = [name.lower() for name in names]
    folders = {name[:at] for name in plain for at, letter in enumerate(name) if letter == "/"}
    if len({*plain, *folders}) != len(plain) + len(folders):
        raise Wrong("two names in the archive are the same to some computers")


def check_zip(file: IO[bytes], entries: list[zipfile.ZipInfo]) -> None:
    """Raise Wrong where an archive is more or other than its files and their list."""
    at = 0
    for entry in entries:
        start = before_file(entry)
        file.seek(at)
        if entry.header_offset != at or file.read(len(start)) != start:
            raise Wrong(f"{NOT_OURS}, from byte {at} on, where {entry.orig_filename} should begin")
        at += len(start) + entry.compress_size
    begun = at
    file.seek(begun)
    for entry in entries:
        line = line_of_list(entry)
        if file.read(len(line)) != line:
            raise Wrong(f"{NOT_OURS}: its list, from byte {at} on, where {entry.orig_filename} should stand")
        at += len(line)
    end = end_of_list(len(entries), begun, at - begun)
    if file.read(len(end) + 1) != end:
        raise Wrong(f"{NOT_OURS}: its end, from byte {at} on")


NOT_OURS = (
    "the archive is not as a portal writes it (one that was packed again can be unpacked and its folder verified)"
)


def before_file(entry: zipfile.ZipInfo) -> bytes:
    """Return what stands before a file in an archive."""
    name = entry.orig_filename.encode()
    sizes = LARGE_SIZES.pack(1, 16, entry.file_size, entry.compress_size)
    told = (VERSION, 0, DEFLATED, MIDNIGHT, FIRST_DAY, entry.CRC, ELSEWHERE, ELSEWHERE, len(name), len(sizes))
    return LOCAL.pack(b"PK\x03\x04", *told) + name + sizes


def line_of_list(entry: zipfile.ZipInfo) -> bytes:
    """Return what the list at the end of an archive says of a file."""
    name, sizes, place = entry.orig_filename.encode(), (entry.file_size, entry.compress_size), entry.header_offset
    large: list[int] = []
    if max(sizes) > LARGEST:
        large, sizes = [*sizes], (ELSEWHERE, ELSEWHERE)
    if place > LARGEST:
        large, place = [*large, place], ELSEWHERE
    extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    told = (VERSION, UNIX, VERSION, 0, DEFLATED, MIDNIGHT, FIRST_DAY, entry.CRC, sizes[1], sizes[0])
    return LISTED.pack(b"PK\x01\x02", *told, len(name), len(extra), 0, 0, 0, A_FILE, place) + name + extra


def end_of_list(count: int, begun: int, size: int) -> bytes:
    """Return the end of an archive whose list of so many files begins there."""
    large = b""
    if count > MOST_FILES or max(begun, size) > LARGEST:
        told = (LARGE_END.size - 12, VERSION, VERSION, 0, 0, count, count, size, begun)
        large = LARGE_END.pack(b"PK\x06\x06", *told) + LARGE_PLACE.pack(b"PK\x06\x07", 0, begun + size, 1)
        count, size, begun = min(count, MOST_FILES), min(size, ELSEWHERE), min(begun, ELSEWHERE)
    return large + END.pack(b"PK\x05\x06", 0, 0, count, count, size, begun, 0)


def inflated(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what the packed bytes of a file hold; raise Wrong where that is not one file from the first to the last.

    A program that stops where the packed contents end, and one that goes by the size in the list, must see the same.
    """
    inflate, left, size, crc, rest = zlib.decompressobj(-zlib.MAX_WBITS), entry.compress_size, 0, 0, b""
    while not inflate.eof:
        if not rest:
            rest = file.read(min(left, PIECE))
            left -= len(rest)
        piece = inflate.decompress(rest, PIECE)
        if not rest and not piece:
            raise Wrong("its packed contents end too early")
        rest = inflate.unconsumed_tail
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        if size > entry.file_size:
            break
        yield piece
    if left or inflate.unused_data:
        raise Wrong("something stands behind its packed contents")
    if (size, crc) != (entry.file_size, entry.CRC):
        raise Wrong("its size or checksum is not the one that the archive says")


UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    KeyError,
)


def chunks(source: "Folder | Archive", name: str) -> Iterator[bytes]:
    """Yield a file piece by piece; raise Wrong where it cannot be read."""
    try:
        yield from source.pieces(name)
    except UNREADABLE as error:
        raise Wrong(f"it cannot be read ({error})") from error


def lines_of(source: "Folder | Archive", name: str) -> Iterator[bytes]:
    """Yield the lines of a file, without their ends; raise Wrong for a last line that has none."""
    rest = b""
    for piece in chunks(source, name):
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        yield from lines
    if rest:
        raise Wrong("its last line has no end")


def contents(source: "Folder | Archive", name: str) -> bytes:
    """Return a small file whole; raise Wrong."""
    found = bytearray()
    for piece in chunks(source, name):
        found += piece
        if len(found) > LARGEST_MANIFEST:
            raise Wrong("it is too large")
    return bytes(found)


# --- canonical JSON (RFC 8785, without fractions)

_encoder = JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def encode(value: Any) -> bytes:
    """Return the one form of a value."""
    return _encoder.encode(value).encode()


def _no_fraction(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


_decoder = json.JSONDecoder(parse_float=_no_fraction, parse_constant=_no_fraction)


def decode(content: bytes) -> Any:
    """Return the value of JSON that stands in its one form; raise Wrong for any other bytes."""
    try:
        value = _decoder.decode(content.decode())
        again = encode(value)
    except (ValueError, RecursionError) as error:
        raise Wrong("it is not the JSON that a record holds") from error
    if again != content:
        raise Wrong("its JSON is not in the one form that counts (RFC 8785)")
    return value


# --- signatures (DSSE 1.0, Ed25519)


def strict_base64(text: Any) -> bytes:
    """Return what base64 holds; raise Wrong for another way to write the same bytes."""
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Wrong("something in it is not base64") from error
    if base64.b64encode(content).decode() != text:
        raise Wrong("something in it is base64, but not in its one form")
    return content


def open_envelope(envelope: Any, payload_type: str, keys: dict[str, bytes]) -> tuple[bytes, str]:
    """Return the payload of an envelope and the ID of the key that signed it; raise Wrong."""
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise Wrong("it is no envelope with exactly payload, payloadType and signatures")
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise Wrong("it does not hold exactly one signature")
    if not isinstance(signatures[0], dict) or set(signatures[0]) != {"keyid", "sig"}:
        raise Wrong("its signature does not hold exactly keyid and sig")
    if envelope["payloadType"] != payload_type:
        raise Wrong(f"it does not hold {payload_type}")
    key_id = signatures[0]["keyid"]
    key = keys.get(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise Wrong(f"it names the key {key_id}, which is not in this record")
    payload, kind = strict_base64(envelope["payload"]), payload_type.encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(strict_base64(signatures[0]["sig"]), signed)
    except InvalidSignature as error:
        raise Wrong("its signature does not match: it was changed, or signed with another key") from error
    return payload, key_id


def read_key(content: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 public key from its PEM; raise Wrong for any other bytes."""
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Wrong("it is no public key: it was changed") from error
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not isinstance(key, Ed25519PublicKey) or pem != content:
        raise Wrong("it is no Ed25519 key in its one form: it was changed")
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id_of(key: bytes) -> str:
    """Return the ID of a key, which is its fingerprint: the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key).hexdigest()


# --- the record


def read_fingerprint(text: str) -> str:
    """Return a key's fingerprint as it was typed or copied, with blanks and colons or none; raise ValueError."""
    wanted = re.sub(r"[\s:]", "", text).lower()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise ValueError("a fingerprint is 64 of the characters 0-9 and a-f")
    return wanted


def verify(
    source: "Folder | Archive", *, fingerprint: "str | None" = None, organization: "str | None" = None
) -> Verdict:
    """Verify a record; `fingerprint` is the key it must be signed with, `organization` the ID of whom it must be of.

    Raise ValueError for a fingerprint that is none: an empty one must not count as none asked for.
    """
    wanted = None if fingerprint is None else read_fingerprint(fingerprint)
    verdict = Verdict()
    try:
        source.check()
    except Wrong as wrong:
        verdict.add(".zip", str(wrong))
    names = source.names()
    for name in sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
        verdict.add(name, "it stands in the archive twice")
    keys = read_keys(source, names, verdict)
    check_manifest(source, keys, verdict)
    if wanted is not None and verdict.key_id != wanted:
        verdict.add(MANIFEST, f"it is signed with the wrong key: {verdict.key_id or 'none'}, not {wanted}")
    verdict.author_established = wanted is not None
    manifest = verdict.manifest
    if not manifest:
        return verdict
    if organization is not None and manifest["organization"]["id"] != organization:
        verdict.add(MANIFEST, f"it is a record of another organization: {manifest['organization']['id']}")
    check_files(source, names, verdict)
    # Where a forged record holds values of kinds that none has, that is a problem of the record, not of the verifier.
    file = CHECKPOINTS
    try:
        heads = check_checkpoints(source, names, keys, verdict)
        file = EVENTS
        check_events(source, names, heads, verdict)
        check_logs(source, names, verdict)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        verdict.add(file, f"it holds what none holds ({error})")
    return verdict


def read_keys(source: "Folder | Archive", names: list[str], verdict: Verdict) -> dict[str, bytes]:
    """Return the public keys that the record brings, by their ID."""
    keys = {}
    for name in names:
        if name != PUBLIC_KEY and not name.startswith(RETIRED_KEYS):
            continue
        try:
            key = read_key(contents(source, name))
            if name not in (PUBLIC_KEY, f"{RETIRED_KEYS}{key_id_of(key)}.pem"):
                raise Wrong("its name is not the fingerprint of the key in it")
            keys[key_id_of(key)] = key
        except Wrong as wrong:
            verdict.add(name, str(wrong))
    if PUBLIC_KEY not in names:
        verdict.add(PUBLIC_KEY, "it was removed")
    return keys


def check_manifest(source: "Folder | Archive", keys: dict[str, bytes], verdict: Verdict) -> None:
    """Read the manifest and check its signature; what it says is used even where the signature does not hold."""
    try:
        envelope = decode(contents(source, MANIFEST))
    except Wrong as wrong:
        verdict.add(MANIFEST, str(wrong))
        return
    try:
        _, verdict.key_id = open_envelope(envelope, RECORD_TYPE, keys)
        if key_id_of(read_key(contents(source, PUBLIC_KEY))) != verdict.key_id:
            raise Wrong(f"it is signed with another key than the one in {PUBLIC_KEY}")
    except Wrong as wrong:
        verdict.add(MANIFEST, str(wrong))
    try:
        manifest = decode(strict_base64(envelope.get("payload") if isinstance(envelope, dict) else None))
        check_shape(manifest)
    except Wrong as wrong:
        verdict.add(MANIFEST, f"what it says: {wrong}")
        return
    if verdict.key_id and manifest["key_id"] != verdict.key_id:
        verdict.add(MANIFEST, "it names another key than the one that signed it")
    verdict.manifest = manifest


def check_shape(manifest: Any) -> None:
    """Raise Wrong where a manifest does not hold exactly what one holds."""
    if not isinstance(manifest, dict) or set(manifest) != MANIFEST_MEMBERS or manifest["format"] != FORMAT:
        raise Wrong("it does not hold exactly the members of a manifest")
    events, files = manifest["events"], manifest["files"]
    if not isinstance(events, dict) or set(events) != EVENTS_MEMBERS:
        raise Wrong("what it says of events is not complete")
    numbers = [events["first_sequence"], events["last_sequence"], events["count"], events["matching"]]
    if not all(type(number) is int for number in numbers) or numbers[1] - numbers[0] + 1 != numbers[2]:
        raise Wrong("the numbers of its events do not fit together")
    if not isinstance(files, list) or not all(
        isinstance(each, dict) and set(each) == {"name", "size", "sha256"} and isinstance(each["name"], str)
        for each in files
    ):
        raise Wrong("its list of files cannot be read")
    named = [each["name"] for each in files]
    if named != sorted(set(named)) or MANIFEST in named:
        raise Wrong("its list of files is not in order")
    if not isinstance(manifest["filter"], dict) or not isinstance(manifest["checkpoints"], dict):
        raise Wrong("its filter cannot be read")
    about = manifest["organization"]
    if not isinstance(about, dict) or set(about) != {"id", "name"} or about["id"] != events["chain"]:
        raise Wrong("its organization is not the one whose events it holds")


def check_files(source: "Folder | Archive", names: list[str], verdict: Verdict) -> None:
    """Compare every file with the manifest: none changed, removed or added."""
    listed = {each["name"]: each for each in verdict.manifest["files"]}
    for name in sorted(set(names) - set(listed) - {MANIFEST}):
        verdict.add(name, "it was added: the manifest does not name it")
    for name, each in listed.items():
        if name not in names:
            if name != PUBLIC_KEY:
                verdict.add(name, "it was removed")
            continue
        size, digest = 0, hashlib.sha256()
        try:
            for piece in chunks(source, name):
                size += len(piece)
                digest.update(piece)
        except Wrong as wrong:
            verdict.add(name, f"it was changed: {wrong}")
            continue
        if size != each["size"]:
            verdict.add(name, f"it was changed: it has {size} bytes, not {each['size']}")
        elif digest.hexdigest() != each["sha256"]:
            verdict.add(name, "it was changed: its SHA-256 is not the one in the manifest")


# --- checkpoints and events


def check_checkpoints(
    source: "Folder | Archive", names: list[str], keys: dict[str, bytes], verdict: Verdict
) -> dict[int, tuple[int, str]]:
    """Check that each checkpoint is signed and follows from the one before; return number and head hash by sequence."""
    heads: dict[int, tuple[int, str]] = {}
    if CHECKPOINTS not in names:
        return heads
    chain, before = verdict.manifest["events"]["chain"], None
    try:
        for number, line in enumerate(lines_of(source, CHECKPOINTS), 1):
            try:
                payload, key_id = open_envelope(decode(line), CHECKPOINT_TYPE, keys)
                found = decode(payload)
                check_checkpoint(found, before, chain, key_id)
            except Wrong as wrong:
                raise Wrong(f"line {number}: {wrong}") from wrong
            heads[found["last_sequence"]] = found["number"], found["head_hash"]
            before = found
            verdict.checkpoints += 1
    except Wrong as wrong:
        verdict.add(CHECKPOINTS, str(wrong))
    counted = verdict.manifest["checkpoints"].get("count")
    if verdict.checkpoints < (counted if isinstance(counted, int) else 0):
        verdict.add(CHECKPOINTS, f"it holds {verdict.checkpoints} checkpoints that hold, not {counted}")
    return heads


def check_checkpoint(found: Any, before: "dict[str, Any] | None", chain: str, key_id: str) -> None:
    """Raise Wrong where a checkpoint cannot stand behind another one (None: the record begins with it)."""
    if not isinstance(found, dict) or set(found) != CHECKPOINT_MEMBERS or found["format"] != FORMAT:
        raise Wrong("it does not hold exactly the members of a checkpoint")
    if found["chain"] != chain:
        raise Wrong("it is a checkpoint of another organization")
    if found["key_id"] != key_id:
        raise Wrong("it names another key than the one that signed it")
    if before is None:
        return
    expected = (
        before["number"] + 1,
        before["last_sequence"] + 1,
        hashlib.sha256(b"\x01" + encode(before)).hexdigest(),
    )
    if (found["number"], found["first_sequence"], found["previous_hash"]) != expected or found["at"] < before["at"]:
        raise Wrong(f"checkpoint {found['number']} does not follow from checkpoint {before['number']}")


def check_events(
    source: "Folder | Archive", names: list[str], heads: dict[int, tuple[int, str]], verdict: Verdict
) -> None:
    """Walk along the events and name the first that does not follow from the one before."""
    said = verdict.manifest["events"]
    if EVENTS not in names:
        return
    expected, last_hash, last_at = said["first_sequence"], said["previous_hash"], ""
    about, matching = verdict.manifest["filter"].get("activation"), 0
    try:
        for line in lines_of(source, EVENTS):
            event = read_event(line)
            why = wrong_with(event, line, expected, last_hash, last_at, said["chain"])
            if not why and expected > said["last_sequence"]:
                why = "it was added: the record ends before it"
            if not why and expected in heads and heads[expected][1] != event["hash"]:
                why = f"checkpoint {heads[expected][0]} was signed over another event than this"
            if why:
                verdict.add(EVENTS, why, expected)
                return
            last_hash, last_at = event["hash"], event["at"]
            expected += 1
            matching += about is None or is_about(event, about)
            verdict.events += 1
    except Wrong as wrong:
        verdict.add(EVENTS, f"it was changed: {wrong}", expected)
        return
    if expected <= said["last_sequence"]:
        verdict.add(
            EVENTS, f"it is missing: the events were cut off here, they go to #{said['last_sequence']}", expected
        )
    elif last_hash != said["head_hash"]:
        verdict.add(EVENTS, "it was changed: it is not the event that was signed as the last", expected - 1)
    elif matching != said["matching"]:
        verdict.add(MANIFEST, f"it says that {said['matching']} events match what was asked for; {matching} do")


def is_about(event: dict[str, Any], activation: str) -> bool:
    """Return whether an event counts as one of an activation: its records being asked for and taken away do not."""
    return bool(event["activation_id"] == activation and not event["kind"].startswith("record."))


def read_event(line: bytes) -> Any:
    """Return an event; its exact bytes are what its hash is of, so they are not written a second time here."""
    try:
        text = line.decode()
        value, end = _decoder.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise Wrong("it is not the JSON that a record holds") from error
    if end != len(text):
        raise Wrong("something stands behind it")
    return value


def hash_of_event(line: bytes, written: Any) -> str:
    """Return the hash of an event from its line, in which `written` is what stands there as its hash.

    The hash is of the line without the member `hash`. Where `before` or `after` have a member of that name as well,
    it is the last one: members are in order, and behind `hash` only texts follow.
    """
    member = b'"hash":%b,' % encode(written)
    at = line.rfind(member)
    content = line[:at] + line[at + len(member) :] if at >= 0 else line
    return hashlib.sha256(b"\x00" + content).hexdigest()


def wrong_with(event: Any, line: bytes, expected: int, last_hash: str, last_at: str, chain: str) -> str:
    """Return why an event cannot be number `expected`; empty when it can."""
    if not isinstance(event, dict) or event.keys() != EVENT_MEMBERS or event["format"] != FORMAT:
        return "it was changed: it does not hold exactly the members of an event"
    if event["chain"] != chain:
        return "it is an event of another organization"
    if hash_of_event(line, event["hash"]) != event["hash"]:
        return "it was changed: its contents do not match its hash"
    if event["sequence"] != expected:
        found = event["sequence"]
        if type(found) is int and found > expected:
            return f"it is missing: in its place stands #{found}"
        return f"in its place stands #{found}: an event was inserted, doubled or moved"
    if event["prev_hash"] != last_hash:
        return "it does not follow from the event before it: one was changed, inserted or exchanged here"
    if type(event["at"]) is not str or event["at"] < last_at:
        return "its time is before that of the event before it"
    return ""


def check_logs(source: "Folder | Archive", names: list[str], verdict: Verdict) -> None:
    """Compare the length of each run's log with what its run.json says was stored."""
    for name in names:
        if not (name.startswith("runs/") and name.endswith("/run.json")):
            continue
        log = f"{name[: -len('run.json')]}log.txt"
        try:
            said = json.loads(contents(source, name))["log"]["lines_stored"]
            found = sum(1 for _ in lines_of(source, log))
        except (Wrong, ValueError, KeyError, TypeError):
            # What is unreadable differs from the manifest, which is said already.
            continue
        if found != said:
            verdict.add(log, f"it has {found} lines; {said} were stored")


def source_of(path: Path) -> "Folder | Archive":
    """Return a record's files, from a folder or a .zip; raise Wrong where there is neither."""
    if path.is_dir():
        return Folder(path)
    try:
        return Archive(path)
    except UNREADABLE as error:
        raise Wrong(f"{path} is neither a folder nor a .zip that can be read ({error})") from error


def main(arguments: "list[str] | None" = None) -> int:
    """Verify what the command line names; return 0 only when everything holds."""
    parser = argparse.ArgumentParser(description="Verify that an activation record is whole and unchanged.")
    parser.add_argument("record", nargs="?", default=str(Path(__file__).resolve().parent), help="folder or .zip")
    parser.add_argument("--fingerprint", metavar="F", help="the key's fingerprint, obtained from the portal itself")
    parser.add_argument("--organization", metavar="ID", help="the ID of the organization that it must be a record of")
    asked = parser.parse_args(arguments)
    try:
        wanted = None if asked.fingerprint is None else read_fingerprint(asked.fingerprint)
    except ValueError as error:
        parser.error(f"--fingerprint: {error}")
    # A name in a script that the terminal does not have must not end the verification.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        source = source_of(Path(asked.record))
    except Wrong as wrong:
        print(printable(f"NOT INTACT: {wrong}"))
        return 1
    verdict = verify(source, fingerprint=wanted, organization=asked.organization)
    print(verdict.text())
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
