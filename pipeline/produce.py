"""Write records in batches and wait until Kafka has them."""

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

Headers = list[tuple[str, bytes]]


class Outgoing(NamedTuple):
    """A record to be written."""

    key: bytes | None
    value: bytes | None
    headers: Headers = []  # noqa: RUF012 - never mutated


async def produce(
    producer: AIOKafkaProducer, topic: str, partition: int, records: Iterable[Outgoing]
) -> int | None:
    """Write `records` to one partition, in order; return the last one's offset.

    Awaits delivery: after this returns, all in-sync replicas have the records.
    Returns None if there were none.

    Raises:
        aiokafka.errors.KafkaError: not delivered within the producer's timeout.
    """
    now, batch, sent = int(time.time() * 1000), producer.create_batch(), []
    for key, value, headers in records:
        if batch.append(key=key, value=value, timestamp=now, headers=headers) is not None:
            continue
        sent.append(await _send(producer, batch, topic, partition))
        batch = producer.create_batch()
        # The first record of a batch is taken whatever its size.
        batch.append(key=key, value=value, timestamp=now, headers=headers)
    if batch.record_count():
        sent.append(await _send(producer, batch, topic, partition))
    last = None
    for delivery, count in sent:
        last = (await delivery).offset + count - 1
    return last


async def _send(
    producer: AIOKafkaProducer, batch: Any, topic: str, partition: int
) -> tuple[Any, int]:
    batch.close()
    return await producer.send_batch(batch, topic, partition=partition), batch.record_count()
