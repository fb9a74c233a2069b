"""What is in a record: tables, plans, inventory, providers, what is hidden; and the verifier beside our formats."""

import ast
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hcl2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError

from activation.domain import canonical_json, chain, checkpoint, dsse
from activation.domain.plan import read_plan
from activation.domain.record import csv_cells, manifest, masking, verify
from activation.domain.record.inventory import read_inventory
from activation.domain.record.plan_text import plan_text
from activation.domain.record.providers import locked_providers
from activation.domain.record.purposes import purpose
from activation.domain.state import NotAState
from activation.domain.tfvars import assignment
from activation.services import record_files
from tests import archives

ROOT = Path(__file__).resolve().parents[2]


def event(sequence: int, previous: str, **fields: Any) -> dict[str, Any]:
    """Return an event of a chain."""
    values: dict[str, Any] = dict.fromkeys(chain.MEMBERS, "") | {
        "format": 1,
        "chain": "org-a",
        "sequence": sequence,
        "at": f"2026-11-23T12:00:00.{sequence:06}Z",
        "before": {},
        "after": {},
        "prev_hash": previous,
        **fields,
    }
    return {**values, "hash": chain.event_hash(values)}


def test_the_verifier_knows_the_formats_as_they_are_written() -> None:
    assert set(chain.MEMBERS) == verify.EVENT_MEMBERS
    assert verify.CHECKPOINT_MEMBERS == checkpoint.MEMBERS
    assert verify.CHECKPOINT_TYPE == checkpoint.PAYLOAD_TYPE
    assert verify.FORMAT == chain.FORMAT == checkpoint.FORMAT
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert manifest.GENERATOR["version"] == version


def test_the_verifier_is_one_file_for_old_pythons_that_imports_nothing_of_ours() -> None:
    tree = ast.parse(Path(verify.__file__).read_text(), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "activation" not in imported
    assert "cryptography" in imported
    # `__future__` would be looked for beside the script; without it Python 3.9 reads no `X | Y` in an annotation.
    assert "__future__" not in imported
    annotations = [getattr(node, "annotation", None) or getattr(node, "returns", None) for node in ast.walk(tree)]
    assert not [each for each in annotations if each is not None and "|" in ast.unparse(each) and not quoted(each)]


def quoted(annotation: ast.AST) -> bool:
    """Return whether an annotation is a text, which nobody evaluates."""
    return isinstance(annotation, ast.Constant)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"actor_name": 'Zoë "hash":"00", \\ \n\u2028 😀'},
        {"after": {"hash": "x" * 64, "format": 1}, "before": {"hash": "y"}},
        {"kind": '","hash":"z","'},
    ],
)
def test_an_events_hash_is_found_from_its_line(fields: dict[str, Any]) -> None:
    one = event(1, chain.GENESIS, **fields)
    line = canonical_json.encode(one)

    assert verify.hash_of_event(line, one["hash"]) == one["hash"]
    assert verify.wrong_with(verify.read_event(line), line, 1, chain.GENESIS, "", "org-a") == ""


def pem_of(key: Ed25519PrivateKey) -> bytes:
    """Return a key's public half as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def record_in(folder: Path, events: list[dict[str, Any]], *, key: Ed25519PrivateKey, **more: bytes) -> verify.Folder:
    """Write a small record and sign it."""
    files = {
        "events.jsonl": b"".join(canonical_json.encode(each) + b"\n" for each in events),
        "public_key.pem": pem_of(key),
        **{name.replace("_", "."): content for name, content in more.items()},
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    packed = [manifest.Packed(name, len(each), hashlib.sha256(each).hexdigest()) for name, each in files.items()]
    span = manifest.Span(
        "org-a", events[0]["sequence"], events[-1]["sequence"], len(events), events[0]["prev_hash"], events[-1]["hash"]
    )
    envelope = manifest.signed(
        scope="period",
        organization={"id": "org-a", "name": "A"},
        asked={"from": "2026-11-01", "to": "2026-11-30"},
        events=span,
        checkpoints=0,
        files=packed,
        made_at="2026-11-23T12:00:00.000000Z",
        key=key,
    )
    (folder / "manifest.json").write_bytes(envelope)
    return verify.Folder(folder)


def test_a_record_that_begins_in_the_middle_of_a_chain_holds(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    first = event(41, "a" * 64)
    verdict = verify.verify(record_in(tmp_path, [first, event(42, first["hash"])], key=key))

    assert verdict.problems == []
    assert verdict.events == 2
    assert verdict.key_id == dsse.key_id(dsse.raw_public_key(key))


def test_an_event_of_another_chain_in_a_signed_record_is_named(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    first = event(1, chain.GENESIS)
    foreign = event(2, first["hash"], chain="org-b")
    verdict = verify.verify(record_in(tmp_path, [first, foreign], key=key))

    assert [str(each) for each in verdict.problems] == ["events.jsonl: #2: it is an event of another organization"]


def one_event_record(folder: Path, **more: bytes) -> tuple[verify.Folder, str]:
    """Return a small record that holds, and its key's fingerprint."""
    key = Ed25519PrivateKey.generate()
    folder.mkdir(exist_ok=True)
    return record_in(folder, [event(1, chain.GENESIS)], key=key, **more), dsse.key_id(dsse.raw_public_key(key))


@pytest.mark.parametrize("text", ["", " ", " : ", "ab" * 31, "zz" * 32, "ab" * 33])
def test_a_fingerprint_that_is_none_is_refused_and_not_taken_for_none_asked(tmp_path: Path, text: str) -> None:
    record, fingerprint = one_event_record(tmp_path)
    with pytest.raises(ValueError, match="64"):
        verify.verify(record, fingerprint=text)
    with pytest.raises(SystemExit) as ended:
        verify.main([str(tmp_path), "--fingerprint", text])
    assert ended.value.code == 2
    with pytest.raises(CommandError) as refused:
        call_command("verify_record", str(tmp_path), fingerprint=text)
    assert refused.value.returncode == 2
    in_pairs = ":".join(fingerprint[at : at + 2].upper() for at in range(0, 64, 2))
    assert verify.verify(record, fingerprint=in_pairs).author_established


def test_an_organization_is_compared_also_where_nothing_stands_for_it(tmp_path: Path) -> None:
    record, _ = one_event_record(tmp_path)
    assert verify.verify(record, organization="org-a").holds
    for other in ("org-b", ""):
        assert "of another organization" in verify.verify(record, organization=other).text()


MODULES = (
    "argparse",
    "__future__",
    "base64",
    "struct",
    "zipfile",
    "dataclasses",
    "re",
    "cryptography",
    "sitecustomize",
)


@pytest.mark.parametrize("options", [(), ("-I",), ("-P",)])
def test_no_module_that_was_put_beside_the_verifier_runs(tmp_path: Path, options: tuple[str, ...]) -> None:
    program = Path(verify.__file__).read_bytes()
    record, _ = one_event_record(tmp_path / "record", verify_py=program)
    for name in MODULES:
        (record.path / f"{name}.py").write_text("print('Intact'); raise SystemExit(0)")
    for where, script in ((record.path, "verify.py"), (tmp_path, "record/verify.py")):
        done = subprocess.run(
            [sys.executable, *options, script], cwd=where, capture_output=True, text=True, check=False, env={}
        )
        assert done.returncode == 1, done.stderr
        assert "NOT INTACT" in done.stdout
        for name in MODULES:
            assert f"{name}.py: it was added" in done.stdout


def test_a_folder_that_holds_nothing_is_named(tmp_path: Path) -> None:
    record, _ = one_event_record(tmp_path)
    (tmp_path / "APPROVED" / "by all").mkdir(parents=True)
    assert [str(each) for each in verify.verify(record).problems] == [
        "APPROVED/by all/: it was added: the manifest does not name it"
    ]


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    record, _ = one_event_record(tmp_path, README_txt=b"x")
    (tmp_path / "README.txt").unlink()
    os.mkfifo(tmp_path / "README.txt")
    assert "README.txt: it was changed: it is no file" in verify.verify(record).text()


def packed(record: verify.Folder, path: Path) -> Path:
    """Pack a record's files as a portal does."""
    writer = record_files.Writer(path)
    with writer.zip:
        for name in record.names():
            writer.add(name, [(record.path / name).read_bytes()])
    return path


def with_an_entry(name: str, content: bytes = b"") -> Callable[[Path], None]:
    """Return a change that adds an entry."""

    def change(path: Path) -> None:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, content)

    return change


def with_a_comment(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"APPROVED"


def with_a_comment_of_a_file(path: Path) -> None:
    content = zipfile.ZipFile(path)
    with zipfile.ZipFile(path.with_suffix(".new"), "w") as archive:
        for each in content.infolist():
            each.comment = b"APPROVED"
            archive.writestr(each, content.read(each))
    path.with_suffix(".new").replace(path)


def with_bytes_before(path: Path) -> None:
    """Put bytes before an archive; zipfile reads it as before."""
    path.write_bytes(b"APPROVED" + path.read_bytes())


def with_bytes_behind(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"APPROVED")


def with_a_file_that_is_not_in_the_list(path: Path) -> None:
    """Put a local entry before the others and count it in, so that the list stays where it says it is."""
    forged = io.BytesIO()
    with zipfile.ZipFile(forged, "w") as archive:
        archive.writestr("APPROVED.html", "yes")
    with zipfile.ZipFile(forged) as archive:
        entry = forged.getvalue()[: archive.start_dir]
    with zipfile.ZipFile(path) as archive:
        content, entries = {each: archive.read(each) for each in archive.infolist()}, archive.infolist()
    with path.open("wb") as file:
        file.write(entry)
        with zipfile.ZipFile(file, "w") as archive:
            for each in entries:
                archive.writestr(each, content[each])


def with_another_name_before_the_file(path: Path) -> None:
    content = path.read_bytes()
    assert content.index(b"events.jsonl") < content.rindex(b"events.jsonl")
    path.write_bytes(content.replace(b"events.jsonl", b"events.jsonx", 1))


def with_another_name_for_some_programs(path: Path) -> None:
    """Add the field in which programs look for a name in Unicode."""
    content = zipfile.ZipFile(path)
    with zipfile.ZipFile(path.with_suffix(".new"), "w") as archive:
        for each in content.infolist():
            name = b"APPROVED.html"
            told = struct.pack("<BL", 1, zlib.crc32(each.filename.encode())) + name
            each.extra = struct.pack("<2H", 0x7075, len(told)) + told
            archive.writestr(each, content.read(each))
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (with_an_entry("APPROVED.html/", b"<h1>yes</h1>"), "APPROVED.html/: it was added"),
        (with_an_entry("APPROVED/"), "APPROVED/: it was added"),
        (with_an_entry("events.jsonl"), "events.jsonl: it stands in the archive twice"),
        (with_a_comment, "its end, from byte"),
        (with_a_comment_of_a_file, "not as a portal writes it"),
        (with_bytes_before, "from byte 0 on, where"),
        (with_bytes_behind, "its end, from byte|cannot be read"),
        (with_a_file_that_is_not_in_the_list, "from byte 0 on, where"),
        (with_another_name_before_the_file, "where events.jsonl should begin"),
        (with_another_name_for_some_programs, "not as a portal writes it"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_put_into_an_archive_is_named(tmp_path: Path, change: Callable[[Path], None], word: str) -> None:
    record, _ = one_event_record(tmp_path / "record")
    path = packed(record, tmp_path / "record.zip")
    assert verify.verify(verify.Archive(path)).problems == []
    change(path)
    said = verify.verify(verify.Archive(path)).text()
    assert "NOT INTACT" in said
    assert re.search(word, said), said


@pytest.mark.parametrize("what", archives.CHANGES)
def test_an_archive_that_some_program_reads_in_another_way_is_named(tmp_path: Path, what: str) -> None:
    record, _ = one_event_record(tmp_path / "record")
    path = packed(record, tmp_path / "record.zip")
    assert archives.read(path).content() == path.read_bytes()
    word = archives.change(path, what)
    verdict = verify.verify(verify.source_of(path))
    assert not verdict.holds
    assert word in verdict.text()


def entry_of(name: str, place: int) -> zipfile.ZipInfo:
    """Return a file of an archive as a portal packs it, of a size and at a place that are only said."""
    entry = zipfile.ZipInfo(name, record_files.NO_TIME)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
    entry.file_size, entry.compress_size, entry.CRC, entry.header_offset = place + 7, place, 5, place - 1
    return entry


@pytest.mark.parametrize(
    ("count", "place"),
    [(1, place) for place in (verify.LARGEST, verify.LARGEST + 1, verify.LARGEST + 2, verify.ELSEWHERE + 2)]
    + [(verify.MOST_FILES, 1), (verify.MOST_FILES + 1, 1)],
)
def test_a_very_large_archive_is_expected_as_python_writes_it(count: int, place: int) -> None:
    entries = [entry_of(f"a{number}", place) for number in range(count)]
    assert verify.before_file(entries[0]) == entries[0].FileHeader(zip64=True)
    for entry in entries:
        entry.FileHeader(zip64=True)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.filelist += entries
        archive._didModify = True
    lines = b"".join(verify.line_of_list(each) for each in entries)
    assert written.getvalue() == lines + verify.end_of_list(count, 0, len(lines))


def test_a_record_that_was_packed_again_is_told_apart_and_its_folder_holds(tmp_path: Path) -> None:
    record, _ = one_event_record(tmp_path / "record")
    with zipfile.ZipFile(tmp_path / "again.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in record.names():
            archive.writestr(name, (record.path / name).read_bytes())
    (problem,) = verify.verify(verify.Archive(tmp_path / "again.zip")).problems
    assert "unpacked and its folder verified" in str(problem)
    assert verify.verify(record).problems == []


def test_no_name_in_a_record_moves_the_terminals_cursor(tmp_path: Path) -> None:
    record, _ = one_event_record(tmp_path)
    (tmp_path / "x\x1b[2J\x1b[HIntact\nIntact\u202e").write_text("")
    said = verify.verify(record).text()
    assert "x\\x1b[2J\\x1b[HIntact\\nIntact\\u202e: it was added" in said
    assert all(line.isprintable() for line in said.splitlines())
    assert "Intact" not in [line[:6] for line in said.splitlines()]
    named = verify.Verdict(manifest={**manifest_of(record), "organization": {"id": "o", "name": "A\x1b[2J\nIntact"}})
    assert "Record of A\\x1b[2J\\nIntact:" in named.text()


def manifest_of(record: verify.Folder) -> dict[str, Any]:
    """Return what a record's manifest says."""
    return verify.verify(record).manifest


def test_a_manifest_that_is_no_manifest_is_named(tmp_path: Path) -> None:
    for content in (b"", b"{}", b"[]", b"\xff", b'{"payload":1}', b"[" * 100_000):
        (tmp_path / "manifest.json").write_bytes(content)
        verdict = verify.verify(verify.Folder(tmp_path))
        assert not verdict.holds
        assert "manifest.json" in verdict.text()


def test_a_cell_is_what_it_was_or_harmless() -> None:
    assert csv_cells.harmless_cell("=1") == "'=1"
    assert csv_cells.harmless_cell("a=1") == "a=1"
    row = csv_cells.row_of(event(1, chain.GENESIS, after={"b": "=1", "a": [1]}, actor_name="@me"))
    assert '{"a": [1], "b": "=1"}' in row
    assert "'@me" in row
    assert b"".join(csv_cells.encode([["a,b", 'c"d'], ["e\nf", ""]])) == b'"a,b","c""d"\r\n"e\nf",\r\n'


def test_the_external_id_is_hidden_also_where_it_is_short() -> None:
    long = masking.hide("cid-0123456789abcdefghijklmno")
    short = masking.hide("us")

    assert long("x=cid-0123456789abcdefghijklmno;") == "x=cid-…lmno;"
    assert short('region us-west-2, "us"') == 'region us-west-2, "…"'
    assert masking.hide(None)("as it is") == "as it is"
    assert masking.hidden({"a": ["us", 1, None]}, short) == {"a": ["…", 1, None]}


def test_the_inventory_tells_addresses_types_and_arns_and_nothing_else() -> None:
    state = {
        "resources": [
            {
                "mode": "managed",
                "type": "aws_iam_role",
                "name": "a",
                "module": "module.m",
                "instances": [
                    {"attributes": {"arn": "arn:b", "secret": "hunter2"}, "index_key": "x", "status": "tainted"},
                    {"attributes": {"arn": "arn:s"}, "sensitive_attributes": [[{"type": "get_attr", "value": "arn"}]]},
                ],
            },
            {"mode": "data", "type": "aws_region", "name": "here", "instances": [{"attributes": {"arn": "x"}}]},
        ]
    }
    found = [each.to_json() for each in read_inventory(json.dumps(state).encode())]

    assert found == [
        {"address": "module.m.aws_iam_role.a", "type": "aws_iam_role", "arn": "(sensitive)", "tainted": False},
        {"address": 'module.m.aws_iam_role.a["x"]', "type": "aws_iam_role", "arn": "arn:b", "tainted": True},
    ]
    with pytest.raises(NotAState):
        read_inventory(b"{}")


def test_the_lock_file_of_the_bundled_package_is_read() -> None:
    content = (ROOT / "activation/packages/terraform-aws-iam/.terraform.lock.hcl").read_bytes()
    (provider,) = locked_providers({".terraform.lock.hcl": content})

    assert provider["name"] == "registry.terraform.io/hashicorp/aws"
    assert provider["version"].count(".") == 2
    assert all(each.startswith(("h1:", "zh:")) for each in provider["hashes"])
    assert provider["hashes"]
    assert locked_providers({}) == []


def test_tfvars_are_read_back_as_they_were() -> None:
    values = {"a": 'quote " back \\ ${x} %{y}', "b": ["1", "2"], "c": {"k:1": "v"}}
    text = "".join(assignment(name, value) + "\n" for name, value in values.items())

    assert text.splitlines()[1:] == ['b = ["1", "2"]', 'c = { "k:1" = "v" }']
    assert set(hcl2.loads(text)) >= {"a", "b", "c"}
    assert '"quote \\" back \\\\ $${x} %%{y}"' in text


def test_a_plan_is_readable_as_text() -> None:
    review = read_plan(json.loads((ROOT / "tests/domain/fixtures/plan_create.json").read_text()))
    checks = [{"title": "Names", "passed": False, "detail": "One is wrong."}]
    text = plan_text(review, {"passed": False, "checks": checks}, account="111122223333", sha256="ab" * 32)

    assert text.startswith(review.sentence("111122223333"))
    assert "[FAILED] Names: One is wrong." in text
    assert "ab" * 32 in text
    assert "(known after apply)" in text
    assert all(change.address in text for change in review.changes if change.mode == "managed")


def test_every_kind_of_file_has_a_purpose() -> None:
    for name in ("summary.pdf", "runs/run-1/plan.txt", "packages/ab/package.json", "keys/ab.pem", "access.csv"):
        assert purpose(name)
