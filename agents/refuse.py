"""What can't be stored goes to the dead letters, with the reason."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

import faust
import structlog
from aiokafka import AIOKafkaProducer

from agents.outcome import dead_letter_headers, write_letters
from pipeline.operators.validate_alert import InvalidAlert
from pipeline.postgres.pool import Pool
from pipeline.produce import Outgoing
from pipeline.record import Record
from pipeline.topics import Topics
from pipeline.transport import Batch
from sinks import monitor
from sinks.database import Row, Write, write_all

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
        await write_letters(producer, topics.dead_letters, partition, records)
        monitor.REFUSED.inc(len(records))
        log.warning("not stored, see the dead letters", partition=partition, count=len(records))


async def store_alert_records(
    app: faust.App,
    topics: Topics,
    pool: Pool,
    batch: Batch,
    decode: Callable[[Record], Row | None],
    write: Write[Row],
    complaint: str,
    unforeseen: Callable[[], None],
) -> int:
    """Store what each record of the alerts topic holds; return how many rows were taken.

    Args:
        app: whose producer writes the dead letters.
        topics: their names.
        pool: the database.
        batch: the records.
        decode: gives the row in a record, None where there is nothing to store.
        write: puts rows into the database.
        complaint: what is said of a row that can't be stored, before its reason.
        unforeseen: called for each row that fails in a way nobody foresaw.
    """
    rows: list[Row] = []
    read: dict[int, Record] = {}
    refused: list[Refused] = []
    for record in batch.records:
        try:
            row = decode(record)
        except InvalidAlert as error:
            refused.append(Refused.record(batch, record, f"not an alert: {error}"))
            continue
        if row is not None:
            rows.append(row)
            read[id(row)] = record
    unstorable = await write_all(pool, write, rows, unforeseen)
    refused += [
        Refused.record(batch, read[id(row)], f"{complaint}: {reason}") for row, reason in unstorable
    ]
    await refuse(app.producer._ensure_producer(), topics, refused)
    return len(rows) - len(unstorable)
