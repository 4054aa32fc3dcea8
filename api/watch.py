"""Watches the stream through Kafka: its groups, their lag, the dead letters."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError
from msgspec import structs

from api import monitor
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.system import GroupState, PartitionLag

log = structlog.get_logger(__name__)

INTERVAL_SECONDS: Final = 2.0
RATE_SECONDS: Final = 60.0
REQUEST_MS: Final = 5000
STABLE: Final = "Stable"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of Kafka at one moment."""

    worker: GroupState
    sink: GroupState
    notifier: GroupState
    covered: bool
    """The worker's members own every partition of the metrics topic."""
    members: frozenset[str]
    dead_letters: int
    end: int
    """Records ever written to the metrics topic."""
    seen: float = field(default_factory=time.monotonic)


class Watch:
    """Looks every two seconds; what it has seen costs nothing to ask for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = Topics(settings.topic_prefix)
        self._sights: list[Sight] = []
        self._progress = Progress()

    @property
    def sight(self) -> Sight | None:
        """The newest sight, None while Kafka does not answer."""
        fresh = self._sights and time.monotonic() - self._sights[-1].seen < 5 * INTERVAL_SECONDS
        return self._sights[-1] if fresh else None

    @property
    def recovered(self) -> bool:
        """Whether the worker has its state back in every partition."""
        return self._progress.recovered

    @property
    def events_per_second(self) -> float | None:
        """Metric events written, over the last minute."""
        return self._pace(lambda first, last: last.end - first.end)

    def group(self, of: Callable[[Sight], GroupState]) -> GroupState | None:
        """Return a group as seen last and how fast it was over the last minute.

        None while Kafka does not answer.
        """
        if self.sight is None:
            return None
        pace = self._pace(lambda first, last: moved(of(first), of(last)))
        return structs.replace(of(self.sight), records_per_second=pace)

    def _pace(self, count: Callable[[Sight, Sight], int]) -> float | None:
        if len(self._sights) < 2:
            return None
        first, last = self._sights[0], self._sights[-1]
        return round(max(0, count(first, last)) / (last.seen - first.seen), 2)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self._look_on()
            except (KafkaError, OSError) as error:
                log.debug("Kafka is not seen", error=str(error))
                monitor.KAFKA_UP.set(0)
                self._sights.clear()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _look_on(self) -> None:
        options = client_options(self._settings)
        admin = AIOKafkaAdminClient(**options, request_timeout_ms=REQUEST_MS)
        consumer = AIOKafkaConsumer(**options, request_timeout_ms=REQUEST_MS)
        try:
            await admin.start()
            await consumer.start()
            while True:
                sight = await self._look(admin, consumer)
                monitor.KAFKA_UP.set(1)
                self._progress.take(sight)
                self._sights.append(sight)
                while sight.seen - self._sights[0].seen > RATE_SECONDS:
                    self._sights.pop(0)
                await asyncio.sleep(INTERVAL_SECONDS)
        finally:
            await consumer.stop()
            await admin.close()

    async def _look(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> Sight:
        topics = self._topics
        names = [topics.metrics, topics.history, topics.alerts, topics.dead_letters]
        described = await admin.describe_topics(names)
        partitions = {
            topic["topic"]: [
                TopicPartition(topic["topic"], p["partition"]) for p in topic["partitions"]
            ]
            for topic in described
        }
        every = [tp for tps in partitions.values() for tp in tps]
        ends = await consumer.end_offsets(every) if every else {}
        beginnings = await consumer.beginning_offsets(partitions[topics.dead_letters])
        worker_parts = partitions[topics.metrics]
        worker, members, owned = await self._group(
            admin, self._settings.worker_group, worker_parts, ends
        )
        sink_parts = partitions[topics.history] + partitions[topics.alerts]
        sink, _, _ = await self._group(admin, self._settings.sink_group, sink_parts, ends)
        told_parts = partitions[topics.alerts]
        notifier, _, _ = await self._group(admin, self._settings.notify_group, told_parts, ends)
        return Sight(
            worker=worker,
            sink=sink,
            notifier=notifier,
            covered=bool(worker_parts) and owned >= set(worker_parts),
            members=members,
            dead_letters=sum(ends[tp] - beginning for tp, beginning in beginnings.items()),
            end=sum(ends[tp] for tp in worker_parts),
        )

    async def _group(
        self,
        admin: AIOKafkaAdminClient,
        group: str,
        partitions: list[TopicPartition],
        ends: dict[TopicPartition, int],
    ) -> tuple[GroupState, frozenset[str], set[TopicPartition]]:
        (response,) = await admin.describe_consumer_groups([group])
        _, _, state, _, _, members, *_ = response.groups[0]
        committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
        lags = [_lag(tp, ends[tp], committed.get(tp)) for tp in partitions]
        told = GroupState(
            group=group,
            state=state or "Unknown",
            members=len(members),
            lag=sum(lag.lag for lag in lags),
            partitions=lags,
        )
        return told, frozenset(member[0] for member in members), set(_owned(members))


class Progress:
    """Tells from outside whether the worker has recovered its state.

    A worker reads no event before its state is back. So a partition counts as
    recovered once nothing is owed in it, or a commit has moved since its group
    settled as it is now.
    """

    def __init__(self) -> None:
        self._members: frozenset[str] = frozenset()
        self._first: dict[int, int | None] = {}
        self._done: set[int] = set()
        self.recovered = False

    def take(self, sight: Sight) -> None:
        """Learn from the newest sight."""
        settled = sight.worker.state == STABLE and sight.covered
        if not settled or sight.members != self._members:
            self._members = sight.members if settled else frozenset()
            self._first = {lag.partition: lag.committed for lag in sight.worker.partitions}
            self._done = set()
        for lag in sight.worker.partitions:
            if lag.lag == 0 or lag.committed != self._first.get(lag.partition, lag.committed):
                self._done.add(lag.partition)
        self.recovered = settled and len(self._done) == len(sight.worker.partitions)


def moved(first: GroupState, last: GroupState) -> int:
    """Return how many records a group took in between two sights of it.

    Where nothing was committed yet nobody knows from where it went on.
    """
    before = {(lag.topic, lag.partition): lag.committed for lag in first.partitions}
    steps = ((before.get((lag.topic, lag.partition)), lag.committed) for lag in last.partitions)
    return sum(now - then for then, now in steps if then is not None and now is not None)


def _lag(tp: TopicPartition, end: int, committed: Any) -> PartitionLag:
    offset = committed.offset if committed is not None and committed.offset >= 0 else None
    return PartitionLag(
        topic=tp.topic,
        partition=tp.partition,
        committed=offset,
        end=end,
        lag=max(0, end - (offset or 0)),
    )


def _owned(members: Iterable[Any]) -> Iterable[TopicPartition]:
    for member in members:
        if member[-1]:
            assignment = ConsumerProtocolMemberAssignment.decode(member[-1])
            for topic, partitions in assignment.assignment:
                for partition in partitions:
                    yield TopicPartition(topic, partition)
