"""python-socketio over uvicorn, as its documentation sets it up; transport WebSocket alone."""

import asyncio
import json

import socketio
import uvicorn

from benchmarks.fanout.pushing import SILENCE_SECONDS, message, obey


async def main() -> None:
    hub = socketio.AsyncServer(
        async_mode="asgi",
        transports=["websocket"],
        cors_allowed_origins="*",
        ping_interval=SILENCE_SECONDS,
    )
    config = uvicorn.Config(
        socketio.ASGIApp(hub), port=0, ws_per_message_deflate=False, log_config=None,
        lifespan="off", backlog=4096, ws_ping_interval=SILENCE_SECONDS,
    )  # fmt: skip
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    # Its own envelope, 42["m",...], takes the room of the padding.
    size = len(json.dumps(message(1), separators=(",", ":"))) - len('42["m",]')

    async def push(number: int) -> None:
        await hub.emit("m", message(number, size))

    await obey(server.servers[0].sockets[0].getsockname()[1], push)


asyncio.run(main())
