"""How far the consumer groups are behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics
from tests.chaos.polling import wait_for


def groups(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return what each group reads, in the order in which events reach them."""
    topics = Topics(settings.topic_prefix)
    return {
        settings.worker_group: (topics.metrics,),
        settings.sink_group: (topics.history, topics.alerts),
        settings.notify_group: (topics.alerts,),
    }


async def caught_up(settings: Settings, seconds: float) -> None:
    """Wait until every group has committed all there is, one after the other."""
    for group, topics in groups(settings).items():
        async with _reader(settings, group) as consumer:

            async def done() -> bool:
                return await _lag(consumer, settings, topics) == 0  # noqa: B023

            await wait_for(done, seconds, f"{group} has committed all")


async def lags(settings: Settings) -> dict[str, int]:
    """Return the records each group has yet to commit."""
    found = {}
    for group, topics in groups(settings).items():
        async with _reader(settings, group) as consumer:
            found[group] = await _lag(consumer, settings, topics)
    return found


@asynccontextmanager
async def _reader(settings: Settings, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **client_options(settings), group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _lag(consumer: AIOKafkaConsumer, settings: Settings, topics: tuple[str, ...]) -> int:
    parts = [
        TopicPartition(topic, number)
        for topic in topics
        for number in range(settings.topic_partitions)
    ]
    consumer.assign(parts)
    try:
        ends = await consumer.end_offsets(parts)
        return sum([ends[part] - (await consumer.committed(part) or 0) for part in parts])
    except KafkaError:
        return -1  # unknown: nobody has caught up
