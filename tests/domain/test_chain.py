"""Whatever is done to a chain of events or to its checkpoints is found, at the number where it begins."""

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from activation.domain import canonical_json, checkpoint, dsse
from activation.domain.chain import GENESIS, MEMBERS, Problem, Walk, event_hash, first_problem, time_text

Events = list[dict[str, Any]]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {dsse.key_id(dsse.raw_public_key(KEY)): dsse.raw_public_key(KEY)}

ours = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


def chain_of(count: int, *, chain: str = "org-a") -> Events:
    """Return a chain as the portal writes it."""
    events: Events = []
    prev_hash = GENESIS
    for sequence in range(1, count + 1):
        event: dict[str, Any] = dict.fromkeys(MEMBERS, "")
        event |= {
            "format": 1,
            "chain": chain,
            "sequence": sequence,
            "at": time_text(datetime(2026, 11, 23, 12, 0, tzinfo=UTC) + timedelta(seconds=sequence)),
            "kind": "run.approved",
            "before": {},
            "after": {"ticked": ["a", "b"]},
            "prev_hash": prev_hash,
        }
        event["hash"] = prev_hash = event_hash(event)
        events.append(event)
    return events


def rehash(events: Events, first: int) -> None:
    """Write all hashes anew from index `first` on, as somebody who knows how would."""
    for index in range(first, len(events)):
        events[index]["prev_hash"] = events[index - 1]["hash"] if index else GENESIS
        events[index]["hash"] = event_hash(events[index])


# --- canonical JSON


@given(ours)
def test_canonical_json_is_rfc_8785(value: Any) -> None:
    assert canonical_json.encode(value) == rfc8785.dumps(value)


@given(ours)
def test_canonical_json_reads_back_and_only_in_one_form(value: Any) -> None:
    encoded = canonical_json.encode(value)
    assert canonical_json.decode(encoded) == value
    with pytest.raises(canonical_json.NotCanonical):
        canonical_json.decode(encoded + b"\n")


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, "\ud800", {"é": 1}, {1: 2}, b"x", [{"a": 0.1}]])
def test_what_has_no_canonical_form_here_is_refused(value: Any) -> None:
    with pytest.raises(canonical_json.NotCanonical):
        canonical_json.encode(value)


@pytest.mark.parametrize(
    "content", [b'{"a":1,"a":1}', b'{"b":1,"a":1}', b"[1.0]", b'"\\u0061"', b"[1, 2]", b"\xff", b"1e2"]
)
def test_another_way_to_write_a_value_is_refused(content: bytes) -> None:
    with pytest.raises(canonical_json.NotCanonical):
        canonical_json.decode(content)


# --- events


def test_a_whole_chain_has_no_problem() -> None:
    walk = Walk("org-a")
    assert first_problem(chain_of(20), walk) is None
    assert (walk.count, walk.sequence) == (20, 20)


def test_a_part_of_a_chain_is_verified_from_where_it_begins() -> None:
    events = chain_of(20)
    assert first_problem(events[10:], Walk("org-a", after=10, prev_hash=events[9]["hash"])) is None
    problem = first_problem(events[10:], Walk("org-a", after=10, prev_hash=events[8]["hash"]))
    assert problem is not None
    assert problem.sequence == 11


def test_times_are_utc_with_microseconds() -> None:
    east = datetime.fromisoformat("2026-11-23T02:00:00+05:30")
    assert time_text(east) == "2026-11-22T20:30:00.000000Z"


@pytest.mark.parametrize("member", [name for name in MEMBERS if name not in {"before", "after"}])
def test_any_changed_member_is_named(member: str) -> None:
    events = chain_of(9)
    events[4][member] = 99 if isinstance(events[4][member], int) else events[4][member] + "x"
    problem = first_problem(events, Walk("org-a"))
    assert problem is not None
    assert problem.sequence == 5


def tell_more(events: Events) -> None:
    events[4]["after"]["ticked"].append("c")


def add_member(events: Events) -> None:
    events[4]["note"] = "x"


def drop_member(events: Events) -> None:
    del events[4]["reason"]


def remove(events: Events) -> None:
    del events[4]


def double(events: Events) -> None:
    events.insert(4, events[3])


def insert(events: Events) -> None:
    events.insert(4, events[4] | {"kind": "run.discarded"})


def swap(events: Events) -> None:
    events[4], events[5] = events[5], events[4]


def from_elsewhere(events: Events) -> None:
    events[4] = chain_of(9, chain="org-b")[4]


def fraction(events: Events) -> None:
    events[4]["after"]["share"] = 0.5


def back_in_time(events: Events) -> None:
    events[4]["at"] = events[2]["at"]
    rehash(events, 4)


def renumber(events: Events) -> None:
    del events[4]
    for index in range(4, len(events)):
        events[index]["sequence"] = index + 1


def true_for_one(events: Events) -> None:
    events[4]["before"] = {"a": True}
    rehash(events, 4)
    events[4]["before"] = {"a": 1}


CHANGES = [tell_more, add_member, drop_member, remove, double, insert, swap]
CHANGES += [from_elsewhere, fraction, back_in_time, renumber, true_for_one]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_done_at_number_five_is_named_there(change: Callable[[Events], None]) -> None:
    events = chain_of(9)
    change(events)
    problem = first_problem(events, Walk("org-a"))
    assert problem is not None
    assert problem.sequence == 5


def test_an_event_that_was_put_in_with_a_hash_of_its_own_is_named_where_the_next_one_does_not_follow() -> None:
    events = chain_of(9)
    events.insert(4, events[4] | {"kind": "run.discarded"})
    rehash(events[:5], 4)
    problem = first_problem(events, Walk("org-a"))
    assert problem is not None
    assert problem.sequence == 6


# --- checkpoints


def sign(events: Events, previous: dict[str, Any] | None = None, *, key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    """Return the envelope of a checkpoint at the end of the events."""
    last = events[-1]
    envelope, _ = checkpoint.make(
        chain=last["chain"],
        previous=previous,
        last_sequence=last["sequence"],
        head_hash=last["hash"],
        at=last["at"],
        key=key,
    )
    return envelope


def test_checkpoints_follow_from_each_other() -> None:
    events = chain_of(9)
    first = checkpoint.read(sign(events[:4]), KEYS)
    second = checkpoint.read(sign(events, first), KEYS)
    assert (second["number"], second["first_sequence"], second["last_sequence"], second["count"]) == (2, 5, 9, 5)
    walk = checkpoint.Sequence("org-a")
    assert [walk.step(first), walk.step(second)] == [None, None]


def test_a_checkpoint_that_was_left_out_exchanged_or_moved_is_named() -> None:
    events = chain_of(9)
    first = checkpoint.read(sign(events[:4]), KEYS)
    second = checkpoint.read(sign(events, first), KEYS)
    other_first = checkpoint.read(sign(events[:3]), KEYS)
    elsewhere = checkpoint.read(sign(chain_of(4, chain="org-b")), KEYS)
    for payloads in ([second], [other_first, second], [first, first], [elsewhere]):
        walk = checkpoint.Sequence("org-a")
        problems = [problem for payload in payloads if (problem := walk.step(payload))]
        assert len(problems) == 1
        assert isinstance(problems[0], Problem)


def test_every_character_of_an_envelope_counts() -> None:
    envelope = sign(chain_of(3))
    assert checkpoint.read(envelope, KEYS)["last_sequence"] == 3
    for path in (("payload",), ("payloadType",), ("signatures", 0, "keyid"), ("signatures", 0, "sig")):
        text: Any = envelope
        for step in path:
            text = text[step]
        for place in range(len(text)):
            changed = copy.deepcopy(envelope)
            holder: Any = changed
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            with pytest.raises(dsse.NotAuthentic):
                checkpoint.read(changed, KEYS)


def spare_bits(envelope: dict[str, Any]) -> None:
    # A signature of 64 bytes ends in "==": four bits of the character before mean nothing to a lenient reader.
    signature = envelope["signatures"][0]["sig"]
    envelope["signatures"][0]["sig"] = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="


def more_members(envelope: dict[str, Any]) -> None:
    envelope["note"] = "x"


def two_signatures(envelope: dict[str, Any]) -> None:
    envelope["signatures"] *= 2


def no_signature(envelope: dict[str, Any]) -> None:
    envelope["signatures"] = []


def line_break(envelope: dict[str, Any]) -> None:
    envelope["payload"] += "\n"


@pytest.mark.parametrize("change", [spare_bits, more_members, two_signatures, no_signature, line_break])
def test_an_envelope_has_one_form(change: Callable[[dict[str, Any]], None]) -> None:
    envelope = sign(chain_of(3))
    change(envelope)
    with pytest.raises(dsse.NotAuthentic):
        checkpoint.read(envelope, KEYS)


def test_the_signature_of_a_strange_key_proves_nothing() -> None:
    strange = Ed25519PrivateKey.generate()
    with pytest.raises(dsse.NotAuthentic, match="not known here"):
        checkpoint.read(sign(chain_of(3), key=strange), KEYS)


def test_a_payload_that_is_signed_but_not_canonical_is_refused() -> None:
    payload = json.loads(base64.b64decode(sign(chain_of(3))["payload"]))
    loose = dsse.sign(checkpoint.PAYLOAD_TYPE, json.dumps(payload).encode(), KEY)
    with pytest.raises(dsse.NotAuthentic, match="canonical"):
        checkpoint.read(loose, KEYS)


def test_the_bytes_that_are_signed_are_those_of_the_dsse_protocol() -> None:
    # The example of the protocol's own text.
    encoded = dsse.pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
