"""The source of events, in a process of its own."""

import asyncio
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Event

from aiokafka import AIOKafkaProducer

from benchmarks.stream.load import steps
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics

TICK_SECONDS = 0.02


def write_for(settings: Settings, rate: int, assets: int, over: Event) -> None:
    """Write events at the rate until told that it is over."""
    asyncio.run(_write(settings, rate, assets, over))


async def _write(settings: Settings, rate: int, assets: int, over: Event) -> None:
    producer = AIOKafkaProducer(**client_options(settings), enable_idempotence=True, linger_ms=5)
    await producer.start()
    topic, source = Topics(settings.topic_prefix).metrics, steps(assets)
    began, written = time.monotonic(), 0
    try:
        while not over.is_set():
            moment = datetime.now(UTC).isoformat(timespec="microseconds")
            for _ in range(int(rate * (time.monotonic() - began)) - written):
                step = next(source)
                await producer.send(topic, step.value(moment), step.name.encode())
                written += 1
            await asyncio.sleep(TICK_SECONDS)
    finally:
        await producer.stop()
