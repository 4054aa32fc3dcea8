"""The same conversation over our own protocol and over plain ASGI."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from api.edge import Edge
from api.live.position import Cursor
from api.socket import serve_socket
from api.wire import LineProtocol
from pipeline.settings import Settings
from tests.unit.api.events import alert, change

OFFSETS = {change().place: 0, alert().place: 0}


@asynccontextmanager
async def serving(protocol: Any, **settings: Any) -> AsyncIterator[tuple[str, Edge]]:
    edge = Edge(Settings(**settings))
    edge.hub.feed.cursor = Cursor(b"mark", OFFSETS)

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(edge, websocket)

    app = Starlette(routes=[WebSocketRoute("/", socket)])
    config = uvicorn.Config(
        app, port=0, ws=protocol, ws_per_message_deflate=False, log_config=None, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/", edge
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown()


@pytest.mark.parametrize("protocol", [LineProtocol, "websockets-sansio"])
async def test_a_conversation(protocol: Any) -> None:
    async with (
        serving(protocol) as (url, edge),
        websockets.connect(url + "?assets=a") as client,
    ):
        assert json.loads(await client.recv())["type"] == "connected"
        assert json.loads(await client.recv())["type"] == "subscribed"
        events = [change("a"), change("b"), alert("a"), *(change("a") for _ in range(300))]
        for event in events:
            edge.hub.publish(event)
        await client.send('{"type": "ping"}')
        kinds = []
        while not kinds or kinds[-1] != "pong":
            kinds.append(json.loads(await client.recv())["type"])
        # Behind the plain line changes may have been conflated; an alert never is.
        assert kinds.count("alert") == 1
        assert kinds.count("metric_change") >= 1
    assert edge.hub.clients == set()


@pytest.mark.parametrize("protocol", [LineProtocol, "websockets-sansio"])
async def test_a_close_with_its_reason(protocol: Any) -> None:
    async with serving(protocol) as (url, edge), websockets.connect(url) as client:
        await client.recv()
        (connected,) = edge.hub.clients
        connected.close(1013, "too slow")
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1013, "too slow")


async def test_there_is_an_end_to_connections() -> None:
    async with (
        serving(LineProtocol, ws_max_connections=1) as (url, _),
        websockets.connect(url) as first,
    ):
        await first.recv()
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url)


async def test_sockets_that_say_nothing_take_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.waiting.MOST_OF_ADDRESS", 3)
    monkeypatch.setattr("api.socket.AUTHENTICATION_SECONDS", 0.5)
    settings: dict[str, Any] = {"authentication": "on", "ws_max_connections": 1}
    async with serving(LineProtocol, **settings) as (url, edge):
        silent = [await websockets.connect(url) for _ in range(3)]
        assert not edge.hub.is_full
        # No more of this address, until those have been sent away.
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url)
        for client in silent:
            await client.wait_closed()
            assert client.close_code == 4401
        async with asyncio.timeout(5):
            while edge.hub.clients:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with websockets.connect(url) as client:
            assert json.loads(await client.recv())["type"] == "connected"
