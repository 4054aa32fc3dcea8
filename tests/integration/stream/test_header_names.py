"""Records whose header names are not UTF-8: every process reads on behind them."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import httpx
import websockets
from aiokafka import AIOKafkaProducer

from devstack.ports import free_port
from pipeline.dead_letters.archive import Archive
from pipeline.dead_letters.letter import Selection
from tests.conftest import SettingsFactory
from tests.integration.stream.conftest import Stream, an_event, eventually
from tests.raw_headers import GZIP, Headers, raw_batch

ODD: Final[Headers] = [(b"caf\xe9", b"1")]
READ: Final = (r"caf\xe9", b"1")


async def test_header_names_that_are_not_utf8(
    make_stream: Callable[..., Any], make_settings: SettingsFactory
) -> None:
    port = free_port()
    stream: Stream = await make_stream(make_settings(topic_partitions=1, http_port=port))
    processes = [
        stream.start(name, instance_id=name) for name in ("worker", "sink", "notify", "edge")
    ]

    async def edge_is_ready() -> bool:
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as http:
                return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        return False

    await eventually(edge_is_ready, 120, "the edge is not ready")
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws/quality?assets=a") as socket:
        await _send_odd_names(stream)
        await stream.send([an_event("a", 10, second=1)])
        heard: set[str] = set()
        async with asyncio.timeout(90):
            while not heard >= {"metric_change", "alert"}:
                heard.add(json.loads(await socket.recv())["type"])
    await stream.stored(2)
    await stream.drained()
    topics, settings = stream.topics, stream.settings
    await stream._committed(settings.notify_group, (topics.alerts,), 60)
    rows = await stream.rows("SELECT value FROM quality_metric_history ORDER BY timestamp")
    assert rows == [(90,), (10,)]
    alerts = "SELECT (metadata->>'change')::float FROM quality_alerts_realtime"
    assert await stream.rows(alerts) == [(-80,)]
    async with Archive(settings) as archive:
        letters = await archive.newest(Selection(), 100)
    # One was written there by the test. The sink and the notifier each refuse what is no alert.
    told = Counter(letter.source_topic for letter in letters)
    assert told == {None: 1, topics.metrics: 1, topics.history: 1, topics.alerts: 2}
    refused = next(letter for letter in letters if letter.source_topic == topics.metrics)
    assert refused.original_headers == [READ]
    assert [process.poll() for process in processes] == [None] * len(processes)


async def _send_odd_names(stream: Stream) -> None:
    """Write one to every topic, compressed and not; on the metrics topic, a valid event as well."""
    topics = stream.topics
    garbage = (b"a", b"{}" * 50, ODD)
    event = (b"a", json.dumps(an_event("a", 90)).encode(), ODD)
    sent = {
        topics.metrics: raw_batch([event, garbage]),
        topics.history: raw_batch([garbage], GZIP),
        topics.alerts: raw_batch([garbage]),
        topics.changes: raw_batch([garbage], GZIP),
        topics.notifications: raw_batch([garbage]),
        topics.dead_letters: raw_batch([garbage], GZIP),
        topics.redriven: raw_batch([garbage]),
    }
    async with AIOKafkaProducer(bootstrap_servers=stream.settings.kafka_brokers) as producer:
        for topic, batch in sent.items():
            await (await producer.send_batch(batch, topic, partition=0))
