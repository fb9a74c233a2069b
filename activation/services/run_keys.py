"""Keys of their own, for a run and for a watch, and what is sealed with them."""

import json
from typing import Any

from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted
from activation.domain.sealing import CannotOpen, new_key, open_sealed, seal
from activation.models import Credential, Handover, Run, StateVersion
from activation.runner.spec import file_context, state_context
from activation.services.keyring import keyring


def context_of_run(run_id: str) -> str:
    """Return what binds a wrapped key to its run."""
    return f"{run_id}|key"


def context_of_watch(handover_id: int) -> str:
    """Return what binds a wrapped key to its hand-over."""
    return f"handover-{handover_id}|key"


def fresh(run_id: str) -> bytes:
    """Return a new key for a run, wrapped by the master key."""
    return keyring().wrap(new_key(), context_of_run(run_id))


def key_of(run: Run) -> bytes:
    """Return a run's key; raises CannotOpen where the master key is not the one that wrapped it."""
    return keyring().unwrap(bytes(run.wrapped_key), context_of_run(run.pk))


def seal_keys(run: Run, keys: AccessKeys) -> bytes:
    """Return AWS keys sealed to their run."""
    content = json.dumps([keys.access_key_id, keys.secret_access_key, keys.session_token]).encode()
    return seal(key_of(run), content, f"{run.pk}|credential")


def open_keys(credential: Credential) -> AccessKeys:
    """Return the AWS keys of a run; raises CannotOpen."""
    run = credential.run
    content = open_sealed(key_of(run), bytes(credential.sealed or b""), f"{run.pk}|credential")
    return AccessKeys(*json.loads(content))


def open_state(state: StateVersion) -> bytes:
    """Return a state's bytes as Terraform wrote them; raises CannotOpen."""
    return open_sealed(key_of(state.run), bytes(state.sealed), state_context(state.run_id, state.serial))


def open_newest(**of: Any) -> bytes | None:
    """Return the newest state as Terraform wrote it, of what `StateVersion.objects.newest` is asked for.

    None before the first; raises Faulted("cannot_open") where the master key is not the one that wrapped its key.
    """
    newest = StateVersion.objects.newest(**of)
    if newest is None:
        return None
    try:
        return open_state(newest)
    except CannotOpen as error:
        raise Faulted("cannot_open") from error


def open_file(run: Run, sealed: bytes, name: str) -> bytes:
    """Return a file that the supervisor kept; raises CannotOpen."""
    return open_sealed(key_of(run), sealed, file_context(run.pk, name))


def seal_for_watch(handover: Handover, keys: AccessKeys) -> tuple[bytes, bytes]:
    """Return a new key for a watch, wrapped by the master key, and AWS keys sealed with it to their hand-over."""
    key = new_key()
    content = json.dumps([keys.access_key_id, keys.secret_access_key, keys.session_token]).encode()
    wrapped = keyring().wrap(key, context_of_watch(handover.pk))
    return wrapped, seal(key, content, f"handover-{handover.pk}|credential")


def open_for_watch(handover: Handover) -> AccessKeys:
    """Return the AWS keys of a watch; raises CannotOpen, also where there are none."""
    key = keyring().unwrap(bytes(handover.wrapped_key or b""), context_of_watch(handover.pk))
    content = open_sealed(key, bytes(handover.sealed or b""), f"handover-{handover.pk}|credential")
    return AccessKeys(*json.loads(content))
