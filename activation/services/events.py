"""Write events, in the transaction of the change they tell of."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activation.domain.events import Kind, Outcome
from activation.domain.trace import request_id
from activation.models import Event, EventCounter, Member, Organization, Run, User


@dataclass(frozen=True)
class Actor:
    """Who acts, as copied into each event."""

    id: str = ""
    name: str = ""
    role: str = ""
    signed_in_by: str = ""
    address: str = ""

    @classmethod
    def of(cls, member: Member, *, signed_in_by: str = "password", address: str = "") -> "Actor":
        """Return the member as an actor."""
        return cls(str(member.user_id), str(member.user), member.role, signed_in_by, address)

    @classmethod
    def person(cls, user: User, *, role: str = "", signed_in_by: str = "password", address: str = "") -> "Actor":
        """Return a person without an organization as an actor."""
        return cls(str(user.pk), str(user), role, signed_in_by, address)


PORTAL = Actor(name="the portal", role="portal")


@transaction.atomic
def record(
    kind: Kind,
    *,
    actor: Actor,
    organization: Organization | None,
    outcome: Outcome = Outcome.DONE,
    reason: str = "",
    activation_id: str = "",
    run_id: str = "",
    object_type: str = "",
    object_id: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Event:
    """Add one event. Call it inside the transaction of the change, after the run's row was locked.

    The counter's row is the chain's lock: two writers of one organization take turns, and the time is taken
    under it, so that times never go back.
    """
    if organization is not None:
        Organization.objects.filter(pk=organization.pk).update(last_sequence=F("last_sequence") + 1)
        sequence = Organization.objects.values_list("last_sequence", flat=True).get(pk=organization.pk)
    else:
        EventCounter.objects.get_or_create(pk=1)
        EventCounter.objects.filter(pk=1).update(last_sequence=F("last_sequence") + 1)
        sequence = EventCounter.objects.values_list("last_sequence", flat=True).get(pk=1)
    return Event.objects.create(
        organization=organization,
        sequence=sequence,
        at=timezone.now(),
        kind=kind.value,
        outcome=outcome.value,
        reason=reason[:500],
        actor_id=actor.id,
        actor_name=actor.name[:200],
        actor_role=actor.role,
        signed_in_by=actor.signed_in_by,
        address=actor.address,
        request_id=request_id.get(),
        activation_id=activation_id,
        run_id=run_id,
        object_type=object_type,
        object_id=object_id,
        before=before or {},
        after=after or {},
    )


def record_of_run(kind: Kind, run: Run, *, actor: Actor = PORTAL, **more: Any) -> Event:
    """Add one event about a run, in its organization's chain."""
    return record(
        kind,
        actor=actor,
        organization=run.organization,
        activation_id=run.activation_id,
        run_id=run.pk,
        object_type="run",
        object_id=run.pk,
        **more,
    )
