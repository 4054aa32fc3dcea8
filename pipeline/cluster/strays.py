"""Bring back events from partitions that hold no state of their assets."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from pipeline.cluster.access import principal
from pipeline.cluster.inspection import inspect
from pipeline.cluster.layout import Layout
from pipeline.cluster.topology import DELETE, connected, describe_topics
from pipeline.faults import ExitCode, Fault
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics

POLL_MS = 1000
MAX_REQUEST_BYTES = 4 * 1024 * 1024


async def return_strays(settings: Settings) -> int:
    """Write the events in the surplus partitions again, where the state of their assets is.

    Then delete them there; return how many they were. An interruption between the two writes
    them once more at the next run, which their ids tell the worker.

    Raises:
        Fault: Kafka does not let us.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    found = await inspect(settings, "feed")
    layout = found.layout
    if layout is None or not layout.takes_events:
        raise found.fault or Fault("no topics are seen", "see `tidemark doctor`", ExitCode.REFUSED)
    topic = Topics(settings.topic_prefix).metrics
    count = await _deletable_partitions(settings, topic)
    surplus = [TopicPartition(topic, partition) for partition in range(layout.home, count)]
    if not surplus:
        return 0
    async with AIOKafkaConsumer(
        **client_options(settings), auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        ends = await consumer.end_offsets(surplus)
        consumer.assign(surplus)
        count = await _copy(consumer, ends, layout, settings)
    await _delete(settings, ends)
    return count


async def _copy(
    consumer: AIOKafkaConsumer,
    ends: dict[TopicPartition, int],
    layout: Layout,
    settings: Settings,
) -> int:
    count = 0
    async with AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=True,
        max_request_size=MAX_REQUEST_BYTES,
    ) as producer:
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            sent = [
                # One without a key is refused wherever it is.
                await producer.send(
                    tp.topic, record.value, record.key, layout.partition_of(record.key or b""),
                    headers=list(record.headers),
                )
                for tp, records in (await consumer.getmany(timeout_ms=POLL_MS)).items()
                for record in records
                if record.offset < ends[tp]
            ]  # fmt: skip
            await asyncio.gather(*sent)
            count += len(sent)
    return count


async def _delete(settings: Settings, ends: dict[TopicPartition, int]) -> None:
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        await admin.delete_records(
            {tp: RecordsToDelete(before_offset=end) for tp, end in ends.items()}
        )
    finally:
        await admin.close()


async def _deletable_partitions(settings: Settings, topic: str) -> int:
    """Return how many partitions the topic has, if we may delete records of it."""
    async with connected(settings) as client:
        described = (await describe_topics(client, [topic]))[topic]
    if DELETE not in described.allowed:
        raise Fault(
            f"{principal(settings)} lacks DELETE on the topic {topic}, needed to remove the events "
            "from where they are once they were written again",
            "add the ACL for as long as this takes",
            ExitCode.REFUSED,
        )
    return described.partitions or 0
