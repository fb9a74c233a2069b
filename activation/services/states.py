"""Hand out a run's Terraform state: to owners, who have just proved who they are, and never without an event."""

from django.db import transaction

from activation.domain.errors import Faulted, Refused
from activation.domain.events import Kind
from activation.domain.sealing import CannotOpen
from activation.models import Run, StateVersion
from activation.services import events, run_keys
from activation.services.events import Actor

FILE_NAME = "terraform.tfstate"


def newest(run: Run) -> StateVersion | None:
    """Return the last state that a run wrote, without its contents; None where it wrote none."""
    return StateVersion.objects.defer("sealed").newest(run=run)


@transaction.atomic
def download(run: Run, *, actor: Actor) -> bytes:
    """Return the newest state of a run as Terraform wrote it.

    Raises Refused("state_none") where the run wrote none, Faulted("cannot_open") where it cannot be opened any more.
    """
    state = StateVersion.objects.newest(run=run)
    if state is None:
        raise Refused("state_none")
    try:
        content = run_keys.open_state(state)
    except CannotOpen as error:
        raise Faulted("cannot_open") from error
    told = {"serial": state.serial, "sha256": state.sha256}
    events.record_of_run(Kind.STATE_DOWNLOADED, run, actor=actor, after=told)
    return content
