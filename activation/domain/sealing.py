"""Sealing: AES-256-GCM with a context, so that what is sealed cannot be moved to another row."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"


class CannotOpen(Exception):
    """The key, the context or the bytes are not the ones that were sealed."""


def new_key() -> bytes:
    """Return 32 random bytes."""
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, content: bytes, context: str) -> bytes:
    """Return version byte, nonce and ciphertext; `context` must be given again to open it."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, content, context.encode())


def open_sealed(key: bytes, sealed: bytes, context: str) -> bytes:
    """Return the content; raise CannotOpen when anything differs."""
    sealed = bytes(sealed)
    if sealed[:1] != VERSION or len(sealed) < 1 + NONCE_BYTES + 16:
        raise CannotOpen
    nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, rest, context.encode())
    except InvalidTag as error:
        raise CannotOpen from error


@dataclass(frozen=True)
class KeyRing:
    """The installation's master keys: the first wraps, all of them unwrap."""

    keys: tuple[bytes, ...]

    def wrap(self, key: bytes, context: str) -> bytes:
        """Return `key` sealed under the first master key."""
        return seal(self.keys[0], key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the key; raise CannotOpen when no master key fits."""
        for master in self.keys:
            try:
                return open_sealed(master, wrapped, context)
            except CannotOpen:
                continue
        raise CannotOpen

    def rewrap(self, wrapped: bytes, context: str) -> bytes | None:
        """Return the key wrapped by the first master key; None where it is already. Raises CannotOpen as `unwrap`."""
        key = self.unwrap(wrapped, context)
        try:
            open_sealed(self.keys[0], wrapped, context)
        except CannotOpen:
            return self.wrap(key, context)
        return None
