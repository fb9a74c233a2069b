"""The smoke test of an installation: a private instance, walked through as a person with a browser would."""

import json
import shutil
import signal
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.aws.sessions import session
from activation.domain.control_plane import ControlPlane
from activation.domain.credentials import AccessKeys
from activation.management.private_instance import DidNotStart, PrivateInstance
from activation.management.walk import Key, Step, Walk, WalkFailed
from activation.management.walk_region import LICENSES, OWN, RegionWalk
from activation.simulator.client import Simulator

# Where the walk ended, for who looks into a failure.
TRACE = "trace.txt"


class Command(BaseCommand):
    """`manage.py walkthrough [--control-plane self|zilliz] [--json]`."""

    help = (
        "Starts a private demo instance, walks through the wizard over HTTP up to an active region on the License page "
        "and its record; exit 1 on failure."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's declaration

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--control-plane", choices=[c.value for c in ControlPlane], default="self")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.add_argument(
            "--license",
            choices=LICENSES,
            default=OWN,
            help="which license the region is activated with; without one, or with one of another key, the walk fails",
        )
        parser.add_argument("--keep", action="store_true", help="keep the data directory also when all went well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk, compare, report."""
        self.as_json = options["json"]
        # Whoever runs out of patience with it asks it to end by one of these; it then ends as by Ctrl-C.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        directory = Path(tempfile.mkdtemp(prefix="byoc-walkthrough-"))
        # As root each run has a user of its own, which has to pass through.
        directory.chmod(0o711)
        control_plane = ControlPlane(options["control_plane"])
        instance = PrivateInstance(directory, settings=of_this_machine(), licensed=options["license"] == OWN)
        began = time.monotonic()
        try:
            with instance:
                self.step(Step("Start a private instance", time.monotonic() - began))
                result = self.walk(instance, control_plane, directory, options["license"])
        except KeyboardInterrupt:
            instance.delete()
            shutil.rmtree(directory, ignore_errors=True)
            raise
        except Exception as error:  # noqa: BLE001 - a smoke test answers, whatever happened
            # What it walked through is kept, to be looked at.
            (directory / TRACE).write_text(traceback.format_exc())
            self.fail(str(error) if isinstance(error, WalkFailed | DidNotStart) else repr(error), directory)
        if not options["keep"]:
            instance.delete()
        result["seconds"] = round(time.monotonic() - began, 1)
        self.tell(result)

    def walk(
        self, instance: PrivateInstance, control_plane: ControlPlane, folder: Path, granted: str
    ) -> dict[str, Any]:
        """Take the walk and compare what the page says with what the state and AWS say; raises WalkFailed."""
        simulator = Simulator.from_directory(instance.data / "simulator")
        identities = simulator.identities()["customer"]
        # The guide's own package has no variable for a session token, so it needs a long-term key.
        given = identities["session" if control_plane is ControlPlane.SELF else "administrator"]
        walk = Walk(
            address=instance.address,
            control_plane=control_plane,
            passwords=instance.passwords(),
            key=key_of(given),
            folder=folder,
            report=self.step,
        )
        region = RegionWalk(
            walk,
            build=lambda: instance.play_console("zilliz-byoc-walkthrough"),
            watch_key=key_of(identities["session"]),
            granted=granted,
        )
        walk.go(region.steps())
        state = json.loads(instance.manage("state_summary", identities["account"]))
        if state["outputs"] != walk.arns:
            raise WalkFailed(f"The page shows {walk.arns}, the state has {state['outputs']}")
        listed = arns_in_aws(simulator.endpoint, AccessKeys(*list_key(identities["administrator"])))
        if missing := sorted(set(walk.arns.values()) - listed):
            raise WalkFailed(f"AWS does not have {', '.join(missing)}")
        return {
            "ok": True,
            "control_plane": control_plane.value,
            "arns": walk.arns,
            "license": region.license,
            "terraform": state["terraform"],
            "serial": state["serial"],
            "resources": len(state["addresses"]),
            "simulator_actions": simulator.counts(),
            "first_line_seconds": round(walk.first_line_seconds, 2),
            "steps": [{"title": step.title, "seconds": round(step.seconds, 2)} for step in walk.steps],
            "log": str(walk.log),
            "record": str(walk.record),
        }

    def step(self, step: Step) -> None:
        """Print one row of the table."""
        if not self.as_json:
            self.stdout.write(f"  {step.seconds:6.1f} s  {step.title}")
            self.stdout.flush()

    def tell(self, result: dict[str, Any]) -> None:
        """Print the result."""
        if self.as_json:
            self.stdout.write(json.dumps(result))
            return
        self.stdout.write("\nThe seven ARNs, as the page of step 3 shows them:")
        for name, arn in result["arns"].items():
            self.stdout.write(f"  {name:<36}{arn}")
        calls = sum(result["simulator_actions"].values())
        self.stdout.write(
            f"\nTerraform {result['terraform']}, state serial {result['serial']}, {calls} AWS calls, "
            f"{result['seconds']} s in all.\nThe License page says: {result['license']}.\n"
            f"Log: {result['log']}\nRecord, verified: {result['record']}"
        )

    def fail(self, why: str, directory: Path) -> NoReturn:
        """End with what the page said. Raises CommandError, SystemExit."""
        kept = {
            "log": str(directory / "up.log"),
            "trace": str(directory / TRACE),
            "logs": str(directory / "data" / "logs"),
        }
        if self.as_json:
            self.stdout.write(json.dumps({"ok": False, "error": why, **kept}))
            raise SystemExit(1)
        places = "\n".join(f"{name.capitalize()}: {path}" for name, path in kept.items())
        raise CommandError(f"{why}\n{places}", returncode=1)


def of_this_machine() -> dict[str, str]:
    """Return by which settings this installation runs Terraform here: the walk is to try the same. Empty: not set."""
    return {
        "TERRAFORM": settings.TERRAFORM,
        "TERRAFORM_PROVIDER_MIRROR": settings.TERRAFORM_PROVIDER_MIRROR,
        "AWS_CA_PATH": settings.AWS_CA_FILE,
        "ALLOW_UNSANDBOXED": "1" if settings.ALLOW_UNSANDBOXED else "",
    }


def key_of(identity: dict[str, str]) -> Key:
    """Return an identity's key as it is typed into a form."""
    return Key(*list_key(identity))


def list_key(identity: dict[str, str]) -> tuple[str, str, str]:
    """Return the three parts of an identity's key."""
    return identity["access_key_id"], identity["secret_access_key"], identity["session_token"]


def arns_in_aws(endpoint: str, keys: AccessKeys) -> set[str]:
    """Return the ARNs of all roles and policies of the account."""
    iam = session(keys, "us-west-2", endpoint).client("iam")
    roles = {role["Arn"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
    policies = iam.get_paginator("list_policies").paginate(Scope="Local")
    return roles | {policy["Arn"] for page in policies for policy in page["Policies"]}
