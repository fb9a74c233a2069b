"""What a watch makes of its looks: honest about what is there, gone, out of sight, and not its own."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activation.domain.watch import (
    DOCUMENTED,
    Item,
    Look,
    Memory,
    State,
    Thing,
    Trouble,
    could_not_look,
    marks_of,
    remember,
)
from activation.domain.watch_causes import causes
from activation.domain.watch_reading import Finding, Progress, Reading, Why, read

BEGAN = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
TAGS = {"Vendor": "zilliz-byoc", "byoc": "true"}
NAME = "zilliz-byoc-one"
TIMED = {Thing.NAT_GATEWAY, Thing.S3_ENDPOINT, Thing.PRIVATE_LINK, Thing.BUCKET, Thing.CLUSTER, Thing.NODE_GROUP}


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def item(
    thing: Thing, number: int = 1, *, plane: str = NAME, made: float = 1, state: State = State.READY, owner: str = ""
) -> Item:
    """One resource of a data plane, as AWS tells of it: of the network's plain parts it does not say when."""
    name = {Thing.CLUSTER: plane, Thing.VPC: f"{plane}-vpc", Thing.NODE_GROUP: f"group-{number}"}.get(
        thing, f"{plane}-{thing}-{number}"
    )
    return Item(
        f"{thing}/{plane}/{number}",
        thing,
        name,
        network="" if thing is Thing.BUCKET else f"vpc-{plane}",
        state=state,
        created=at(made).isoformat() if thing in TIMED else "",
        marks=marks_of(plane, TAGS),
        owner=owner,
    )


def region(*things: Thing, plane: str = NAME, made: float = 1, owner: str = "") -> tuple[Item, ...]:
    """All that the documents name, or of these kinds alone."""
    return tuple(
        item(wanted.thing, number, plane=plane, made=made, owner=owner)
        for wanted in DOCUMENTED
        if not things or wanted.thing in things
        for number in range(1, wanted.needed + 1)
    )


def look(minutes: float, items: Iterable[Item] = (), troubles: dict[Thing, Trouble] | None = None) -> Look:
    return Look(at(minutes), tuple(items), troubles or {})


def seen(*looks: Look) -> Memory:
    """Remember looks one after the other, through JSON as the database keeps it."""
    memory = Memory()
    for each in looks:
        memory = Memory.from_json(json.loads(json.dumps(remember(memory, each).to_json())))
    return memory


def reading(*looks: Look) -> Reading:
    return read(seen(*looks), handed_over=BEGAN)


def line(found: Reading, thing: Thing) -> Finding:
    return next(each for each in found.findings if each.wanted.thing is thing)


def test_nothing_yet_is_not_there_yet() -> None:
    found = reading(look(0))

    assert {each.progress for each in found.findings} == {Progress.MISSING}
    assert (found.found, found.total, found.is_empty, found.is_complete) == (0, 11, True, False)


def test_before_the_first_look_nothing_is_said_of_anything() -> None:
    assert {each.progress for each in read(Memory(), handed_over=BEGAN).findings} == {Progress.NOT_LOOKED}


def test_what_appears_is_found_with_the_time_of_the_look_that_saw_it_first() -> None:
    network = region(Thing.VPC, Thing.SUBNET)[:3]
    found = reading(look(0), look(3, network), look(5, region()), look(7, region()))

    assert found.is_complete
    assert found.plane == NAME
    assert line(found, Thing.VPC).here[0].first == at(3).isoformat()
    subnets = line(found, Thing.SUBNET)
    assert (subnets.ready, subnets.whole_since) == (4, at(5).isoformat())
    assert found.resources == 15


@pytest.mark.parametrize("missing", [each.thing for each in DOCUMENTED])
def test_one_kind_less_is_not_complete(missing: Thing) -> None:
    found = reading(look(0), look(5, [each for each in region() if each.thing is not missing]))

    assert not found.is_complete
    assert [each.wanted.thing for each in found.findings if each.progress is not Progress.FOUND] == [missing]


def test_fewer_than_documented_is_partly() -> None:
    found = reading(look(0), look(5, region()[:3]))

    subnets = line(found, Thing.SUBNET)
    assert (subnets.progress, subnets.ready, subnets.whole_since) == (Progress.PARTLY, 2, "")


@pytest.mark.parametrize(
    ("state", "progress"),
    [(State.BUILDING, Progress.BUILDING), (State.FAILED, Progress.FAILED), (State.ENDING, Progress.GONE)],
)
def test_what_exists_and_does_not_work_is_not_found(state: State, progress: Progress) -> None:
    whole = [each for each in region() if each.thing is not Thing.CLUSTER]
    found = reading(look(0), look(5, [*whole, item(Thing.CLUSTER, state=state)]))

    assert line(found, Thing.CLUSTER).progress is progress
    assert not found.is_complete


def test_what_is_gone_again_is_named_with_its_time_and_can_come_back() -> None:
    without = [each for each in region() if each.thing is not Thing.NAT_GATEWAY]
    gone = reading(look(0), look(3, region()), look(5, without), look(6, without))
    back = reading(look(0), look(3, region()), look(5, without), look(8, region()))

    nat = line(gone, Thing.NAT_GATEWAY)
    assert (nat.progress, nat.gone[0].gone, gone.is_complete) == (Progress.GONE, at(5).isoformat(), False)
    again = line(back, Thing.NAT_GATEWAY)
    assert (again.progress, again.here[0].first, again.gone) == (Progress.FOUND, at(3).isoformat(), ())


def test_what_may_not_be_read_is_cannot_see_and_never_missing() -> None:
    denied = {Thing.NAT_GATEWAY: Trouble("This key may not call it.", "ec2:DescribeNatGateways")}
    found = reading(look(0, (), denied), look(5, region(), denied))

    nat = line(found, Thing.NAT_GATEWAY)
    assert (nat.progress, nat.denied, nat.here) == (Progress.CANNOT_SEE, "ec2:DescribeNatGateways", ())
    assert not found.is_complete
    assert found.failing == "", "nobody has to wait for it"


def test_what_aws_did_not_answer_stays_as_it_was_and_says_since_when() -> None:
    busy = {each.thing: Trouble("AWS is limiting how often.") for each in DOCUMENTED}
    found = reading(look(0), look(3, region()), look(4, (), busy), look(5, (), busy))

    assert {each.progress for each in found.findings} == {Progress.FOUND}
    assert found.failing == at(4).isoformat()
    assert not found.is_complete, "what is not known now does not count as complete"
    assert reading(look(0), look(3, region()), look(4, (), busy), look(5, region())).is_complete


def test_a_look_that_failed_as_a_whole_takes_nothing_away() -> None:
    denied = {Thing.BUCKET: Trouble("May not.", "s3:ListAllMyBuckets")}
    memory = seen(look(0), look(3, region(), denied))
    failed = could_not_look(could_not_look(memory, at(4)), at(6))

    found = read(failed, handed_over=BEGAN)
    assert found.failing == at(4).isoformat()
    assert line(found, Thing.BUCKET).progress is Progress.CANNOT_SEE
    assert line(found, Thing.VPC).progress is Progress.FOUND
    assert not found.is_complete
    assert remember(failed, look(7, region())).failing == ""


def test_a_region_that_stood_there_before_the_hand_over_is_not_counted() -> None:
    old = region(plane="zilliz-byoc-old", made=-600)
    found = reading(look(0, old), look(5, (*old, *region(Thing.VPC))))

    assert [each.wanted.thing for each in found.findings if each.here] == [Thing.VPC]
    assert [(each.why, each.title, len(each.sightings)) for each in found.asides] == [
        (Why.BEFORE, "zilliz-byoc-old", 15)
    ]


def test_a_watch_that_began_late_counts_what_aws_says_is_newer_than_the_hand_over() -> None:
    found = reading(look(20, region(made=8)))

    assert found.is_complete
    assert found.asides == ()


def test_of_what_was_there_first_and_has_no_age_nothing_is_counted_until_something_tells() -> None:
    network = region(Thing.VPC, Thing.SUBNET)
    before = reading(look(2, network), look(3, network))
    after = reading(look(2, network), look(9, region(made=8)))

    assert (before.found, [each.why for each in before.asides]) == (0, [Why.UNCLEAR])
    assert after.is_complete


def test_two_halves_of_two_regions_are_no_whole() -> None:
    one = region(Thing.VPC, Thing.SUBNET, Thing.INTERNET_GATEWAY, Thing.ADDRESS, Thing.NAT_GATEWAY)
    rest = [each.thing for each in DOCUMENTED if each.thing not in {part.thing for part in one}]
    two = (*region(Thing.VPC, plane="zilliz-byoc-two"), *region(*rest, plane="zilliz-byoc-two"))
    found = reading(look(0), look(5, (*one, *two)))

    assert not found.is_complete
    assert Why.ANOTHER in {each.why for each in found.asides}
    assert len({each.item.network for kind in found.findings for each in kind.here if each.item.network}) == 1


def test_what_this_portal_made_itself_is_not_what_the_console_builds() -> None:
    found = reading(look(0), look(5, region(owner="1/222233334444/act-1")))

    assert found.is_empty
    assert {each.why for each in found.asides} == {Why.OWN}


def test_what_carries_no_mark_is_shown_beside_and_not_counted() -> None:
    bare = [replace(each, name="production", marks=(), owner="") for each in region(Thing.VPC)]
    others = [replace(each, identity=f"old-{each.identity}") for each in bare]
    found = reading(look(0, others), look(5, (*others, *bare)))

    assert found.is_empty
    assert [(each.why, each.title) for each in found.asides] == [(Why.UNMARKED, "production")]
    assert found.unmarked_before == 1


@pytest.mark.parametrize(
    ("name", "tags", "marks"),
    [
        ("zilliz-byoc-x-vpc", {}, ("name",)),
        ("x", {"Vendor": "zilliz-byoc"}, ("Vendor=zilliz-byoc",)),
        ("x", {"byoc": ""}, ("tag byoc",)),
        ("x", {"Vendor": "somebody"}, ()),
        ("my-zilliz-byoc", {}, ()),
    ],
)
def test_tags_and_names_mark_what_is_the_vendors(name: str, tags: dict[str, str], marks: tuple[str, ...]) -> None:
    assert marks_of(name, tags) == marks


def titles(found: Reading, minutes: int) -> list[str]:
    return [each.title for each in causes(found, minutes=minutes, region="us-west-2")]


def test_causes_are_named_after_thirty_minutes_and_only_for_what_is_missing() -> None:
    without_nodes = [each for each in region() if each.thing is not Thing.NODE_GROUP]
    found = reading(look(0), look(20, without_nodes))

    assert titles(found, 29) == []
    assert titles(found, 30) == titles(found, 121) == ["There is no room for the nodes"]
    assert titles(reading(look(0), look(20, region())), 121) == []


def test_where_nothing_came_the_values_are_looked_at_first() -> None:
    assert titles(reading(look(0), look(40)), 40)[0] == "The console has not started, or did not accept a value"


def test_what_cannot_be_seen_is_no_cause_for_a_quota() -> None:
    busy = {Thing.NODE_GROUP: Trouble("Busy.")}
    denied = {Thing.NODE_GROUP: Trouble("May not.", "eks:ListNodegroups")}
    rest = [each for each in region() if each.thing is not Thing.NODE_GROUP]

    assert titles(reading(look(0), look(40, rest, busy)), 40) == []
    assert titles(reading(look(0), look(40, rest, denied)), 40) == ["This key cannot see some resources"]
