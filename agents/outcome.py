"""What the detect stage writes to Kafka, batch by batch."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator

from aiokafka import AIOKafkaProducer
from msgspec.json import Encoder

from pipeline.operators.detect import Outcome
from pipeline.produce import Headers, Outgoing, produce
from pipeline.topics import Topics
from schemas import dead_letters
from schemas.alerts import Alert, Severity, is_newly_raised
from schemas.metrics import HistoryBatch

HISTORY_RECORD_BYTES = 256 * 1024
"""Applied events are packed into records of about this size."""

_encode = Encoder().encode


async def publish(
    producer: AIOKafkaProducer, topics: Topics, topic: str, partition: int, outcome: Outcome
) -> None:
    """Write all that a batch of `topic` came to, and wait until Kafka has it.

    Raises:
        aiokafka.errors.KafkaError: something could not be delivered.
    """
    written: dict[str, list[Outgoing]] = defaultdict(list)
    if outcome.applied:
        written[topics.history] = list(history(topic, partition, outcome))
    for change in outcome.changes:
        written[topics.changes].append(Outgoing(change.asset_id.encode(), _encode(change)))
    for name, record in alert_records(topics, outcome.alerts):
        written[name].append(record)
    for refused, reason in outcome.rejected:
        told = dead_letter_headers(reason, topic, partition, refused.offset, refused.timestamp)
        headers = [*refused.headers, *told]
        written[topics.dead_letters].append(Outgoing(refused.key, refused.value, headers))
    await asyncio.gather(
        *(write(producer, name, partition, records) for name, records in written.items())
    )


async def publish_alerts(
    producer: AIOKafkaProducer, topics: Topics, partition: int, alerts: Iterable[Alert]
) -> None:
    """Write alerts that no event raised, and wait until Kafka has them."""
    outcome = Outcome(alerts=list(alerts))
    await publish(producer, topics, topics.metrics, partition, outcome)


def alert_records(topics: Topics, alerts: Iterable[Alert]) -> Iterator[tuple[str, Outgoing]]:
    """Return (topic, record) for each step; one newly raised also goes to its severity's."""
    pagers = {
        Severity.CRITICAL: topics.alerts_critical,
        Severity.HIGH: topics.alerts_high,
        Severity.MEDIUM: topics.alerts_medium,
    }
    for alert in alerts:
        record = Outgoing(alert.asset_id.encode(), _encode(alert))
        yield topics.alerts, record
        if alert.severity in pagers and is_newly_raised(alert):
            yield pagers[alert.severity], record


def history(topic: str, partition: int, outcome: Outcome) -> Iterator[Outgoing]:
    """Pack the applied events into records of a bearable size."""
    late, start, size = set(outcome.late), 0, 0
    for index, raw in enumerate(outcome.applied):
        size += len(memoryview(raw))
        last = index + 1 == len(outcome.applied)
        if size < HISTORY_RECORD_BYTES and not last:
            continue
        packed = HistoryBatch(
            topic=topic,
            topic_id=outcome.topic_id,
            partition=partition,
            offsets=outcome.offsets[start : index + 1],
            late=[i - start for i in range(start, index + 1) if i in late] if late else [],
            events=outcome.applied[start : index + 1],
        )
        yield Outgoing(None, _encode(packed))
        start, size = index + 1, 0


def dead_letter_headers(
    reason: str, topic: str, partition: int, offset: int, timestamp: int
) -> Headers:
    """Return the headers that say why and where from."""
    return [
        (dead_letters.REASON, reason.encode()),
        (dead_letters.SOURCE_TOPIC, topic.encode()),
        (dead_letters.SOURCE_PARTITION, str(partition).encode()),
        (dead_letters.SOURCE_OFFSET, str(offset).encode()),
        (dead_letters.SOURCE_TIMESTAMP, str(timestamp).encode()),
    ]


async def write(
    producer: AIOKafkaProducer, topic: str, partition: int, records: list[Outgoing]
) -> None:
    """Write `records` to the partition of `topic` that goes with a source partition.

    Raises:
        aiokafka.errors.KafkaError: something could not be delivered.
    """
    # The same partition number keeps an asset's records together; a topic
    # made with fewer partitions takes them modulo.
    count = len(await producer.partitions_for(topic))
    await produce(producer, topic, partition % count, records)
