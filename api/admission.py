"""How much one address may have of what all share."""

import ipaddress
from collections import Counter
from collections.abc import Callable

from pipeline.settings import Settings

Exempt = Callable[[str], bool]


class Admission:
    """Counts what each address holds, up to a limit.

    Args:
        limit: of one address; 0: any number.
        is_exempt: whether an address stands for many, as a proxy's does.
    """

    def __init__(self, limit: int, is_exempt: Exempt | None = None) -> None:
        self.limit = limit
        self._is_exempt = is_exempt
        self._held: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Take a place for `address`; False if it has all that it may."""
        full = self.limit and self._held[address] >= self.limit
        if full and not (self._is_exempt and self._is_exempt(address)):
            return False
        self._held[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Give a place back."""
        self._held[address] -= 1
        if self._held[address] <= 0:
            del self._held[address]


def is_proxy(settings: Settings) -> Exempt:
    """Return whether an address is one of the trusted proxies."""
    named = [part.strip() for part in settings.trusted_proxies.split(",") if part.strip()]

    def check(address: str) -> bool:
        return "*" in named or address in named or any(_within(address, part) for part in named)

    return check


def _within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
