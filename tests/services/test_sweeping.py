"""Who is written off for being silent: the dead, however many hosts share the sweeps, and nobody else."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from activation.domain.control_plane import ControlPlane
from activation.domain.run_status import RunStatus
from activation.models import Node, Run
from activation.models.identity import run_identity
from activation.services import run_keys, sweeping
from tests.factories import make_activation, make_organization, make_run

pytestmark = pytest.mark.django_db
MINUTE = 60.0
OURS, OTHER = "host-1", "host-of-the-run"


class Hosts:
    """Hosts that share the sweeps, on a clock of their own; each reports itself with its sweep."""

    def __init__(self, settings: Any, names: Iterable[str], *, silent_since: float = 0.0) -> None:
        self.settings, self.names, self.now = settings, list(names), 0.0
        self.random = Random(len(self.names))
        self.watches = {name: sweeping.Watch(lambda: self.now) for name in self.names}
        self.seen = dict.fromkeys((*self.names, OTHER), -silent_since)
        pk = run_identity()
        activation = make_activation(make_organization(control_plane=ControlPlane.SELF))
        status, phase, key = RunStatus.APPLYING, "apply", run_keys.fresh(pk)
        self.run = make_run(activation, id=pk, status=status, phase=phase, node=OTHER, wrapped_key=key)
        for name in self.seen:
            Node.objects.create(name=name, seen_at=timezone.now(), started_at=timezone.now())

    def sweep(self, name: str) -> None:
        """Let one of them sweep now."""
        self.seen[name] = self.now
        now = timezone.now()
        nodes = [Node(name=each, seen_at=now - timedelta(seconds=self.now - seen)) for each, seen in self.seen.items()]
        Node.objects.bulk_update(nodes, ["seen_at"])
        self.settings.NODE_NAME, sweeping.watch = name, self.watches[name]
        sweeping.write_off_gone_hosts()

    def go_on(self, seconds: float, *, every: float) -> None:
        """Let the time pass with sweeps, each by whichever host is faster, until the run is written off."""
        ends = self.now + seconds
        while self.now < ends and not self.is_written_off():
            self.now += every
            self.sweep(self.random.choice(self.names))

    def is_written_off(self) -> bool:
        return Run.objects.get(pk=self.run.pk).status == RunStatus.INTERRUPTED


def living(count: int) -> list[str]:
    return [f"host-{number + 1}" for number in range(count)]


@pytest.mark.parametrize(("count", "every"), [(1, 5), (4, 5), (8, 5), (2, 10), (8, 10)])
def test_a_dead_host_is_written_off_however_many_share_the_sweeps(settings: Any, count: int, every: float) -> None:
    hosts = Hosts(settings, living(count))
    hosts.go_on(30 * MINUTE, every=every)
    assert hosts.is_written_off()
    assert 10 * MINUTE <= hosts.now <= 15 * MINUTE


@pytest.mark.parametrize("count", [2, 5, 8])
def test_no_host_that_reports_again_after_an_outage_is_written_off(settings: Any, count: int) -> None:
    hosts = Hosts(settings, [*living(count - 1), OTHER], silent_since=30 * MINUTE)
    hosts.go_on(30 * MINUTE, every=5)
    assert not hosts.is_written_off()


def test_after_an_outage_a_host_that_stays_silent_gets_half_the_time_again(settings: Any) -> None:
    hosts = Hosts(settings, [OURS], silent_since=30 * MINUTE)
    hosts.go_on(30 * MINUTE, every=5)
    assert hosts.is_written_off()
    assert hosts.now >= 5 * MINUTE


def test_a_watch_that_was_interrupted_itself_begins_anew(settings: Any) -> None:
    hosts = Hosts(settings, [OURS])
    hosts.now = 8 * MINUTE
    hosts.sweep(OURS)
    # The database was away: nobody could report.
    hosts.now = 14 * MINUTE
    hosts.sweep(OURS)
    assert not hosts.is_written_off()
    hosts.go_on(10 * MINUTE, every=5)
    assert hosts.is_written_off()
    assert hosts.now >= 19 * MINUTE
