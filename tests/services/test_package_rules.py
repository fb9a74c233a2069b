"""What the safety check lets a plan do does not come from the package that it judges."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from activation.domain.archive import pack
from activation.domain.errors import Refused
from activation.domain.guard import inspect
from activation.domain.plan import read_plan
from activation.domain.run_status import RunStatus
from activation.models import PackageVersion
from activation.services import packages
from tests.factories import World, make_run

PLAN = Path(__file__).parents[1] / "domain/fixtures/plan_create.json"


@pytest.mark.parametrize("kind", ["aws_iam_user", "aws_iam_role_policy", "aws_lambda_function"])
def test_type_that_a_package_only_claims_for_itself_is_refused_in_its_plan(world: World, kind: str) -> None:
    run = make_run(world.own.activation, status=RunStatus.PLANNED, package=packages.ensure_bundled())
    run.package.description["resource_types"][kind] = 1
    PackageVersion.objects.filter(pk=run.package.pk).update(description=run.package.description)
    plan = json.loads(PLAN.read_text())
    added = deepcopy(next(each for each in plan["resource_changes"] if each["type"] == "aws_iam_policy"))
    plan["resource_changes"].append(added | {"address": f"{kind}.x", "type": kind, "name": "x"})
    verdict = inspect(read_plan(plan), packages.rules_for(run))
    assert ("resource_type", f"{kind}.x") in {(each.code, each.address) for each in verdict.findings}
    assert not verdict.passed


SUFFIXED = Path(__file__).parents[1] / "packages/terraform-aws-iam-suffixed/main.tf"


def taken_in_before(text: str) -> PackageVersion:
    """Return a package as versions before kept it: nothing was written down of what its attributes name."""
    package = packages.ensure_bundled()
    content = pack({"main.tf": text.encode()}, "acme")
    description = {key: value for key, value in package.description.items() if key != "pointers"}
    PackageVersion.objects.filter(pk=package.pk).update(archive=content, description=description)
    package.refresh_from_db()
    return package


def test_what_a_package_taken_in_before_names_is_read_from_its_archive(world: World) -> None:
    run = make_run(world.own.activation, status=RunStatus.PLANNED, package=taken_in_before(SUFFIXED.read_text()))
    pointers = packages.rules_for(run).pointers
    assert pointers["aws_iam_role.role"] == {"permissions_boundary": "aws_iam_policy.policy"}
    assert PackageVersion.objects.get(pk=run.package_id).description["pointers"] == pointers


def test_a_package_taken_in_before_that_would_be_refused_today_is_not_planned(world: World) -> None:
    text = SUFFIXED.read_text() + 'data "external" "x" {\n  program = ["id"]\n}\n'
    run = make_run(world.own.activation, status=RunStatus.PLANNED, package=taken_in_before(text))
    with pytest.raises(Refused):
        packages.rules_for(run)
