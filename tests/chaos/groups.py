"""How the consumer groups stand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
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


async def is_stable(settings: Settings, group: str, members: int) -> bool:
    """Say whether a group has so many members, each with its part of the work."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        (answer,) = await admin.describe_consumer_groups([group])
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    _, _, state, _, _, found, *_ = answer.groups[0]
    return bool(state == "Stable" and len(found) == members)


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
        # One that is ahead, of a topic that was created again, has not caught up either.
        return sum([abs(ends[part] - (await consumer.committed(part) or 0)) for part in parts])
    except KafkaError:
        return -1  # unknown: nobody has caught up
