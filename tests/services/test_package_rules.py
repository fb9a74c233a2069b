"""What the safety check lets a plan do does not come from the package that it judges."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

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
