"""Writes to Kafka, and says plainly when Kafka is away."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from api.problems import unavailable
from pipeline.cluster.layout import Layout
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics

log = structlog.get_logger(__name__)

DELIVERY_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
RECORDS_PER_SECOND: Final = 5000
"""What a producer manages at the least; many records have more time."""
TURN_RECORDS: Final = 100
MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024


class Producer:
    """A producer that is there as soon as Kafka is.

    Args:
        settings: where Kafka is.
        layout: returns how the topics are laid out, once Kafka was seen.
    """

    def __init__(self, settings: Settings, layout: Callable[[], Awaitable[Layout | None]]) -> None:
        self._settings = settings
        self._layout = layout
        self._metrics = Topics(settings.topic_prefix).metrics
        self._producer: AIOKafkaProducer | None = None

    async def run(self) -> None:
        """Connect, and stay until cancelled."""
        while True:
            producer = AIOKafkaProducer(
                **client_options(self._settings),
                acks="all",
                enable_idempotence=True,
                max_request_size=MAX_REQUEST_BYTES,
            )
            try:
                await producer.start()
            except (KafkaError, OSError):
                await producer.stop()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._producer = producer
            try:
                await asyncio.Event().wait()
            finally:
                self._producer = None
                await producer.stop()

    async def deliver(self, topic: str, records: Sequence[tuple[bytes, bytes]]) -> None:
        """Write (key, value) records; after this returns all in-sync replicas have them.

        A record goes to the partition that holds the state of its key, also where somebody
        has added partitions to the topic since.

        Raises:
            Refusal: Kafka is away, or its topics do not fit the state. Some may have been
                written all the same.
        """
        producer = self._producer
        if producer is None:
            raise unavailable("Kafka is away just now")
        try:
            async with asyncio.timeout(DELIVERY_SECONDS + len(records) / RECORDS_PER_SECOND):
                partition_of = await self._partitioner(producer, topic)
                sent = []
                for number, (key, value) in enumerate(records, 1):
                    sent.append(await producer.send(topic, value, key, partition_of(key)))
                    if number % TURN_RECORDS == 0:
                        # Sending does not wait while there is room: others want a turn too.
                        await asyncio.sleep(0)
                await asyncio.gather(*sent)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("not delivered", topic=topic, error=str(error) or type(error).__name__)
            raise unavailable("Kafka has not confirmed in time; send it again") from None

    async def _partitioner(self, producer: AIOKafkaProducer, topic: str) -> Callable[[bytes], int]:
        layout = await self._layout()
        if layout is None:
            raise unavailable("Kafka is away just now")
        if not layout.takes_events:
            raise unavailable(layout.fault.what if layout.fault else "no topics are seen")
        count = len(await producer.partitions_for(topic))
        if topic == self._metrics and count < layout.home:
            raise unavailable(f"the topic {topic} has lost partitions")
        return lambda key: layout.partition_of(key) % count
