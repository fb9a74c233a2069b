"""Identities of rows: unguessable, readable, sortable by nothing."""

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16


def identity(prefix: str) -> str:
    """Return `prefix-` and 16 random characters (78 bits)."""
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"


def organization_identity() -> str:
    """Return a new organization's identity."""
    return identity("org")


def activation_identity() -> str:
    """Return a new activation's identity."""
    return identity("act")


def run_identity() -> str:
    """Return a new run's identity."""
    return identity("run")


def record_identity() -> str:
    """Return a new record's identity."""
    return identity("rec")


def license_identity() -> str:
    """Return a new license's identity."""
    return identity("lic")


def workspace_identity() -> str:
    """Return a new workspace's identity."""
    return identity("ws")
