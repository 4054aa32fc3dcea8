"""Kafka or PostgreSQL away: clear answers, sockets that stay, and everything made up later."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
import websockets
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from pipeline.topics import Topics
from tests.conftest import SettingsFactory
from tests.integration.api.conftest import (
    RunningEdge,
    Stream,
    an_alert,
    create_topics,
    eventually,
)

if TYPE_CHECKING:
    from devstack.kafka import KafkaServer
    from devstack.postgres import PostgresServer

EVENT = {"assetId": "a", "metricType": "score", "value": 9, "timestamp": "2025-01-01T00:00:00Z"}


@asynccontextmanager
async def streaming(edge: RunningEdge) -> AsyncIterator[Stream]:
    producer = AIOKafkaProducer(bootstrap_servers=edge.settings.kafka_brokers)
    await producer.start()
    try:
        yield Stream(edge.settings, producer)
    finally:
        await producer.stop()


async def parts(edge: RunningEdge) -> dict[str, bool]:
    async with httpx.AsyncClient() as http:
        found = (await http.get(f"{edge.url}/readyz", timeout=10)).json()["components"]
    return {part["name"]: part["ready"] for part in found}


async def test_postgresql_stops_and_comes_back(
    private_postgres: "PostgresServer", topics: Topics, make_edge: Callable[..., RunningEdge]
) -> None:
    edge = make_edge(database_url=private_postgres.url)
    edge.start()
    alert = an_alert()
    async with streaming(edge) as stream, edge.socket("?assets=*") as talk, edge.http() as http:
        await talk.hear_until("subscribed")
        await stream.store(alert)
        await asyncio.to_thread(private_postgres.stop)
        for given in (http.get("/alerts"), http.post(f"/alerts/{alert.id}/ignore", json={})):
            started = time.monotonic()
            answer = await given
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
            assert time.monotonic() - started < 8
        live = an_alert()
        await stream.push(live)
        assert (await talk.hear())["payload"]["stepId"] == str(live.step_id)
        assert (await talk.ask("get_alerts"))["payload"]["code"] == "unavailable"
        assert (await parts(edge)) == {
            "postgresql": False, "kafka": True, "topics": True, "feed": True, "worker": False,
        }  # fmt: skip
        assert (await http.post("/events", json=EVENT)).status_code == 202
        await asyncio.to_thread(private_postgres.start)

        async def answers() -> bool:
            return (await http.get("/alerts")).status_code == 200

        await eventually(answers, 15)
        assert (await http.post(f"/alerts/{alert.id}/ignore", json={})).status_code == 200
        assert (await talk.hear())["type"] == "alert_status_changed"


async def test_kafka_stops_and_comes_back(
    private_kafka: "KafkaServer",
    make_settings: SettingsFactory,
    make_edge: Callable[..., RunningEdge],
) -> None:
    await create_topics(make_settings(kafka_brokers=private_kafka.brokers))
    edge = make_edge(kafka_brokers=private_kafka.brokers)
    edge.start()
    alert = an_alert()
    async with edge.socket("?assets=*") as talk, edge.http() as http:
        await talk.hear_until("subscribed")
        async with streaming(edge) as stream:
            await stream.store(alert)
        await asyncio.to_thread(private_kafka.stop)
        started = time.monotonic()
        refused = await http.post("/events", json=EVENT)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert time.monotonic() - started < 8
        # A step is PostgreSQL's; people hear of it when Kafka is back.
        assert (await http.post(f"/alerts/{alert.id}/acknowledge", json={})).status_code == 200
        assert (await talk.ask("ping"))["type"] == "pong"

        async def is_told() -> bool:
            return not (await parts(edge))["kafka"]

        await eventually(is_told, 20)
        assert (await http.get("/system")).json()["data"]["outbox"] == 1
        await asyncio.to_thread(private_kafka.start)
        message = await talk.hear(30)
        assert message["type"] == "alert_status_changed"
        assert message["payload"]["id"] == str(alert.id)


async def test_it_starts_before_the_others(
    make_kafka: "Callable[[], KafkaServer]",
    make_settings: SettingsFactory,
    make_edge: Callable[..., RunningEdge],
) -> None:
    server = make_kafka()
    edge = make_edge(kafka_brokers=server.brokers)
    edge.start(wait_for_feed=False)
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{edge.url}/healthz")).status_code == 200
        assert (await http.get(f"{edge.url}/readyz")).status_code == 503
    await asyncio.to_thread(server.start)
    try:
        await create_topics(make_settings(kafka_brokers=server.brokers))

        async def reads() -> bool:
            return (await parts(edge))["feed"]

        await eventually(reads, 15)
    finally:
        await asyncio.to_thread(server.stop)


async def test_topics_made_anew_are_read_from_their_start(
    edge: RunningEdge, stream: Stream, topics: Topics
) -> None:
    async with edge.socket("?assets=*") as talk:
        await talk.hear_until("subscribed")
        await stream.push(*(an_alert() for _ in range(500)), partition=0)
        for _ in range(500):
            await talk.hear()
        admin = AIOKafkaAdminClient(bootstrap_servers=edge.settings.kafka_brokers)
        await admin.start()
        await admin.delete_topics([topics.alerts])
        await admin.close()
        await create_topics(edge.settings)

        async def is_heard() -> bool:
            await stream.push(an_alert(), partition=0)
            return not await talk.silent(0.2)

        await eventually(is_heard, 20)


async def test_goodbye(edge: RunningEdge, stream: Stream) -> None:
    async with edge.socket("?assets=*") as talk:
        await talk.hear_until("subscribed")
        took = await asyncio.to_thread(edge.stop)
        last = await talk.hear()
        assert (last["type"], last["payload"]["reconnectAfter"]) == ("server_shutdown", 1.0)
        with pytest.raises(websockets.ConnectionClosed):
            await talk.hear()
        assert talk.connection.close_code == 1012
    assert took < 3
    assert edge.process is not None
    assert edge.process.returncode == 0
