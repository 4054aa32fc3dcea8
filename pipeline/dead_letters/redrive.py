"""Send dead letters back to the topic of metric events."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.cluster.inspection import inspect, silence
from pipeline.cluster.layout import Layout
from pipeline.dead_letters.archive import Archive, Span
from pipeline.dead_letters.letter import DeadLetter, Selection
from pipeline.kafka import client_options
from pipeline.operators.compose import micros
from pipeline.operators.validate import InvalidEvent, check_arrival, check_key, decode_event
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.dead_letters import REDRIVEN_FROM, LetterId, Redrive

CHUNK: Final = 500
"""Letters sent before they are put on record: a crash repeats at most these."""
MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024
ALREADY: Final = "sent back before"


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether a letter may go back.

    Args:
        settings: those of the worker, by which events are judged.
        redriven: what was sent back before.
        rekey: key each record by its asset, whatever key it had.
    """

    settings: Settings
    redriven: set[LetterId]
    rekey: bool = False

    def fault(self, letter: DeadLetter) -> str | None:
        """Return why the letter stays, None if it may go."""
        metrics = Topics(self.settings.topic_prefix).metrics
        if letter.id in self.redriven:
            return ALREADY
        if letter.source_topic != metrics:
            return f"comes from {letter.source_topic or 'nobody knows where'}, not from {metrics}"
        try:
            event = decode_event(letter.value, self.settings.max_event_bytes)
            check_key(event, self.key(letter))
            most = int(self.settings.max_future_seconds * 1_000_000)
            check_arrival(event, micros(event.timestamp), time.time_ns() // 1000, most)
        except InvalidEvent as error:
            return f"would be refused again: {error}"
        return None

    def key(self, letter: DeadLetter) -> bytes | None:
        """Return the key the letter goes back with."""
        return (letter.asset or "").encode() if self.rekey else letter.key


@dataclass(slots=True)
class Survey:
    """How many letters may go back, and why the others stay."""

    fit: int = 0
    unfit: Counter[str] = field(default_factory=Counter)


async def survey(archive: Archive, span: Span, selection: Selection, fitness: Fitness) -> Survey:
    """Look through a span, changing nothing."""
    found = Survey()
    async for letter in archive.letters(span):
        if selection.takes(letter):
            fault = fitness.fault(letter)
            if fault is None:
                found.fit += 1
            else:
                found.unfit[fault] += 1
    return found


async def redrive(
    letters: AsyncIterator[DeadLetter],
    fitness: Fitness,
    by: str,
    told: Callable[[int], None],
) -> None:
    """Send back those of `letters` that may go, and put each on record.

    Their bytes and own headers stay as they were, and they get the header
    `REDRIVEN_FROM`. `told` hears how many, chunk by chunk. A chunk that was begun is
    finished, and put on record, also when the task is cancelled.

    Raises:
        Fault: Kafka does not let us, or its topics do not fit the state of the assets.
        aiokafka.errors.KafkaError: not delivered; the chunks before are on record.
    """
    found = await inspect(fitness.settings, "dead-letters")
    if found.layout is None or not found.layout.takes_events:
        raise found.fault or silence(fitness.settings, KafkaError("no topics are seen"))
    layout = found.layout
    chunk: list[DeadLetter] = []
    async with AIOKafkaProducer(
        **client_options(fitness.settings),
        acks="all",
        enable_idempotence=True,
        max_request_size=MAX_REQUEST_BYTES,
    ) as producer:

        async def flush() -> None:
            sending = asyncio.ensure_future(_send(producer, chunk, fitness, layout, by))
            try:
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                await sending
                raise
            told(len(chunk))
            chunk.clear()

        async for letter in letters:
            if fitness.fault(letter) is None:
                chunk.append(letter)
            if len(chunk) == CHUNK:
                await flush()
        if chunk:
            await flush()


async def _send(
    producer: AIOKafkaProducer,
    letters: list[DeadLetter],
    fitness: Fitness,
    layout: Layout,
    by: str,
) -> None:
    topics = Topics(fitness.settings.topic_prefix)

    def partition(key: bytes | None) -> int | None:
        return None if key is None else layout.partition_of(key)

    deliveries = [
        await producer.send(
            topics.metrics,
            letter.value,
            fitness.key(letter),
            partition(fitness.key(letter)),
            headers=[*letter.original_headers, (REDRIVEN_FROM, str(letter.id).encode())],
        )
        for letter in letters
    ]
    await asyncio.gather(*deliveries)
    record = Redrive(letters=[letter.id for letter in letters], by=by, at=datetime.now(UTC))
    await producer.send_and_wait(topics.redriven, msgspec.json.encode(record))
