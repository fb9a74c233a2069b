"""What workers do: a name, a primary key, one call. Every task may be delivered twice, late, or never."""

from celery import shared_task

from activation import dispatch
from activation.domain import trace
from activation.services import (
    aftercare,
    checkpoints,
    cores,
    demo_console,
    launching,
    notices,
    password_reset,
    preflight,
    records,
    region_setup,
    regions,
    shipping,
    sweeping,
    watching,
)


@shared_task(name="activation.start_run", acks_late=False, max_retries=0)
def start_run(run_id: str) -> None:
    """Start the next phase of a run, if that is still to be done."""
    trace.run_id.set(run_id)
    launching.start(run_id)


@shared_task(name="activation.ship_run", acks_late=False, max_retries=0)
def ship_run(run_id: str) -> None:
    """Attach to a run on this host and ship what it wrote, for a while."""
    trace.run_id.set(run_id)
    shipping.ship(run_id)


# Without an end of validity: beat's clock and a worker's may differ, and then no sweep would ever be valid.
@shared_task(name="activation.sweep", acks_late=False, max_retries=0)
def sweep() -> None:
    """Find what was lost sight of, what waits and what is over its time."""
    trace.run_id.set("")
    sweeping.sweep()
    records.sweep()
    regions.sweep()
    watching.sweep()
    notices.sweep()


@shared_task(name="activation.make_record", acks_late=False, max_retries=0)
def make_record(record_id: str) -> None:
    """Make a record that somebody asked for."""
    trace.run_id.set("")
    records.make(record_id)


# Without an end of validity, as the sweep.
@shared_task(name="activation.checkpoint", acks_late=False, max_retries=0)
def checkpoint() -> None:
    """Have the chains of events verified, and signed where they are whole, by a worker that has time."""
    trace.run_id.set("")
    dispatch.verify_events()


@shared_task(name="activation.verify_events", acks_late=False, max_retries=0)
def verify_events(organization_id: str = "") -> None:
    """Verify an organization's chain of events, or all chains and sign them, for the Events page."""
    trace.run_id.set("")
    checkpoints.verify_for_page(organization_id)


@shared_task(name="activation.send_notice", acks_late=False, max_retries=0)
def send_notice(activation_id: str) -> None:
    """Write to people what is due about an activation."""
    trace.run_id.set("")
    notices.send(activation_id)


@shared_task(name="activation.send_password_reset", acks_late=False, max_retries=0)
def send_password_reset(user_id: str) -> None:
    """Mail the link for a new password to a person."""
    trace.run_id.set("")
    password_reset.send(user_id)


@shared_task(name="activation.check_outside", acks_late=False, max_retries=0)
def check_outside(activation_id: str) -> None:
    """Look at a built region from outside."""
    trace.run_id.set("")
    regions.check_outside(activation_id)


@shared_task(name="activation.read_cores", acks_late=False, max_retries=0)
def read_cores(activation_id: str = "") -> None:
    """Count a region's cores and look for what stands of it; without a name, have all regions read."""
    trace.run_id.set("")
    if activation_id:
        cores.read(activation_id)
    else:
        cores.ask_all()


@shared_task(name="activation.check_region", acks_late=False, max_retries=0)
def check_region(activation_id: str) -> None:
    """Check the trust of both roles and the room of a region, for step 3."""
    trace.run_id.set("")
    region_setup.check(activation_id)


@shared_task(name="activation.check_bootstrap_role", acks_late=False, max_retries=0)
def check_bootstrap_role(activation_id: str) -> None:
    """Look whether the bootstrap role can still be taken."""
    trace.run_id.set("")
    aftercare.check_bootstrap_role(activation_id)


@shared_task(name="activation.watch", acks_late=False, max_retries=0)
def watch(activation_id: str) -> None:
    """Look once at an account in which a vendor's console builds a region."""
    trace.run_id.set("")
    watching.look(activation_id)


@shared_task(name="activation.check_plan", acks_late=False, max_retries=0)
def check_plan(run_id: str) -> None:
    """Look up the names that a plan tells, where they were not known before."""
    trace.run_id.set(run_id)
    preflight.look_again(run_id)


@shared_task(name="activation.play_console", acks_late=False, max_retries=0)
def play_console(activation_id: str) -> None:
    """Play the vendor's console in the demo."""
    trace.run_id.set("")
    demo_console.play(activation_id)
