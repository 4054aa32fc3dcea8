"""Worker and sink as processes between a real Kafka and a real PostgreSQL."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord
from prometheus_client.parser import text_string_to_metric_families

from pipeline.provision import provision
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.alerts import Alert
from tests.conftest import Starter
from tests.integration.kafka import read_topic

START = datetime.combine(datetime.now(UTC) - timedelta(days=1), time(12), UTC)
"""Yesterday's noon: hours of events from here lie on one day, and in the past."""
Event = dict[str, Any]


def an_event(asset: str, value: float, second: float = 0, **fields: Any) -> Event:
    """A score event, as a job would send it."""
    return {
        "eventId": str(uuid4()),
        "assetId": asset,
        "metricType": "score",
        "value": value,
        "timestamp": (START + timedelta(seconds=second)).isoformat(),
    } | fields


class Stream:
    """One test's topics and database, the processes on them, and what comes of it all."""

    def __init__(self, settings: Settings, start: Starter, producer: AIOKafkaProducer) -> None:
        self.settings = settings
        self.topics = Topics(settings.topic_prefix)
        self._start = start
        self._producer = producer

    def start(self, process: str, **changes: Any) -> subprocess.Popen[bytes]:
        given = self.settings.model_dump(exclude_unset=True) | changes
        return self._start(process, settings=Settings(**given))

    async def send(self, events: Iterable[Event], partition: int | None = None) -> None:
        await self.send_raw(
            ((event["assetId"].encode(), json.dumps(event).encode()) for event in events), partition
        )

    async def send_raw(
        self, records: Iterable[tuple[bytes | None, bytes]], partition: int | None = None
    ) -> None:
        sent = [
            await self._producer.send(self.topics.metrics, value, key, partition=partition)
            for key, value in records
        ]
        await asyncio.gather(*sent)

    async def records(self, topic: str) -> list[ConsumerRecord]:
        """Everything in a topic now."""
        return await read_topic(self.settings, topic)

    async def alerts(self, topic: str | None = None) -> list[Alert]:
        """The steps in the alerts topic (or a pager's), each once, in the order of arrival."""
        steps: dict[Any, Alert] = {}
        for record in await self.records(topic or self.topics.alerts):
            alert = msgspec.json.decode(record.value, type=Alert)
            steps.setdefault(alert.step_id, alert)
        return list(steps.values())

    async def rows(self, query: str, *values: Any) -> list[Any]:
        url = self.settings.database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(url) as connection:
            return await (await connection.execute(query, values)).fetchall()  # type: ignore[arg-type]

    async def count(self, table: str) -> int:
        ((number,),) = await self.rows(f"SELECT count(*) FROM {table}")
        return int(number)

    async def stored(self, events: int, seconds: float = 90) -> None:
        """Wait until the history holds so many events; more may be under way."""

        async def enough() -> bool:
            return await self.count("quality_metric_history") >= events

        await eventually(enough, seconds, "the history is incomplete")

    async def drained(self, seconds: float = 120) -> None:
        """Wait until worker and sink have committed all there is, in this order."""
        topics, settings = self.topics, self.settings
        await self.detected(seconds)
        await self._committed(settings.sink_group, (topics.history, topics.alerts), seconds)

    async def detected(self, seconds: float = 120) -> None:
        """Wait until the worker has committed all there is."""
        await self._committed(self.settings.worker_group, (self.topics.metrics,), seconds)

    async def _committed(self, group: str, topics: Iterable[str], seconds: float) -> None:
        parts = [
            TopicPartition(topic, p)
            for topic in topics
            for p in range(self.settings.topic_partitions)
        ]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_brokers, group_id=group, enable_auto_commit=False
        )
        await consumer.start()
        consumer.assign(parts)

        async def caught_up() -> bool:
            ends = await consumer.end_offsets(parts)
            done = {tp: await consumer.committed(tp) or 0 for tp in parts}
            return all(done[tp] >= ends[tp] for tp in parts)

        try:
            await eventually(caught_up, seconds, f"{group} lags")
        finally:
            await consumer.stop()


async def eventually(check: Callable[[], Any], seconds: float = 60, what: str = "") -> Any:
    """Return the first true thing that (async) `check` returns."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await check()):
        assert asyncio.get_running_loop().time() < deadline, what or "not in time"
        await asyncio.sleep(0.1)
    return found


async def standby_lags(port: int) -> dict[int, float]:
    """Return how many records a worker's copies of others' partitions are behind, by partition."""
    async with httpx.AsyncClient() as http:
        try:
            text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
        except httpx.TransportError:  # it is not up yet
            return {}
    return {
        int(sample.labels["partition"]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == "tidemark_worker_standby_lag_records"
        for sample in family.samples
    }


@pytest.fixture
async def make_stream(
    start_tidemark: Starter,
) -> AsyncIterator[Callable[[Settings], Any]]:
    """Makes the topics of settings, and a `Stream` on them."""
    producers: list[AIOKafkaProducer] = []

    async def make(settings: Settings) -> Stream:
        await provision(settings)
        producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
        await producer.start()
        producers.append(producer)
        return Stream(settings, start_tidemark, producer)

    yield make
    for producer in producers:
        await producer.stop()


@pytest.fixture
async def stream(make_stream: Callable[[Settings], Any], settings: Settings) -> Stream:
    """Topics and tables; no process runs yet."""
    made: Stream = await make_stream(settings)
    return made
