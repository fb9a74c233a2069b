"""Checkpoints: signed statements of how far a chain went at a time, and of the checkpoint before.

Who holds a checkpoint, or a copy of one kept elsewhere, can tell that a chain was cut off or written anew.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain import canonical_json, dsse
from activation.domain.chain import GENESIS, Problem

PAYLOAD_TYPE = "application/vnd.byoc-portal.checkpoint+json"
FORMAT = 1
# The payload holds exactly these.
MEMBERS = frozenset(
    {
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
)


def checkpoint_hash(payload: bytes) -> str:
    """Return the hash by which the next checkpoint names this one: SHA-256(0x01 ‖ payload), in hex."""
    return hashlib.sha256(b"\x01" + payload).hexdigest()


def make(
    *,
    chain: str,
    previous: Mapping[str, Any] | None,
    last_sequence: int,
    head_hash: str,
    at: str,
    key: Ed25519PrivateKey,
) -> tuple[dict[str, Any], str]:
    """Return the envelope and the hash of the checkpoint that follows `previous` (a payload; None: the first one)."""
    first = previous["last_sequence"] + 1 if previous else 1
    payload = canonical_json.encode(
        {
            "format": FORMAT,
            "chain": chain,
            "number": previous["number"] + 1 if previous else 1,
            "first_sequence": first,
            "last_sequence": last_sequence,
            "count": last_sequence - first + 1,
            "head_hash": head_hash,
            "previous_hash": checkpoint_hash(canonical_json.encode(dict(previous))) if previous else GENESIS,
            "at": at,
            "key_id": dsse.key_id(dsse.raw_public_key(key)),
        }
    )
    return dsse.sign(PAYLOAD_TYPE, payload, key), checkpoint_hash(payload)


def read(envelope: Any, public_keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a checkpoint says, once its signature was checked; raise NotAuthentic."""
    content = dsse.verify(envelope, PAYLOAD_TYPE, public_keys)
    try:
        payload = canonical_json.decode(content)
    except canonical_json.NotCanonical as error:
        raise dsse.NotAuthentic(str(error)) from error
    if not isinstance(payload, dict) or payload.keys() != MEMBERS or payload["format"] != FORMAT:
        raise dsse.NotAuthentic("it does not hold exactly the members of a checkpoint")
    if payload["key_id"] != envelope["signatures"][0]["keyid"]:
        raise dsse.NotAuthentic("it names another key than the one that signed it")
    return payload


class Sequence:
    """The checkpoints of one chain, each following from the one before.

    `after` is the payload behind which it begins: a record of a period does not hold the first ones.
    """

    def __init__(self, chain: str, *, after: Mapping[str, Any] | None = None) -> None:
        self.chain = chain
        self.previous = after

    def step(self, payload: Mapping[str, Any]) -> Problem | None:
        """Go on to the next checkpoint; return what is wrong with it."""
        before = self.previous
        expected = (
            before["number"] + 1 if before else 1,
            before["last_sequence"] + 1 if before else 1,
            checkpoint_hash(canonical_json.encode(dict(before))) if before else GENESIS,
        )
        found = (payload["number"], payload["first_sequence"], payload["previous_hash"])
        last = payload["last_sequence"]
        if payload["chain"] != self.chain:
            return Problem(last, f"checkpoint {payload['number']} belongs to another chain")
        if found != expected or payload["count"] != last - payload["first_sequence"] + 1 or payload["count"] < 1:
            return Problem(last, f"checkpoint {payload['number']} does not follow from the checkpoint before it")
        if before and payload["at"] < before["at"]:
            return Problem(last, f"checkpoint {payload['number']} is older than the checkpoint before it")
        self.previous = payload
        return None
