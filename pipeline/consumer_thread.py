"""The thread in which aiokafka's consumer runs: what it fetches, and where it goes on.

It hands over records as aiokafka parsed them, without a copy of each, and with the positions
before and after them; and it leaves no partition out of a fetch that waits long for others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import structlog
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaTimeoutError,
    NodeNotReadyError,
    RequestTimedOutError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from pipeline.losses import watch_resets
from pipeline.positions import Committed, Extent, Start, is_recreated, start_of
from pipeline.record import Record
from pipeline.topic_ids import topic_ids

log = structlog.get_logger(__name__)

KEEP_OFF_SECONDS = 0.005
"""How long a broker is not asked while records of one of its partitions are to be taken."""

FETCH_WAIT_BUSY_MS = 20
"""How long a fetch may wait that leaves such partitions out: they are not asked for before."""

VISIBLE_SECONDS = 15.0
"""How long a topic may take to be known to every broker."""


RETRY_SECONDS = 0.5
"""How long nobody is asked after a broker was away."""

OUTAGES = (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError, RequestTimedOutError)
"""Errors that end by themselves once enough brokers are back."""


class Fetched(NamedTuple):
    """Records of one partition, and the consumer's positions before and after taking them."""

    records: list[Record]
    start: int
    end: int


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread aiokafka's consumer runs in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._spans: dict[Any, tuple[int, int]] = {}

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
        watch_resets(fetcher, self.transport.batch_topics, self.transport.losses)
        fetch = fetcher._proc_fetch_request

        async def fetch_as_parsed(*request: Any) -> bool:
            try:
                has_new: bool = await fetch(*request)
            except asyncio.CancelledError:
                # Cancelled while it waits after a failure. aiokafka returns where it is cancelled
                # while it fetches, and takes what else is raised for the end of its thread.
                return False
            for tp, result in fetcher._records.items():
                if isinstance(result, FetchResult) and result.has_more():
                    result._partition_records._consumer_record = _as_parsed
                    if "getall" not in vars(result):
                        result.getall = self._noting_positions(tp, result)
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

    def _noting_positions(self, tp: Any, result: FetchResult) -> Callable[..., list[Record]]:
        """Return `result.getall`, noting in `_spans` from where to where records are taken."""
        source, take = result._partition_records, result.getall

        def getall(max_records: int | None = None) -> list[Record]:
            start = source.next_fetch_offset
            before = self._spans.get(tp)
            if before is not None and before[1] == start:
                start = before[0]  # nothing but markers was taken, so nothing was delivered
            taken: list[Record] = take(max_records)
            self._spans[tp] = start, source.next_fetch_offset
            return taken

        return getall

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> dict[TP, Fetched]:
        taken: Mapping[Any, list[Record]] = await super()._fetch_records(*args, **kwargs)
        return {
            TP(tp.topic, tp.partition): Fetched(records, *self._spans.pop(tp))
            for tp, records in taken.items()
        }

    async def starts(self) -> dict[TP, Start]:
        """Return where to go on in each assigned partition of a batch topic.

        Raises:
            aiokafka.errors.KafkaError: Kafka does not answer.
        """
        return await self._outliving_rebalances(self._starts)  # type: ignore[no-any-return]

    async def _starts(self) -> dict[TP, Start]:
        topics = self.transport.batch_topics
        tps = [tp for tp in self._consumer.assignment() if tp.topic in topics]
        if not tps:
            return {}
        extents = await self._extents(tps)
        found = await self._consumer._coordinator.fetch_committed_offsets(tps)
        starts = {}
        for tp, extent in extents.items():
            had = found.get(TopicPartition(*tp))
            committed = Committed(had.offset, had.metadata or None) if had else None
            start = start_of(tp.topic, tp.partition, committed, extent)
            if committed is not None and not is_recreated(committed.topic_id, extent.topic_id):
                self.transport.losses.skip(*tp, committed.offset, extent.first)
            starts[tp] = start
        return starts

    async def extents(self, tps: Iterable[TP]) -> dict[TP, Extent]:
        """Return what Kafka holds of each of these partitions.

        Raises:
            aiokafka.errors.KafkaError: Kafka does not answer, or a topic is gone.
        """
        asked = [TopicPartition(*tp) for tp in tps]
        found: dict[TP, Extent] = await self._outliving_rebalances(partial(self._extents, asked))
        return found

    async def _extents(self, tps: list[TopicPartition]) -> dict[TP, Extent]:
        ids = await self._topic_ids({tp.topic for tp in tps})
        firsts = await self._consumer.beginning_offsets(tps)
        ends = await self._consumer.end_offsets(tps)
        return {TP(*tp): Extent(ids[tp.topic], firsts[tp], ends[tp]) for tp in tps}

    async def topic_ids(self, topics: set[str]) -> dict[str, str | None]:
        """Return the id of each of these topics that exists; None where Kafka has no ids.

        Raises:
            aiokafka.errors.KafkaError: Kafka does not answer.
        """
        ids: dict[str, str | None] = await self.call_thread(
            topic_ids, self._consumer._client, topics
        )
        return ids

    async def refresh_metadata(self) -> None:
        """Learn of topics and partitions that there are now; the group rebalances over new ones."""

        async def refresh() -> None:
            await self._consumer._client.force_metadata_update()

        await self.call_thread(refresh)

    async def _topic_ids(self, topics: set[str]) -> dict[str, str | None]:
        """Wait for the topics to be known: one that was just created may not be everywhere."""
        deadline = monotonic() + VISIBLE_SECONDS
        while True:
            ids = await topic_ids(self._consumer._client, topics)
            missing = topics - set(ids)
            if not missing:
                return ids
            if monotonic() > deadline:
                raise UnknownTopicOrPartitionError(f"Kafka has no topic {', '.join(missing)}")
            await asyncio.sleep(0.2)

    async def go_to(self, positions: Mapping[TP, int]) -> None:
        """Read on from `positions`; partitions that were taken away meanwhile are left out."""

        async def go() -> None:
            assigned = self._consumer.assignment()
            for tp in map(TopicPartition._make, positions):
                if tp in assigned:
                    self._spans.pop(tp, None)
                    self._consumer.seek(tp, positions[TP(*tp)])

        await self._outliving_rebalances(go)

    async def _outliving_rebalances(self, method: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            # A rebalance has taken a partition away meanwhile: do it for those that are left.
            with suppress(IllegalStateError):
                try:
                    return await self.call_thread(method)
                except OUTAGES as error:
                    if self.should_stop:
                        raise
                    log.warning("brokers are away: asking for positions again", error=repr(error))
                    await asyncio.sleep(RETRY_SECONDS)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; beside each offset stands the id of the topic that it is an offset of."""
        assigned, ids = self.assignment(), self.consumer.committing
        commits = {
            TopicPartition(*tp): OffsetAndMetadata(offset, ids.get(tp) or "")
            for tp, offset in offsets.items()
            if tp in assigned
        }
        if not commits:
            return False
        self.tp_last_committed_at.update(dict.fromkeys(offsets, monotonic()))
        try:
            await self._consumer.commit(commits)
        except Exception as error:
            if isinstance(error, CommitFailedError) and "already rebalanced" in str(error):
                return False
            log.exception("offsets could not be committed", assigned=sorted(assigned))
            await self.crash(error)
            return False
        return True


def _as_parsed(_tp: Any, record: Record) -> Record:
    return record
