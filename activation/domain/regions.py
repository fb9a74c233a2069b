"""The regions of AWS by code and place, and the check of one that was typed."""

import re
from collections.abc import Collection, Iterable

from activation.domain.characters import BLANKS, shorten
from activation.domain.errors import Refused

# Which ones are enabled is a setting; the vendor's guide supports us-west-2 only.
# Source: AWS, *Regions and Availability Zones*, in the order of its table.
REGIONS: dict[str, str] = {
    "us-east-1": "N. Virginia",
    "us-east-2": "Ohio",
    "us-west-1": "N. California",
    "us-west-2": "Oregon",
    "af-south-1": "Cape Town",
    "ap-east-1": "Hong Kong",
    "ap-east-2": "Taipei",
    "ap-south-1": "Mumbai",
    "ap-south-2": "Hyderabad",
    "ap-northeast-1": "Tokyo",
    "ap-northeast-2": "Seoul",
    "ap-northeast-3": "Osaka",
    "ap-southeast-1": "Singapore",
    "ap-southeast-2": "Sydney",
    "ap-southeast-3": "Jakarta",
    "ap-southeast-4": "Melbourne",
    "ap-southeast-5": "Kuala Lumpur",
    "ap-southeast-6": "Auckland",
    "ap-southeast-7": "Bangkok",
    "ca-central-1": "Montreal",
    "ca-west-1": "Calgary",
    "eu-central-1": "Frankfurt",
    "eu-central-2": "Zurich",
    "eu-north-1": "Stockholm",
    "eu-south-1": "Milan",
    "eu-south-2": "Madrid",
    "eu-west-1": "Dublin",
    "eu-west-2": "London",
    "eu-west-3": "Paris",
    "il-central-1": "Tel Aviv",
    "me-central-1": "Dubai",
    "me-south-1": "Manama",
    "mx-central-1": "Querétaro",
    "sa-east-1": "São Paulo",
    "us-gov-east-1": "US government, East",
    "us-gov-west-1": "US government, West",
    "cn-north-1": "Beijing",
    "cn-northwest-1": "Ningxia",
}

_OTHER_PARTITIONS = re.compile(r"(?:cn|us-gov|us-iso[a-z]*|eu-iso[a-z]*|eusc)-")
_SHAPE = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", re.ASCII)


def outside_partition(codes: Iterable[str]) -> tuple[str, ...]:
    """Return those regions that are not of AWS's commercial partition, the only one that works here.

    ARNs of the others begin differently, and a policy of the roles would pass AWS's limit with them.
    """
    return tuple(code for code in codes if _OTHER_PARTITIONS.match(code))


def check_region(code: str, enabled: Collection[str], *, field: str = "aws_region") -> str:
    """Return the region code without the blanks around it, if it is one of those enabled.

    Raises Refused: region_empty, region_zone, region_shape, region_unknown, region_not_enabled.
    """
    value = code.strip(BLANKS)
    if not value:
        raise Refused("region_empty", field=field)
    if value in enabled:
        return value
    if value[:-1] in REGIONS and value[-1:].isalpha():
        raise Refused("region_zone", field=field, region=value, suggestion=value[:-1])
    if not _SHAPE.fullmatch(value):
        raise Refused("region_shape", field=field, region=shorten(value))
    if value not in REGIONS:
        raise Refused("region_unknown", field=field, region=shorten(value))
    raise Refused(
        "region_not_enabled", field=field, region=value, city=REGIONS[value], enabled=", ".join(sorted(enabled))
    )
