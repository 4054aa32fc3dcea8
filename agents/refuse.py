"""What the sink can't store goes to the dead letters, with the reason."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Self

import structlog
from aiokafka import AIOKafkaProducer

from agents.outcome import dead_letter_headers, write
from pipeline.produce import Outgoing
from pipeline.record import Record
from pipeline.topics import Topics
from pipeline.transport import Batch
from sinks import monitor

log = structlog.get_logger(__name__)


class Refused(NamedTuple):
    """A record, or the event in it, and why it can't be stored."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    reason: str

    @classmethod
    def record(cls, batch: Batch, record: Record, reason: str) -> Self:
        """Refuse a record of `batch` as a whole."""
        return cls(
            batch.topic, batch.partition, record.offset, record.timestamp, record.key,
            record.value, reason,
        )  # fmt: skip


async def refuse(producer: AIOKafkaProducer, topics: Topics, refused: Iterable[Refused]) -> None:
    """Write dead letters, and wait until Kafka has them.

    Raises:
        aiokafka.errors.KafkaError: they could not be delivered.
    """
    letters: dict[int, list[Outgoing]] = defaultdict(list)
    for one in refused:
        headers = dead_letter_headers(
            one.reason, one.topic, one.partition, one.offset, one.timestamp
        )
        letters[one.partition].append(Outgoing(one.key, one.value, headers))
    for partition, records in letters.items():
        await write(producer, topics.dead_letters, partition, records)
        monitor.REFUSED.inc(len(records))
        log.warning("not stored, see the dead letters", partition=partition, count=len(records))
