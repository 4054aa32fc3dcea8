"""Holds uvicorn to what `api.wire` builds on."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import websockets

from api.live.frames import text_frame
from api.server import config_of
from api.socket import HEARTBEAT_SECONDS
from api.wire import EXTENSION, LineProtocol
from pipeline.settings import Settings

App = Callable[[Any, Any, Any], Awaitable[None]]


@asynccontextmanager
async def serving(app: App, heartbeat: float = 20) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    config = uvicorn.Config(
        app,
        port=0,
        ws=LineProtocol,
        ws_per_message_deflate=False,
        ws_ping_interval=heartbeat,
        ws_ping_timeout=heartbeat,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield f"ws://127.0.0.1:{port}/", server
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown()


async def accept(scope: Any, receive: Any, send: Any) -> Any:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    return scope["extensions"][EXTENSION]


async def test_frames_written_directly_arrive_between_those_sent() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        line = await accept(scope, receive, send)
        await send({"type": "websocket.send", "text": "sent"})
        line.write(text_frame("direct é".encode()))
        await send({"type": "websocket.send", "text": "sent again"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async with serving(app) as (url, _), websockets.connect(url) as client:
        assert [await client.recv() for _ in range(3)] == ["sent", "direct é", "sent again"]


async def test_close_tells_the_code_and_ends_the_app() -> None:
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        line = await accept(scope, receive, send)
        line.close(1013, "too slow")
        line.close(1000, "again")
        heard.append(await receive())

    async with serving(app) as (url, _), websockets.connect(url) as client:
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1013, "too slow")
    assert heard == [{"type": "websocket.disconnect", "code": 1013, "reason": "too slow"}]


async def test_a_reader_that_stops_makes_the_line_unwritable_and_close_cuts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.wire.CLOSE_SECONDS", 0.2)
    shut, lost, opened = asyncio.Event(), asyncio.Event(), asyncio.Event()
    lines: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        line = await accept(scope, receive, send)
        lines.append(line)
        line.on_lost, line.on_writable = lost.set, opened.set
        while line.is_writable:
            line.write(text_frame(b"x" * 50_000))
            await asyncio.sleep(0)
        shut.set()
        await receive()

    async with serving(app) as (url, _):
        reader, writer = await handshake(url)
        async with asyncio.timeout(5):
            await shut.wait()
            # It goes on as soon as the reader does ...
            while not opened.is_set():
                await reader.read(100_000)
            while lines[0].is_writable:
                lines[0].write(text_frame(b"x" * 50_000))
                await asyncio.sleep(0)
            # ... and one that stays away is cut off.
            lines[0].close(1013, "too slow")
            await lost.wait()
        writer.close()


@pytest.mark.parametrize("unread", [b"", b"x" * 50_000])
async def test_a_peer_that_answers_no_ping_is_cut_off(unread: bytes) -> None:
    """Also while what was written to it waits in our own buffer."""
    lost = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        line = await accept(scope, receive, send)
        line.on_lost = lost.set
        while unread and not line._transport.get_write_buffer_size():
            line.write(text_frame(unread))
            await asyncio.sleep(0)
        assert line.is_writable
        assert (await receive())["type"] == "websocket.disconnect"

    async with serving(app, heartbeat=0.2) as (url, _):
        _, writer = await handshake(url)
        async with asyncio.timeout(5):
            await lost.wait()
        writer.close()


def test_dead_peers_are_found_within_a_minute() -> None:
    config = config_of(Settings())
    assert config.ws_ping_interval == HEARTBEAT_SECONDS
    assert HEARTBEAT_SECONDS + float(config.ws_ping_timeout or 0) < 60


async def test_last_words_come_before_the_close_of_a_shutdown() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        line = await accept(scope, receive, send)
        line.on_shutdown = lambda: line.write(text_frame(b"bye"))
        line.write(text_frame(b"hello"))
        await receive()

    async with serving(app) as (url, server), websockets.connect(url) as client:
        assert await client.recv() == "hello"
        server.should_exit = True
        await server.shutdown()
        assert await client.recv() == "bye"
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert client.close_code == 1012


async def test_deflate_is_not_negotiated() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(scope, receive, send)
        await receive()

    async with serving(app) as (url, _), websockets.connect(url) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_a_refused_handshake_has_no_line() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("not reached")

    async with serving(app) as (url, _):
        host, port = url.removeprefix("ws://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b" 400 " in await reader.readline()
        writer.close()


async def handshake(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a socket with a small receive buffer, and read no more than the handshake."""
    host, port = url.removeprefix("ws://").rstrip("/").split(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer
