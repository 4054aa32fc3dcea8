"""Whole partition batches through Faust: the one module that touches its internals.

Faust hands its agents one event at a time and acknowledges it when the agent
asks for the next, whether it was processed or failed. Both are wrong here: a
changelog write per event is slower than the stream, and a failed batch must not
be committed. So this consumer

* delivers each fetched partition batch as one message whose value is a `Batch`,
  changelogs included: a table then recovers by the batch, too;
* has aiokafka hand over records as it parsed them, without a copy of each;
* fetches on while the stream is busy: its queue is short, and delivery waits for it;
  but leaves no partition out of a fetch that waits long for others;
* of the topics named in `batch_topics` commits what was acknowledged through
  `Batch.acknowledge`, in the order of delivery, and nothing else;
* on revocation lets batches in work finish, drops those not begun, and commits
  before the base class forgets.

`tests/unit/test_transport_contract.py` fails when a Faust upgrade moves the ground.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import faust
import structlog
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from pipeline.record import Record

log = structlog.get_logger(__name__)

KEEP_OFF_SECONDS = 0.005
"""How long a broker is not asked while records of one of its partitions are to be taken."""

FETCH_WAIT_BUSY_MS = 20
"""How long a fetch may wait that leaves such partitions out: they are not asked for before."""

DRAIN_SECONDS = 10.0
"""How long a rebalance or a shutdown waits for the batches in work."""


class Batch:
    """Consecutive records of one partition, delivered and acknowledged as one."""

    __slots__ = ("acknowledged", "partition", "records", "revoked", "task", "topic")

    def __init__(self, topic: str, partition: int, records: list[Record]) -> None:
        self.topic = topic
        self.partition = partition
        self.records = records
        self.acknowledged = False
        self.revoked = False
        self.task: asyncio.Task[None] | None = None

    @property
    def next_offset(self) -> int:
        """The offset to go on from once the batch is acknowledged."""
        return self.records[-1].offset + 1

    def acknowledge(self) -> None:
        """Allow the offsets of this batch to be committed."""
        self.acknowledged = True


async def process(
    app: faust.App,
    stream: AsyncIterator[Batch],
    handle: Callable[[Batch], Awaitable[None]],
    *,
    at_once: int = 1,
) -> None:
    """Hand each batch of `stream` to `handle`, acknowledge it when that returns.

    Up to `at_once` batches are in work, so that one is worked on while others wait
    for Kafka; those of one partition take turns, in order. An exception stops the
    worker with the batch unacknowledged: whoever takes the partition next gets it again.
    """
    free = asyncio.Semaphore(at_once)
    turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def work(batch: Batch) -> None:
        try:
            async with turns[batch.topic, batch.partition]:
                if app.should_stop or batch.revoked:
                    return
                await handle(batch)
            batch.acknowledge()
        except asyncio.CancelledError:
            log.info("batch abandoned", topic=batch.topic, partition=batch.partition)
            raise
        except Exception as error:
            log.exception("batch failed", topic=batch.topic, partition=batch.partition)
            await app.crash(error)
        finally:
            free.release()

    async for batch in stream:
        await free.acquire()
        if batch.revoked:
            free.release()
        else:
            batch.task = asyncio.create_task(work(batch))


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread aiokafka's consumer runs in."""

    async def on_start(self) -> None:
        """Start the consumer, and have it leave records as they are.

        It copies each into a `ConsumerRecord` otherwise, which takes about as long
        as decoding the JSON. Nor does it keep off a broker for long because records of
        one of its partitions are still to be taken, since others would run dry; nor wait
        long for those others, since it asks for that one only afterwards.
        """
        await super().on_start()
        fetcher = self._consumer._fetcher
        fetcher._prefetch_backoff = KEEP_OFF_SECONDS
        fetch = fetcher._proc_fetch_request

        async def fetch_as_parsed(*request: Any) -> bool:
            has_new: bool = await fetch(*request)
            for result in fetcher._records.values():
                if isinstance(result, FetchResult) and result.has_more():
                    result._partition_records._consumer_record = _as_parsed
            return has_new

        fetcher._proc_fetch_request = fetch_as_parsed
        actions = fetcher._get_actions_per_node

        def actions_per_node(assignment: Any) -> Any:
            requests, *others = actions(assignment)
            if fetcher._records:
                for _node, request in requests:
                    request._max_wait_ms = FETCH_WAIT_BUSY_MS
            return requests, *others

        fetcher._get_actions_per_node = actions_per_node

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Go back to the committed offsets; in batch topics, where there is none, to the earliest.

        aiokafka leaves a partition without one wherever it has read to.
        """
        while True:
            with suppress(IllegalStateError):
                offsets: Mapping[TP, int | None] = await self.call_thread(self._seek_to_committed)
                return offsets
            # A rebalance has taken a partition away meanwhile: go back in those that are left.

    async def _seek_to_committed(self) -> Mapping[TP, int | None]:
        if not self._consumer.assignment():
            return {}
        committed: Mapping[TP, int | None] = await self._consumer.seek_to_committed()
        batch_topics = self.transport.batch_topics
        fresh = [tp for tp, offset in committed.items() if not offset and tp.topic in batch_topics]
        if fresh:
            for tp, offset in (await self._consumer.beginning_offsets(fresh)).items():
                self._consumer.seek(tp, offset)
        return committed


def _as_parsed(_tp: Any, record: Record) -> Record:
    return record


class BatchConsumer(driver.Consumer):
    """Faust's aiokafka consumer, delivering and committing by the batch."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pending: defaultdict[TP, deque[Batch]] = defaultdict(deque)
        # Faust goes back to the committed offsets while it fetches already: what was
        # fetched before must not be delivered after, nor anything be fetched in between.
        self._position = asyncio.Lock()
        self._seeks = 0
        super().__init__(*args, **kwargs)
        self._batch_topics: frozenset[str] = self.transport.batch_topics

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109
        async with self._position:
            return await super()._getmany(active_partitions, timeout)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109
        """Fetch, and yield one message per partition batch."""
        fetched, active = await self._wait_next_records(timeout)
        generation, seeks = self.app.consumer_generation_id, self._seeks
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        for fetched_tp, records in fetched.items():
            tp = TP(fetched_tp.topic, fetched_tp.partition)
            wanted = active is None or tp in active or tp in self._buffered_partitions
            if not wanted or not records:
                continue
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            # A changelog stays where it was read to: nobody would fetch that again.
            if self._seeks != seeks and tp.topic in self._batch_topics:
                continue
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            yield tp, self._message(tp, Batch(tp.topic, tp.partition, records))

    def _message(self, tp: TP, batch: Batch) -> ConsumerMessage:
        if tp.topic in self._batch_topics:
            self._pending[tp].append(batch)
            # Faust drops what ends before the last it has read, as batches may that
            # are fetched again: states and readers know better what is a repetition.
            self._read_offset[tp] = None
        last = batch.records[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=0,
            headers=(),
            key=None,
            value=batch,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    def on_buffer_full(self, tp: TP) -> None:
        """Fetch on: the stream's queue is bounded, and delivery waits for room in it.

        Faust would leave the partition out, and sleep for a second once all are.
        """

    # Commits follow our own acknowledgements, in order of delivery, so gaps
    # left by compaction or transactions need no bookkeeping.

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if tp.topic not in self._batch_topics:
            await super()._add_gap(tp, offset_from, offset_to)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        for tp in (*super()._filter_tps_with_pending_acks(topics), *self._pending):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self._batch_topics:
            offset: int | None = super()._new_offset(tp)
            return offset
        pending = self._pending[tp]
        # The last acknowledged batch stays, so that a commit that failed is tried again.
        while len(pending) > 1 and pending[0].acknowledged and pending[1].acknowledged:
            pending.popleft()
        return pending[0].next_offset if pending and pending[0].acknowledged else None

    def caught_up(self, tp: TP) -> bool:
        """Say whether every record of a batch topic's partition is acknowledged."""
        pending = self._pending.get(tp)
        if pending and not all(batch.acknowledged for batch in pending):
            return False
        position = pending[-1].next_offset if pending else self._read_offset.get(tp) or 0
        end = self.highwater(tp)
        return end is not None and position >= end

    async def perform_seek(self) -> None:
        """Go back to the committed offsets: what is pending will be delivered again."""
        async with self._position:
            self._seeks += 1
            await self._drain(list(self._pending))
            self._pending.clear()
            await super().perform_seek()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish what is in work and commit it while the partitions are still ours."""
        await self._drain(revoked)
        await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._pending.pop(tp, None)

    async def wait_empty(self) -> None:
        """Finish what is in work and commit it; called when the worker stops."""
        await self._drain(list(self._pending))
        await self.commit()

    async def _drain(self, tps: Iterable[TP]) -> None:
        working = set()
        for tp in tps:
            for batch in self._pending.get(tp, ()):
                batch.revoked = batch.task is None
                if batch.task is not None and not batch.task.done():
                    working.add(batch)
        if not working:
            return
        tasks = [batch.task for batch in working if batch.task is not None]
        await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for batch in working:
            if batch.task is not None and not batch.task.done():
                batch.revoked = True
                batch.task.cancel()


class OnceProducer(driver.Producer):
    """Has Kafka take a record once, and in order, however often it must be sent."""

    def _settings_extra(self) -> dict[str, Any]:
        return {"enable_idempotence": True}


class BatchTransport(driver.Transport):
    """Faust transport whose consumer delivers the named topics by the batch."""

    Consumer = BatchConsumer
    Producer = OnceProducer

    def __init__(self, app: faust.App, batch_topics: Iterable[str]) -> None:
        self.batch_topics = frozenset(batch_topics)
        super().__init__(app.conf.broker_consumer, app)


class BatchSchema(faust.Schema):
    """Hands the `Batch` to the agent untouched."""

    def loads_key(self, app: faust.App, message: Any, **_: Any) -> None:  # noqa: ARG002
        """Batches have no key."""
        return

    def loads_value(self, app: faust.App, message: Any, **_: Any) -> Batch:  # noqa: ARG002
        """Take the batch out of the message, so that Faust's copy frees its memory."""
        batch: Batch = message.value
        message.value = None
        return batch
