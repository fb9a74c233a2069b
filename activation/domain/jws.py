"""Signed documents in one line: JWS Compact Serialization (RFC 7515) with EdDSA over Ed25519 (RFC 8037), nothing else.

What makes JWS treacherous is what its header may ask for: another algorithm, none, a key that it brings along. Here a
header asks for nothing. It holds exactly `alg`, `kid` and `typ`, the algorithm is a constant of this file, and the
key is looked up among those that are known. Header and payload are canonical JSON and base64url has its one form, so
a document has one spelling.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from activation.domain import canonical_json
from activation.domain.dsse import key_id, raw_public_key

ALGORITHM = "EdDSA"


class NotADocument(Exception):
    """A text that is no such document; the message says why, as the rest of a sentence."""


class WrongAlgorithm(Exception):
    """A document that asks for another algorithm; the message is its name."""


class UnknownKey(Exception):
    """A document signed with a key that is not known; the message is the key's ID."""


class Changed(Exception):
    """A document whose signature does not match what it says."""


def sign(kind: str, content: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Return the document of a kind (`typ`) that holds a JSON object; raise canonical_json.NotCanonical."""
    header = {"alg": ALGORITHM, "kid": key_id(raw_public_key(key)), "typ": kind}
    signed = f"{encoded(canonical_json.encode(header))}.{encoded(canonical_json.encode(dict(content)))}"
    return f"{signed}.{encoded(key.sign(signed.encode()))}"


def verify(document: str, kind: str, public_keys: Mapping[str, bytes]) -> tuple[dict[str, Any], str]:
    """Return what a document says and the ID of the key that signed it.

    `public_keys` holds raw public keys by their ID. Raises NotADocument, WrongAlgorithm, UnknownKey, Changed.
    """
    parts = document.split(".")
    if len(parts) != 3:
        raise NotADocument("it does not have three parts with a period between them")
    header = opened(parts[0], "its head")
    # The algorithm first: a document without a signature is told so, whatever else is odd about it.
    if header.get("alg") != ALGORITHM:
        raise WrongAlgorithm(str(header.get("alg"))[:20])
    if set(header) != {"alg", "kid", "typ"}:
        raise NotADocument("its head holds something else than alg, kid and typ")
    if header["typ"] != kind:
        raise NotADocument("it is a document of another kind")
    signed_by = header["kid"]
    public_key = public_keys.get(signed_by) if isinstance(signed_by, str) else None
    if public_key is None:
        raise UnknownKey(str(signed_by)[:64])
    try:
        signature = decoded(parts[2])
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, f"{parts[0]}.{parts[1]}".encode())
    except (InvalidSignature, ValueError) as error:
        raise Changed from error
    return opened(parts[1], "its content"), signed_by


def opened(part: str, which: str) -> dict[str, Any]:
    """Return the JSON object that a part holds; raise NotADocument."""
    try:
        value = canonical_json.decode(decoded(part))
    except ValueError as error:
        raise NotADocument(f"{which} is not canonical JSON in base64url") from error
    if not isinstance(value, dict):
        raise NotADocument(f"{which} is no JSON object")
    return value


def encoded(content: bytes) -> str:
    """Return bytes in base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return what base64url without padding holds; raise ValueError for another way to write the same bytes."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("this is no base64url") from error
    # Unused bits of the last character may differ without a difference in the bytes.
    if encoded(content) != text:
        raise ValueError("this is base64url, but not in its one form")
    return content
