"""How an installation ends: nobody comes in, Terraform stops and saves its state, what it did is stored, all end."""

import time
from collections.abc import Callable
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from activation.management.data_directory import DataDirectory
from activation.management.processes import Programs
from activation.runner import control as controls

# Terraform waits for calls under way before it stops; after this it goes on under its supervisor, seconds.
TERRAFORM_SECONDS = 60.0
# What a run wrote last is in the database this long after its end, seconds.
SHIPPING_SECONDS = 10.0
REASON = "shutdown"
ENTRANCE, WORKERS, GROUND = ("web", "beat"), ("control", "runs", "audit"), ("simulator", "valkey")


class Impatient(Exception):
    """A second Ctrl-C: end now."""


class Shutdown:
    """Ends an installation step by step; `impatience` says whether somebody asked a second time."""

    def __init__(
        self,
        *,
        data: DataDirectory,
        programs: Programs,
        broker: str,
        node: str,
        say: Callable[[str], None],
        impatience: Callable[[], bool],
    ) -> None:
        self.data, self.programs, self.broker, self.node = data, programs, broker, node
        self.say, self.impatience = say, impatience
        self.asked: dict[Path, str] = {}
        # When the last of them was asked, and for how many seconds the waiting was shown.
        self.began, self.shown = 0.0, -1
        self.given_up: set[Path] = set()

    def run(self) -> None:
        """End everything; return when no process of ours is left."""
        try:
            # First of all, for it takes longest.
            self.ask_terraform()
            self.patient()
            self.programs.end(*ENTRANCE, patient=self.patient)
            self.start_no_more_runs()
            self.stop_terraform()
            self.await_shipping()
            self.programs.end(*WORKERS, patient=self.patient)
            # A start that was under way has ended with its worker; the Terraform that it started has not.
            self.stop_terraform()
            self.programs.end(*GROUND, patient=self.patient)
            self.programs.end(*self.programs.names(), patient=self.patient)
        except Impatient:
            self.say_what_may_be_lost()
            self.programs.end_at_once()

    def patient(self) -> None:
        """Show for how long Terraform is waited for; raise Impatient once somebody asked a second time."""
        if self.impatience():
            raise Impatient
        alive, waited = self.living(), self.waited()
        if alive and waited != self.shown:
            self.say(f"Terraform of {named(alive)} is stopping and saves its state ({waited} s)…")
            self.shown = waited

    def living(self) -> dict[Path, str]:
        """Return the runs that live and are waited for."""
        return {each: run for each, run in self.data.living_runs().items() if each not in self.given_up}

    def waited(self) -> int:
        """Return for how many seconds Terraform is waited for."""
        return int(time.monotonic() - self.began)

    def start_no_more_runs(self) -> None:
        """Let the worker ship what runs, and take nothing new, also where nothing runs yet."""
        if not self.programs.is_alive("runs"):
            return
        queue = Celery(broker=self.broker)
        try:
            queue.control.cancel_consumer("start", destination=[f"runs@{self.node}"])
        except (OperationalError, OSError):
            self.say("The queue cannot be reached: runs that wait may still start.")
        finally:
            queue.close()

    def ask_terraform(self) -> dict[Path, str]:
        """Ask every run to stop that was not asked yet; return those that go on."""
        alive = self.living()
        for control in alive.keys() - self.asked.keys():
            controls.request_stop(control, REASON)
            self.asked[control] = alive[control]
            self.began, self.shown = time.monotonic(), -1
        return alive

    def stop_terraform(self) -> None:
        """Wait until every run has stopped."""
        while alive := self.ask_terraform():
            self.patient()
            if self.waited() >= TERRAFORM_SECONDS:
                self.say(
                    f"Terraform of {named(alive)} has not ended within {self.waited()} s. It goes on stopping by "
                    "itself; the next start stores what it wrote."
                )
                self.given_up |= alive.keys()
                return
            self.programs.look_after()
            time.sleep(0.1)

    def await_shipping(self) -> None:
        """Wait until the worker stored what the ended runs wrote, and removed their directories."""
        ends = time.monotonic() + SHIPPING_SECONDS
        while time.monotonic() < ends and self.programs.is_alive("runs"):
            if not any(control.exists() for control in self.asked):
                return
            self.patient()
            time.sleep(0.1)

    def say_what_may_be_lost(self) -> None:
        """Name the runs whose end nobody waits for."""
        if alive := self.data.living_runs():
            self.say(
                f"Ending at once. Terraform of {named(alive)} has not saved its state yet: its supervisor goes on "
                "stopping it. Do not switch this machine off, or resources that were just made may be missing from "
                "the state. The next start stores what it wrote."
            )
        else:
            self.say("Ending at once. No Terraform runs; nothing is lost.")


def named(alive: dict[Path, str]) -> str:
    """Return the runs' names in one phrase."""
    return ", ".join(sorted(set(alive.values())))
