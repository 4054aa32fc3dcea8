"""The dead letters in Kafka, and the record of those that were sent back."""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from pipeline.dead_letters.letter import DeadLetter, Selection, read_letter
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.dead_letters import LetterId, Redrive

REQUEST_MS: Final = 15_000
STALL_SECONDS: Final = 30.0


class ArchiveError(RuntimeError):
    """The dead letters can't be read; the message says why."""


class Stretch(NamedTuple):
    """Offsets of one partition, `end` not among them."""

    begin: int
    end: int


Span = dict[TopicPartition, Stretch]
"""What is to be read; fixed beforehand, so that reading ends while letters arrive."""


class Archive:
    """Reads dead letters; entered, it is connected.

    Raises:
        ArchiveError: Kafka does not answer, or `tidemark migrate` has not been run.
    """

    def __init__(self, settings: Settings) -> None:
        self._topics = Topics(settings.topic_prefix)
        self._brokers = settings.kafka_brokers
        self._options = client_options(settings) | {"request_timeout_ms": REQUEST_MS}
        self._admin = AIOKafkaAdminClient(**self._options)
        self._places = AIOKafkaConsumer(**self._options)

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            await self._admin.start()
            await self._places.start()
        except (KafkaError, OSError) as error:
            await self._close()
            raise ArchiveError(f"Kafka at {self._brokers} does not answer: {error}") from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        await self._close()

    async def _close(self) -> None:
        await self._places.stop()
        await self._admin.close()

    async def span(self, since: datetime | None = None, last: int | None = None) -> Span:
        """Return what there is now, from `since` on; with `last` that many of each partition."""
        partitions = await self._partitions(self._topics.dead_letters)
        begins, ends = await self._bounds(partitions)
        if since is not None:
            moment = int(since.timestamp() * 1000)
            found = await self._places.offsets_for_times(dict.fromkeys(partitions, moment))
            begins = {tp: place.offset if place else ends[tp] for tp, place in found.items()}
        if last is not None:
            begins = {tp: max(begin, ends[tp] - last) for tp, begin in begins.items()}
        return {tp: Stretch(begins[tp], ends[tp]) for tp in partitions}

    async def letters(self, span: Span) -> AsyncIterator[DeadLetter]:
        """Go over the letters of a span, in order within each partition."""
        async for record in self._records(span):
            yield read_letter(record.partition, record)

    async def newest(self, selection: Selection, most: int) -> list[DeadLetter]:
        """Return the `most` newest letters that are meant, newest last."""
        span = await self.span(selection.since, None if selection.filters else most)
        kept: list[DeadLetter] = []
        async for letter in self.letters(span):
            if selection.takes(letter):
                kept.append(letter)
            if len(kept) >= 2 * most:
                kept = _newest(kept, most)
        return _newest(kept, most)

    async def find(self, partition: int, offset: int) -> DeadLetter | None:
        """Return one letter, None if there is none at that place (any more)."""
        span = await self.span()
        place = TopicPartition(self._topics.dead_letters, partition)
        if place not in span or not span[place].begin <= offset < span[place].end:
            return None
        found = [letter async for letter in self.letters({place: Stretch(offset, offset + 1)})]
        return found[0] if found else None

    async def redriven(self) -> set[LetterId]:
        """Return the letters that were sent back."""
        partitions = await self._partitions(self._topics.redriven)
        begins, ends = await self._bounds(partitions)
        done: set[LetterId] = set()
        async for record in self._records({tp: Stretch(begins[tp], ends[tp]) for tp in partitions}):
            # Whatever else somebody wrote there says nothing of a letter.
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                done.update(msgspec.json.decode(record.value or b"", type=Redrive).letters)
        return done

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        (described,) = await self._admin.describe_topics([topic])
        if not described["partitions"]:
            raise ArchiveError(f"the topic {topic} does not exist: run `tidemark migrate`")
        numbers = sorted(partition["partition"] for partition in described["partitions"])
        return [TopicPartition(topic, number) for number in numbers]

    async def _bounds(
        self, partitions: list[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        begins = await self._places.beginning_offsets(partitions)
        return begins, await self._places.end_offsets(partitions)

    async def _records(self, span: Span) -> AsyncIterator[ConsumerRecord]:
        unread = {tp: stretch.end for tp, stretch in span.items() if stretch.begin < stretch.end}
        if not unread:
            return
        # One consumer for one span: aiokafka hangs at stop just after an assignment changed.
        # Retention may take what a span begins with, so reading goes on from what is left.
        consumer = AIOKafkaConsumer(
            **self._options, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        async with consumer:
            consumer.assign(list(unread))
            for tp in unread:
                consumer.seek(tp, span[tp].begin)
            heard = time.monotonic()
            while unread:
                fetched = await consumer.getmany(*unread, timeout_ms=500)
                if fetched:
                    heard = time.monotonic()
                elif time.monotonic() - heard > STALL_SECONDS:
                    raise ArchiveError(f"Kafka has sent nothing for {STALL_SECONDS:g} s")
                for tp, records in fetched.items():
                    for record in records:
                        if record.offset < unread[tp]:
                            yield record
                for tp in [tp for tp in unread if await consumer.position(tp) >= unread[tp]]:
                    del unread[tp]


def _newest(letters: list[DeadLetter], most: int) -> list[DeadLetter]:
    return sorted(letters, key=lambda letter: (letter.id.timestamp, letter.id))[-most:]
