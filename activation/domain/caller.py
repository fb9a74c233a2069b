"""What a caller is counted by."""

from ipaddress import IPv6Address, IPv6Network, ip_address

# One subscriber has at least so many bits of an address of their own (RFC 6177), and changes the rest at will.
SUBSCRIBER_BITS = 64


def counted_as(address: str) -> str:
    """Return what an address is counted as: of IPv6 the subscriber's network, else itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    # A socket for both kinds writes IPv4 this way.
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), SUBSCRIBER_BITS), strict=False).network_address)
