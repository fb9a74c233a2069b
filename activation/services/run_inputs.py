"""What a run's Terraform is given and its plan judged by: the roles' package and the region's have each their own."""

from typing import Any

from activation.domain.guard import Verdict, inspect
from activation.domain.plan import PlanReview
from activation.models import Run
from activation.services import packages, region_packages


def variables_for(run: Run) -> dict[str, Any]:
    """Return the values of the package's variables that are no keys; raises Faulted where one is not known."""
    return region_packages.variables_for(run) if run.is_of_region else packages.variables_for(run)


def judge(run: Run, review: PlanReview) -> Verdict:
    """Let the safety check judge a run's plan."""
    return region_packages.judge(run, review) if run.is_of_region else inspect(review, packages.rules_for(run))
