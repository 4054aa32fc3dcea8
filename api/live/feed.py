"""Reads changes and alerts, every partition of them, and hands each event on once."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from api import monitor
from api.live.events import LiveEvent, read_event
from api.live.position import Cursor, Offsets, Place
from api.live.replay import Replay
from api.live.seen import Seen
from api.live.tail import Tail
from api.rates import Rate
from api.topology import TopicsMissing, read_topology
from pipeline.kafka import client_options
from pipeline.record import Record
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.websocket import Kind

log = structlog.get_logger(__name__)

REMEMBERED: Final = 100_000
"""Records that repeats are known of, those read at the start included."""
TAIL_RECORDS: Final = 20_000
RECENT_SECONDS: Final = 30.0
POLL_MS: Final = 1000
RETRY_SECONDS: Final = 1.0
PARTITIONS_SECONDS: Final = 30.0
TURN_SECONDS: Final = 0.005
"""After this long of pushing, others of the loop have their turn."""


class Rewound(Exception):
    """A topic ends before what was read of it: it was made anew, or Kafka has lost records."""


class Feed:
    """The one reader of an edge.

    It belongs to no consumer group: every edge reads everything and nothing is
    committed. At its start it reads the newest records again, without handing
    them on, so that repeats are known and reconnecting clients find what they
    missed across a restart.

    Args:
        settings: where Kafka is.
        publish: is handed each event, in the order of its partition, with the
            position after it.
    """

    def __init__(self, settings: Settings, publish: Callable[[LiveEvent], None]) -> None:
        topics = Topics(settings.topic_prefix)
        self._settings = settings
        self._publish = publish
        self._names = (topics.changes, topics.alerts)
        self._seen = Seen(REMEMBERED)
        self._tail: Tail | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._moved = asyncio.Event()
        self.mark = b""
        """Tells this cluster's positions from others'."""
        self.cursor: Cursor | None = None
        self.rates = {Kind.CHANGES: Rate(), Kind.ALERTS: Rate()}

    @property
    def token(self) -> str | None:
        """The position of all that was read, None before Kafka was reached."""
        return self.cursor.token if self.cursor else None

    @property
    def lag(self) -> int:
        """Records known to be there and not read yet."""
        if self._consumer is None or self.cursor is None:
            return 0
        ends = ((self._consumer.highwater(self._partition(p)), p) for p in self.cursor.offsets)
        return sum(max(0, end - self.cursor.offsets[place]) for end, place in ends if end)

    async def run(self) -> None:
        """Read until cancelled; Kafka's absence is waited out."""
        waiting = False
        while True:
            try:
                await self._read()
            except (KafkaError, OSError, TopicsMissing) as error:
                if not waiting:
                    log.warning("waiting for Kafka", error=str(error) or type(error).__name__)
                waiting = True
                await asyncio.sleep(RETRY_SECONDS)
            except Rewound:
                log.warning("a topic has begun anew; so does the edge")
                self.cursor = None
            else:
                waiting = False

    async def reached(self, offsets: Offsets, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until everything below `offsets` was read; False if that takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self._has_reached(offsets):
                    self._moved.clear()
                    await self._moved.wait()
        return self._has_reached(offsets)

    def missed(self, offsets: Offsets, upto: Offsets) -> "AsyncIterator[LiveEvent]":
        """Return the events from `offsets` to `upto`, which must have been reached.

        Raises:
            TooOld: when iterated; Kafka does not reach back that far, or it is too much.
        """
        return self._replay.events(offsets, upto)

    def tail_since(self, offsets: Offsets) -> list[LiveEvent] | None:
        """Return the events from `offsets` on if they are all in memory."""
        return self._tail.since(offsets) if self._tail else None

    def recent(self) -> list[LiveEvent]:
        """Return the events of the last half minute, which PostgreSQL may not have yet."""
        since = (time.time() - RECENT_SECONDS) * 1000
        return self._tail.written_since(since) if self._tail else []

    @property
    def _replay(self) -> Replay:
        return Replay(self._settings, self._names, self._seen)

    def _has_reached(self, offsets: Offsets) -> bool:
        cursor = self.cursor
        return cursor is not None and all(
            cursor.offsets.get(place, 0) >= offset for place, offset in offsets.items()
        )

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            **client_options(self._settings), auto_offset_reset="earliest", enable_auto_commit=False
        )
        try:
            await consumer.start()
            places = await self._assign(consumer)
            if self.cursor is None or set(self.cursor.offsets) != set(places):
                await self._prime(consumer, places)
            else:
                await self._go_on(consumer, self.cursor)
            self._consumer = consumer
            log.info("reading", partitions=len(places))
            await self._follow(consumer, len(places))
        finally:
            self._consumer = None
            await consumer.stop()

    async def _assign(self, consumer: AIOKafkaConsumer) -> list[Place]:
        topology = await read_topology(self._settings, self._names)
        told = "\0".join((topology.cluster, *self._names))
        self.mark = zlib.crc32(told.encode()).to_bytes(4, "big")
        places = [
            Place(topic, partition)
            for topic, name in enumerate(self._names)
            for partition in range(topology.partitions[name])
        ]
        consumer.assign([self._partition(place) for place in places])
        return places

    async def _go_on(self, consumer: AIOKafkaConsumer, cursor: Cursor) -> None:
        ends = await consumer.end_offsets([self._partition(place) for place in cursor.offsets])
        for place, offset in cursor.offsets.items():
            if offset > ends[self._partition(place)]:
                raise Rewound
            consumer.seek(self._partition(place), offset)

    async def _prime(self, consumer: AIOKafkaConsumer, places: list[Place]) -> None:
        """Read the newest records without pushing them."""
        partitions = [self._partition(place) for place in places]
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        depth = max(1, REMEMBERED // len(places))
        upto, start = {}, {}
        for place in places:
            tp = self._partition(place)
            # What was pushed already stays pushed, what was not is not taken for old.
            known = self.cursor.offsets.get(place) if self.cursor else None
            upto[place] = ends[tp] if known is None else min(known, ends[tp])
            start[place] = max(beginnings[tp], upto[place] - depth)
            consumer.seek(tp, start[place])
        cursor = Cursor(self.mark, start)
        tail = Tail(start, max(1, TAIL_RECORDS // len(places)))
        while any(cursor.offsets[place] < upto[place] for place in places):
            for tp, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                place = self._place(tp)
                for record in records:
                    if record.offset < upto[place]:
                        self._take_old(place, record, tail)
                cursor.advance(place, min(upto[place], await consumer.position(tp)))
        for place in places:
            consumer.seek(self._partition(place), upto[place])
        self.cursor, self._tail = cursor, tail
        self._moved.set()

    def _take_old(self, place: Place, record: Record, tail: Tail) -> None:
        event = read_event(place, record.offset, record.value)
        if event is not None and not self._seen.is_repeat(event.key, (place, record.offset)):
            tail.append(event, record.timestamp)

    async def _follow(self, consumer: AIOKafkaConsumer, partitions: int) -> None:
        monitor.KAFKA_UP.set(1)
        check = time.monotonic() + PARTITIONS_SECONDS
        while True:
            # All there is: aiokafka fetches a partition anew only 100 ms later while records of
            # another still lie there.
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            turn = time.monotonic()
            for tp, records in batches.items():
                place = self._place(tp)
                for record in records:
                    self._take(place, record)
                    if time.monotonic() - turn > TURN_SECONDS:
                        await asyncio.sleep(0)
                        turn = time.monotonic()
            if batches:
                self._moved.set()
            if turn > check:
                monitor.FEED_LAG.set(self.lag)
                check = turn + PARTITIONS_SECONDS
                if self._count(consumer) != partitions:
                    log.info("the topics have other partitions now")
                    return

    def _take(self, place: Place, record: Record) -> None:
        cursor, tail = self.cursor, self._tail
        assert cursor is not None  # noqa: S101
        assert tail is not None  # noqa: S101
        if record.offset < cursor.offsets[place]:
            raise Rewound
        event = read_event(place, record.offset, record.value)
        cursor.advance(place, record.offset + 1)
        if event is None:
            monitor.READ.labels(self._names[place.topic], "unreadable").inc()
            return
        if self._seen.is_repeat(event.key, (place, record.offset)):
            monitor.READ.labels(event.kind, "repeat").inc()
            return
        tail.append(event, record.timestamp)
        self.rates[event.kind].add()
        self._publish(event)
        monitor.READ.labels(event.kind, "pushed").inc()
        monitor.PUSH_SECONDS.observe(max(0.0, time.time() - record.timestamp / 1000))

    def _count(self, consumer: AIOKafkaConsumer) -> int:
        return sum(len(consumer.partitions_for_topic(name) or ()) for name in self._names)

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._names[place.topic], place.partition)

    def _place(self, tp: TopicPartition) -> Place:
        return Place(self._names.index(tp.topic), tp.partition)
