"""Networks: which addresses messages may be sent to.

Whoever may make a channel must not reach, through us, what only we can reach: metadata
services, databases, the machines next door.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")


class Networks:
    """Public addresses, and the private networks that are allowed."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def permits(self, address: str) -> bool:
        """Say whether a message may be sent to an IP address."""
        given = ip_address(address.partition("%")[0])
        if _is_in(given, self._allowed):
            return True
        target = _embedded(given) or given
        return _is_in(target, self._allowed) or (target.is_global and not target.is_multicast)


def is_literal(host: str) -> bool:
    """Say whether `host` is an IP address rather than a name."""
    try:
        ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)


def _embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
