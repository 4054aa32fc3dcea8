"""Reading topics from a moment on, and setting consumer groups back to it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupIdNotFound

from pipeline.kafka import client_options
from pipeline.settings import Settings

RECORDS: Final = 500
"""Read at a time."""


class Place:
    """A partition, and the part of it that a restore reads."""

    def __init__(self, partition: TopicPartition, start: int, end: int) -> None:
        self.partition, self.start, self.end = partition, start, end


async def members(settings: Settings, groups: Iterable[str]) -> dict[str, int]:
    """Return how many members each consumer group has that there is."""
    found = {}
    async with _admin(settings) as admin:
        for group in groups:
            with suppress(GroupIdNotFound):
                (response,) = await admin.describe_consumer_groups([group])
                found[group] = len(response.groups[0][5])
    return found


async def partitions(settings: Settings, topics: list[str]) -> dict[str, list[TopicPartition]]:
    """Return the partitions of each topic; none of one that is not there."""
    async with _admin(settings) as admin:
        return {
            topic["topic"]: [
                TopicPartition(topic["topic"], one["partition"]) for one in topic["partitions"]
            ]
            for topic in await admin.describe_topics(topics)
        }


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def places(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], since: datetime
) -> list[Place]:
    """Return partitions, each from its first record of `since` on to its end."""
    if not partitions:
        return []
    ends = await consumer.end_offsets(partitions)
    moment = int(since.timestamp() * 1000)
    starts = await consumer.offsets_for_times(dict.fromkeys(partitions, moment))
    return [
        Place(one, found.offset if (found := starts[one]) else ends[one], ends[one])
        for one in partitions
    ]


async def lacking(consumer: AIOKafkaConsumer, found: list[Place]) -> bool:
    """Say whether Kafka may have dropped records from the beginning of one of the places."""
    if not found:
        return False
    beginnings = await consumer.beginning_offsets([place.partition for place in found])
    return any(0 < place.start == beginnings[place.partition] < place.end for place in found)


async def read(
    consumer: AIOKafkaConsumer, found: list[Place]
) -> AsyncIterator[list[ConsumerRecord]]:
    """Read places to their ends, some records of one partition at a time."""
    for place in found:
        if place.start >= place.end:
            continue
        consumer.assign([place.partition])
        consumer.seek(place.partition, place.start)
        # The last records may be no records: what ends a transaction has an offset too.
        while await consumer.position(place.partition) < place.end:
            batches = await consumer.getmany(timeout_ms=1000, max_records=RECORDS)
            for records in batches.values():
                wanted = [one for one in records if one.offset < place.end]
                if wanted:
                    yield wanted


async def set_back(settings: Settings, group: str, found: list[Place]) -> int:
    """Have a group that has no members read places again; return how many records that is.

    A group that is not yet so far stays where it is.
    """
    consumer = AIOKafkaConsumer(
        **client_options(settings), group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        again, offsets = 0, {}
        consumer.assign([place.partition for place in found])
        for place in found:
            committed = await consumer.committed(place.partition)
            if committed is not None and committed > place.start:
                offsets[place.partition] = place.start
                again += committed - place.start
        if offsets:
            await consumer.commit(offsets)
        return again
    finally:
        await consumer.stop()


def arrival(record: Any) -> datetime:
    """Return when Kafka took a record."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
