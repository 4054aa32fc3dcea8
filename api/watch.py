"""Watches the stream through Kafka: its groups, their lag, the dead letters."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from msgspec import structs

from api import monitor
from pipeline.cluster.layout import home_of
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import HOUR_MS, Topics, changelog_topic
from schemas.system import GroupState, PartitionLag

log = structlog.get_logger(__name__)

INTERVAL_SECONDS: Final = 2.0
RATE_SECONDS: Final = 60.0
REQUEST_MS: Final = 5000
STABLE: Final = "Stable"
DENIED: Final = "NotAuthorized"
AGE_SECONDS: Final = 20.0
NEAR: Final = 0.75
"""Of the retention: an unread record that is older is in danger."""


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
        self._old: dict[TopicPartition, int] = {}
        self._aged_at = -AGE_SECONDS
        self.losses = Losses()

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
        described = await admin.describe_topics([*names, changelog_topic(self._settings)])
        counts = {topic["topic"]: len(topic["partitions"]) for topic in described}
        home = home_of(self._settings, counts)
        partitions = {
            name: [TopicPartition(name, p) for p in range(counts[name])] for name in names
        }
        every = [tp for tps in partitions.values() for tp in tps]
        ends = await consumer.end_offsets(every) if every else {}
        begins = await consumer.beginning_offsets(every) if every else {}
        old = await self._ageing(consumer, every)
        places = Places(begins, ends, old)
        # Partitions that somebody has added are nobody's.
        worker_parts = partitions[topics.metrics][:home]
        worker, members, owned = await self._group(
            admin, self._settings.worker_group, worker_parts, places
        )
        sink_parts = partitions[topics.history] + partitions[topics.alerts]
        sink, _, _ = await self._group(admin, self._settings.sink_group, sink_parts, places)
        told_parts = partitions[topics.alerts]
        notifier, _, _ = await self._group(admin, self._settings.notify_group, told_parts, places)
        return Sight(
            worker=worker,
            sink=sink,
            notifier=notifier,
            covered=bool(worker_parts) and owned >= set(worker_parts),
            members=members,
            dead_letters=sum(ends[tp] - begins[tp] for tp in partitions[topics.dead_letters]),
            end=sum(ends[tp] for tp in worker_parts),
        )

    async def _ageing(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return where the records begin that will be kept for some time; asked rarely."""
        now = time.monotonic()
        if partitions and now - self._aged_at > AGE_SECONDS:
            kept = self._settings.topic_retention_hours * HOUR_MS * NEAR
            since = int(time.time() * 1000 - kept)
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
            ends = await consumer.end_offsets(partitions)
            self._old = {tp: at.offset if at else ends[tp] for tp, at in found.items()}
            self._aged_at = now
        return self._old

    async def _group(
        self,
        admin: AIOKafkaAdminClient,
        group: str,
        partitions: list[TopicPartition],
        places: "Places",
    ) -> tuple[GroupState, frozenset[str], set[TopicPartition]]:
        try:
            (response,) = await admin.describe_consumer_groups([group])
            _, _, state, _, _, members, *_ = response.groups[0]
            committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
        except GroupAuthorizationFailedError:
            state, members, committed = DENIED, [], {}
        lags = [_lag(tp, places, committed.get(tp)) for tp in partitions]
        self.losses.take(group, places.begins, lags)
        told = GroupState(
            group=group,
            state=state or "Unknown",
            members=len(members),
            lag=sum(lag.lag for lag in lags),
            lost=self.losses.of(group),
            expiring=sum(places.expiring(lag) for lag in lags),
            partitions=lags,
        )
        monitor.LOST.labels(group).set(told.lost)
        monitor.EXPIRING.labels(group).set(told.expiring)
        return told, frozenset(member[0] for member in members), set(_owned(members))


@dataclass(frozen=True, slots=True)
class Places:
    """Offsets of partitions: where they begin and end, and where the newer records begin."""

    begins: dict[TopicPartition, int]
    ends: dict[TopicPartition, int]
    newer: dict[TopicPartition, int]

    def expiring(self, lag: PartitionLag) -> int:
        """Return how many unread records Kafka will soon delete for their age."""
        tp = TopicPartition(lag.topic, lag.partition)
        start = max(lag.committed or 0, self.begins[tp])
        return max(0, self.newer.get(tp, 0) - start)


class Losses:
    """Counts the records that Kafka deleted before a group had read them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._counted: dict[tuple[str, TopicPartition], int] = {}

    def of(self, group: str) -> int:
        """Return how many were lost to a group since the start."""
        return self._counts[group]

    def take(
        self, group: str, begins: Mapping[TopicPartition, int], lags: Iterable[PartitionLag]
    ) -> None:
        """Learn from where partitions begin and what the group has committed."""
        for lag in lags:
            tp = TopicPartition(lag.topic, lag.partition)
            if lag.committed is None:
                continue
            known = max(lag.committed, self._counted.get((group, tp), 0))
            if begins[tp] > known:
                self._counts[group] += begins[tp] - known
                self._counted[group, tp] = begins[tp]


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


def _lag(tp: TopicPartition, places: Places, committed: Any) -> PartitionLag:
    offset = committed.offset if committed is not None and committed.offset >= 0 else None
    end = places.ends[tp]
    return PartitionLag(
        topic=tp.topic,
        partition=tp.partition,
        committed=offset,
        end=end,
        lag=max(0, end - max(offset or 0, places.begins[tp])),
    )


def _owned(members: Iterable[Any]) -> Iterable[TopicPartition]:
    for member in members:
        if member[-1]:
            assignment = ConsumerProtocolMemberAssignment.decode(member[-1])
            for topic, partitions in assignment.assignment:
                for partition in partitions:
                    yield TopicPartition(topic, partition)
