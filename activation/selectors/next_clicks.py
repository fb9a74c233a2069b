"""The link beside *What now*: where a person goes with what the explanation of a failure advises."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.urls import reverse

from activation.models import Run

QUOTAS = "https://console.aws.amazon.com/servicequotas/home?region="


@dataclass(frozen=True)
class Click:
    """A link; `is_outside` where it leaves the portal."""

    text: str
    url: str
    is_outside: bool = False


def page(run: Run, name: str) -> str:
    """Return the address of one of the activation's pages."""
    return reverse(name, args=[run.organization.slug, run.activation_id])


def another_key(run: Run) -> Click | None:
    """Lead to the form of the key; a region is built without one."""
    if run.is_of_region:
        return None
    return Click("Enter another key", f"{page(run, 'activation_run_here')}?retry={run.pk}")


def rights(run: Run) -> Click | None:
    """Lead to the policy with every right that a key needs in step 2."""
    return None if run.is_of_region else Click("The exact permissions", f"{page(run, 'activation_before')}#key")


def step_3(text: str) -> Callable[[Run], Click | None]:
    """Lead to step 3, where a region's values and its trust are; step 2 has no such page."""
    return lambda run: Click(text, page(run, "activation_region")) if run.is_of_region else None


# What the advice is called → where it is followed. Retry, Recover and Resume are the page's own buttons; waiting and
# asking people are no clicks.
CLICKS: dict[str, Callable[[Run], Click | None]] = {
    "new_key": another_key,
    "show_permissions": rights,
    "check_trust": step_3("Check trust again"),
    "edit": step_3("Change it in step 3"),
}


def next_click(run: Run, may: Collection[str]) -> Click | None:
    """Return where the explanation of a run's end leads this member; None where no page helps, or not theirs."""
    action = run.explanation.get("action", "")
    if action == "raise_quota":
        return Click("Check the quotas in AWS", f"{QUOTAS}{run.region}", is_outside=True)
    if action == "show_log":
        return Click("Read the log", f"{reverse('run', args=[run.organization.slug, run.pk])}?show=log#log")
    return CLICKS[action](run) if action in CLICKS and "retry" in may else None
