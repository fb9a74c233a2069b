"""Going on with a region that stopped before it was built."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from activation.decorators import PortalRequest, at_step, member_with
from activation.domain.errors import Refused
from activation.domain.roles import Right
from activation.domain.steps import Step
from activation.models import Activation
from activation.selectors.region_runs import newest_region_run
from activation.services import regions


@require_POST
@member_with(Right.WALK_WIZARD)
@at_step(Step.REGION)
def activation_resume(request: PortalRequest, activation: Activation) -> HttpResponse:
    """Begin the plan that goes on where the region's last run stopped; pressed twice it is one."""
    last = newest_region_run(activation)
    try:
        run = regions.start(
            activation,
            by=request.member,
            actor=request.actor,
            retry_of=last if last is not None and last.can_be_retried else None,
        )
    except Refused as error:
        messages.warning(request, str(error))
        return redirect("activation", request.organization.slug, activation.pk)
    return redirect("run", request.organization.slug, run.pk)
