"""The network of a region: which masks are legal, how the VPC is cut up, and what overlaps with it.

Sources: the layout of the vendor's public code (three private subnets of a quarter each, one public subnet at the end
of the last quarter); Amazon VPC User Guide, *VPC CIDR blocks* and *Subnet CIDR blocks*: /16 to /28, five addresses of
each subnet are AWS's own.
"""

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from activation.domain.characters import BLANKS, shorten
from activation.domain.errors import Refused

LARGEST, SMALLEST = 16, 20
"""Masks for which the layout is legal: AWS has no VPC above /16, and at /21 the public subnet would be a /29."""

AWS_SMALLEST = 28
RESERVED = 5
"""Addresses of each subnet that AWS keeps: the first four and the last."""

PRIVATE_RANGES = tuple(ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""Source: RFC 1918."""

EXAMPLE = "10.0.0.0/16"
_MASK = re.compile(r"/?([0-9]{1,2})", re.ASCII)


@dataclass(frozen=True)
class Part:
    """A piece of the VPC, in the order of its addresses; `start` and `share` are fractions of the whole, for a map.

    `kind` is "private", "public" or "free"; a free piece need not be one network, so it has no `cidr`.
    """

    kind: str
    title: str
    cidr: str
    addresses: int
    usable: int
    start: float
    share: float

    @property
    def label(self) -> str:
        """Say what it is, and how much is in it."""
        if self.kind == "free":
            return f"Free: {self.addresses:,} addresses"
        return f"{self.title}: {self.cidr}, {self.usable:,} usable addresses"


@dataclass(frozen=True)
class SubnetPlan:
    """How a VPC is cut up. `parts` cover it without gaps; `is_estimate` where somebody else does the cutting."""

    cidr: str
    netmask: int
    addresses: int
    private: tuple[str, ...]
    public: str
    parts: tuple[Part, ...]
    is_estimate: bool = False

    @property
    def usable_each(self) -> int:
        """Addresses that nodes and pods can have in one private subnet."""
        return self.addresses // 4 - RESERVED

    @property
    def usable(self) -> int:
        """The same in all three."""
        return 3 * self.usable_each


@dataclass(frozen=True)
class Network:
    """A network that exists already, and what it is called."""

    cidr: str
    name: str


def netmasks() -> tuple[int, ...]:
    """Return the masks to choose from, the largest network first."""
    return tuple(range(LARGEST, SMALLEST + 1))


def plan_subnets(cidr: str, *, field: str = "vpc_cidr") -> SubnetPlan:
    """Cut up a VPC given as `10.0.0.0/16`.

    Raises Refused with the field: netmask_empty, netmask_shape, netmask_no_mask, netmask_ipv6, netmask_too_large,
    netmask_too_small (value `public`: the mask that the public subnet would have), netmask_host_bits (value
    `suggestion`), netmask_public_addresses.
    """
    return _cut(read_network(cidr, field=field), is_estimate=False)


def read_network(cidr: str, *, field: str = "vpc_cidr") -> IPv4Network:
    """Read and check the network of a VPC; raises as `plan_subnets` does."""
    value = cidr.strip(BLANKS)
    if not value:
        raise Refused("netmask_empty", field=field)
    address, slash, mask = value.partition("/")
    if ":" in address:
        raise Refused("netmask_ipv6", field=field)
    if not slash:
        raise Refused("netmask_no_mask", field=field, given=shorten(value))
    try:
        if not re.fullmatch(r"[0-9]{1,2}", mask, re.ASCII):
            raise ValueError(mask)
        network = IPv4Network(value, strict=False)
    except ValueError:
        raise Refused("netmask_shape", field=field, given=shorten(value)) from None
    if network.prefixlen < LARGEST:
        raise Refused("netmask_too_large", field=field, netmask=network.prefixlen)
    if network.prefixlen > SMALLEST:
        raise Refused("netmask_too_small", field=field, netmask=network.prefixlen, public=network.prefixlen + 8)
    if str(network.network_address) != address:
        raise Refused("netmask_host_bits", field=field, given=shorten(value), suggestion=str(network))
    if not any(network.subnet_of(private) for private in PRIVATE_RANGES):
        raise Refused("netmask_public_addresses", field=field, given=str(network))
    return network


def read_netmask(text: str, *, field: str = "netmask") -> int:
    """Read a mask alone, `/16` or `16`, for a console that does the cutting itself.

    Only what AWS has no VPC for is refused: netmask_empty, netmask_mask_shape, netmask_not_aws.
    """
    value = text.strip(BLANKS)
    if not value:
        raise Refused("netmask_empty", field=field)
    found = _MASK.fullmatch(value)
    if found is None:
        raise Refused("netmask_mask_shape", field=field, given=shorten(value))
    netmask = int(found[1])
    if not LARGEST <= netmask <= AWS_SMALLEST:
        raise Refused("netmask_not_aws", field=field, netmask=netmask)
    return netmask


def estimate(netmask: int) -> SubnetPlan | None:
    """Return how a mask is cut up by the same rule, as an estimate; None where the rule does not fit."""
    if not LARGEST <= netmask <= SMALLEST:
        return None
    return _cut(IPv4Network(f"10.0.0.0/{netmask}"), is_estimate=True)


def overlapping(cidr: str, others: Collection[Network]) -> tuple[Network, ...]:
    """Return those of the other networks that share addresses with this one; what is no IPv4 network is passed over."""
    network = IPv4Network(cidr)
    return tuple(other for other in others if (read := _ipv4(other.cidr)) is not None and network.overlaps(read))


def suggest(netmask: int, others: Collection[Network]) -> str | None:
    """Return the first network of this size in 10.0.0.0/8 that overlaps with none of the others; None where all do."""
    taken = [read for other in others if (read := _ipv4(other.cidr)) is not None]
    for candidate in PRIVATE_RANGES[0].subnets(new_prefix=netmask):
        if not any(candidate.overlaps(other) for other in taken):
            return str(candidate)
    return None


def _ipv4(cidr: str) -> IPv4Network | None:
    try:
        return IPv4Network(cidr, strict=False)
    except ValueError:
        return None


def _cut(network: IPv4Network, *, is_estimate: bool) -> SubnetPlan:
    quarters = list(network.subnets(prefixlen_diff=2))
    # The formula: cidrsubnet(cidrsubnet(vpc, 2, 3), 6, 62).
    public = list(quarters[3].subnets(prefixlen_diff=6))[62]
    return SubnetPlan(
        cidr=str(network),
        netmask=network.prefixlen,
        addresses=network.num_addresses,
        private=tuple(str(each) for each in quarters[:3]),
        public=str(public),
        parts=tuple(_parts(network, quarters[:3], public)),
        is_estimate=is_estimate,
    )


def _parts(network: IPv4Network, private: list[IPv4Network], public: IPv4Network) -> Iterator[Part]:
    first, total = int(network.network_address), network.num_addresses

    def piece(kind: str, title: str, cidr: str, start: int, addresses: int) -> Part:
        usable = addresses - RESERVED if cidr else 0
        return Part(kind, title, cidr, addresses, usable, (start - first) / total, addresses / total)

    place = first
    named = [(each, "private", f"Private subnet {number}") for number, each in enumerate(private, 1)]
    for each, kind, title in [*named, (public, "public", "Public subnet")]:
        start = int(each.network_address)
        if start > place:
            yield piece("free", "Free", "", place, start - place)
        yield piece(kind, title, str(each), start, each.num_addresses)
        place = start + each.num_addresses
    yield piece("free", "Free", "", place, first + total - place)
