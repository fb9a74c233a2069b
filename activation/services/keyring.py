"""The installation's master keys, read from settings."""

import base64
import binascii
from functools import cache

from django.conf import settings

from activation.domain.sealing import KEY_BYTES, KeyRing


class KeysUnusable(Exception):
    """No master key, or one of the wrong length."""


@cache
def _ring(encoded: tuple[str, ...]) -> KeyRing:
    keys = []
    for text in encoded:
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise KeysUnusable("A key in MASTER_KEYS is not base64.") from error
        if len(key) != KEY_BYTES:
            raise KeysUnusable("A key in MASTER_KEYS is not 32 bytes long.")
        keys.append(key)
    if not keys:
        raise KeysUnusable("MASTER_KEYS is empty: nothing could be encrypted.")
    return KeyRing(tuple(keys))


def keyring() -> KeyRing:
    """Return the master keys, newest first; raise KeysUnusable."""
    return _ring(tuple(settings.MASTER_KEYS))
