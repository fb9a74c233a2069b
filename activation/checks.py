"""System checks: what the installation lacks, said at start."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


@register()
def master_keys(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start without a master key that is 32 bytes long."""
    from activation.services.keyring import KeysUnusable, keyring

    try:
        keyring()
    except KeysUnusable as error:
        return [Error(str(error), hint="`manage.py up` makes one; see docs/configuration.md.", id="activation.E001")]
    return []


@register()
def license_keys(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start with license keys that are none."""
    from activation.domain.signing_keys import SigningKeyUnusable
    from activation.selectors import license_keys as keys

    try:
        keys.public_keys()
    except (OSError, SigningKeyUnusable) as error:
        return [Error(str(error), hint="See docs/licenses.md.", id="activation.E002")]
    return []


@register()
def own_control_plane(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start as a control plane without what that takes: roles would trust nobody, or licenses not count."""
    from activation.services.organizations import missing_of_vendor

    if settings.DEMO or not settings.VENDOR_HOSTS_PORTAL or license_keys():
        return []
    if missing := missing_of_vendor():
        text = f"VENDOR_HOSTS_PORTAL is set, but not {', '.join(missing)}."
        return [Error(text, hint="See docs/configuration.md.", id="activation.E003")]
    return []


@register()
def regions(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start with regions in which no activation could ever end."""
    from activation.domain.regions import outside_partition

    if wrong := outside_partition(settings.REGIONS):
        text = f"REGIONS has {', '.join(wrong)}: regions of GovCloud, China and isolated partitions are not supported."
        return [Error(text, hint="See docs/configuration.md.", id="activation.E004")]
    return []


@register(deploy=True)
def reachable_by_https(**kwargs: Any) -> list[CheckMessage]:
    """Warn when people would send cloud keys over plain HTTP."""
    if not settings.HTTPS:
        return [
            checks.Warning(
                "PORTAL_URL is not https://: keys would cross the network unencrypted.", id="activation.W001"
            )
        ]
    return []
