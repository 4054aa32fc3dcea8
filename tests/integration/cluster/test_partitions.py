"""Partitions that somebody adds to the topic of events neither stop nor mislead the worker."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from pipeline.cluster.layout import Layout
from pipeline.cluster.topology import connected, describe_topics
from pipeline.settings import Settings
from pipeline.topics import Topics
from tests.conftest import ROOT, SettingsFactory, Starter, environment
from tests.integration.stream.conftest import an_event, eventually

HOME = 2


async def grow(settings: Settings, topic: str, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(total_count=count)})
    finally:
        await admin.close()


async def ends(settings: Settings, topic: str) -> int:
    """Return how many records a topic has ever had."""
    async with connected(settings) as client:
        count = (await describe_topics(client, [topic]))[topic].partitions or 0
    async with AIOKafkaConsumer(bootstrap_servers=settings.kafka_brokers) as consumer:
        parts = [TopicPartition(topic, partition) for partition in range(count)]
        return sum((await consumer.end_offsets(parts)).values())


async def send(settings: Settings, asset: str, partition: int, **event: Any) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers) as producer:
        body = json.dumps(an_event(asset, **event)).encode()
        topic = Topics(settings.topic_prefix).metrics
        await producer.send_and_wait(topic, body, asset.encode(), partition)


async def migrate(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli.main", "migrate", *options],
        cwd=ROOT,
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        timeout=90,
    )


async def test_added_partitions_are_left_alone_until_somebody_writes_to_them(
    make_settings: SettingsFactory, start_tidemark: Starter, tmp_path: Path
) -> None:
    settings = make_settings(topic_partitions=HOME)
    topics, home = Topics(settings.topic_prefix), Layout(HOME).partition_of(b"a")
    assert (await migrate(settings)).returncode == 0
    start_tidemark("worker", settings=settings)
    await send(settings, "a", home, value=90)

    async def stored(count: int) -> bool:
        return await ends(settings, topics.history) == count

    await eventually(lambda: stored(1))
    await grow(settings, topics.metrics, HOME + 1)
    await grow(settings, topics.alerts, HOME + 2)
    second = start_tidemark("worker", settings=settings.model_copy(
        update={"state_dir": tmp_path / "second"}
    ))  # fmt: skip
    await send(settings, "a", home, value=50, second=1)
    await eventually(lambda: stored(2))
    assert await ends(settings, topics.alerts) == 1, "the fall from 90 was seen in the old state"
    refused = await migrate(settings.model_copy(update={"topic_partitions": HOME + 1}))
    assert refused.returncode == 78
    assert "the state of the assets was made with 2 partitions" in refused.stderr

    await send(settings, "a", HOME, value=10, second=2)
    assert await asyncio.to_thread(second.wait, 90) == 78
    said = (tmp_path / "worker-1.log").read_text()
    assert f"tidemark: the topic {topics.metrics} has 3 partitions, and 1 events are in" in said
    assert "Traceback" not in said
    again = start_tidemark("worker", settings=settings)
    assert await asyncio.to_thread(again.wait, 90) == 78
    assert (await ends(settings, topics.history), await ends(settings, topics.alerts)) == (2, 1)

    returned = await migrate(settings, "--return-events")
    assert (returned.returncode, "events: 1 returned" in returned.stdout) == (0, True), returned
    start_tidemark("worker", settings=settings)
    await eventually(lambda: stored(3))
    assert "events: 0 returned" in (await migrate(settings, "--return-events")).stdout
