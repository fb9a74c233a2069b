"""Step 3: choose the network, put the ARNs right, have trust and room checked, and go on to step 4."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from activation import dispatch
from activation.aws import quotas, trust
from activation.aws.identity import who_am_i
from activation.aws.sessions import Session, session
from activation.domain.arn_set import ArnSetCheck
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem, Refused
from activation.domain.events import Kind
from activation.domain.trust_proof import Answer, RoleProof, TrustProof, With
from activation.models import Activation, RegionSetup
from activation.selectors import region_setup as reads
from activation.services import activations, events, host, licenses, packages, region_trust, vendor

MANAGEMENT = "management_role_arn"
# AWS's shortest; reading takes seconds.
LOOK_SECONDS = 900
# What a console's first cluster brings. Source: the vendor's guide, *Resource quotas*; the newer of its two tables.
CONSOLE_NEEDS = quotas.Needs(vpcs=2, instances={"m6i.xlarge": 4, "m6i.2xlarge": 4, "m6id.4xlarge": 1})
# Seconds before each further try of what may pass by itself: a person waits for eight answers, one after the other.
PAUSES = (2.0, 5.0)
NOT_LOOKED = "The room was not checked, because the portal cannot assume the management role."


# --- choices


@transaction.atomic
def choose(activation: Activation, *, netmask: int, vpc_cidr: str = "", by: events.Actor) -> None:
    """Keep the network of a region; raises Refused once a plan is made of it."""
    demand_open(activation)
    setup, _ = RegionSetup.objects.select_for_update().get_or_create(activation=activation)
    before = reads.choice_of(setup)
    after: dict[str, Any] = {"vpc_cidr": vpc_cidr, "netmask": netmask}
    if before == after:
        return
    RegionSetup.objects.filter(pk=setup.pk).update(saved_by_name=by.name, saved_at=timezone.now(), **after)
    activations.record(
        Kind.REGION_CHOSEN, activation, actor=by, before=before, after={**after, "region": activation.region}
    )


@transaction.atomic
def take_arns(activation: Activation, arns: dict[str, str], *, by: events.Actor) -> ArnSetCheck:
    """Take ARNs that a person put right; what is wrong with them is in the answer, and then nothing is stored.

    Raises Refused as `activations.take_arns` does, and once a plan is made of them.
    """
    demand_open(activation)
    arns = {name: value.strip() for name, value in arns.items()}
    checked = reads.check_arns(activation, arns)
    if checked.problems or arns == reads.stored_arns(activation):
        return checked
    return activations.take_arns(activation, arns, by=by)


def demand_open(activation: Activation) -> None:
    """Raise Refused where step 3 is not reached, or is over."""
    if not reads.can_be_changed(activation):
        raise Refused("region_step_is_over")


def demand_ready(activation: Activation) -> None:
    """Raise the first Refused that keeps an activation from step 4."""
    demand_open(activation)
    # The license last: what a person can mend here comes first.
    for obstacle in reads.obstacles(activation):
        raise obstacle
    licenses.check_may_activate_region(activation.organization)


# --- the checks, where this portal is whom the roles trust


@transaction.atomic
def start_check(activation: Activation) -> bool:
    """Have trust and room checked by a worker; return whether this call began it, which it did not while one goes on.

    Raises Refused where there are no ARNs, once step 3 is over, and Faulted where the portal has no identity.
    """
    demand_open(activation)
    if not reads.roles_of(activation):
        raise Refused("region_arns_absent")
    if not vendor.is_configured():
        raise Faulted("vendor_identity_missing")
    RegionSetup.objects.get_or_create(activation=activation)
    now = timezone.now()
    free = Q(checking_since__isnull=True) | Q(checking_since__lt=now - reads.CUT_OFF_AFTER)
    begun = RegionSetup.objects.filter(free, activation=activation).update(
        checking_since=now,
        checking_says="",
        checked_at=None,
        trust={},
        room={},
        networks=None,
        networks_problem="",
    )
    if begun:
        dispatch.check_region(activation.pk)
    return bool(begun)


def check(activation_id: str, *, pauses: tuple[float, ...] = PAUSES) -> None:
    """Try both roles, then look at the region as the management role, and keep what was found.

    A message that comes twice does it once; a worker that was given up changes nothing any more. `pauses` are the
    seconds before each further try of what may pass by itself.
    """
    activation = Activation.objects.select_related("organization", "cloud_account").get(pk=activation_id)
    setup = RegionSetup.objects.filter(activation=activation, checking_since__isnull=False).first()
    if setup is None or setup.checking_since is None:
        return
    attempt = _Attempt(activation, setup.checking_since, pauses)
    if not attempt.claim():
        return
    proofs: list[RoleProof] = []
    for output, arn in reads.roles_of(activation).items():
        proofs.append(attempt.prove(output, arn))
        attempt.keep(trust=TrustProof(proofs=tuple(proofs)).to_json())
    proof = TrustProof(proofs=tuple(proofs))
    attempt.conclude(proof, attempt.look(proof))


class _Attempt:
    """One check of one activation, known by its last sign of life: what another one overtook writes nothing."""

    def __init__(self, activation: Activation, since: datetime, pauses: tuple[float, ...] = PAUSES) -> None:
        self.activation = activation
        self.region = activation.region
        self.since = since
        self.pauses = pauses

    @property
    def rows(self) -> QuerySet[RegionSetup]:
        """Return the row, as long as this check is the one that counts."""
        return RegionSetup.objects.filter(activation=self.activation, checking_since=self.since)

    def claim(self) -> bool:
        """Take the work on; return whether no other worker has."""
        return bool(self.rows.filter(checking_says="").update(checking_says="Trying the roles."))

    def keep(self, **found: Any) -> bool:
        """Write down what was found; return whether this check still counts."""
        return bool(self.rows.update(**found))

    def say(self, text: str) -> None:
        """Tell the page what is waited for, and that somebody is still at it."""
        now = timezone.now()
        if self.keep(checking_since=now, checking_says=text[:500]):
            self.since = now

    def prove(self, output: str, arn: str) -> RoleProof:
        """Try one role in all ways."""
        name = arn.rpartition("/")[2]
        self.say(f"Trying {name} with the external ID, without it and with wrong ones.")
        return region_trust.prove(self.activation, output, arn, trust.Patience(say=self.say, pauses=self.pauses))

    def look(self, proof: TrustProof) -> dict[str, Any]:
        """Look at the region as the management role; what cannot be read stays open, with the reason."""
        management = next((each for each in proof.proofs if each.output == MANAGEMENT), None)
        admitted = management is not None and any(
            each.with_id is With.RIGHT and each.answer is Answer.ADMITTED for each in management.tries
        )
        if management is None or not admitted:
            return {"room": {}, "networks": None, "networks_problem": NOT_LOOKED}
        self.say("Checking quotas, zones, instance types and networks of the region.")
        try:
            keys = vendor.take_role(
                management.arn,
                external_id=self.activation.organization.external_id or "",
                region=self.region,
                name="region-check",
                seconds=LOOK_SECONDS,
            )
        except Problem as problem:
            return {"room": {}, "networks": None, "networks_problem": problem.text}
        return look(session(keys, self.region, **host.way().of_sessions()), quotas.Needs())

    @transaction.atomic
    def conclude(self, proof: TrustProof, found: Mapping[str, Any]) -> None:
        """Keep the result and record it, unless another check overtook this one."""
        now = timezone.now()
        done = {"checking_since": None, "checking_says": "", "checked_at": now, "proved_at": now}
        if self.keep(trust=proof.to_json(), **found, **done):
            region_trust.record(self.activation, proof, method="tried", actor=events.PORTAL)


# --- the checks, where only the vendor could try


def check_with_key(activation: Activation, *, keys: AccessKeys, by: events.Actor) -> None:
    """Read both trust policies and look at the region with the customer's key, which is not kept.

    Raises Refused and Faulted where AWS does not know the key, where it is another account's, and once step 3 is over.
    """
    demand_open(activation)
    roles, account = reads.roles_of(activation), activation.cloud_account
    if not roles or account is None:
        raise Refused("region_arns_absent")
    who = who_am_i(keys, activation.region, **host.way().of_sessions())
    if who.account_id != account.account_id:
        raise Refused("other_account", field="access_key_id", account=who.account_id)
    activations.prove_account(account, by=by)
    aws = session(keys, activation.region, **host.way().of_sessions())
    proof = trust.read(
        aws,
        roles,
        principal=packages.principal_for(activation.control_plane),
        external_id=activation.organization.external_id or "",
        extra_actions=packages.trust_actions_for(activation.control_plane),
    )
    store_reading(activation, proof, look(aws, needs_of(activation)), by=by)


@transaction.atomic
def store_reading(activation: Activation, proof: TrustProof, found: Mapping[str, Any], *, by: events.Actor) -> None:
    """Keep what was read, and record it."""
    done = {"checking_since": None, "checking_says": "", "checked_at": timezone.now()}
    RegionSetup.objects.update_or_create(activation=activation, defaults={"trust": proof.to_json(), **found, **done})
    region_trust.record(activation, proof, method="read", actor=by)


def needs_of(activation: Activation) -> quotas.Needs:
    """Return what is going to be built, by whoever builds it."""
    return CONSOLE_NEEDS if activation.control_plane == ControlPlane.ZILLIZ else quotas.Needs()


# --- both


def look(aws: Session, needs: quotas.Needs) -> dict[str, Any]:
    """Return what the region has room for and which networks it holds, as `RegionSetup` keeps them."""
    found: dict[str, Any] = {"room": quotas.look(aws, needs).to_json(), "networks": None, "networks_problem": ""}
    try:
        found["networks"] = [{"cidr": each.cidr, "name": each.name} for each in quotas.networks(aws)]
    except Problem as problem:
        found["networks_problem"] = problem.text
    return found
