"""Trust in the two roles, tried by this portal: in step 3, and again before a region is planned and built."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from django.db import transaction
from django.utils import timezone

from activation.aws import trust
from activation.domain.errors import Faulted, Refused
from activation.domain.events import Kind, Outcome
from activation.domain.trust_proof import RoleProof, TrustProof, Verdict
from activation.models import Activation, RegionSetup, Run
from activation.selectors.region_setup import CHECKS_LAST, roles_of
from activation.services import activations, events, host, licenses, recovery, vendor

# An approval stands on a proof that is no older than this.
PROOF_LASTS: Final = CHECKS_LAST
# Before a plan or an apply a role is known already, and asked for seconds, not for a minute.
SECONDS_AGAIN: Final = 15
PAUSES_AGAIN: Final = (2.0,)
# What AWS did not tell is asked again after each of these, together more than a minute; each call has its own tries.
ROUNDS: Final = (5, 10, 20, 30)
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


def demand_protected(
    run: Run, *, rounds: tuple[int, ...] = ROUNDS, pause: Callable[[float], None] = time.sleep
) -> None:
    """Try both roles once more before a region's plan or apply begins, keep what came of it, and record it.

    A run that goes on under an approval is not stopped half-way. `rounds` are the seconds after which what was
    inconclusive is tried again. Raises the first Refused of what was found, and what `still_ours` raises.
    """
    if run.continues_id is not None:
        return
    proofs: dict[str, RoleProof] = {}
    for seconds in (0, *rounds):
        if seconds:
            wait(run, seconds, pause)
        prove_open(run, proofs, pause)
        # One that is found unprotected is enough to know.
        if TrustProof(proofs=tuple(proofs.values())).code != Verdict.NOT_PROVEN:
            break
    proof = TrustProof(proofs=tuple(proofs.values()))
    with transaction.atomic():
        RegionSetup.objects.filter(activation=run.activation).update(trust=proof.to_json(), proved_at=timezone.now())
        record(run.activation, proof, method="tried", actor=events.PORTAL)
    for each in proof.proofs:
        if (problem := each.problem) is not None:
            raise problem


def prove_open(run: Run, proofs: dict[str, RoleProof], pause: Callable[[float], None]) -> None:
    """Try those of a run's roles of which `proofs` does not tell yet whether they are protected."""
    patience = trust.Patience(
        say=lambda text: still_ours(run), visible_seconds=SECONDS_AGAIN, pauses=PAUSES_AGAIN, pause=pause
    )
    for output, arn in roles_of(run.activation).items():
        if output not in proofs or proofs[output].verdict is Verdict.NOT_PROVEN:
            still_ours(run)
            proofs[output] = prove(run.activation, output, arn, patience)


def wait(run: Run, seconds: int, pause: Callable[[float], None]) -> None:
    """Let some seconds go by, and say so in the run's log; a stop is heeded meanwhile."""
    recovery.write(run, f"AWS does not tell whether both roles are protected. Trying again in {seconds} s.")
    for _ in range(seconds):
        still_ours(run)
        pause(1)


def still_ours(run: Run) -> None:
    """Prolong the worker's turn; raises Faulted where it is another's by now, Refused after a request to stop."""
    if not Run.objects.renew_lease(run.pk, epoch=run.lease_epoch, seconds=TURN_SECONDS):
        raise Faulted("run_moved_on")
    if Run.objects.filter(pk=run.pk, cancel_requested_at__isnull=False).exists():
        raise Refused(recovery.CANCELED)


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
