"""Signed envelopes: DSSE 1.0 (Dead Simple Signing Envelope) with Ed25519, one signature, nothing optional.

An envelope is {"payload": base64, "payloadType": text, "signatures": [{"keyid": hex, "sig": base64}]}. What is signed
is not the payload alone but its pre-authentication encoding, so that a signature of one kind of document is none of
another. Every bit of an envelope counts: base64 is strict, members are exactly these, the key ID is the key's hash.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class NotAuthentic(Exception):
    """An envelope that proves nothing; the message says why, as the rest of a sentence."""


def key_id(public_key: bytes) -> str:
    """Return a key's ID: the SHA-256, in hex, of the raw public key of 32 bytes."""
    return hashlib.sha256(public_key).hexdigest()


def raw_public_key(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of the public half."""
    return key.public_key().public_bytes_raw()


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed (DSSE protocol, PAE): lengths in bytes, in decimal."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return the envelope of a payload, as JSON holds it."""
    signature = key.sign(pre_authentication_encoding(payload_type, payload))
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"keyid": key_id(raw_public_key(key)), "sig": base64.b64encode(signature).decode()}],
    }


def verify(envelope: Any, payload_type: str, public_keys: Mapping[str, bytes]) -> bytes:
    """Return the payload of an envelope that one of the keys signed; raise NotAuthentic.

    `public_keys` holds raw public keys by their ID.
    """
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise NotAuthentic("the envelope does not hold exactly payload, payloadType and signatures")
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise NotAuthentic("the envelope does not hold exactly one signature")
    if not isinstance(signatures[0], dict) or set(signatures[0]) != {"keyid", "sig"}:
        raise NotAuthentic("the signature does not hold exactly keyid and sig")
    if envelope["payloadType"] != payload_type:
        raise NotAuthentic(f"the envelope does not hold {payload_type}")
    signed_by = signatures[0]["keyid"]
    public_key = public_keys.get(signed_by) if isinstance(signed_by, str) else None
    if public_key is None:
        raise NotAuthentic(f"it is signed by the key {signed_by}, which is not known here")
    if key_id(public_key) != signed_by:
        raise NotAuthentic("the key's ID is not the hash of the key")
    payload = strict_base64(envelope["payload"])
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            strict_base64(signatures[0]["sig"]), pre_authentication_encoding(payload_type, payload)
        )
    except InvalidSignature as error:
        raise NotAuthentic("the signature does not match") from error
    return payload


def strict_base64(text: Any) -> bytes:
    """Return what base64 with padding holds; raise NotAuthentic for another way to write the same bytes (RFC 4648)."""
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise NotAuthentic("something is not base64") from error
    # Unused bits of the last character may differ without a difference in the bytes.
    if base64.b64encode(content).decode() != text:
        raise NotAuthentic("something is base64, but not in its one form")
    return content
