"""Events at a steady rate, sent again by nobody: what Kafka acknowledged is written down."""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics

TICK_SECONDS = 0.1
SCORES = (12.5, 50.1, 62.3, 67.3, 70.1, 75.1, 80.1, 85.1, 90.1, 95)
"""Many pairs differ by exactly a bound, as people subtract, and not as doubles do."""
ISSUES = (0, 1, 3, 6, 11)


def events(assets: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield events for ever, a millisecond apart, of yesterday."""
    chance = random.Random(seed)
    time = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    time -= timedelta(days=1)
    while True:
        time += timedelta(milliseconds=1)
        issues = chance.random() < 0.2
        yield {
            "eventId": str(UUID(int=chance.getrandbits(128), version=4)),
            "assetId": f"warehouse.table_{chance.randrange(assets)}",
            "metricType": "issues" if issues else "score",
            "value": chance.choice(ISSUES if issues else SCORES),
            "timestamp": time.isoformat(timespec="milliseconds"),
        }


class Load:
    """Sends while it runs; `acknowledged` holds the ids of what Kafka has taken for certain."""

    def __init__(self, settings: Settings, *, rate: int = 100, assets: int = 150) -> None:
        self._settings = settings
        self._topic = Topics(settings.topic_prefix).metrics
        self._rate = rate
        self._events = events(assets, seed=7)
        self._under_way: set[asyncio.Future[Any]] = set()
        self._sending: asyncio.Task[None] | None = None
        self._over = False
        self.acknowledged: set[str] = set()
        self.failed = 0

    def start(self) -> None:
        """Begin, or go on, to send."""
        self._over = False
        self._sending = asyncio.create_task(self._send())

    async def stop(self) -> None:
        """Stop, and wait until the fate of all that was sent is known."""
        self._over = True
        assert self._sending is not None
        await self._sending

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._over:
            # A producer that gave a batch up is not trusted with the next.
            failed = self.failed
            producer = await self._producer()
            due = clock()
            while not self._over and self.failed == failed:
                for _ in range(int(self._rate * TICK_SECONDS)):
                    await self._send_one(producer)
                due += TICK_SECONDS
                await asyncio.sleep(max(0, due - clock()))
            if self._under_way:
                await asyncio.wait(self._under_way)
            with suppress(KafkaError):
                await producer.stop()

    async def _producer(self) -> AIOKafkaProducer:
        while True:
            producer = AIOKafkaProducer(**client_options(self._settings), enable_idempotence=True)
            try:
                await producer.start()
            except (KafkaError, OSError):
                await producer.stop()
                await asyncio.sleep(0.5)
            else:
                return producer

    async def _send_one(self, producer: AIOKafkaProducer) -> None:
        event = next(self._events)
        try:
            sent = await producer.send(
                self._topic, json.dumps(event).encode(), event["assetId"].encode()
            )
        except KafkaError:
            self.failed += 1
            return
        self._under_way.add(sent)
        sent.add_done_callback(lambda done: self._note(done, event["eventId"]))

    def _note(self, done: asyncio.Future[Any], event_id: str) -> None:
        self._under_way.discard(done)
        if done.cancelled() or done.exception():
            self.failed += 1
        else:
            self.acknowledged.add(event_id)
