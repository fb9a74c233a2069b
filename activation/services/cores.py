"""Read what a region's data plane uses and what stands of it: by the hour, after its activation, and when asked.

What a vendor's console built is counted with a customer's key: the watch's, or one that is entered for it.
"""

from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from activation import dispatch
from activation.aws import cores, region_view
from activation.aws.sessions import Session, session
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem, Refused
from activation.domain.events import Kind
from activation.domain.region_now import Thing
from activation.domain.state import NotAState, attributes_of, read_state
from activation.domain.watch import PREFIX
from activation.models import Activation, CoreReading, RegionSetup, Workspace
from activation.selectors.licenses import BUILT, is_countable
from activation.selectors.region_now import watched_of
from activation.services import activations, events, handover, host, licenses, regions, run_keys

# A region is not asked about more often than this by people who press the button.
ASK_AGAIN = timedelta(minutes=1)
METHOD = f"{cores.METHOD} Read with the management role, ec2:DescribeInstances."
ESTIMATED = f"{cores.METHOD} Read with the key of the watch, when everything documented was found."
COUNTED_WITH_KEY = f"{cores.METHOD} Read with a key that was entered for this and not kept."


def ask(activation: Activation) -> None:
    """Have a region read once more, by a worker.

    Raises Refused: cores_not_readable for a region that this portal did not build, cores_just_asked within a minute.
    """
    if not is_readable(activation):
        raise Refused("cores_not_readable")
    now = timezone.now()
    RegionSetup.objects.get_or_create(activation=activation)
    # Of two who press at once one wins.
    free = Q(asked_at__isnull=True) | Q(asked_at__lt=now - ASK_AGAIN) | Q(asked_at__gt=now + ASK_AGAIN)
    if not RegionSetup.objects.filter(free, activation=activation).update(asked_at=now):
        raise Refused("cores_just_asked")
    dispatch.read_cores(activation.pk)


def is_readable(activation: Activation) -> bool:
    """Return whether the management role can be taken to look at it: this portal built it, or began to."""
    account = activation.cloud_account
    built = activation.status in {status.value for status in BUILT}
    return activation.control_plane == ControlPlane.SELF and built and account is not None and account.is_authorized


def ask_all() -> None:
    """Have every region read that this portal built: the hour is over."""
    built = Activation.objects.filter(control_plane=ControlPlane.SELF, status__in=[status.value for status in BUILT])
    for pk in built.order_by("pk").values_list("pk", flat=True):
        dispatch.read_cores(pk)


def read(activation_id: str) -> CoreReading | None:
    """Count the cores and look for what stands; what AWS does not tell is kept as unknown, with the reason.

    Returns None for a region that cannot be read from here.
    """
    activation = Activation.objects.select_related("organization", "cloud_account").get(pk=activation_id)
    if not is_readable(activation):
        return None
    assert activation.cloud_account is not None
    try:
        aws = regions.role_session(activation, activation.cloud_account.arns["management_role_arn"])
    except Problem as problem:
        keep_problem(activation, problem)
        return licenses.note_cores(activation=activation, method=METHOD, uses=None, problem=problem.text)
    keep_found(activation, aws)
    return count(activation, aws, clusters=[activation.resource_name], tag=activation.tag, method=METHOD)


def count(
    activation: Activation,
    aws: Session,
    *,
    clusters: list[str],
    tag: str = "",
    method: str,
    of_vendor: bool = False,
) -> CoreReading:
    """Count the cores of clusters, and keep the number or why there is none."""
    try:
        uses = cores.count(aws, clusters=clusters, tag=tag, of_vendor=of_vendor)
    except Problem as problem:
        return licenses.note_cores(activation=activation, method=method, uses=None, problem=problem.text)
    return licenses.note_cores(activation=activation, method=method, uses=uses)


def estimate(activation: Activation, aws: Session, *, clusters: list[str]) -> CoreReading:
    """Count the cores of clusters that a vendor's console built, with a session of the watch: an estimate."""
    return count(activation, aws, clusters=clusters, method=ESTIMATED, of_vendor=True)


def count_with_key(activation: Activation, *, keys: AccessKeys, actor: events.Actor) -> CoreReading:
    """Count the cores of a region that a vendor's console built, with the customer's key, which is not kept.

    What was counted before stays where this raises Refused or Faulted: for a region that is not active there, for a key
    as `handover.whose` does, where no cluster or more than one can be meant, and where AWS does not tell.
    """
    if not is_countable(activation):
        raise Refused("cores_not_countable")
    who = handover.whose(activation, keys, actor=actor)
    aws = session(keys, activation.region, **host.way().of_sessions())
    uses = cores.count(aws, clusters=clusters_of(activation, aws), of_vendor=True)
    with transaction.atomic():
        reading = licenses.note_cores(activation=activation, method=COUNTED_WITH_KEY, uses=uses)
        told = {"account": who.account_id, "principal": who.arn, "key": keys.access_key_id[-4:]}
        activations.record(Kind.CORES_COUNTED, activation, actor=actor, after={**told, "cores": reading.cores})
    return reading


def clusters_of(activation: Activation, aws: Session) -> list[str]:
    """Return the clusters that the watch counted and that still stand; else the only one with the vendor's name."""
    present = cores.clusters_in(aws)
    watched = watched_of(activation)
    if watched and (seen := [each for each in watched.reading.clusters if each in present]):
        return seen
    named = [each for each in present if each.startswith(PREFIX)]
    if not named:
        raise Refused("cores_no_cluster", region=activation.region, prefix=PREFIX)
    if len(named) > 1:
        raise Refused("cores_clusters_unclear", region=activation.region, names=", ".join(named[:5]))
    return named


def keep_found(activation: Activation, aws: Session) -> None:
    """Look for everything of a region, and keep it beside what its newest state says."""
    try:
        stated, serial = stated_now(activation)
    except Problem as problem:
        keep_problem(activation, problem)
        return
    found = region_view.look(aws, name=activation.resource_name, tag=activation.tag, stated=stated)
    kept = {"found": found.to_json(), "stated": [asdict(each) for each in stated], "serial": serial}
    keep(activation, found=kept, found_at=timezone.now(), found_problem="")


def keep_problem(activation: Activation, problem: Problem) -> None:
    """Keep why nobody could look; what was seen last stays, with its time."""
    keep(activation, found_problem=problem.text[:500])


def keep(activation: Activation, **values: object) -> None:
    """Write what was found down."""
    RegionSetup.objects.update_or_create(activation=activation, defaults=values)


def stated_now(activation: Activation) -> tuple[tuple[Thing, ...], int | None]:
    """Return what the newest state of a region says, and its serial; nothing and None before there is one."""
    content = run_keys.open_newest(workspace__kind=Workspace.REGION, workspace__activation=activation)
    if content is None:
        return (), None
    try:
        state = read_state(content)
        return region_view.stated_in(state, attributes_of(content, state.addresses)), state.serial
    except NotAState as error:
        raise Faulted("cannot_open") from error
