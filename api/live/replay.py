"""Reads what a client missed from Kafka again, where memory does not reach back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from api.live.events import LiveEvent, read_event
from api.live.position import Offsets, Place
from api.live.seen import Seen
from pipeline.kafka import client_options
from pipeline.settings import Settings

AT_ONCE: Final = 4
"""Replays under way together; the others wait their turn."""
POLL_MS: Final = 500
POLL_RECORDS: Final = 500

_turn = asyncio.Semaphore(AT_ONCE)


class TooOld(Exception):
    """What was missed can't be had; the message says why."""


class Replay:
    """Bounded reads of the pushed topics.

    Args:
        settings: where Kafka is and how much may be read.
        names: the pushed topics.
        seen: knows which records are repeats of others.
    """

    def __init__(self, settings: Settings, names: tuple[str, ...], seen: Seen) -> None:
        self._settings = settings
        self._names = names
        self._seen = seen

    async def events(self, offsets: Offsets, upto: Offsets) -> AsyncIterator[LiveEvent]:
        """Yield the events from `offsets` to `upto`, in order within each partition.

        Raises:
            TooOld: Kafka does not reach back that far, or it is more than is allowed.
        """
        start = {place: offsets.get(place, 0) for place in upto}
        behind = {p: end for p, end in upto.items() if start[p] < end}
        total = sum(end - start[place] for place, end in behind.items())
        if total > self._settings.ws_replay_records:
            raise TooOld(
                f"{total} records were written since, "
                f"at most {self._settings.ws_replay_records} are read again"
            )
        if not behind:
            return
        async with _turn:
            consumer = AIOKafkaConsumer(
                **client_options(self._settings),
                auto_offset_reset="none",
                enable_auto_commit=False,
            )
            try:
                await consumer.start()
                async for event in self._read(consumer, start, behind):
                    yield event
            finally:
                await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, start: Offsets, upto: Offsets
    ) -> AsyncIterator[LiveEvent]:
        partitions = {
            TopicPartition(self._names[place.topic], place.partition): place for place in upto
        }
        consumer.assign(list(partitions))
        await self._check_retention(consumer, partitions, start)
        for tp, place in partitions.items():
            consumer.seek(tp, start[place])
        repeats = Seen(self._settings.ws_replay_records)
        left = set(partitions)
        while left:
            batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
            for tp, records in batches.items():
                place = partitions[tp]
                for record in records:
                    if record.offset >= upto[place]:
                        break
                    event = read_event(place, record.offset, record.value)
                    spot = place, record.offset
                    if event is None or self._seen.known_elsewhere(event.key, spot):
                        continue
                    if not repeats.is_repeat(event.key, spot):
                        yield event
            for tp in list(left):
                if await consumer.position(tp) >= upto[partitions[tp]]:
                    left.discard(tp)
                    consumer.pause(tp)

    async def _check_retention(
        self,
        consumer: AIOKafkaConsumer,
        partitions: dict[TopicPartition, Place],
        start: Offsets,
    ) -> None:
        beginnings = await consumer.beginning_offsets(list(partitions))
        for tp, place in partitions.items():
            if beginnings[tp] > start[place]:
                raise TooOld("Kafka no longer keeps what was written since then")
