"""The manifest of a record: every file with its size and SHA-256, what was asked for, and whose events they are."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain import canonical_json, dsse
from activation.domain.record.verify import FORMAT, RECORD_TYPE

ACTIVATION, PERIOD = "activation", "period"
# The portal's version, as in pyproject.toml: another one may write the same request in other bytes.
GENERATOR = {"name": "BYOC Portal", "version": "0.1.0"}


@dataclass(frozen=True)
class Packed:
    """One file of a record: size in bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Span:
    """The stretch of a chain that a record holds, from the first event to the last, without a gap.

    `matching` counts the events that are about what was asked for; all of them are among the others. `previous_hash`
    is the hash of the event before the first.
    """

    chain: str
    first_sequence: int
    last_sequence: int
    matching: int
    previous_hash: str
    head_hash: str

    @property
    def count(self) -> int:
        """Return how many events there are in the chain between first and last: all of them are in the record."""
        return self.last_sequence - self.first_sequence + 1

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        return {**asdict(self), "count": self.count}


def signed(
    *,
    scope: str,
    organization: Mapping[str, str],
    asked: Mapping[str, str],
    events: Span,
    checkpoints: int,
    files: Iterable[Packed],
    made_at: str,
    key: Ed25519PrivateKey,
) -> bytes:
    """Return the manifest's file: a DSSE envelope in canonical JSON.

    `organization` has `id` and `name`, `asked` is the filter, `made_at` a time as `chain.time_text` writes it.
    """
    payload = {
        "format": FORMAT,
        "scope": scope,
        "organization": dict(organization),
        "filter": dict(asked),
        "events": events.to_json(),
        "checkpoints": {"count": checkpoints},
        "files": [asdict(each) for each in sorted(files, key=lambda each: each.name)],
        "generator": GENERATOR,
        "made_at": made_at,
        "time_zone": "UTC",
        "key_id": dsse.key_id(dsse.raw_public_key(key)),
    }
    return canonical_json.encode(dsse.sign(RECORD_TYPE, canonical_json.encode(payload), key))
