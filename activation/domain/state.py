"""What a Terraform state says: serial, lineage, what is finished, what is tainted, the outputs."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class NotAState(ValueError):
    """The bytes are no complete Terraform state (half written, or something else)."""


@dataclass(frozen=True)
class State:
    """One serial of a state."""

    serial: int
    lineage: str
    sha256: str
    addresses: frozenset[str]
    tainted: frozenset[str]
    # Where an object is still to be deleted that another one has replaced.
    deposed: frozenset[str]
    outputs: dict[str, Any]
    terraform_version: str


def read_state(content: bytes) -> State:
    """Read a version 4 state file; raise NotAState."""
    try:
        document = json.loads(content)
        if document["version"] != 4:
            raise NotAState("unknown version")
        addresses, tainted, deposed = set(), set(), set()
        for address, instance in _instances(document):
            addresses.add(address)
            if instance.get("status") == "tainted":
                tainted.add(address)
            if instance.get("deposed"):
                deposed.add(address)
        return State(
            serial=int(document["serial"]),
            lineage=str(document["lineage"]),
            sha256=hashlib.sha256(content).hexdigest(),
            addresses=frozenset(addresses),
            tainted=frozenset(tainted),
            deposed=frozenset(deposed),
            outputs={name: output["value"] for name, output in document.get("outputs", {}).items()},
            terraform_version=str(document.get("terraform_version", "")),
        )
    except NotAState:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAState(str(error)) from error


def _instances(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield address and instance of everything managed."""
    for entry in document.get("resources", []):
        if entry["mode"] != "managed":
            continue
        base = f"{entry['module']}." if entry.get("module") else ""
        base += f"{entry['type']}.{entry['name']}"
        for instance in entry["instances"]:
            key = instance.get("index_key")
            yield (base if key is None else f"{base}[{json.dumps(key)}]"), instance


def attributes_of(content: bytes, addresses: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return what a version 4 state holds of some addresses; raise NotAState."""
    try:
        instances = _instances(json.loads(content))
        return {address: instance.get("attributes") or {} for address, instance in instances if address in addresses}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAState(str(error)) from error


def iam_names(content: bytes) -> frozenset[str]:
    """Return the names of the roles and policies that a version 4 state holds; none where it is no such state."""
    try:
        return frozenset(
            str(instance["attributes"]["name"])
            for entry in json.loads(content).get("resources", [])
            if entry["mode"] == "managed" and entry["type"] in {"aws_iam_role", "aws_iam_policy"}
            for instance in entry["instances"]
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset()
