"""The keys that sign licenses and those whose signatures count."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from activation.domain import dsse
from activation.domain.signing_keys import read_key, read_public_key


def demo_key_file() -> Path:
    """Return where the demo's own key lies; a real vendor's is named in settings."""
    return Path(settings.DATA_DIR) / "keys" / "license-signing.key"


def signing_key() -> Ed25519PrivateKey | None:
    """Return the vendor's key, or None where this installation issues no licenses; raise SigningKeyUnusable."""
    if settings.LICENSE_SIGNING_KEY:
        return read_key(settings.LICENSE_SIGNING_KEY, "LICENSE_SIGNING_KEY")
    if settings.DEMO and demo_key_file().exists():
        return read_key(demo_key_file().read_text(encoding="ascii"), "keys/license-signing.key")
    return None


def public_keys() -> dict[str, bytes]:
    """Return the raw public keys whose licenses count, by their ID: the vendor's own and those in settings.

    Raises SigningKeyUnusable.
    """
    raw = [read_public_key(text, "LICENSE_VERIFY_KEYS") for text in settings.LICENSE_VERIFY_KEYS]
    if own := signing_key():
        raw.append(dsse.raw_public_key(own))
    return {dsse.key_id(each): each for each in raw}
