"""Amazon Resource Names: a strict reader, and a stricter one for the roles and policies of the wizard."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from activation.domain.characters import BLANKS, describe, shorten
from activation.domain.errors import Refused

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
LONGEST = 2048
LONGEST_PATH = 512
LONGEST_NAME = {"role": 64, "policy": 128}

Kind = Literal["role", "policy"]

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_LABEL = re.compile(r"[a-z0-9-]+", re.ASCII)
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/(?:[!-~]+/)?", re.ASCII)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)


@dataclass(frozen=True)
class Arn:
    """The five parts that follow `arn:`; `region` and `account` may be empty, as AWS has it."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


@dataclass(frozen=True)
class IamArn(Arn):
    """The ARN of a role or a customer's policy; `resource` is the kind, the path and the name."""

    @property
    def kind(self) -> str:
        """`role` or `policy`."""
        return self.resource.partition("/")[0]

    @property
    def path(self) -> str:
        """What stands between the kind and the name, with both slashes: `/` or `/zilliz/`."""
        rest = self.resource[len(self.kind) :]
        return rest[: rest.rindex("/") + 1]

    @property
    def name(self) -> str:
        """The friendly name, without its path."""
        return self.resource.rpartition("/")[2]


def parse(text: str, *, field: str | None = None, partitions: Collection[str] = PARTITIONS) -> Arn:
    """Read any ARN, with the ASCII blanks around it trimmed; `str()` gives it back.

    Raises Refused with the given field: arn_empty, arn_too_long, arn_blank, arn_character, arn_wildcard, arn_encoded,
    arn_parts, arn_prefix, arn_partition, arn_service, arn_region, arn_account. Source of the rule: AWS IAM, *Identify
    AWS resources with ARNs*; length from the STS API (2048).
    """
    value = text.strip(BLANKS)
    if not value:
        raise Refused("arn_empty", field=field)
    if len(value) > LONGEST:
        raise Refused("arn_too_long", field=field, length=f"{len(value):,}", limit=f"{LONGEST:,}")
    _check_characters(value, field)
    parts = value.split(":", 5)
    if parts[0] != "arn":
        raise Refused("arn_prefix", field=field)
    if len(parts) != 6 or not parts[5]:
        raise Refused("arn_parts", field=field, count=len(parts))
    _, partition, service, region, account, resource = parts
    if partition not in partitions:
        raise Refused("arn_partition", field=field, partition=shorten(partition), known=", ".join(sorted(partitions)))
    if not _LABEL.fullmatch(service):
        raise Refused("arn_service", field=field, service=shorten(service))
    if region and not _LABEL.fullmatch(region):
        raise Refused("arn_region", field=field, region=shorten(region))
    if account not in ("", "aws"):
        check_account(account, field=field)
    return Arn(partition, service, region, account, resource)


def parse_iam(
    text: str, kind: Kind = "role", *, field: str | None = None, partitions: Collection[str] = PARTITIONS
) -> IamArn:
    r"""Read the ARN of a role or of a customer-managed policy.

    Raises Refused as `parse` does, and arn_not_iam, arn_session, arn_has_region, arn_aws_managed, arn_account,
    arn_kind, arn_no_name, arn_path, arn_path_too_long, arn_name, arn_name_too_long.
    Source of the rule: IAM quotas (role name 64, policy name 128, path 512, names of `[\w+=,.@-]`).
    """
    arn = parse(text, field=field, partitions=partitions)
    if arn.service == "sts":
        raise Refused("arn_session", field=field, wanted=_a(kind))
    if arn.service != "iam":
        raise Refused("arn_not_iam", field=field, service=shorten(arn.service), wanted=_a(kind))
    if arn.region:
        raise Refused("arn_has_region", field=field, region=shorten(arn.region))
    if arn.account == "aws":
        raise Refused("arn_aws_managed", field=field)
    check_account(arn.account, field=field)
    found = arn.resource.partition("/")[0]
    if found != kind:
        raise Refused("arn_kind", field=field, found=_a(shorten(found)), wanted=_a(kind))
    rest = arn.resource[len(kind) :]
    cut = rest.rfind("/") + 1
    path, name = rest[:cut], rest[cut:]
    if not name:
        raise Refused("arn_no_name", field=field, kind=kind)
    if not _PATH.fullmatch(path):
        raise Refused("arn_path", field=field, path=shorten(path))
    if len(path) > LONGEST_PATH:
        raise Refused("arn_path_too_long", field=field, length=len(path), limit=LONGEST_PATH)
    if not _NAME.fullmatch(name):
        raise Refused("arn_name", field=field, name=shorten(name), kind=kind)
    if len(name) > LONGEST_NAME[kind]:
        raise Refused("arn_name_too_long", field=field, length=len(name), limit=LONGEST_NAME[kind], kind=kind)
    return IamArn(arn.partition, arn.service, arn.region, arn.account, arn.resource)


def check_account(text: str, *, field: str | None = None) -> str:
    """Return an AWS account ID: 12 ASCII digits, not all of them 0; raises Refused("arn_account")."""
    if not _ACCOUNT.fullmatch(text) or text == "000000000000":
        raise Refused("arn_account", field=field, account=shorten(text))
    return text


def _check_characters(value: str, field: str | None) -> None:
    for position, character in enumerate(value, 1):
        if character in "*?":
            raise Refused("arn_wildcard", field=field, character=character, position=position)
        if character in BLANKS:
            raise Refused("arn_blank", field=field, character=describe(character), position=position)
        if not "!" <= character <= "~" or character in "\"'`<>":
            raise Refused("arn_character", field=field, character=describe(character), position=position)
    if _PERCENT.search(value):
        raise Refused("arn_encoded", field=field)


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in set('aeio') else 'a'} {kind}" if kind else "nothing"
