"""The installation's signing key: Ed25519, from settings or from a file made on first use."""

import contextlib
import os
import secrets
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from activation.domain import dsse
from activation.domain.signing_keys import SigningKeyUnusable, read_key, read_public_key

__all__ = ["SigningKeyUnusable", "fingerprint", "public_key_pem", "public_keys", "signing_key"]


def signing_key() -> Ed25519PrivateKey:
    """Return the key that signs checkpoints and records; raise SigningKeyUnusable or OSError."""
    if settings.SIGNING_KEY:
        return read_key(settings.SIGNING_KEY)
    return _key_of_file(str(key_file()))


def public_keys() -> dict[str, bytes]:
    """Return the raw public keys whose signatures count, by their ID: the present one and the retired."""
    raw = [dsse.raw_public_key(signing_key())]
    raw += [read_public_key(text, "SIGNING_KEYS_RETIRED") for text in settings.SIGNING_KEYS_RETIRED]
    return {dsse.key_id(each): each for each in raw}


def fingerprint() -> str:
    """Return the present key's ID: the SHA-256 of the raw public key, in hex."""
    return dsse.key_id(dsse.raw_public_key(signing_key()))


def public_key_pem() -> str:
    """Return the present key's public half as PEM (SubjectPublicKeyInfo), as openssl reads it."""
    return (
        signing_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def key_file() -> Path:
    """Return where the key lies when settings give none."""
    return Path(settings.DATA_DIR) / "keys" / "signing.key"


@cache
def _key_of_file(path: str) -> Ed25519PrivateKey:
    place = Path(path)
    if not place.exists():
        make_key_file(place)
    return read_key(place.read_text(encoding="ascii"))


def make_key_file(place: Path) -> None:
    """Make a key and its file, readable by its owner only; of two processes at once, one wins and both use its key."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, replaces nothing.
        with contextlib.suppress(FileExistsError):
            os.link(draft, place)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
