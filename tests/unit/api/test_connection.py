"""What a peer may make the edge hold, and how long: over real connections."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
import websockets

from api import connection, monitor
from api.admission import Admission, is_proxy
from api.connection import BoundedHttp
from api.paced import MAX_FRAGMENTS
from api.server import EdgeServer
from api.wire import LineProtocol
from pipeline.settings import Settings


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body and the number of headers."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": str(len(message["text"]))})
        return
    size, more = 0, scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await asyncio.sleep(0.05 if scope["path"] == "/slow" else 0)
    body = b"x" * 30_000_000 if scope["path"] == "/large" else b""
    body = body or json.dumps([size, len(scope["headers"])]).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Served:
    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        self.port = server.servers[0].sockets[0].getsockname()[1]

    async def connect(self, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, **options)

    async def ask(self, *pieces: bytes) -> bytes:
        """Return everything that is answered until the edge hangs up."""
        reader, writer = await self.connect()
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        answer = b""
        try:
            async with asyncio.timeout(20):
                while piece := await _read(reader):
                    answer += piece
        finally:
            writer.close()
        return answer


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65_536)
    except ConnectionError:
        return b""


@asynccontextmanager
async def serving(limit: int = 0) -> AsyncIterator[Served]:
    config = uvicorn.Config(
        echo,
        port=0,
        http=partial(BoundedHttp, admission=Admission(limit)),  # type: ignore[arg-type]
        ws=LineProtocol,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = EdgeServer(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield Served(server)
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown()


def ended(reason: str) -> float:
    return monitor.ENDED.labels(reason)._value.get()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HURRIED = ("HEAD_SECONDS", "BODY_SECONDS", "DRAIN_SECONDS", "UNREAD_SECONDS")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HURRIED:
        monkeypatch.setattr(connection, name, 0.2)


async def test_a_request_is_served_and_the_connection_kept() -> None:
    async with serving() as served:
        reader, writer = await served.connect()
        for _ in range(3):
            writer.write(POST + b"Content-Length: 3\r\n\r\nabc")
            assert b"200" in await reader.readline()
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(6) == b"[3, 2]"
        writer.close()


@pytest.mark.parametrize(
    "pieces",
    [
        [GET, *[b"X-%d: y\r\n" % n for n in range(101)], b"\r\n"],
        [GET, b"X: ", *[b"y" * 4096] * 9, b"\r\n\r\n"],
        [GET, b"X: ", *[b"y" * 65_536] * 50],
        [GET, *[b"y" * 65_536] * 50],
        [b"GET /", *[b"y" * 4096] * 9, b" HTTP/1.1\r\nHost: x\r\n\r\n"],
        [b"GET /" + b"y" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"],
        [b"\r\n" * 30_000] * 2,
        [POST, CHUNKED, b"0\r\n", *[b"X-%d: y\r\n" % n for n in range(200)]],
        [POST, CHUNKED, b"0\r\n", b"X: ", *[b"y" * 65_536] * 50],
    ],
    ids=["many", "long", "endless value", "endless name", "address", "at once", "blank lines",
         "trailers", "endless trailer"],
)  # fmt: skip
async def test_headers_without_end_are_refused(pieces: list[bytes]) -> None:
    before = ended("large_head")
    async with serving() as served:
        answer = await served.ask(*pieces)
    assert ended("large_head") == before + 1
    head, _, body = answer.partition(b"\r\n\r\n")
    if answer:  # a peer that is still sending may lose it
        assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large")
        assert json.loads(body)["status"] == 431


async def test_a_trailer_is_no_header() -> None:
    async with serving() as served:
        answer = await served.ask(
            POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
        )
    assert answer.endswith(b"[3, 3]")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\0/\r\n\r\n",
        POST + b"Content-Length: 3\r\n" + CHUNKED,
    ],
)
async def test_what_is_no_http_is_refused_as_a_problem(sent: bytes) -> None:
    async with serving() as served:
        head, _, body = (await served.ask(sent)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad_request"


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"", b"", "slow_head"),
        (b"GET / HT", b"408", "slow_head"),
        (GET + b"X: y", b"408", "slow_head"),
        (GET + b"\r\n" + b"GET", b"200", "slow_head"),
        (POST + b"Content-Length: 9\r\n\r\nab", b"408", "slow_body"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"408", "slow_body"),
        (POST.replace(b"/ ", b"/early ") + b"Content-Length: 9\r\n\r\n", b"200", "slow_body"),
    ],
)
async def test_slow_requests_are_ended(sent: bytes, status: bytes, reason: str) -> None:
    before = ended(reason)
    async with serving() as served:
        answer = await served.ask(sent)
    assert status in answer.partition(b"\r\n")[0]
    assert ended(reason) == before + 1


@pytest.mark.usefixtures("hurried")
async def test_a_body_may_take_its_time_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BODY_BYTES_PER_SECOND", 10)
    async with serving() as served:
        reader, writer = await served.connect()
        writer.write(POST + b"Content-Length: 60\r\n\r\n")
        for _ in range(3):
            writer.write(b"x" * 20)
            await asyncio.sleep(0.7)
        assert b"200" in await reader.readline()
        writer.close()


@pytest.mark.usefixtures("hurried")
async def test_a_peer_that_does_not_read_is_cut_off() -> None:
    before = ended("unread")
    async with serving() as served:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", served.port))
        _, writer = await asyncio.open_connection(sock=sock, limit=1024)
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(20):
            while ended("unread") == before:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        writer.close()


async def test_an_address_has_so_many_connections_and_gets_them_back() -> None:
    async with serving(limit=2) as served:
        kept = [await served.connect() for _ in range(2)]
        kept[0][1].write(GET + b"\r\n")
        assert b"200" in await kept[0][0].readline()
        refused = await served.ask(GET + b"\r\n")
        assert b"503 Service Unavailable" in refused
        assert b"retry-after: 5" in refused
        kept.pop()[1].close()
        url = f"ws://127.0.0.1:{served.port}/"
        async with asyncio.timeout(10):
            while True:
                try:
                    client = await websockets.connect(url)
                    break
                except (OSError, websockets.InvalidHandshake):
                    await asyncio.sleep(0.02)
        # A WebSocket keeps the place of the request that it began as.
        assert b"503" in await served.ask(GET + b"\r\n")
        await client.close()
        async with asyncio.timeout(10):
            while b"200" not in await served.ask(GET + b"Connection: close\r\n\r\n"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        kept.pop()[1].close()


def test_proxies_stand_for_many() -> None:
    check = is_proxy(Settings(trusted_proxies="10.0.0.1, 192.168.0.0/16"))
    assert check("10.0.0.1")
    assert check("192.168.3.4")
    assert not check("10.0.0.2")
    assert not check("")
    places = Admission(1, check)
    assert [places.enter("10.0.0.1") for _ in range(3)] == [True] * 3
    assert [places.enter("10.0.0.2") for _ in range(2)] == [True, False]


async def test_many_requests_at_once_are_refused() -> None:
    async with serving() as served:
        answer = await served.ask(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)
    assert answer.count(b"HTTP/1.1 ") <= connection.MAX_PIPELINED + 2


async def test_an_answer_to_who_has_gone_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as served:
        for _ in range(20):
            _, writer = await served.connect()
            writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
            await writer.drain()
            writer.transport.abort()
        assert b"200" in await served.ask(GET + b"Connection: close\r\n\r\n")
    assert "Exception in ASGI" not in caplog.text


async def test_floods_of_tiny_frames_hold_nobody_up() -> None:
    async with serving() as served:
        reader, writer = await served.connect()
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        turns, longest, then = 0, 0.0, time.perf_counter()
        writer.write(b"\x89\x80abcd" * 40_000 + b"\x81\x81\0\0\0\0x")
        last = b""
        while not last.endswith(b"\x81\x011"):
            last = (last + await reader.read(4096))[-3:]
            now = time.perf_counter()
            turns, longest, then = turns + 1, max(longest, now - then), now
        assert turns > 20
        writer.close()


async def test_messages_of_many_empty_fragments_are_refused() -> None:
    async with serving() as served, websockets.connect(f"ws://127.0.0.1:{served.port}/") as client:
        await client.send("")
        assert await client.recv() == "0"
        await client.send([""] * (MAX_FRAGMENTS + 2))
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert client.close_code == 1008
