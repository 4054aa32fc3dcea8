"""Whatever comes in, the process and the other sockets live."""

import asyncio
import json
import struct
from typing import Any

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.websocket import REQUESTS
from tests.integration.api.conftest import RunningEdge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    ["assetId", "assetIds", "all", "severities", "position", "subscriptions", "alertId", "limit",
     "cursor", "token", "ticket", "resolution", "metricType", "status"]
)  # fmt: skip
REQUEST = st.fixed_dictionaries(
    {"type": st.sampled_from([*REQUESTS, "x"]), "payload": st.dictionaries(FIELDS, JSON) | JSON},
    optional={"requestId": JSON, "timestamp": JSON},
)
TEXTS = st.text(max_size=200) | JSON.map(json.dumps) | REQUEST.map(json.dumps)
FRAMES = TEXTS | st.binary(max_size=200) | st.lists(TEXTS, min_size=2, max_size=4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.lists(FRAMES, min_size=1, max_size=8))
async def test_messages(edge: RunningEdge, frames: list[Any]) -> None:
    async with edge.socket() as talk:
        await talk.hear()
        for frame in frames:
            # A list is sent as fragments of one message.
            await talk.connection.send(frame)
        await talk.say("ping", requestId="the end")
        async with asyncio.timeout(20):
            while (await talk.hear()).get("requestId") != "the end":
                pass


RAW = st.binary(max_size=400) | st.builds(
    lambda first, size, body: struct.pack("!BB", first, size) + body,
    st.integers(0, 255), st.integers(0, 255), st.binary(max_size=200),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.lists(RAW, min_size=1, max_size=4))
async def test_bytes(edge: RunningEdge, raw: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.settings.http_port)
    writer.write(
        b"GET /ws/quality HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    for piece in raw:
        writer.write(piece)
    writer.close()
    async with edge.socket() as talk:
        assert (await talk.hear())["type"] == "connected"


async def test_a_compressed_or_reserved_frame_ends_its_socket_alone(edge: RunningEdge) -> None:
    async with edge.socket(compression=None) as other:
        await other.hear()
        for first in (0xC1, 0x83, 0x8B):
            async with websockets.connect(edge.socket_url, compression=None) as bad:
                await bad.recv()
                bad.transport.write(struct.pack("!BB", first, 0x80) + b"\0\0\0\0")
                with pytest.raises(websockets.ConnectionClosed):
                    await bad.recv()
                assert bad.close_code == 1002
        assert (await other.ask("ping"))["type"] == "pong"
