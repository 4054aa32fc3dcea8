"""picows, WebSockets in Cython: the floor in Python."""

import json
from typing import Any, ClassVar

import picows
import uvloop

from benchmarks.fanout.pushing import message, obey


class Listener(picows.WSListener):
    """Keeps the transports of all that are connected."""

    open: ClassVar[set[Any]] = set()

    def on_ws_connected(self, transport: Any) -> None:
        """Remember a client."""
        self.open.add(transport)

    def on_ws_disconnected(self, transport: Any) -> None:
        """Forget it."""
        self.open.discard(transport)


async def main() -> None:
    server = await picows.ws_create_server(lambda _: Listener(), "127.0.0.1", 0, backlog=4096)

    def push(number: int) -> None:
        text = json.dumps(message(number), separators=(",", ":")).encode()
        for transport in Listener.open:
            transport.send(picows.WSMsgType.TEXT, text)

    await obey(server.sockets[0].getsockname()[1], push)


uvloop.run(main())
