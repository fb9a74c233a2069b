"""The engine as it runs in earnest: real workers, real Terraform, the simulator; and ways to hurt it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.domain.roles import Role
from activation.domain.state import read_state
from activation.management.local_aws import portal_settings
from activation.models import Activation, CloudAccount, LogLine, Plan, RegionSetup, Run, StateVersion
from activation.runner import lock
from activation.services import activations, events, host, regions, run_keys, runs
from activation.simulator.client import Simulator
from tests.factories import make_member, make_organization

ROOT = Path(__file__).resolve().parents[2]
NODE = "test-host"
ACCOUNT = "222233334444"
RESOURCES = 11


def wait_for(condition: Callable[[], Any], *, seconds: float, what: str | Callable[[], str]) -> Any:
    """Return the condition's first true value, or fail the test, saying what was waited for as it stands then."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() >= ends:
            pytest.fail(f"within {seconds} s: {what if isinstance(what, str) else what()}")
        # Asking costs, and what is waited for wants the processor as well.
        time.sleep(0.1)
    return found


@dataclass
class Engine:
    """Workers of one host, and what a test asks of them."""

    simulator: Simulator
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start_worker(self, **more: str) -> "subprocess.Popen[bytes]":
        """Start a worker with a clock of its own, on all queues of this host."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "DATA_DIR", "SECRET_KEY", "MASTER_KEYS")
            if name in os.environ
        }
        environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "byoc_portal.settings",
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "NODE_NAME": NODE,
            **portal_settings({"endpoint": self.simulator.endpoint, "identities": self.simulator.identities()}),
            "SWEEP_SECONDS": "1",
            "RUN_LEASE_SECONDS": "4",
            **self.environment,
            **more,
        }
        number = len(self.workers)
        queues = f"start,ship.{NODE},control,audit"
        words = ("--queues", queues, "--concurrency", "4", "--hostname", f"w{number}@test", "--loglevel", "INFO")
        with (self.directory / f"worker-{number}.log").open("wb") as output:
            worker = subprocess.Popen(
                (
                    sys.executable,
                    "-m",
                    "celery",
                    "-A",
                    "byoc_portal",
                    "worker",
                    "--without-gossip",
                    "--without-mingle",
                    *words,
                    "--beat",
                ),
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def kill(self, worker: "subprocess.Popen[bytes]") -> None:
        """Kill a worker with all its children, as a crash of the machine would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def stop(self) -> None:
        """End all workers, and what is left of their runs."""
        for worker in self.workers:
            self.kill(worker)
        for _, _, control in host.where().controls():
            for process in lock.holders(control):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def log(self) -> str:
        """Return what the workers said."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.directory.glob("worker-*.log")))

    # --- what people do

    def keys(self, name: str = "session", of: str = "customer") -> AccessKeys:
        """Return the keys of one of the simulator's identities."""
        found = self.simulator.identities()[of][name]
        return AccessKeys(found["access_key_id"], found["secret_access_key"], found["session_token"])

    def activation(self, control_plane: ControlPlane = ControlPlane.SELF) -> Activation:
        """Begin an activation whose external ID is locked."""
        organization = make_organization(control_plane=control_plane)
        self.owner = make_member(organization, Role.OWNER)
        self.actor = events.Actor.of(self.owner)
        activation = activations.create(
            organization=organization, region="us-west-2", account=None, by=self.actor, user_id=self.owner.user_id
        )
        if control_plane is ControlPlane.ZILLIZ:
            activations.lock_external_id(activation, text=f"cid-{'a1b2c' * 5}", by=self.actor)
        return Activation.objects.select_related("organization", "package", "cloud_account").get(pk=activation.pk)

    def run(self, activation: Activation, *, keys: AccessKeys | None = None, retry_of: Run | None = None) -> Run:
        """Start a run of an activation's IAM package."""
        keys = keys or self.keys()
        account = activations.claim_account(activation.organization, account_id=ACCOUNT, partition="aws", by=self.actor)
        return runs.start_iam_run(
            activation,
            account=account,
            keys=keys,
            principal_arn=f"arn:aws:iam::{ACCOUNT}:user/administrator",
            by=self.owner,
            actor=self.actor,
            retry_of=retry_of,
        )

    def until(self, run: Run, *statuses: str, seconds: float = 90) -> Run:
        """Wait for one of the statuses; any other ending fails the test."""

        def arrived() -> Run | None:
            row = Run.objects.get(pk=run.pk)
            if row.status in statuses:
                return row
            plan = Plan.objects.filter(run=row).first()
            found = plan.verdict.get("findings") if plan else None
            assert not row.has_ended, f"{row.status}: {row.reason} {row.explanation} {found}\n{self.log()[-3000:]}"
            return None

        def what() -> str:
            return f"{run.pk} {statuses}, is {Run.objects.get(pk=run.pk).status}, log:\n{self.log()[-3000:]}"

        found: Run = wait_for(arrived, seconds=seconds, what=what)
        return found

    def approve(self, run: Run) -> None:
        """Approve a plan as the owner."""
        runs.approve(Run.objects.get(pk=run.pk), typed="yes", by=self.owner, actor=self.actor)

    def applied(self, activation: Activation, **more: Any) -> Run:
        """Run, approve, and wait for the seven ARNs."""
        run = self.run(activation, **more)
        self.until(run, "planned")
        self.approve(run)
        return self.until(run, "applied")

    def chosen(self, activation: Activation, cidr: str = "10.20.0.0/16") -> RegionSetup:
        """Choose the network of an activation's region, as step 3 does."""
        return RegionSetup.objects.update_or_create(activation=activation, defaults={"vpc_cidr": cidr, "netmask": 16})[
            0
        ]

    def region_run(self, activation: Activation, *, retry_of: Run | None = None) -> Run:
        """Begin the plan of an activation's region."""
        fresh = Activation.objects.select_related("organization", "cloud_account").get(pk=activation.pk)
        return regions.start(fresh, by=self.owner, actor=self.actor, retry_of=retry_of)

    # --- what is there

    def finished(self, run: Run) -> int:
        """Return how many resources the run's progress has."""
        return int(Run.objects.get(pk=run.pk).progress.get("finished", 0))

    def terraforms(self, run: Run) -> list[int]:
        """Return the process ids of the run's Terraform."""
        control = host.where().control(run.pk, Run.objects.get(pk=run.pk).phase)
        return [pid for pid in lock.holders(control) if _name(pid) == "terraform"]

    def everything_of(self, run: Run) -> list[int]:
        """Return the process ids of all that belongs to a run: supervisor, Terraform, provider."""
        return lock.holders(host.where().control(run.pk, Run.objects.get(pk=run.pk).phase))

    def creations(self) -> int:
        """Return how many roles, policies and attachments AWS was asked for and made."""
        counts = self.simulator.counts()
        return sum(counts.get(f"iam:{action}", 0) for action in ("CreatePolicy", "CreateRole", "AttachRolePolicy"))

    def account(self) -> CloudAccount:
        """Return the customer's account as the portal has it."""
        return CloudAccount.objects.get(account_id=ACCOUNT)

    def data(self) -> Path:
        """Return the data directory."""
        return Path(settings.DATA_DIR)


def newest_state(run: Run) -> StateVersion:
    return StateVersion.objects.select_related("run").filter(workspace=run.workspace_id).order_by("-pk")[0]


def addresses(run: Run) -> frozenset[str]:
    return read_state(run_keys.open_state(newest_state(run))).addresses


def numbers_of(run: Run) -> list[int]:
    return list(LogLine.objects.filter(run=run).order_by("number").values_list("number", flat=True))


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
