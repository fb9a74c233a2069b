"""A run from key to ARNs, with real Terraform; and what of it is kept."""

import hashlib
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from activation.domain.archive import pack
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.package import read_package
from activation.domain.state import read_state
from activation.models import Activation, Credential, LogLine, PackageVersion, Run
from activation.services import events, host, packages, run_keys
from tests.real.engine import RESOURCES, Engine, addresses, newest_state, numbers_of, wait_for

FOREIGN = Path(__file__).parents[1] / "packages" / "terraform-aws-iam-suffixed"


def test_a_run_ends_in_seven_arns_that_state_and_aws_agree_on(engine: Engine) -> None:
    engine.start_worker()
    run = engine.run(engine.activation())
    began = time.monotonic()
    wait_for(lambda: LogLine.objects.filter(run=run).exists(), seconds=20, what="a first line")
    first = time.monotonic() - began
    engine.until(run, "planned")
    assert first < (time.monotonic() - began) / 2, "the first line is there long before Terraform ends"
    engine.approve(run)
    run = engine.until(run, "applied")

    outputs = read_state(run_keys.open_state(newest_state(run))).outputs
    arns = engine.account().arns
    assert arns == outputs
    assert sorted(arns) == sorted(each.name for each in ARN_OUTPUTS)
    assert len(addresses(run)) == RESOURCES
    assert engine.creations() == RESOURCES
    assert Activation.objects.get(pk=run.activation_id).status == "configuring"
    assert numbers_of(run) == list(range(1, run.lines + 1))

    # Whoever shipped its last line may still be sweeping up behind it.
    wait_for(lambda: not list(host.where().work.glob(f"{run.pk}*")), seconds=5, what="work directories wiped")
    wait_for(lambda: not engine.everything_of(run), seconds=5, what="no process of the run")
    assert subprocess.run(["pgrep", "-f", run.pk], capture_output=True, check=False).stdout == b""


def test_a_package_by_somebody_else_ends_in_its_own_arns(engine: Engine) -> None:
    files = {path.name: path.read_bytes() for path in FOREIGN.iterdir() if path.is_file()}
    archive = pack(files, "terraform-aws-iam")
    row = packages.add_package(
        archive,
        source="a test",
        actor=events.PORTAL,
        sha256=hashlib.sha256(archive).hexdigest(),
        name="terraform-aws-iam",
        iam_path="/acme/byoc/",
        name_prefix="acme-",
    )
    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=events.PORTAL)
    engine.start_worker()
    activation = engine.activation(ControlPlane.ZILLIZ)
    assert activation.package == row
    run = engine.applied(activation)
    arns = engine.account().arns
    assert len(arns) == 7
    assert all("/acme/byoc/" in arn and "7f3a" in arn for arn in arns.values())
    assert arns == read_state(run_keys.open_state(newest_state(run))).outputs


def refused(engine: Engine, row: PackageVersion) -> set[str]:
    """Plan with a package; return the codes for which the safety check refuses it. Nothing is made."""
    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=events.PORTAL)
    engine.start_worker()
    ended = engine.until(engine.run(engine.activation(ControlPlane.ZILLIZ)), "errored")
    assert "safety check refused" in ended.reason
    assert engine.creations() == 0
    return {finding["code"] for finding in ended.plan.verdict["findings"]}


@pytest.mark.long_form
def test_the_safety_check_refuses_a_package_under_a_path_that_was_not_agreed(engine: Engine) -> None:
    files = {path.name: path.read_bytes() for path in FOREIGN.iterdir() if path.is_file()}
    row = packages.add_package(
        pack(files, "terraform-aws-iam"), source="a test", actor=events.PORTAL, name="terraform-aws-iam"
    )
    assert refused(engine, row) == {"path", "name"}


@pytest.mark.long_form
def test_the_safety_check_refuses_a_policy_that_is_computed_from_one_of_the_package(engine: Engine) -> None:
    plain = "policy_arn = aws_iam_policy.policy[each.key].arn"
    anything = "arn:aws:iam::aws:policy/AdministratorAccess"
    computed = f'policy_arn = replace(aws_iam_policy.policy[each.key].arn, "/.*/", "{anything}")'
    text = (FOREIGN / "main.tf").read_text()
    assert plain in text
    archive = pack({"main.tf": text.replace(plain, computed).encode()}, "terraform-aws-iam")
    row = packages.add_package(
        archive, source="a test", actor=events.PORTAL, name="x", iam_path="/acme/byoc/", name_prefix="acme-"
    )
    assert refused(engine, row) == {"attachment_policy"}


@pytest.mark.long_form
def test_the_safety_check_sees_rights_that_no_configuration_in_the_plan_shows(engine: Engine) -> None:
    files = {"main.tf": (FOREIGN / "main.tf").read_bytes()}
    begins = b'resource "aws_iam_role" "role" {'
    dynamic = b"""
  dynamic "inline_policy" {
    for_each = ["all"]
    content {
      name   = inline_policy.value
      policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
    }
  }
"""
    assert begins in files["main.tf"]
    # Such a package is not taken in: this one comes past the look at its text.
    archive = pack({"main.tf": files["main.tf"].replace(begins, begins + dynamic)}, "terraform-aws-iam")
    row = packages.store(
        read_package(files), archive, source="a test", actor=events.PORTAL, iam_path="/acme/byoc/", name_prefix="acme-"
    )
    assert refused(engine, row) == {"role_extra_rights"}


def test_a_second_press_while_a_run_is_active_is_the_same_run(engine: Engine) -> None:
    activation = engine.activation()
    first = engine.run(activation)
    assert engine.run(activation).pk == first.pk
    assert Run.objects.count() == 1


def test_a_missing_terraform_is_said_before_anything_runs(engine: Engine) -> None:
    engine.environment["TERRAFORM"] = "/nowhere/terraform"
    engine.start_worker()
    run = engine.run(engine.activation())
    ended = engine.until(run, "errored")
    assert "was not found" in ended.reason
    assert Credential.objects.get(run=run).sealed is None


def test_a_provider_that_cannot_be_had_is_explained(engine: Engine, tmp_path: Path) -> None:
    # A directory of its own, in which no package was initialized yet, where other users may pass.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        mirror = Path(folder) / "mirror"
        mirror.mkdir(mode=0o755)
        engine.environment |= {
            "TERRAFORM_PROVIDER_MIRROR": str(mirror),
            "BROKER_URL": f"redis+socket://{engine.data()}/valkey.sock",
        }
        engine.start_worker(DATA_DIR=f"{folder}/data")
        ended = engine.until(engine.run(engine.activation()), "errored")
        engine.stop()
    assert ended.explanation["code"] == "provider_unavailable", ended.explanation
