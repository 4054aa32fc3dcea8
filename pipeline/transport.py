"""Whole partition batches through Faust, whose internals only this package touches.

Faust hands its agents one event at a time and acknowledges it when the agent
asks for the next, whether it was processed or failed. Both are wrong here: a
changelog write per event is slower than the stream, and a failed batch must not
be committed. So this consumer

* delivers each fetched partition batch as one message whose value is a `Batch`,
  changelogs included: a table then recovers by the batch, too;
* fetches on while the stream is busy: its queue is short, and delivery waits for it;
* of the topics named in `batch_topics` commits what was acknowledged through
  `Batch.acknowledge`, in the order of delivery, and nothing else;
* delivers nothing of a partition after a batch that was abandoned, or after a gap, until
  it has gone back to the committed offset (`pipeline.lanes`);
* on revocation begins nothing more, lets batches in work finish, and commits before
  the base class forgets.

`tests/unit/test_transport_contract.py` fails when a Faust upgrade moves the ground.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode import Service

from pipeline.consumer_thread import BatchConsumerThread
from pipeline.lanes import Batch as Batch
from pipeline.lanes import Lane
from pipeline.losses import Losses
from pipeline.positions import Extent, Start, is_recreated

log = structlog.get_logger(__name__)

TOPIC_CHECK_SECONDS = 5.0
"""How often the topics are looked at: one that was created again is noticed after that."""

DRAIN_SECONDS = 10.0
"""How long a rebalance or a shutdown waits for the batches in work."""


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
    What follows a batch that was not finished is not begun.
    """
    free = asyncio.Semaphore(at_once)
    turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def work(batch: Batch) -> None:
        try:
            async with turns[batch.topic, batch.partition]:
                if app.should_stop or batch.refused:
                    return
                try:
                    await handle(batch)
                except BaseException:
                    batch.abandon()  # before the next one has its turn
                    raise
            batch.acknowledge()
        except asyncio.CancelledError:
            log.error("batch abandoned: it is read again", **_place(batch))
            raise
        except Exception as error:
            log.exception("batch failed", **_place(batch))
            await app.crash(error)
        finally:
            free.release()

    async for batch in stream:
        await free.acquire()
        if batch.refused:
            free.release()
        else:
            batch.task = asyncio.create_task(work(batch))


def _place(batch: Batch) -> dict[str, Any]:
    return {
        "topic": batch.topic, "partition": batch.partition, "start": batch.start, "end": batch.end,
    }  # fmt: skip


class BatchConsumer(driver.Consumer):
    """Faust's aiokafka consumer, delivering and committing by the batch."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lanes: defaultdict[TP, Lane] = defaultdict(Lane.none)
        self.committing: dict[TP, str | None] = {}
        """Ids of the topics of the offsets in the commit under way."""
        # Nothing is fetched while the consumer goes back: it would be of before.
        self._position = asyncio.Lock()
        self._seeks = self._revocations = 0
        self._gone: frozenset[str] = frozenset()
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
        generation, seeks, refused = self.app.consumer_generation_id, self._seeks, False
        # What is fetched when the flow has stopped is not delivered: a rebalance is under way,
        # or the end, and whoever goes on does so from the committed offset.
        if fetched is None or self.should_stop or not self.flow_active:
            return
        for tp, (records, start, end) in fetched.items():
            wanted = active is None or tp in active or tp in self._buffered_partitions
            if not wanted or not records:
                continue
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            batch = Batch(tp.topic, tp.partition, records, start, end)
            # A changelog stays where it was read to: nobody would fetch that again.
            if tp.topic in self._batch_topics:
                if self._seeks != seeks:
                    continue
                if not self._follows(tp, batch):
                    refused = True
                    continue
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            yield tp, self._message(tp, batch)
        if refused and self.flow_active and not self.app.rebalancing and not self.should_stop:
            await self._go_back()

    async def _go_back(self) -> None:
        await self._drain(self._lanes)
        await self._commit_finished()
        await self.perform_seek()

    @Service.task  # type: ignore[untyped-decorator]
    async def _watch_topics(self) -> None:
        async for _ in self.itertimer(TOPIC_CHECK_SECONDS, name="topics"):
            if self._seeks and not self.app.rebalancing:
                with suppress(KafkaError):  # Kafka is away, and says nothing about its topics
                    await self.look_at_topics()

    async def look_at_topics(self) -> None:
        """Go back when a topic was deleted and created again: its offsets start over.

        Raises:
            aiokafka.errors.KafkaError: Kafka does not answer.
        """
        ids = await self._thread.topic_ids(set(self._batch_topics))
        gone = self._batch_topics - set(ids)
        for topic in gone - self._gone:
            log.error("the topic is gone: waiting for it to be created again", topic=topic)
        self._gone = gone
        if self._batch_topics - {tp.topic for tp in self._lanes}:
            # It may be back, which aiokafka would learn when it next asks, in some minutes.
            await self._thread.refresh_metadata()
        lanes = self._lanes.items()
        recreated = any(is_recreated(lane.topic_id, ids.get(tp.topic)) for tp, lane in lanes)
        if recreated and not self.app.rebalancing:
            await self._go_back()

    def _follows(self, tp: TP, batch: Batch) -> bool:
        """Say whether `batch` begins where the one before it ended, and may be begun."""
        lane = self._lanes[tp]
        if lane.closed:
            return False
        if batch.start != lane.position:
            log.error(
                "records were skipped: going back to the committed offset",
                expected=lane.position,
                **_place(batch),
            )
            lane.close()
            return False
        return True

    def _message(self, tp: TP, batch: Batch) -> ConsumerMessage:
        if tp.topic in self._batch_topics:
            self._lanes[tp].deliver(batch)
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
        for tp in (*super()._filter_tps_with_pending_acks(topics), *list(self._lanes)):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self._batch_topics:
            offset: int | None = super()._new_offset(tp)
            return offset
        lane = self._lanes[tp]
        self.committing[tp] = lane.topic_id
        return lane.committable()

    def caught_up(self, tp: TP) -> bool:
        """Say whether every record of a batch topic's partition is acknowledged."""
        lane, end = self._lanes[tp], self.highwater(tp)
        return lane.is_done() and end is not None and lane.position >= end

    async def extents(self, tps: Iterable[TP]) -> dict[TP, Extent]:
        """Return what Kafka holds of each of these partitions."""
        extents: dict[TP, Extent] = await self._thread.extents(tps)
        return extents

    async def topic_ids(self, topics: set[str]) -> dict[str, str | None]:
        """Return the id of each of these topics that exists; None where Kafka has no ids."""
        ids: dict[str, str | None] = await self._thread.topic_ids(topics)
        return ids

    async def perform_seek(self) -> None:
        """Go back to the committed offsets: what is not acknowledged is delivered again."""
        async with self._position:
            self._seeks += 1
            revocations = self._revocations
            await self._drain(self._lanes)
            starts = await self._thread.starts()
            positions = await self.transport.place(starts)
            await self._thread.go_to(positions)
            if self._revocations != revocations:
                return  # whoever is assigned the partitions next goes back once more
            for tp, start in starts.items():
                self._lanes[tp] = Lane(positions[tp], start.extent.topic_id)
                self._read_offset[tp] = None
                self._committed_offset[tp] = start.committed and start.committed.offset

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish what is in work and commit it while the partitions are still ours."""
        self._revocations += 1
        await self._drain(revoked)
        await self._commit_finished()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._lanes.pop(tp, None)

    async def wait_empty(self) -> None:
        """Finish what is in work and commit it; called when the worker stops."""
        await self._drain(self._lanes)
        await self._commit_finished()

    async def _commit_finished(self) -> None:
        # A commit under way knows nothing of what was acknowledged since, and Faust is content
        # with having waited for it.
        if self._commit_fut is not None:
            await self.maybe_wait_for_commit_to_finish()
        await self.commit()

    async def _drain(self, tps: Iterable[TP]) -> None:
        """Begin nothing more of these partitions, and wait for what is in work; not for ever.

        What takes too long is abandoned.
        """
        lanes = [self._lanes[tp] for tp in list(tps)]
        for lane in lanes:
            lane.close()
        working = [task for lane in lanes for task in lane.in_work()]
        if not working:
            return
        _, late = await asyncio.wait(working, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()


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
        self.losses = Losses()
        self.place: Callable[[Mapping[TP, Start]], Awaitable[Mapping[TP, int]]] = _as_committed
        """Decides where to go on in each partition, before anything of it is delivered."""
        super().__init__(app.conf.broker_consumer, app)


async def _as_committed(starts: Mapping[TP, Start]) -> Mapping[TP, int]:
    return {tp: start.offset for tp, start in starts.items()}


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
