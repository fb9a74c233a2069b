"""What is left to do when a region is active: the access key off, perhaps the bootstrap role gone, a cluster made.

Each is kept in the region's row with who did it, when, and what a live look said; what is done is an event.
"""

import secrets
import string
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from activation import dispatch
from activation.aws.sessions import session
from activation.domain import credentials
from activation.domain.aftercare import KeyAnswer, Task, read_key_answer, together
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem, Refused
from activation.domain.events import Kind
from activation.domain.state import NotAState, read_state
from activation.models import Activation, RegionSetup, Workspace
from activation.selectors.aftercare import credentials_of, long_term_keys
from activation.services import activations, events, host, run_keys, vendor

# A worker that has not answered for so long will not: the page offers to look again.
LOOK_SECONDS = 90
ROLE_GONE = (
    "AWS no longer lets this portal assume the role, but still lets it assume the management role. The bootstrap "
    "role was removed, or its trust policy was changed. From outside, the two look the same."
)
ROLE_STANDS = "The role exists: this portal has just assumed it."
ROLE_OPEN = "This could not be checked: {problem}"
REPORTED = "Reported by a person. This portal cannot check."


def check_access_key(activation: Activation, *, key_id: str, actor: events.Actor) -> KeyAnswer:
    """Ask AWS whether it still takes a key, by its ID and a made-up secret: the secret itself is not needed.

    Raises Refused where the ID is none of a long-term key, or is none of those that step 2 ran with, and the problems
    of `activation.aws.errors.read` where AWS gives no answer to go by.
    """
    key_id = key_id.strip()
    if key_id.startswith("ASIA"):
        raise Refused("aftercare_temporary_key", field="access_key_id")
    if (problem := credentials.check(key_id, "").problems.get("access_key_id")) is not None:
        raise problem
    used = [each.last_four for each in long_term_keys(credentials_of(activation), {})]
    if used and key_id[-4:] not in used:
        raise Refused("aftercare_other_key", field="access_key_id", last_four=" or ".join(used))
    answer = ask(activation, key_id)
    keep_key_answer(activation, key_id, answer, used=used, actor=actor)
    return answer


def ask(activation: Activation, key_id: str) -> KeyAnswer:
    """Ask AWS with a secret that is wrong for sure; raises the problem where the answer tells nothing."""
    made_up = "".join(secrets.choice(string.ascii_letters) for _ in range(credentials.SECRET_LENGTH))
    keys = AccessKeys(key_id, made_up)
    try:
        session(keys, activation.region, **host.way().of_sessions()).ask("sts", "get_caller_identity")
    except Problem as problem:
        answer = read_key_answer(problem.code)
        if answer is None:
            raise
        return answer
    return KeyAnswer.ON


@transaction.atomic
def keep_key_answer(
    activation: Activation, key_id: str, answer: KeyAnswer, *, used: list[str], actor: events.Actor
) -> None:
    """Keep what AWS said; off counts where the key is known: as one of step 2's, or as one that was seen on before.

    `used` are the last four characters of step 2's keys: the task is done only when each of them is off.
    """
    setup = locked(activation)
    whole = setup.aftercare.get(Task.ACCESS_KEY, {})
    last_four = key_id[-4:]
    before = whole.get("keys", {}).get(last_four, {})
    # Not the ID itself, and nothing from which it could be found: only whether it is the same one.
    mark = salted_hmac("aftercare", key_id, algorithm="sha256").hexdigest()[:32]
    seen_on = before.get("seen_on", "") if before.get("mark") == mark else ""
    now = timezone.now()
    state: str = answer.value
    if answer is KeyAnswer.OFF and last_four not in used and not seen_on:
        state = "unknown"
    own = {"state": state, "mark": mark, "seen_on": now.isoformat() if answer is KeyAnswer.ON else seen_on}
    keys = {**whole.get("keys", {}), last_four: own}
    state = together({key: str(each["state"]) for key, each in keys.items()}, used or [last_four])
    entry = {**own, "state": state, "key": f"…{last_four}", "keys": keys}
    store(setup, Task.ACCESS_KEY, entry, actor=actor, done=state == KeyAnswer.OFF, again=whole.get("state") == state)


@transaction.atomic
def ask_for_role_check(activation: Activation, *, actor: events.Actor) -> None:
    """Have a worker look whether the bootstrap role is gone; with the vendor's console only a person can say so."""
    setup = locked(activation)
    if activation.control_plane != ControlPlane.SELF:
        again = setup.aftercare.get(Task.BOOTSTRAP_ROLE, {}).get("state") == "reported"
        entry = {"state": "reported", "says": REPORTED}
        store(setup, Task.BOOTSTRAP_ROLE, entry, actor=actor, done=True, again=again)
        return
    entry = {"state": "checking", "since": timezone.now().isoformat(), "by": actor.name}
    RegionSetup.objects.filter(pk=setup.pk).update(aftercare={**setup.aftercare, Task.BOOTSTRAP_ROLE: entry})
    dispatch.check_bootstrap_role(activation.pk)


def check_bootstrap_role(activation_id: str) -> None:
    """Try to take both roles; only a bootstrap role that is denied while the management role is not counts as gone."""
    activation = Activation.objects.select_related("organization", "cloud_account").get(pk=activation_id)
    setup = RegionSetup.objects.filter(activation=activation).first()
    asked = (setup.aftercare if setup else {}).get(Task.BOOTSTRAP_ROLE, {})
    if asked.get("state") != "checking" or activation.cloud_account is None:
        return
    state, says = look_at_role(activation)
    keep_role_answer(activation, state, says, by=str(asked.get("by", "")))


def look_at_role(activation: Activation) -> tuple[str, str]:
    """Return `gone`, `exists` or `open`, and the sentence that goes with it."""
    assert activation.cloud_account is not None
    arns = activation.cloud_account.arns
    told: dict[str, Any] = {
        "external_id": activation.organization.external_id or "",
        "region": activation.region,
        "name": activation.pk[:64],
        "seconds": 900,
    }
    try:
        vendor.take_role(arns["management_role_arn"], **told)
    except (Problem, KeyError) as error:
        return "open", ROLE_OPEN.format(problem=str(error))
    try:
        vendor.take_role(arns["bootstrap_role_arn"], **told)
    except Problem as error:
        gone = error.code == "aws_denied"
        return ("gone", ROLE_GONE) if gone else ("open", ROLE_OPEN.format(problem=str(error)))
    return "exists", ROLE_STANDS


@transaction.atomic
def keep_role_answer(activation: Activation, state: str, says: str, *, by: str) -> None:
    """Keep what the look came to."""
    actor = events.Actor(name=by) if by else events.PORTAL
    store(locked(activation), Task.BOOTSTRAP_ROLE, {"state": state, "says": says}, actor=actor, done=state == "gone")


@transaction.atomic
def note_cluster(activation: Activation, *, actor: events.Actor) -> None:
    """Keep that a person went on to create a cluster."""
    setup = locked(activation)
    again = setup.aftercare.get(Task.CLUSTER, {}).get("state") == "reported"
    store(setup, Task.CLUSTER, {"state": "reported", "says": REPORTED}, actor=actor, done=True, again=again)


def locked(activation: Activation) -> RegionSetup:
    """Return the region's row, held until the transaction ends."""
    RegionSetup.objects.get_or_create(activation=activation)
    return RegionSetup.objects.select_for_update().get(activation=activation)


def store(
    setup: RegionSetup, task: Task, entry: dict[str, Any], *, actor: events.Actor, done: bool, again: bool = False
) -> None:
    """Keep one entry, with who and when; an event where it is done now and was not before."""
    activation = Activation.objects.select_related("organization").get(pk=setup.activation_id)
    whole = {**entry, "at": timezone.now().isoformat(), "by": actor.name}
    RegionSetup.objects.filter(pk=setup.pk).update(aftercare={**setup.aftercare, task: whole})
    if done and not again:
        after = {"what": task.value, "state": str(entry["state"])}
        activations.record(Kind.AFTERCARE_DONE, activation, actor=actor, after=after)


def is_waiting(entry: dict[str, Any]) -> bool:
    """Return whether a worker is still at a look that was asked for."""
    if entry.get("state") != "checking":
        return False
    return timezone.now() - datetime.fromisoformat(entry["since"]) < timedelta(seconds=LOOK_SECONDS)


def outputs_of(activation: Activation) -> dict[str, Any]:
    """Return what Terraform says of the region it built; nothing where it was built elsewhere or cannot be read."""
    try:
        content = run_keys.open_newest(workspace__activation=activation, workspace__kind=Workspace.REGION)
        return read_state(content).outputs if content else {}
    except (Faulted, NotAState):
        return {}
