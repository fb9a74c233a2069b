"""Ed25519 keys as settings hold them."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32


class SigningKeyUnusable(Exception):
    """The key in settings or in its file is none; the message says what is wrong, never what it holds."""


def read_key(text: str, name: str = "SIGNING_KEY") -> Ed25519PrivateKey:
    """Return the key that PEM or base64 of its 32 bytes holds; raise SigningKeyUnusable. `name` is the setting's."""
    if text.lstrip().startswith("-----BEGIN"):
        try:
            key = serialization.load_pem_private_key(text.encode(), password=None)
        except (TypeError, ValueError) as error:
            raise SigningKeyUnusable(f"{name} is not a private key in PEM without a passphrase.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyUnusable(f"{name} is not an Ed25519 key.")
        return key
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise SigningKeyUnusable(f"{name} is neither PEM nor 32 bytes in base64.") from error


def read_public_key(text: str, name: str) -> bytes:
    """Return the 32 bytes of a public key in base64; raise SigningKeyUnusable."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise SigningKeyUnusable(f"A key in {name} is not base64.") from error
    if len(key) != KEY_BYTES:
        raise SigningKeyUnusable(f"A key in {name} is not 32 bytes long.")
    return key
