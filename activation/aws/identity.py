"""Who a key is: the first thing to know, and the only thing that AWS tells every key."""

from dataclasses import dataclass
from enum import StrEnum

from activation.aws.sessions import Session, session
from activation.domain.arn import PARTITIONS, Arn, parse
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Refused


class PrincipalKind(StrEnum):
    """What stands behind a key."""

    USER = "user"
    ASSUMED_ROLE = "assumed-role"
    FEDERATED = "federated"
    ROOT = "root"


@dataclass(frozen=True)
class Identity:
    """A key's owner. `name` is the user's or role's, without path or session; `is_long_term` tells of the key."""

    account_id: str
    arn: str
    partition: str
    kind: PrincipalKind
    name: str
    is_long_term: bool


def who_am_i(keys: AccessKeys, region: str, endpoint: str = "", *, ca_bundle: str = "", proxy: str = "") -> Identity:
    """Ask AWS whose key this is.

    Raises Refused (aws_key_unknown, aws_token_unknown, aws_secret_wrong, aws_key_expired) and Faulted (aws_clock_skew,
    aws_unreachable and the like); see `activation.aws.errors.read`.
    """
    return identify(session(keys, region, endpoint, ca_bundle=ca_bundle, proxy=proxy), is_long_term=keys.is_long_term)


def identify(aws: Session, *, is_long_term: bool) -> Identity:
    """Ask AWS whose session this is; raises as `who_am_i` does."""
    answer = aws.ask("sts", "get_caller_identity")
    return read_caller(str(answer.get("Arn", "")), is_long_term=is_long_term)


def read_caller(text: str, *, is_long_term: bool) -> Identity:
    """Read the ARN that GetCallerIdentity gives.

    Shapes: `iam::A:root`, `iam::A:user/PATH/NAME`, `sts::A:assumed-role/ROLE/SESSION`, `sts::A:federated-user/NAME`.
    Source: IAM User Guide, *IAM identifiers*. Raises Faulted("aws_unexpected") for anything else.
    """
    unknown = Faulted("aws_unexpected", action="sts:GetCallerIdentity", kind="an ARN of an unknown shape")
    try:
        # Partitions that this portal cannot offer (isolated ones) end here too.
        arn = parse(text, partitions=PARTITIONS)
    except Refused as refused:
        raise unknown from refused
    kind, name = _kind_and_name(arn)
    if kind is None or not name:
        raise unknown
    return Identity(arn.account, str(arn), arn.partition, kind, name, is_long_term)


def _kind_and_name(arn: Arn) -> tuple[PrincipalKind | None, str]:
    parts = arn.resource.split("/")
    match (arn.service, parts[0]):
        case ("iam", "root"):
            return PrincipalKind.ROOT, "root"
        case ("iam", "user"):
            return PrincipalKind.USER, parts[-1]
        case ("sts", "assumed-role") if len(parts) == 3:
            return PrincipalKind.ASSUMED_ROLE, parts[1]
        case ("sts", "federated-user") if len(parts) == 2:
            return PrincipalKind.FEDERATED, parts[1]
    return None, ""
