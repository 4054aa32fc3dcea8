"""The protocol, through the `websockets` library."""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import suppress

import pytest
import websockets

from schemas.alerts import AlertStatus, Severity
from tests.integration.api.conftest import (
    RunningEdge,
    Stream,
    a_change,
    an_alert,
    eventually,
)


async def test_subscribers_and_nobody_else_are_told(edge: RunningEdge, stream: Stream) -> None:
    async with edge.socket() as mine, edge.socket() as other:
        hello = await mine.hear()
        assert hello["type"] == "connected"
        assert hello["payload"]["protocolVersion"] == 1
        assert hello["position"]
        await other.hear()
        reply = await mine.ask("subscribe", {"assetIds": ["warehouse.*"]})
        assert reply["type"] == "subscribed"
        assert reply["payload"] == {"subscriptions": [{"assets": ["warehouse.*"]}]}
        alert, change = an_alert(), a_change()
        await stream.push(alert, change, a_change("elsewhere"))
        heard = {m["type"]: m for m in (await mine.hear(), await mine.hear())}
        assert heard["alert"]["payload"]["id"] == str(alert.id)
        assert heard["metric_change"]["payload"]["currentValue"] == 70
        assert all(message["position"] and message["timestamp"] for message in heard.values())
        assert await other.silent()
        assert await mine.silent(0.1)


async def test_filters_and_the_whole_set(edge: RunningEdge, stream: Stream) -> None:
    async with edge.socket("?assets=a,b*") as talk:
        assert (await talk.hear())["type"] == "connected"
        assert (await talk.hear())["payload"]["subscriptions"] == [{"assets": ["a", "b*"]}]
        await talk.ask("unsubscribe")
        await talk.ask("subscribe", {"all": True, "severities": ["critical"], "kinds": ["alerts"]})
        reply = await talk.ask("subscribe", {"assetId": "x", "metricTypes": ["issues"]})
        assert reply["payload"]["subscriptions"] == [
            {"assets": ["*"], "severities": ["critical"], "kinds": ["alerts"]},
            {"assets": ["x"], "metricTypes": ["issues"]},
        ]
        wanted = an_alert("y", severity=Severity.CRITICAL)
        await stream.push(an_alert("y"), wanted, a_change("x"), partition=0)
        message = await talk.hear()
        assert message["payload"]["id"] == str(wanted.id)
        assert await talk.silent(0.2)


async def test_what_the_address_asks_for_must_make_sense(edge: RunningEdge) -> None:
    async with edge.socket("?assets=," + "x" * 256) as talk:
        assert (await talk.hear())["type"] == "connected"
        told = await talk.hear()
        assert (told["type"], told["payload"]["code"]) == ("error", "invalid_field")
        assert told["payload"]["field"] == "assets"
        assert (await talk.ask("unsubscribe"))["payload"]["subscriptions"] == []
    async with edge.socket("?assets=") as talk:
        await talk.hear()
        assert await talk.silent(0.2)


async def test_each_thing_is_told_once_though_kafka_has_it_twice(
    edge: RunningEdge, stream: Stream
) -> None:
    async with edge.socket("?assets=*") as talk:
        await talk.hear_until("subscribed")
        alert, change = an_alert(), a_change()
        await stream.push(alert, change, alert, change, partition=0)
        assert {(await talk.hear())["type"], (await talk.hear())["type"]} == {
            "alert", "metric_change",
        }  # fmt: skip
        assert await talk.silent()


async def test_requests_and_their_replies(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    await stream.store(alert)
    async with edge.socket() as talk:
        await talk.hear()
        assert (await talk.ask("ping"))["type"] == "pong"
        alerts = await talk.ask("get_alerts", {"severity": ["high"], "assetId": "warehouse.*"})
        assert [found["id"] for found in alerts["payload"]["alerts"]] == [str(alert.id)]
        for search, count in (("fell", 1), ("rose", 0)):
            found = await talk.ask("get_alerts", {"query": search, "until": "2100-01-01T00:00:00Z"})
            assert len(found["payload"]["alerts"]) == count
        metrics = await talk.ask("get_metrics", {"metricType": "score"})
        assert metrics["payload"]["metrics"] == []
        await talk.ask("subscribe")
        reply = await talk.ask("acknowledge_alert", {"alertId": str(alert.id), "comment": "mine"})
        assert reply["type"] == "alert_acknowledged"
        assert reply["payload"]["status"] == AlertStatus.ACKNOWLEDGED
        assert reply["payload"]["changedBy"] == "anonymous@loopback"
        pushed = await talk.hear()
        assert pushed["type"] == "alert_status_changed"
        assert pushed["payload"] == reply["payload"]
        again = await talk.ask("acknowledge", {"alertId": str(alert.id)})
        assert again["payload"]["code"] == "step_not_possible"
        resolved = await talk.ask("resolve", {"alertId": str(alert.id), "resolution": "mended"})
        assert (resolved["type"], resolved["payload"]["resolution"]) == (
            "alert_status_changed", "mended",
        )  # fmt: skip


NONSENSE: list[tuple[str | bytes, str, str | None]] = [
    ("{", "invalid_json", None),
    ("[]", "invalid_field", None),
    ('{"type": "dance"}', "unknown_type", None),
    ('{"payload": {}}', "invalid_field", "type"),
    ('{"type": "subscribe", "payload": {"assetIds": [7]}}', "invalid_field", "assetIds[0]"),
    ('{"type": "resolve", "payload": {"alertId": "x"}}', "invalid_field", "alertId"),
    ('{"type": "ping", "requestId": 7}', "invalid_field", "requestId"),
    ('{"type": "ping", "payload": ' + "[" * 30_000, "invalid_json", None),
    (b"\x00\x01", "bad_request", None),
]
IDENTIFIED: list[tuple[str, str]] = [
    ('{"requestId": "7"}', "invalid_field"),
    ('{"requestId": "7", "type": {}, "payload": []}', "invalid_field"),
    ('{"requestId": "7", "type": "dance"}', "unknown_type"),
    ('{"requestId": "7", "type": "resolve", "payload": {"alertId": "x"}}', "invalid_field"),
]


async def test_nonsense_is_told_and_the_socket_lives(edge: RunningEdge) -> None:
    async with edge.socket() as talk:
        await talk.hear()
        for message, code, field in NONSENSE:
            await talk.connection.send(message)
            told = await talk.hear()
            assert (told["type"], told["payload"]["code"]) == ("error", code)
            assert told["payload"].get("field") == field
        for text, code in IDENTIFIED:
            await talk.connection.send(text)
            told = await talk.hear()
            assert (told["payload"]["code"], told["requestId"]) == (code, "7")
        assert (await talk.ask("ping"))["type"] == "pong"


async def test_a_frame_too_big_ends_its_socket_alone(edge: RunningEdge) -> None:
    async with edge.socket() as other, edge.socket() as talk:
        await talk.hear()
        await other.hear()
        await talk.connection.send("x" * 70_000)
        with pytest.raises(websockets.ConnectionClosed):
            await talk.hear()
        assert talk.connection.close_code == 1009
        assert (await other.ask("ping"))["type"] == "pong"


async def test_too_many_requests_are_slowed_then_cut(edge: RunningEdge) -> None:
    async with edge.socket() as talk:
        await talk.hear()
        for number in range(500):
            await talk.say("ping", requestId=str(number))
        heard = []
        with suppress(websockets.ConnectionClosed):
            async for text in talk.connection:
                heard.append(json.loads(text))  # noqa: PERF401 - until it is closed
        # Each is answered, so that its sender knows which.
        assert [one["requestId"] for one in heard] == [str(n) for n in range(len(heard))]
        assert "rate_limited" in {one["payload"].get("code") for one in heard}
        assert talk.connection.close_code == 1008


async def test_sessions_are_counted_and_forgotten(edge: RunningEdge, stream: Stream) -> None:
    async with edge.http() as http, edge.socket("?assets=a"), edge.socket():
        await asyncio.sleep(5.5)
        stats = (await http.get("/ws/stats")).json()["data"]
        assert stats["connections"] == stats["totalConnections"] == 2
        assert (stats["edges"], stats["subscribedConnections"]) == (1, 1)
    edge.stop()
    assert await stream.rows("SELECT count(*) FROM websocket_sessions") == [(0,)]


async def test_sessions_of_a_dead_edge_are_swept_up(
    edge: RunningEdge, stream: Stream, make_edge: Callable[..., RunningEdge]
) -> None:
    async def written() -> bool:
        return await stream.rows("SELECT count(*) FROM websocket_sessions") == [(1,)]

    async def swept() -> bool:
        return await stream.rows("SELECT count(*) FROM websocket_sessions") == [(0,)]

    async with edge.socket():
        await eventually(written, 10)
        edge.stop(signal.SIGKILL)
    assert await written()
    # A minute later.
    await stream.rows(
        "UPDATE websocket_sessions SET last_seen_at = now() - interval '61 seconds' RETURNING 1"
    )
    other = make_edge()
    other.start(wait_for_feed=False)
    await eventually(swept, 20)
