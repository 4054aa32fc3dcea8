"""What the detect stage writes to Kafka, batch by batch."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator

from aiokafka import AIOKafkaProducer
from msgspec.json import Encoder

from pipeline.operators.detect import Outcome
from pipeline.produce import Headers, Outgoing, produce
from pipeline.quarantine import shortened
from pipeline.topics import Topics
from schemas import dead_letters
from schemas.alerts import Alert, Severity, is_newly_raised
from schemas.metrics import HistoryBatch

HISTORY_RECORD_BYTES = 256 * 1024
"""Applied events are packed into records of about this size."""

LARGEST_LETTER = 1_000_000
"""Bytes of a dead letter that Kafka is sure to take, with its default of a mebibyte a batch."""
CUT_BYTES = 512 * 1024
CUT_KEY_BYTES = 4 * 1024
"""Bytes kept of a dead letter that is too large."""

_encode = Encoder().encode


Written = dict[str, list[Outgoing]]
"""Records by topic."""


def records_of(topics: Topics, topic: str, partition: int, outcome: Outcome) -> Written:
    """Return all that a batch of `topic` came to, as records."""
    written: Written = defaultdict(list)
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
    return written


async def publish(
    producer: AIOKafkaProducer, topics: Topics, partition: int, written: Written
) -> None:
    """Write records, and wait until Kafka has them.

    Raises:
        aiokafka.errors.KafkaError: something could not be delivered.
    """
    letters = written.pop(topics.dead_letters, [])
    await asyncio.gather(
        write_letters(producer, topics.dead_letters, partition, letters),
        *(write(producer, name, partition, records) for name, records in written.items()),
    )


async def publish_alerts(
    producer: AIOKafkaProducer, topics: Topics, partition: int, alerts: Iterable[Alert]
) -> None:
    """Write alerts that no event raised, and wait until Kafka has them."""
    outcome = Outcome(alerts=list(alerts))
    written = records_of(topics, topics.metrics, partition, outcome)
    await publish(producer, topics, partition, written)


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
    sizes = [len(memoryview(raw)) for raw in outcome.applied]
    for end, following in enumerate([*sizes[1:], HISTORY_RECORD_BYTES], 1):
        size += sizes[end - 1]
        # Kafka takes no record of more than a mebibyte; an event may be nearly as large.
        if size + following < HISTORY_RECORD_BYTES:
            continue
        packed = HistoryBatch(
            topic=topic,
            topic_id=outcome.topic_id,
            partition=partition,
            offsets=outcome.offsets[start:end],
            late=[i - start for i in range(start, end) if i in late] if late else [],
            events=outcome.applied[start:end],
        )
        yield Outgoing(None, _encode(packed))
        start, size = end, 0


def dead_letter_headers(
    reason: str, topic: str, partition: int, offset: int, timestamp: int
) -> Headers:
    """Return the headers that say why and where from."""
    return [
        (dead_letters.REASON, shortened(reason).encode()),
        (dead_letters.SOURCE_TOPIC, topic.encode()),
        (dead_letters.SOURCE_PARTITION, str(partition).encode()),
        (dead_letters.SOURCE_OFFSET, str(offset).encode()),
        (dead_letters.SOURCE_TIMESTAMP, str(timestamp).encode()),
    ]


async def write_letters(
    producer: AIOKafkaProducer, topic: str, partition: int, letters: list[Outgoing]
) -> None:
    """Write dead letters; one that Kafka may find too large goes without its end.

    A record may be larger here than it was: where it comes from it was compressed, and it has
    more headers now.

    Raises:
        aiokafka.errors.KafkaError: something could not be delivered.
    """
    fitting = [one if _size(one) <= LARGEST_LETTER else _cut(one) for one in letters]
    await write(producer, topic, partition, fitting)


def _size(letter: Outgoing) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in letter.headers)
    return len(letter.key or b"") + len(letter.value or b"") + headers


def _cut(letter: Outgoing) -> Outgoing:
    """Return what of a letter fits: the beginning of key and value, and our headers."""
    told = letter.headers[-len(dead_letter_headers("", "", 0, 0, 0)) :]
    whole = (dead_letters.CUT, str(len(letter.value or b"")).encode())
    key = letter.key and letter.key[:CUT_KEY_BYTES]
    return Outgoing(key, letter.value and letter.value[:CUT_BYTES], [whole, *told])


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
