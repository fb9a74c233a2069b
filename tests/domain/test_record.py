"""What is in a record: tables, plans, inventory, providers, what is hidden; and the verifier beside our formats."""

import ast
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import hcl2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain import canonical_json, chain, checkpoint, dsse
from activation.domain.plan import read_plan
from activation.domain.record import csv_cells, manifest, masking, verify
from activation.domain.record.inventory import read_inventory
from activation.domain.record.plan_text import plan_text
from activation.domain.record.providers import locked_providers
from activation.domain.record.purposes import purpose
from activation.domain.state import NotAState
from activation.domain.tfvars import assignment

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
