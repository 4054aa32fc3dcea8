"""`websockets.broadcast`, the library's own way to serialise once."""

import asyncio
import json

import websockets
from websockets.asyncio.server import broadcast, serve

from benchmarks.fanout.pushing import message, obey


async def main() -> None:
    async def hold(connection: websockets.ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", 0, compression=None, ping_interval=None) as server:

        def push(number: int) -> None:
            broadcast(server.connections, json.dumps(message(number), separators=(",", ":")))

        await obey(next(iter(server.sockets)).getsockname()[1], push)


asyncio.run(main())
