"""The hand-over and its watch: a second process builds the region by hand, whole or half, and the portal looks on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.sealing import CannotOpen
from activation.domain.steps import ActivationStatus
from activation.domain.watch import Memory, Thing
from activation.domain.watch_reading import Progress, Reading, Why
from activation.models import Activation, Event, Handover, Member, RegionSetup
from activation.selectors.handover import for_support, situation
from activation.services import handover, region_setup, run_keys, watching
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.services.consoles import (
    REGIONS,
    build_by_hand,
    configured,
    handed_over,
    keys_of,
    local_aws,
    name_of_plane,
    older,
)
from tests.simulator.conftest import client

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws")


@pytest.fixture(scope="module")
def running(place: Path) -> Iterator[Simulator]:
    with local_aws(place) as simulator:
        yield simulator


@pytest.fixture
def aws(running: Simulator, settings: Settings) -> Iterator[Simulator]:
    """The simulator without faults, as the portal's AWS; a look is always due."""
    running.clear()
    settings.AWS_ENDPOINT_URL = running.endpoint
    settings.WATCH_SECONDS = 0
    yield running
    running.clear()


@pytest.fixture
def customer(aws: Simulator) -> dict[str, Any]:
    identities: dict[str, Any] = aws.identities()["customer"]
    return identities


@pytest.fixture
def handed(customer: dict[str, Any]) -> tuple[Activation, Member]:
    return handed_over(customer["account"], next(REGIONS))


@pytest.fixture
def activation(handed: tuple[Activation, Member]) -> Activation:
    return handed[0]


@pytest.fixture
def actor(handed: tuple[Activation, Member]) -> Actor:
    return Actor.of(handed[1])


def watch(activation: Activation, identity: dict[str, str], actor: Actor) -> None:
    handover.start_watch(activation, keys=keys_of(identity), actor=actor)
    watching.look(activation.pk)


def row(activation: Activation) -> Handover:
    return Handover.objects.get(activation=activation)


def reading(activation: Activation) -> Reading:
    return watching.reading_of(activation, Memory.from_json(row(activation).seen))


def kinds(activation: Activation) -> list[Kind]:
    found = Event.objects.filter(activation_id=activation.pk).order_by("sequence")
    return [Kind(each) for each in found.values_list("kind", flat=True)]


# --- begun and ticked


def test_continue_takes_the_activation_to_step_four_once(customer: dict[str, Any]) -> None:
    activation, owner = configured(customer["account"], "us-west-2")

    for _ in range(2):
        handover.begin(activation, by=owner, actor=Actor.of(owner))
        activation.refresh_from_db()

    assert activation.status == ActivationStatus.ACTIVATING
    assert activation.activating_since is not None
    assert kinds(activation) == [Kind.ACTIVATION_MOVED]
    assert Handover.objects.filter(activation=activation).count() == 1


@pytest.mark.parametrize(
    "spoil", [{"netmask": None}, {"trust": {}}, {"trust": {"readings": [{"output": "x", "arn": "", "findings": []}]}}]
)
def test_without_netmask_and_trust_nothing_is_handed_over(customer: dict[str, Any], spoil: dict[str, Any]) -> None:
    activation, owner = configured(customer["account"], "us-west-2")
    if "readings" in spoil.get("trust", {}):
        spoil["trust"]["readings"][0] |= {"problem": "not read", "absent": False}
    RegionSetup.objects.filter(activation=activation).update(**spoil)

    with pytest.raises(Refused) as refused:
        handover.begin(activation, by=owner, actor=Actor.of(owner))

    assert refused.value.code == "handover_not_ready"
    assert not Event.objects.filter(activation_id=activation.pk).exists()


def test_ticks_are_kept_in_the_guides_order_with_one_event_a_change(activation: Activation, actor: Actor) -> None:
    for _ in range(2):
        handover.tick(activation, ticked=["region", "bootstrap_role_arn", "nonsense"], actor=actor)

    assert row(activation).ticked == ["bootstrap_role_arn", "region"]
    assert kinds(activation).count(Kind.HANDOVER_TICKED) == 1


def test_a_box_changed_in_one_tab_undoes_nothing_of_another(activation: Activation, actor: Actor) -> None:
    handover.tick(activation, changed="region", ticked=["region"], actor=actor)
    handover.tick(activation, changed="netmask", ticked=["netmask"], actor=actor)
    assert row(activation).ticked == ["netmask", "region"]

    handover.tick(activation, changed="region", ticked=[], actor=actor)
    assert row(activation).ticked == ["netmask"]


def test_a_value_ticked_again_while_the_console_builds_does_not_turn_the_time_back(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    handover.tick(activation, ticked=["netmask", "region"], actor=actor)
    watch(activation, customer["session"], actor)
    began = row(activation).handed_over_at

    for ticked in ([], ["region"]):
        handover.tick(activation, changed="region", ticked=ticked, actor=actor)

    assert row(activation).handed_over_at == began


def test_until_it_is_confirmed_step_3_can_be_opened_again_and_a_wrong_netmask_put_right(
    handed: tuple[Activation, Member], actor: Actor, customer: dict[str, Any]
) -> None:
    activation, owner = handed
    began = activation.activating_since
    handover.tick(activation, ticked=["netmask"], actor=actor)
    watch(activation, customer["session"], actor)

    handover.reopen(activation, actor=actor)

    activation.refresh_from_db()
    kept = row(activation)
    assert activation.status == ActivationStatus.CONFIGURING
    assert (kept.ticked, kept.handed_over_at, kept.started_at, kept.seen) == ([], None, None, {})
    assert (kept.sealed, kept.wrapped_key) == (None, None), "nobody watches for old values"
    assert kinds(activation)[-3:] == [Kind.ACTIVATION_MOVED, Kind.WATCH_ENDED, Kind.CREDENTIAL_DESTROYED]
    region_setup.choose(activation, netmask=18, by=actor)
    handover.begin(activation, by=owner, actor=actor)
    activation.refresh_from_db()
    assert activation.activating_since == began, "the console may be building since then"
    Activation.objects.filter(pk=activation.pk).update(status=ActivationStatus.ACTIVE)
    activation.refresh_from_db()
    with pytest.raises(Refused, match="nothing to watch"):
        handover.reopen(activation, actor=actor)


# --- watched


def test_time_counts_from_the_last_value_ticked_off_or_the_first_watch_and_not_from_opening_the_page(
    handed: tuple[Activation, Member], actor: Actor, customer: dict[str, Any]
) -> None:
    activation, owner = handed
    long_ago = timezone.now() - timedelta(minutes=200)
    Activation.objects.filter(pk=activation.pk).update(activating_since=long_ago)
    activation.refresh_from_db()
    where = situation(activation, owner)
    assert (where.minutes, where.late) == (0, "")
    assert "watch begun, never" in for_support(activation, where)

    handover.tick(activation, ticked=["region"], actor=actor)
    Handover.objects.update(handed_over_at=timezone.now() - timedelta(minutes=40))
    handover.tick(activation, ticked=[], actor=actor)
    assert situation(activation, owner).minutes == 40, "taking a tick away hands nothing over"
    handover.tick(activation, ticked=["region", "netmask"], actor=actor)
    assert situation(activation, owner).minutes == 0

    Handover.objects.update(handed_over_at=timezone.now() - timedelta(minutes=40))
    handover.start_watch(activation, keys=keys_of(customer["session"]), actor=actor)
    assert situation(activation, owner).minutes == 40
    Handover.objects.update(handed_over_at=None)
    handover.start_watch(activation, keys=keys_of(customer["session"]), actor=actor)
    assert Handover.objects.get().handed_over_at is not None


def test_a_region_built_whole_by_another_process_is_found_and_ends_the_watch(
    place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)
    assert reading(activation).is_empty
    parts = build_by_hand(place, activation.region, name_of_plane())
    assert parts[-1] == "fundamental"

    watching.look(activation.pk)

    found, kept = reading(activation), row(activation)
    assert (found.is_complete, found.resources) == (True, 15)
    assert kept.complete_at is not None
    assert (kept.sealed, kept.wrapped_key) == (None, None), "the key is destroyed with the watch"
    activation.refresh_from_db()
    assert activation.status == ActivationStatus.ACTIVATING, "found is not active"
    told = kinds(activation)
    ends = [Kind.WATCH_STARTED, Kind.WATCH_COMPLETE, Kind.WATCH_ENDED, Kind.CREDENTIAL_DESTROYED]
    assert [each for each in told if each in ends] == ends


def test_a_region_built_in_half_stays_half_however_often_one_looks(
    place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)
    build_by_hand(place, activation.region, name_of_plane(), "--until", "nat_gateway")

    for _ in range(3):
        watching.look(activation.pk)

    found = reading(activation)
    missing = {each.wanted.thing for each in found.of(Progress.MISSING)}
    assert missing == {Thing.S3_ENDPOINT, Thing.PRIVATE_LINK, Thing.BUCKET, Thing.CLUSTER, Thing.NODE_GROUP}
    assert found.found == 6
    assert row(activation).complete_at is None
    assert row(activation).sealed is not None, "it goes on looking"


def test_a_region_that_nobody_would_know_is_shown_beside_and_not_counted(
    place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)
    build_by_hand(place, activation.region, f"plain-{activation.pk[-6:]}", "--plain")

    watching.look(activation.pk)

    found = reading(activation)
    assert found.is_empty
    assert {each.why for each in found.asides} == {Why.UNMARKED}


def test_a_region_from_before_is_not_taken_for_the_new_one(
    place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    build_by_hand(place, activation.region, name_of_plane())
    Activation.objects.filter(pk=activation.pk).update(activating_since=timezone.now() + timedelta(minutes=5))
    activation.refresh_from_db()

    watch(activation, customer["session"], actor)

    found = reading(activation)
    assert found.is_empty
    assert {each.why for each in found.asides} == {Why.BEFORE}
    assert row(activation).complete_at is None


def test_something_taken_away_is_gone_again(
    aws: Simulator, place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    name = name_of_plane()
    watch(activation, customer["session"], actor)
    build_by_hand(place, activation.region, name, "--until", "bucket")
    watching.look(activation.pk)
    s3 = client(aws.endpoint, "s3", customer["administrator"], region=activation.region)
    s3.delete_bucket(Bucket=f"{name}-milvus")

    watching.look(activation.pk)

    bucket = next(each for each in reading(activation).findings if each.wanted.thing is Thing.BUCKET)
    assert bucket.progress is Progress.GONE
    assert bucket.gone[0].gone


# --- its key


def test_a_key_of_another_account_or_of_root_is_refused(
    aws: Simulator, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    strange = aws.identities()["other_customer"]["session"]
    for identity, code in ((strange, "watch_other_account"), (customer["root"], "watch_root")):
        with pytest.raises(Refused) as refused:
            handover.start_watch(activation, keys=keys_of(identity), actor=actor)
        assert (refused.value.code, refused.value.field) == (code, "access_key_id")

    assert row(activation).sealed is None
    assert Kind.WATCH_STARTED not in kinds(activation)


def test_the_key_is_sealed_to_its_row_and_stands_nowhere_in_the_open(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)

    kept = row(activation)
    assert run_keys.open_for_watch(kept) == keys_of(customer["session"])
    raw = [bytes(kept.sealed or b""), bytes(kept.wrapped_key or b""), json.dumps(kept.seen).encode()]
    raw += [json.dumps([each.before, each.after, each.reason]).encode() for each in Event.objects.all()]
    for name in ("secret_access_key", "session_token", "access_key_id"):
        assert not any(customer["session"][name].encode() in each for each in raw), name
    kept.pk += 1
    with pytest.raises(CannotOpen):
        run_keys.open_for_watch(kept)


@pytest.mark.parametrize("identity", ["session", "administrator"])
def test_after_an_hour_every_key_is_destroyed(
    activation: Activation, actor: Actor, customer: dict[str, Any], identity: str
) -> None:
    watch(activation, customer[identity], actor)
    hour = timedelta(hours=1, seconds=1)
    kept = row(activation)
    assert kept.key_expires_at is not None
    Handover.objects.filter(pk=kept.pk).update(key_expires_at=kept.key_expires_at - hour)
    watching.look(activation.pk)
    assert row(activation).looked_at == kept.looked_at, "nobody looks with a key whose time is over"

    for _ in range(2):
        watching.sweep()

    assert row(activation).sealed is None
    assert kinds(activation).count(Kind.CREDENTIAL_DESTROYED) == 1


def test_a_key_that_ends_at_aws_is_destroyed_and_another_goes_on_where_it_stopped(
    aws: Simulator, place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    session = aws.new_session(customer["account"])
    watch(activation, session, actor)
    build_by_hand(place, activation.region, name_of_plane(), "--until", "subnets")
    watching.look(activation.pk)
    aws.expire(session["access_key_id"])

    watching.look(activation.pk)

    kept, found = row(activation), reading(activation)
    assert kept.sealed is None
    assert "session has ended" in kept.problem
    assert found.found == 2, "what was seen stays"
    assert found.failing
    first = found.findings[0].here[0].first
    watch(activation, customer["session"], actor)
    assert reading(activation).findings[0].here[0].first == first
    assert (row(activation).problem, reading(activation).failing) == ("", "")


def test_a_key_without_rights_sees_nothing_and_says_so(
    place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    build_by_hand(place, activation.region, name_of_plane(), "--until", "bucket")

    watch(activation, customer["too_few_rights"], actor)

    found = reading(activation)
    assert {each.progress for each in found.findings} == {Progress.CANNOT_SEE}
    assert found.findings[0].denied == "ec2:DescribeVpcs"
    assert row(activation).sealed is not None, "its rights may be mended meanwhile"


def test_a_busy_aws_is_no_answer_and_the_next_look_goes_on(
    aws: Simulator, place: Path, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)
    build_by_hand(place, activation.region, name_of_plane())
    aws.inject("ec2:DescribeNatGateways", "RequestLimitExceeded", status=503, times=6)

    watching.look(activation.pk)

    found, kept = reading(activation), row(activation)
    nat = next(each for each in found.findings if each.wanted.thing is Thing.NAT_GATEWAY)
    assert not found.is_complete
    assert found.failing
    assert "limiting" in nat.says
    assert "limiting" in kept.problem
    aws.clear()
    watching.look(activation.pk)
    assert reading(activation).is_complete


def test_an_aws_out_of_reach_takes_nothing_away(
    activation: Activation, actor: Actor, customer: dict[str, Any], settings: Settings
) -> None:
    watch(activation, customer["session"], actor)
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"

    watching.look(activation.pk)

    kept = row(activation)
    assert "does not answer" in kept.problem
    assert kept.sealed is not None
    assert {each.progress for each in reading(activation).findings} == {Progress.MISSING}
    assert reading(activation).failing


# --- workers


def test_two_messages_are_one_look_and_a_dead_workers_look_is_taken_up(
    aws: Simulator, activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    handover.start_watch(activation, keys=keys_of(customer["session"]), actor=actor)
    dead = timezone.now()
    Handover.objects.filter(activation=activation).update(looking_since=dead)
    before = len(aws.actions())

    watching.look(activation.pk)
    assert row(activation).looked_at is None
    assert len(aws.actions()) == before, "somebody is at it"
    Handover.objects.filter(activation=activation).update(looking_since=dead - watching.LEASE)
    watching.look(activation.pk)

    assert row(activation).looked_at is not None
    assert row(activation).looking_since is None


def test_a_look_that_was_overtaken_writes_nothing(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)
    kept = row(activation)

    assert not watching.keep(kept, timezone.now(), Memory(), problem="of a worker that was given up")

    assert row(activation).seen == kept.seen
    assert row(activation).problem == ""


def test_the_sweep_sends_for_looks_that_are_due_and_only_those(
    activation: Activation,
    actor: Actor,
    customer: dict[str, Any],
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.WATCH_SECONDS = 15
    with django_capture_on_commit_callbacks() as unwatched:
        watching.sweep()
    watch(activation, customer["session"], actor)
    with django_capture_on_commit_callbacks() as fresh:
        watching.sweep()
    Handover.objects.update(looked_at=timezone.now() - timedelta(seconds=15))
    with django_capture_on_commit_callbacks() as due:
        watching.sweep()

    assert (len(unwatched), len(fresh), len(due)) == (0, 0, 1)


# --- ended


def test_a_person_ends_the_watch_and_the_key_is_gone(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)

    for _ in range(2):
        handover.stop_watch(activation, actor=actor)

    assert row(activation).sealed is None
    assert kinds(activation).count(Kind.WATCH_ENDED) == 1


def test_an_owner_confirms_what_was_seen_and_it_is_active_as_reported(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    Handover.objects.filter(activation=activation).update(complete_at=timezone.now())

    for _ in range(2):
        handover.confirm(activation, unseen_too=False, actor=actor)

    activation.refresh_from_db()
    assert activation.status == ActivationStatus.ACTIVE
    assert activation.activated_at is not None
    assert row(activation).confirmed_by_name == actor.name
    event = Event.objects.get(activation_id=activation.pk, kind=Kind.ACTIVE_CONFIRMED.value)
    assert event.after == {"status": "active (as reported)"}


def test_what_was_not_seen_is_confirmed_only_with_a_second_word(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)

    with pytest.raises(Refused) as refused:
        handover.confirm(activation, unseen_too=False, actor=actor)
    handover.confirm(activation, unseen_too=True, actor=actor)

    assert refused.value.code == "confirm_unseen"
    assert row(activation).sealed is None
    event = Event.objects.get(activation_id=activation.pk, kind=Kind.ACTIVE_CONFIRMED.value)
    assert "had not seen" in event.reason


def test_an_activation_that_is_over_is_not_watched(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    handover.confirm(activation, unseen_too=True, actor=actor)
    activation.refresh_from_db()

    with pytest.raises(Refused) as refused:
        handover.start_watch(activation, keys=keys_of(customer["session"]), actor=actor)

    assert refused.value.code == "watch_not_open"


def test_time_alone_neither_completes_nor_fails_a_region(
    activation: Activation, actor: Actor, customer: dict[str, Any]
) -> None:
    watch(activation, customer["session"], actor)
    older(activation, 121)

    watching.sweep()
    watching.look(activation.pk)

    activation.refresh_from_db()
    assert activation.status == ActivationStatus.ACTIVATING
    assert row(activation).complete_at is None
