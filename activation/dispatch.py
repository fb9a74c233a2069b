"""Put work into the queue, after the commit. A message may be lost, doubled or late: the rows decide."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

START_RUN, SHIP_RUN = "activation.start_run", "activation.ship_run"
VERIFY_EVENTS = "activation.verify_events"
MAKE_RECORD = "activation.make_record"
SEND_RESET = "activation.send_password_reset"
CHECK_OUTSIDE = "activation.check_outside"
SEND_NOTICE = "activation.send_notice"
CHECK_BOOTSTRAP_ROLE = "activation.check_bootstrap_role"
READ_CORES = "activation.read_cores"
CHECK_REGION = "activation.check_region"
WATCH = "activation.watch"
CHECK_PLAN = "activation.check_plan"
PLAY_CONSOLE = "activation.play_console"
START_QUEUE = "start"
# Records and verified chains, which may take minutes: they never take the place of what follows a run.
AUDIT_QUEUE = "audit"

log = logging.getLogger(__name__)


def start_run(run_id: str) -> None:
    """Have a run's next phase started by whichever worker is free."""
    transaction.on_commit(lambda: send(START_RUN, run_id, START_QUEUE))


def ship_run(run_id: str, node: str) -> None:
    """Have what a run's supervisor wrote brought into the database, by the host where it lives."""
    transaction.on_commit(lambda: send(SHIP_RUN, run_id, ship_queue(node)))


def make_record(record_id: str) -> None:
    """Have a record made by the worker that does one of them after the other."""
    transaction.on_commit(lambda: send(MAKE_RECORD, record_id, AUDIT_QUEUE))


def verify_events(organization_id: str = "") -> None:
    """Have an organization's chain of events verified, or all chains, by the worker that makes records as well."""
    transaction.on_commit(lambda: send(VERIFY_EVENTS, organization_id, AUDIT_QUEUE))


def send_notice(activation_id: str) -> None:
    """Have what is due about an activation written to people, by a worker that may wait for a mail server."""
    transaction.on_commit(lambda: send(SEND_NOTICE, activation_id, START_QUEUE))


def send_password_reset(user_id: str) -> None:
    """Have the link for a new password mailed to a person, by a worker that may wait for a mail server."""
    transaction.on_commit(lambda: send(SEND_RESET, user_id, START_QUEUE))


def check_outside(activation_id: str) -> None:
    """Have a built region looked at from outside."""
    transaction.on_commit(lambda: send(CHECK_OUTSIDE, activation_id, START_QUEUE))


def read_cores(activation_id: str = "") -> None:
    """Have a region's cores counted and its resources looked for, or those of all regions."""
    transaction.on_commit(lambda: send(READ_CORES, activation_id, START_QUEUE))


def check_region(activation_id: str) -> None:
    """Have trust and room of a region to be built checked, by a worker that may wait a minute for AWS."""
    transaction.on_commit(lambda: send(CHECK_REGION, activation_id, START_QUEUE))


def check_bootstrap_role(activation_id: str) -> None:
    """Have a worker look whether the bootstrap role can still be taken."""
    transaction.on_commit(lambda: send(CHECK_BOOTSTRAP_ROLE, activation_id, START_QUEUE))


def watch(activation_id: str) -> None:
    """Have an account looked at in which a vendor's console builds a region."""
    transaction.on_commit(lambda: send(WATCH, activation_id, START_QUEUE))


def play_console(activation_id: str) -> None:
    """Have the vendor's console played, in the demo."""
    transaction.on_commit(lambda: send(PLAY_CONSOLE, activation_id, START_QUEUE))


def check_plan(run_id: str) -> None:
    """Have the names that a plan tells looked up in AWS."""
    transaction.on_commit(lambda: send(CHECK_PLAN, run_id, START_QUEUE))


def ship_queue(node: str) -> str:
    """Return the name of a host's own queue."""
    return f"ship.{node}"


def send(task: str, about: str, queue: str) -> bool:
    """Send one message, with no argument where `about` is empty; return whether the broker took it.

    Where it is away, the next sweep sends it again.
    """
    try:
        current_app.send_task(task, (about,) if about else (), queue=queue)
    except (KombuError, RedisError, OSError) as error:
        log.warning("The broker did not take %s for %s: %s", task, about, error)
        return False
    return True
