"""The edge's own fan-out: uvicorn, line, index, outbox; without Kafka and PostgreSQL."""

import asyncio
import json
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from api.edge import Edge
from api.live.events import CHANGES, read_event
from api.live.position import Cursor, Place
from api.socket import serve_socket
from api.wire import LineProtocol
from benchmarks.fanout.pushing import FRAME_BYTES, HEADER_BYTES, SILENCE_SECONDS, obey
from pipeline.settings import Settings

PLACE = Place(CHANGES, 0)


def record(number: int, pad: int) -> bytes:
    return json.dumps(
        {"assetId": "a", "metricType": "score", "eventId": str(number), "v": "x" * pad}
    ).encode()


async def main() -> None:
    loop = sys.argv[1]
    edge = Edge(Settings(ws_max_connections=100_000, connections_per_address=0))
    edge.hub.feed.cursor = Cursor(b"mark", {Place(t, p): 10**6 for t in (0, 1) for p in range(4)})
    bare = read_event(PLACE, 0, record(10**6, 0))
    assert bare is not None
    text = bare.message(edge.hub.feed.token or "", b"2025-01-01T00:00:00.000Z")
    pad = FRAME_BYTES - HEADER_BYTES - len(text)

    def push(number: int) -> None:
        event = read_event(PLACE, 10**6 + number, record(10**6 + number, pad))
        assert event is not None
        assert edge.hub.feed.cursor is not None
        edge.hub.feed.cursor.advance(PLACE, 10**6 + number)
        edge.hub.publish(event)

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(edge, websocket)

    app: Any = Starlette(routes=[WebSocketRoute("/", socket)])
    config = uvicorn.Config(
        app, port=0, ws=LineProtocol, ws_per_message_deflate=False, log_config=None, loop=loop,
        lifespan="off", backlog=4096, ws_ping_interval=SILENCE_SECONDS,
    )  # fmt: skip
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await obey(server.servers[0].sockets[0].getsockname()[1], push)


if __name__ == "__main__":
    if sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(main())
    else:
        asyncio.run(main())
