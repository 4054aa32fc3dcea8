"""Resolve: a host's addresses, looked up once and checked before anything is sent there."""

import asyncio
import socket
from typing import Final

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from pipeline.channels.address import private
from pipeline.channels.networks import Networks
from sinks.notifications.senders.target import DeliveryError

LOOKUP_SECONDS: Final = 10.0


class CheckedResolver(AbstractResolver):
    """Resolves names for aiohttp, which connects to what was checked and looks up nothing."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`.

        Raises:
            DeliveryError: it has none, or one that nothing may be sent to.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise DeliveryError(f"the host's name leads nowhere: {error}") from None
        addresses = [(kind, str(sockaddr[0])) for kind, _, _, _, sockaddr in found]
        # All or nothing: a name that leads both ways is a trick or a mistake.
        if any(not self._networks.permits(address) for _, address in addresses):
            raise DeliveryError(private(host), final=True)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in addresses
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is kept open."""


class CheckedSockets:
    """Makes aiohttp's sockets: the last look at an address, however it was spelled or found."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def __call__(self, address: AddrInfoType) -> socket.socket:
        """Return a socket that is to connect to `address`.

        Raises:
            DeliveryError: nothing may be sent there.
        """
        family, kind, proto, _, place = address
        host = str(place[0])
        if not self._networks.permits(host):
            raise DeliveryError(private(host), final=True)
        return socket.socket(family, kind, proto)
