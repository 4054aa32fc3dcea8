"""Batches of records, against aiokafka's own builder and a broker that only counts."""

import asyncio
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from pipeline.produce import Outgoing, produce

BATCH_BYTES = 1000


class Delivered(NamedTuple):
    offset: int


class Broker:
    """Stands for a producer and the partition behind it."""

    def __init__(self, *refused: Exception) -> None:
        self._refused = list(refused)
        self.batches: list[list[Outgoing]] = []
        self.timestamps: set[int] = set()
        self._end = 100

    def create_batch(self) -> Any:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        assert (topic, partition) == ("alerts", 3)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._refused:
            future.set_exception(self._refused.pop(0))
            return future
        records = list(MemoryRecords(bytes(batch._build())).next_batch())
        self.batches.append([Outgoing(r.key, r.value, list(r.headers)) for r in records])
        self.timestamps |= {record.timestamp for record in records}
        future.set_result(Delivered(self._end))
        self._end += len(records)
        return future


async def test_nothing_is_sent_of_nothing() -> None:
    broker = Broker()
    assert await produce(broker, "alerts", 3, []) is None  # type: ignore[arg-type]
    assert broker.batches == []


async def test_records_keep_their_order_over_batches() -> None:
    broker = Broker()
    records = [Outgoing(b"%d" % n, b"x" * 90, [("n", b"%d" % n)]) for n in range(25)]
    last = await produce(broker, "alerts", 3, iter(records))  # type: ignore[arg-type]
    assert len(broker.batches) > 1
    assert [record for batch in broker.batches for record in batch] == records
    assert last == 124
    assert len(broker.timestamps) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_record_larger_than_a_batch_has_one_of_its_own(place: int) -> None:
    broker = Broker()
    records = [Outgoing(b"a", b"1"), Outgoing(b"b", b"2")]
    records.insert(place, Outgoing(b"large", b"x" * 5 * BATCH_BYTES))
    last = await produce(broker, "alerts", 3, records)  # type: ignore[arg-type]
    assert [record for batch in broker.batches for record in batch] == records
    assert last == 102


async def test_tombstones_and_keyless_records_go_through() -> None:
    broker = Broker()
    records = [Outgoing(b"gone", None), Outgoing(None, b"value"), Outgoing(None, None)]
    await produce(broker, "alerts", 3, records)  # type: ignore[arg-type]
    assert broker.batches == [records]


@pytest.mark.parametrize("error", [MessageSizeTooLargeError(), KafkaTimeoutError()])
async def test_what_is_not_delivered_is_told(error: Exception) -> None:
    with pytest.raises(type(error)):
        await produce(Broker(error), "alerts", 3, [Outgoing(b"a", b"1")])  # type: ignore[arg-type]
