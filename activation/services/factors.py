"""Secrets of second factors, sealed by the master key as text: who reads the database cannot sign in by them."""

import base64

from activation.services.keyring import keyring

CONTEXT = "second-factor"
# What was stored before secrets were sealed has no mark; `rotate_keys` seals it.
MARK = "sealed:"


def sealed(secret: str) -> str:
    """Return a secret as it is stored."""
    return MARK + base64.b64encode(keyring().wrap(secret.encode(), CONTEXT)).decode()


def opened(stored: str) -> str:
    """Return a stored secret as it was; raises CannotOpen."""
    if not stored.startswith(MARK):
        return stored
    return keyring().unwrap(base64.b64decode(stored.removeprefix(MARK)), CONTEXT).decode()


def resealed(stored: str) -> str | None:
    """Return a stored secret sealed by the first master key; None where it is already. Raises CannotOpen."""
    if not stored.startswith(MARK):
        return sealed(stored)
    again = keyring().rewrap(base64.b64decode(stored.removeprefix(MARK)), CONTEXT)
    return None if again is None else MARK + base64.b64encode(again).decode()
