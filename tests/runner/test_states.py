"""No state that Terraform had is lost: not the one beside the file, not the one that it could only print."""

import json
import os
import time
from pathlib import Path

import pytest

from activation.domain.sealing import new_key, open_sealed
from activation.runner import states
from activation.runner.spec import state_context
from activation.runner.states import SealedState, Sealer
from activation.runner.supervisor import dumped_state

RUN = "run-0123456789abcdef"
LINEAGE = "0b0b0b0b-aaaa-bbbb-cccc-000000000000"


def state(serial: int, *names: str) -> bytes:
    resources = [
        {"mode": "managed", "type": "aws_iam_role", "name": name, "instances": [{"attributes": {"name": name}}]}
        for name in names
    ]
    content = {"version": 4, "serial": serial, "lineage": LINEAGE, "outputs": {}, "resources": resources}
    return json.dumps(content).encode()


class Place:
    """A run's two directories and its key."""

    def __init__(self, root: Path) -> None:
        self.control, self.work, self.key = root / "control", root / "work", new_key()
        self.control.mkdir()
        self.work.mkdir()
        self.sealer = Sealer(run_id=RUN, control=self.control, work=self.work, key=self.key)

    def opened(self, sealed: SealedState | None) -> bytes:
        assert sealed is not None
        content = (self.control / states.FOLDER / sealed.file).read_bytes()
        return open_sealed(self.key, content, state_context(RUN, sealed.serial))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_left_beside_the_state_is_taken_in(place: Place) -> None:
    (place.work / states.STATE).write_bytes(state(4, "a"))
    place.sealer.look()
    (place.work / states.STATE).write_bytes(state(5, "a", "b")[:100])
    assert place.sealer.look() is None, "half a state is no state"
    (place.work / states.ERRORED).write_bytes(state(5, "a", "b"))
    left = place.sealer.errored()
    assert left is not None and left.serial == 5 and left.resources == 2
    assert place.opened(left) == state(5, "a", "b")
    assert place.sealer.errored() is None, "once"


def test_a_link_beside_the_state_is_not_followed(place: Place, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(state(9, "x"))
    os.symlink(tmp_path / "elsewhere", place.work / states.ERRORED)
    assert place.sealer.errored() is None


def test_what_terraform_could_only_print_is_taken_in(place: Place) -> None:
    line = {"@level": "info", "@message": "Emergency state dump", "state": json.loads(state(6, "a", "b", "c"))}
    dump = dumped_state(json.dumps(line).encode())
    sealed = place.sealer.dumped(dump)
    assert sealed is not None and sealed.serial == 6 and sealed.resources == 3
    assert json.loads(place.opened(sealed)) == json.loads(state(6, "a", "b", "c"))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"@message":"Apply complete"}',
        b'"Emergency state dump"',
        b'{"@message":"Emergency state dump"}',
        b'{"@message":"Emergency state dump","state":"x"}',
        b'{"@message":"Emergency state dump","state":',
    ],
)
def test_other_lines_are_no_state(place: Place, line: bytes) -> None:
    assert dumped_state(line) == b""


def test_a_dump_that_is_no_state_breaks_nothing(place: Place) -> None:
    assert place.sealer.dumped(b'{"serial": 1}') is None


def replaced(serial: int, *, rid_of: bool) -> bytes:
    """Return a state in which a role was replaced, and the one before it is gone or still to be deleted."""
    document = json.loads(state(serial, "a"))
    if not rid_of:
        document["resources"][0]["instances"].append({"deposed": "0a1b2c3d", "attributes": {"name": "old"}})
    return json.dumps(document).encode()


def waited(place: Place, address: str, *, present: bool) -> float:
    began = time.monotonic()
    place.sealer.await_address(address, present=present, patient=lambda: time.monotonic() - began < 1)
    return time.monotonic() - began


def test_what_was_replaced_counts_as_deleted_although_its_address_stays(place: Place) -> None:
    (place.work / states.STATE).write_bytes(replaced(4, rid_of=False))
    place.sealer.look()
    assert waited(place, "aws_iam_role.a", present=False) >= 1, "it is still there"
    (place.work / states.STATE).write_bytes(replaced(5, rid_of=True))
    assert waited(place, "aws_iam_role.a", present=False) < 0.5
    # Seen by a look before Terraform's line was read.
    assert waited(place, "aws_iam_role.a", present=False) < 0.5


def test_a_state_is_waited_for_no_longer_than_somebody_is_patient(place: Place) -> None:
    (place.work / states.STATE).write_bytes(state(4, "a"))
    assert 1 <= waited(place, "aws_iam_role.b", present=True) < 2
    assert waited(place, "aws_iam_role.a", present=True) < 0.5
    assert waited(place, "aws_iam_role.b", present=False) < 0.5
