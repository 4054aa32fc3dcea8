"""Two edges, one worker and one sink: from an event posted here to an alert settled there."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.topics import Topics
from tests.conftest import Starter
from tests.integration.api.conftest import Message, RunningEdge, Talk, eventually

ASSET = "warehouse.orders"


@pytest.fixture
def edges(
    topics: Topics, make_edge: Callable[..., RunningEdge], start_tidemark: Starter
) -> Iterator[list[RunningEdge]]:
    running = [make_edge(), make_edge()]
    for name in ("worker", "sink"):
        start_tidemark(name, settings=running[0].settings)
    for edge in running:
        edge.start()
    yield running
    for edge in running:
        if edge.process is not None and edge.process.poll() is None:
            edge.stop()


async def get(edge: RunningEdge, path: str) -> Any:
    async with edge.http() as http:
        return (await http.get(path)).json().get("data")


async def report(edge: RunningEdge, value: float, metric: str = "score") -> None:
    event = {
        "assetId": ASSET, "metricType": metric, "value": value,
        "timestamp": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    async with edge.http() as http:
        assert (await http.post("/events", json=event)).status_code == 202


async def change_and_alert(talk: Talk) -> tuple[Message, Message]:
    """Return the two, which come in either order: they are in two topics."""
    heard = {m["type"]: m for m in (await talk.hear(15), await talk.hear(15))}
    return heard["metric_change"], heard["alert"]


async def test_an_alert_from_its_event_to_its_end(edges: list[RunningEdge]) -> None:
    here, there = edges

    async def is_ready() -> bool:
        return all([(await get(edge, "/system"))["ready"] for edge in edges])

    await eventually(is_ready, 60)
    async with here.socket(f"?assets={ASSET}") as near, there.socket("?assets=*") as far:
        for talk in (near, far):
            await talk.hear_until("subscribed")
        await report(here, 90)
        await report(here, 60)
        heard = [await change_and_alert(talk) for talk in (near, far)]
        assert heard[0][0]["payload"] == heard[1][0]["payload"]
        assert heard[0][1]["payload"] == heard[1][1]["payload"]
        change, alert = heard[0][0]["payload"], heard[0][1]["payload"]
        assert (change["previousValue"], change["currentValue"]) == (90, 60)
        assert (alert["severity"], alert["status"]) == ("critical", "active")

        # A step at one edge, before or after the sink has written the alert, is heard at both.
        reply = await near.ask("acknowledge", {"alertId": alert["id"], "comment": "mine"})
        assert reply["type"] == "alert_acknowledged"
        for talk in (near, far):
            step = (await talk.hear_until("alert_status_changed"))[-1]
            assert step["payload"]["stepId"] == reply["payload"]["stepId"]

        # Every read of the other edge has it.
        async def is_written() -> bool:
            return len(await get(there, f"/metrics/history?assetId={ASSET}")) == 2

        await eventually(is_written, 15)
        (stored,) = await get(there, "/alerts")
        assert (stored["id"], stored["status"]) == (alert["id"], "acknowledged")
        assert [m["value"] for m in await get(there, "/metrics")] == [60]
        (asset,) = await get(there, "/assets")
        assert (asset["assetId"], asset["score"], asset["activeAlerts"]) == (ASSET, 60, 0)
        (entry,) = await get(there, f"/alerts/{alert['id']}/audit")
        assert (entry["action"], entry["comment"]) == ("acknowledge", "mine")
        position = reply["position"]

    # One edge dies: its client goes on at the other, having missed nothing.
    here.stop(signal.SIGKILL)
    await report(there, 20)
    async with there.socket() as talk:
        await talk.hear_until("connected")
        subscriptions = [{"assets": [ASSET]}]
        await talk.say("resume", {"position": position, "subscriptions": subscriptions})
        values: list[float] = []
        async with asyncio.timeout(15):
            while values != [20]:
                message = await talk.hear(15)
                if message["type"] == "metric_change":
                    values.append(message["payload"]["currentValue"])
