"""The portal's own identity in AWS, and the customers' roles that it takes: for workers, never for Terraform."""

from django.conf import settings

from activation.aws.sessions import Session, host_session, session
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted
from activation.services import host

# AWS gives no more to a session that was taken with another one. Source: IAM User Guide, *Role chaining*.
CHAINED_SECONDS = 3600
HOST = "host"


def is_configured() -> bool:
    """Return whether this installation has an identity of its own."""
    return settings.VENDOR_IDENTITY == HOST or bool(settings.VENDOR_ACCESS_KEY_ID)


def own_session(region: str) -> Session:
    """Open a session as the portal itself; raises Faulted("vendor_identity_missing") where none is configured."""
    if settings.VENDOR_IDENTITY == HOST:
        return host_session(region, **host.way().of_sessions())
    if not is_configured():
        raise Faulted("vendor_identity_missing")
    keys = AccessKeys(settings.VENDOR_ACCESS_KEY_ID, settings.VENDOR_SECRET_ACCESS_KEY, settings.VENDOR_SESSION_TOKEN)
    return session(keys, region, **host.way().of_sessions())


def take_role(role_arn: str, *, external_id: str, region: str, name: str, seconds: int = CHAINED_SECONDS) -> AccessKeys:
    """Return a session of a customer's role; `name` is what their CloudTrail shows (2 to 64 characters).

    Raises Refused and Faulted as `activation.aws.errors.read` does, and as `own_session`.
    """
    answer = own_session(region).ask(
        "sts",
        "assume_role",
        RoleArn=role_arn,
        RoleSessionName=name,
        DurationSeconds=seconds,
        ExternalId=external_id,
    )
    made = answer["Credentials"]
    return AccessKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
