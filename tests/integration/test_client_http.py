"""The client against a real edge."""

import asyncio
import json

import pytest
from kafka import KafkaConsumer

from devstack.ports import free_port
from pipeline.operators.validate import check_key, decode_event
from pipeline.topics import Topics
from tests.conftest import SettingsFactory, Starter
from tests.integration.api.conftest import RunningEdge, create_topics
from tidemark_client import AsyncReporter, Buffering, DeliveryError, HttpTransport


async def test_events_reach_kafka_and_refusals_come_back(
    make_settings: SettingsFactory, start_tidemark: Starter
) -> None:
    settings = make_settings(
        http_port=free_port(),
        max_batch_events=100,
        database_url="postgresql://nobody@127.0.0.1:1/none",
    )
    await create_topics(settings)
    edge = RunningEdge(start_tidemark, settings)
    url = f"http://127.0.0.1:{settings.http_port}"
    # Reported before the edge is up: they wait for it.
    reporter = AsyncReporter(
        url=url, strict=True, source="job", buffering=Buffering(batch_size=1000, close_timeout=60)
    )
    for number in range(350):
        await reporter.issues(f"asset-{number % 7}", number)
    # Taking events in needs Kafka alone.
    await asyncio.to_thread(edge.start, wait_for_feed=False)
    # More than the edge takes at once: the batch is halved until it does.
    assert await reporter.flush(60)
    assert reporter.stats.sent == 350

    odd = json.dumps({"assetId": "a", "metricType": "score", "value": 1, "timestamp": "soon"})
    transport = HttpTransport(url)
    from tidemark_client.encode import Envelope, encode, measurement

    good = encode(measurement("a", "score", 1))
    bad = Envelope("a", good.event_id, odd.encode())
    (refusal,) = await asyncio.to_thread(transport.send, [good, bad])
    assert refusal.envelope is bad
    assert refusal.reason.startswith("timestamp: ")
    (alone,) = await asyncio.to_thread(transport.send, [bad])
    assert "timestamp" in alone.reason
    await reporter.close()

    consumer = KafkaConsumer(
        Topics(settings.topic_prefix).metrics,
        bootstrap_servers=settings.kafka_brokers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
    )
    values: dict[str, list[float]] = {}
    for record in consumer:
        event = decode_event(record.value, settings.max_event_bytes)
        check_key(event, record.key)
        values.setdefault(event.asset_id, []).append(event.value)
    consumer.close()
    assert len(values.pop("a")) == 1
    assert sum(map(len, values.values())) == 350
    assert all(sent == sorted(sent) for sent in values.values())
    await asyncio.to_thread(edge.stop)


async def test_nobody_at_home_is_said_in_time() -> None:
    reporter = AsyncReporter(
        url="http://127.0.0.1:1", strict=True, buffering=Buffering(close_timeout=0.5)
    )
    await reporter.score("a", 1)
    with pytest.raises(DeliveryError, match="1 events undelivered"):
        await reporter.close()
