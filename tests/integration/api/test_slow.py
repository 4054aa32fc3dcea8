"""A reader that stops neither delays the others nor loses anything."""

import asyncio
import json
import socket
import time
from contextlib import suppress
from typing import Any

import websockets

from schemas.metrics import MetricType
from tests.integration.api.conftest import RunningEdge, Stream, Talk, a_change, an_alert, eventually

BIG = "x" * 20_000


async def stuck_socket(edge: RunningEdge) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Subscribe to everything, with the smallest of buffers, and read no more."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", edge.settings.http_port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
    writer.write(
        b"GET /ws/quality?assets=* HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def stats(edge: RunningEdge) -> dict[str, Any]:
    async with edge.http() as http:
        found: dict[str, Any] = (await http.get("/ws/stats")).json()["data"]
        return found


async def alone(edge: RunningEdge) -> bool:
    return (await stats(edge))["connections"] == 1


async def test_a_stuck_reader_delays_nobody_and_is_let_go(
    edge: RunningEdge, stream: Stream
) -> None:
    edge.stop()
    edge.settings = edge.settings.model_copy(update={"ws_stall_seconds": 2.0})
    edge.settings.model_fields_set.add("ws_stall_seconds")
    edge.start()
    _, writer = await stuck_socket(edge)
    async with edge.socket("?assets=*") as fast:
        await fast.hear_until("subscribed")
        worst = 0.0
        for number in range(300):
            alert = an_alert(f"a{number}", message=BIG)
            sent = time.monotonic()
            await stream.push(alert)
            message = await fast.hear()
            worst = max(worst, time.monotonic() - sent)
            assert message["payload"]["stepId"] == str(alert.step_id)
        assert worst < 1
        assert (await stats(edge))["stalledConnections"] == 1
        await eventually(lambda: alone(edge), 12)
        assert (await stats(edge))["slowDisconnects"] == 1
    writer.close()


async def test_alerts_past_the_bound_close_the_socket_and_resume_makes_it_whole(
    edge: RunningEdge, stream: Stream
) -> None:
    async with websockets.connect(
        edge.socket_url + "?assets=*", max_queue=1, close_timeout=0.1
    ) as connection:
        talk = Talk(connection)
        position = (await talk.hear_until("subscribed"))[-1]["position"]
        alerts = [an_alert(f"a{number}", message=BIG) for number in range(1500)]
        await stream.push(*alerts)
        await asyncio.sleep(2)
        got = []
        with suppress(websockets.ConnectionClosed):
            async for text in connection:
                message = json.loads(text)
                position = message["position"]
                got.append(message["payload"]["stepId"])
        assert connection.close_code == 1013
        assert "resume" in (connection.close_reason or "")
    assert 0 < len(got) < 1500
    async with edge.socket() as talk:
        await talk.hear()
        await talk.say("resume", {"position": position, "subscriptions": [{"assets": ["*"]}]})
        heard = await talk.hear_until("resumed", 30)
        got += [message["payload"]["stepId"] for message in heard[:-1]]
    assert sorted(got) == sorted(str(alert.step_id) for alert in alerts)


async def test_a_slow_reader_gets_the_newest_of_each_and_every_alert(
    edge: RunningEdge, stream: Stream
) -> None:
    async with websockets.connect(edge.socket_url + "?assets=*", max_queue=1) as connection:
        talk = Talk(connection)
        await talk.hear_until("subscribed")
        alerts = []
        for number in range(3000):
            change = a_change(
                f"a{number % 20}", number, asset_name=BIG, metric_type=MetricType.ISSUES
            )
            await stream.push(change, partition=0)
            if number % 300 == 0:
                alerts.append(an_alert(f"a{number % 20}"))
                await stream.push(alerts[-1], partition=0)
        newest: dict[str, float] = {}
        seen, count = [], 0
        wanted = {f"a{n % 20}": n for n in range(2980, 3000)}
        while newest != wanted:
            message = await talk.hear()
            payload = message["payload"]
            if message["type"] == "alert":
                seen.append(payload["stepId"])
            else:
                count += 1
                assert payload["currentValue"] > newest.get(payload["assetId"], -1)
                newest[payload["assetId"]] = payload["currentValue"]
        assert seen == [str(alert.step_id) for alert in alerts]
        assert count < 3000
