"""Trust in the two roles, tried by this portal: in step 3, and again before a region is planned and built."""

from contextlib import suppress
from typing import Final

from django.db import transaction
from django.utils import timezone

from activation.aws import trust
from activation.domain.errors import Faulted, Refused
from activation.domain.events import Kind, Outcome
from activation.domain.trust_proof import RoleProof, TrustProof
from activation.models import Activation, RegionSetup, Run
from activation.selectors.region_setup import CHECKS_LAST, roles_of
from activation.services import activations, events, host, licenses, vendor

# An approval stands on a proof that is no older than this.
PROOF_LASTS: Final = CHECKS_LAST
# Before a plan or an apply a role is known already, and asked for seconds, not for a minute.
SECONDS_AGAIN: Final = 15
PAUSES_AGAIN: Final = (2.0,)
# The worker that begins a run keeps its turn so long with each role, and each time it waits, seconds.
TURN_SECONDS: Final = 60


def prove(activation: Activation, output: str, arn: str, patience: trust.Patience) -> RoleProof:
    """Try one role in all ways, as this portal."""
    found = trust.prove(
        lambda: vendor.own_session(activation.region),
        {output: arn},
        external_id=activation.organization.external_id or "",
        region=activation.region,
        **host.way().of_sessions(),
        patience=patience,
    )
    return found.proofs[0]


def demand_protected(run: Run) -> None:
    """Try both roles once more before a region's plan or apply begins, keep what came of it, and record it.

    A run that goes on under an approval is not stopped half-way. Raises the first Refused of what was found, and
    Faulted where the run is another worker's by now.
    """
    if run.continues_id is not None:
        return

    def still_ours(_: str = "") -> None:
        if not Run.objects.renew_lease(run.pk, epoch=run.lease_epoch, seconds=TURN_SECONDS):
            raise Faulted("run_moved_on")

    patience = trust.Patience(say=still_ours, visible_seconds=SECONDS_AGAIN, pauses=PAUSES_AGAIN)
    proofs = []
    for output, arn in roles_of(run.activation).items():
        still_ours()
        proofs.append(prove(run.activation, output, arn, patience))
    proof = TrustProof(proofs=tuple(proofs))
    with transaction.atomic():
        RegionSetup.objects.filter(activation=run.activation).update(trust=proof.to_json(), proved_at=timezone.now())
        record(run.activation, proof, method="tried", actor=events.PORTAL)
    for each in proof.proofs:
        if (problem := each.problem) is not None:
            raise problem


def demand_approvable(activation: Activation) -> None:
    """Raise Refused where a region may not be built now: license, trust that is not proved, or not lately enough."""
    licenses.check_may_activate_region(activation.organization, apart_from=activation)
    setup = RegionSetup.objects.filter(activation=activation).only("trust", "proved_at").first()
    if setup is None or setup.proved_at is None or timezone.now() - setup.proved_at > PROOF_LASTS:
        raise Refused("region_proof_old", minutes=PROOF_LASTS.seconds // 60)
    if not TrustProof.from_json(setup.trust).passed:
        raise Refused("region_proof_missing")


def record(activation: Activation, proof: TrustProof, *, method: str, actor: events.Actor) -> None:
    """Record how a check of the trust ended: by role what was found, never an external ID.

    Roles that let this portal in, and nobody without the external ID, prove whose account they stand in.
    """
    roles = {each.output.removesuffix("_arn"): each.verdict.value for each in proof.proofs}
    roles |= {each.output.removesuffix("_arn"): each.check().state.value for each in proof.readings}
    activations.record(
        Kind.TRUST_CHECKED,
        activation,
        actor=actor,
        outcome=Outcome.DONE if proof.passed else Outcome.FAILED,
        reason=proof.code,
        after={"method": method, "roles": roles, "code": proof.code},
    )
    if proof.passed and activation.cloud_account is not None:
        # Where another organization was first, step 3 says so.
        with suppress(Refused):
            activations.prove_account(activation.cloud_account, by=actor)
