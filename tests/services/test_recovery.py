"""What was found again is kept with the run and told in an event, by the one who has the run's turn."""

import pytest

from activation.domain.adoption import ROLE, Found, Import
from activation.domain.errors import Faulted, Refused
from activation.domain.events import Kind
from activation.domain.run_status import RunStatus
from activation.models import Event, LogLine, Run
from activation.services import recovery
from tests.factories import make_activation, make_organization, make_run

pytestmark = pytest.mark.django_db

ONE = Import("aws_iam_role.cluster", "zilliz-byoc-abc-cluster", "zilliz-byoc-abc-cluster", ROLE)
HALF = Import("aws_iam_role.node", "zilliz-byoc-abc-node", "zilliz-byoc-abc-node", ROLE)
FOUND = Found((ONE,), (HALF,), ("aws_security_group.main",))


@pytest.fixture
def run() -> Run:
    return make_run(make_activation(make_organization()), status=RunStatus.PLANNING)


def told() -> list[Event]:
    return list(Event.objects.filter(kind=Kind.RUN_FOUND_AGAIN.value))


def test_what_was_found_again_is_an_event_with_the_addresses(run: Run) -> None:
    recovery.keep(run, FOUND)
    (event,) = told()
    assert event.run_id == run.pk
    assert event.after == {
        "imports": ["aws_iam_role.cluster"],
        "untainted": ["aws_iam_role.node"],
        "replaced": ["aws_security_group.main"],
    }
    assert Found.from_json(Run.objects.get(pk=run.pk).found_again) == FOUND


def test_finding_nothing_is_no_event(run: Run) -> None:
    recovery.keep(run, Found())
    assert told() == []


def test_whose_turn_is_over_writes_nothing(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_epoch=run.lease_epoch + 1)
    with pytest.raises(Faulted) as raised:
        recovery.keep(run, FOUND)
    assert raised.value.code == "run_moved_on"
    assert told() == []
    assert Run.objects.get(pk=run.pk).found_again == {}


def test_each_thing_has_its_line_in_the_log(run: Run) -> None:
    recovery.tell(run, FOUND)
    lines = list(LogLine.objects.filter(run=run).order_by("number").values_list("text", flat=True))
    assert [line.partition(":")[0] for line in lines] == [
        "Found again",
        "Found again",
        "Incomplete and to be replaced",
    ]
    assert "aws_security_group.main" in lines[2]


@pytest.mark.parametrize(("code", "terminal"), [("recovery_doubled", True), ("recovery_inconclusive", False)])
def test_what_stopped_the_look_is_explained(code: str, terminal: bool) -> None:
    problem = Refused(code, address="aws_vpc.main", things="vpc-1 and vpc-2", detail="no answer")
    explained = recovery.explained(problem)
    assert explained["terminal"] is terminal
    assert explained["cause"] == problem.text
    assert "nothing was created or changed" in explained["meaning"]
