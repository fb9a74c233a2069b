"""The demo has no vendor's console: a worker plays its part in the demo's own AWS, with the customer's key."""

import logging
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.cache import cache

from activation import dispatch
from activation.domain.errors import Refused
from activation.domain.steps import ActivationStatus
from activation.models import Activation, RegionSetup
from activation.simulator.client import Simulator
from activation.simulator.console import Console
from activation.simulator.organizations import ORGANIZATIONS

log = logging.getLogger(__name__)

# One at a time for an activation, and as long as the slowest build takes, seconds.
TURN_SECONDS = 600
# So that it can be followed, seconds behind each part.
PAUSE_SECONDS = 3.0


def start(activation: Activation) -> None:
    """Have a worker play the console; raise Refused("demo_only") outside the demo."""
    if not settings.DEMO:
        raise Refused("demo_only")
    dispatch.play_console(activation.pk)


def play(activation_id: str) -> None:
    """Build the region in the demo's AWS, slowly enough to be followed; once, however often it is asked for."""
    activation = Activation.objects.select_related("cloud_account").get(pk=activation_id)
    simulator = Simulator.from_directory(Path(settings.DATA_DIR) / "simulator")
    account = activation.cloud_account
    if not settings.DEMO or account is None:
        return
    identities = simulator.identities()
    customers = (identities[each.customer] for each in ORGANIZATIONS)
    customer = next((each for each in customers if each["account"] == account.account_id), None)
    if customer is None:
        return
    if activation.status != ActivationStatus.ACTIVATING or not cache.add(f"console:{activation_id}", 1, TURN_SECONDS):
        return
    setup = RegionSetup.objects.filter(activation=activation).first()
    console = Console(
        simulator.endpoint,
        customer["administrator"],
        region=activation.region,
        name=activation.resource_name,
        cidr=f"10.0.0.0/{setup.netmask if setup and setup.netmask else 16}",
    )
    try:
        console.build(pause=PAUSE_SECONDS)
    except (BotoCoreError, ClientError) as error:
        # What stood there before was in the way, as it can be for the real one; the watch says what is missing.
        log.warning("The stand-in of the console stopped: %s", error)
