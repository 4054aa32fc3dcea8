"""Networks: which addresses messages may be sent to.

Whoever may make a channel must not reach, through us, what only we can reach: metadata
services, databases, the machines next door.
"""

import socket
import unicodedata
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import unquote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is routed between networks. Python calls more of it global, among it the old
ways to write an IPv4 address (`::7f00:1`, `::ffff:0:7f00:1`)."""
NOT_HOSTS: Final = (
    IPv4Network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)
NAT64: Final = IPv6Network("64:ff9b::/96")
ISATAP: Final = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")


class Networks:
    """Public addresses, and the private networks that are allowed."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def permits(self, address: str) -> bool:
        """Say whether a message may be sent to an IP address.

        Raises:
            ValueError: it is not an IP address.
        """
        given = ip_address(address.partition("%")[0])
        if self._allows(given):
            return True
        inner = list(_embedded(given))
        if inner:
            return all(self._allows(one) or _is_public(one) for one in inner)
        return _is_public(given)

    def _allows(self, address: Address) -> bool:
        return _is_in(address, self._allowed)


def literal_of(host: str) -> Address | None:
    """Return the IP address that `host` spells, None if it is a name to look up.

    Every spelling counts that a resolver may take for an address: other scripts' digits,
    percent-encoding, brackets, zones, a final dot, and the old forms of IPv4, such as
    `0x7f.1` and `2130706433`.
    """
    plain = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").strip()
    plain = plain.strip("[]").partition("%")[0].rstrip(".")
    try:
        return ip_address(plain)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(plain))
    except (OSError, ValueError):
        return None


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not _is_in(address, NOT_HOSTS)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that a gateway or a tunnel would send an IPv6 address' data to."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in NAT64 or address.packed[8:12] in ISATAP:
        yield IPv4Address(address.packed[-4:])
