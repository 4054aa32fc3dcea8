"""A running edge, and records as the worker and the sink would write them."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest
import websockets
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from psycopg.types.json import Jsonb

from devstack.ports import free_port
from pipeline.settings import Settings
from pipeline.topics import Topics, topic_specs
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.metrics import MetricChange, MetricType
from tests.conftest import SettingsFactory, Starter

ROOT = "/api/quality/realtime"
Message = dict[str, Any]


class RunningEdge:
    """An edge process of the test's own."""

    def __init__(self, start: Starter, settings: Settings) -> None:
        self._start = start
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.http_port}"

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws") + "/ws/quality"

    def start(self, *, wait_for_feed: bool = True) -> None:
        self.process = self._start("edge", settings=self.settings)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the edge has ended"
            try:
                parts = httpx.get(f"{self.url}/readyz").json()["components"]
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            ready = {part["name"] for part in parts if part["ready"]}
            if not wait_for_feed or {"feed", "kafka", "postgresql"} <= ready:
                return
            time.sleep(0.05)
        raise AssertionError("the edge is not up")

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal; return the seconds until it was gone."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        return time.monotonic() - started

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.url + ROOT, headers=headers, timeout=10)

    @asynccontextmanager
    async def socket(self, query: str = "", **options: Any) -> AsyncIterator["Talk"]:
        async with websockets.connect(self.socket_url + query, **options) as connection:
            yield Talk(connection)


class Talk:
    """A conversation through an independent client."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    async def say(self, kind: str, payload: Any = None, **fields: Any) -> None:
        message = {"type": kind, "payload": payload or {}} | fields
        await self.connection.send(json.dumps(message))

    async def hear(self, seconds: float = 5) -> Message:
        async with asyncio.timeout(seconds):
            message: Message = json.loads(await self.connection.recv())
            return message

    async def hear_until(self, kind: str, seconds: float = 10) -> list[Message]:
        heard = []
        async with asyncio.timeout(seconds):
            while True:
                heard.append(await self.hear(seconds))
                if heard[-1]["type"] == kind:
                    return heard

    async def ask(self, kind: str, payload: Any = None) -> Message:
        """Return the reply, which must be the next message with our id."""
        request_id = uuid4().hex
        await self.say(kind, payload, requestId=request_id)
        while True:
            message = await self.hear()
            if message.get("requestId") == request_id:
                return message

    async def silent(self, seconds: float = 0.3) -> bool:
        try:
            await self.hear(seconds)
        except TimeoutError:
            return True
        return False


class Stream:
    """Writes what the worker and the sink write."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._url = settings.database_url.get_secret_value()
        self.topics = Topics(settings.topic_prefix)

    async def push(self, *items: Alert | MetricChange, partition: int | None = None) -> None:
        sent = []
        for item in items:
            topic = self.topics.alerts if isinstance(item, Alert) else self.topics.changes
            raw, key = msgspec.json.encode(item), item.asset_id.encode()
            sent.append(await self._producer.send(topic, raw, key, partition=partition))
        await asyncio.gather(*sent)

    async def store(self, *items: Any) -> None:
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            for item in items:
                if isinstance(item, Alert):
                    await store_asset(connection, item.asset_id)
                    await store_alert(connection, item)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            return await (await connection.execute(query, values)).fetchall()  # type: ignore[arg-type]


async def store_asset(connection: psycopg.AsyncConnection, asset: str) -> None:
    await connection.execute(
        "INSERT INTO assets (asset_id, asset_name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (asset, asset),
    )


async def store_alert(connection: psycopg.AsyncConnection, alert: Alert) -> None:
    row = msgspec.structs.asdict(alert)
    row |= {name: str(row[name]) for name in ("alert_type", "severity", "status")}
    row["metadata"] = Jsonb(msgspec.to_builtins(alert.metadata))
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"%({name})s" for name in row)
    await connection.execute(
        f"INSERT INTO quality_alerts_realtime ({names}) VALUES ({places})", row
    )


NOW = datetime.now(UTC).replace(microsecond=0)


def an_alert(asset: str = "warehouse.orders", minutes: float = 0, **fields: Any) -> Alert:
    moment = NOW - timedelta(minutes=minutes)
    given = {
        "id": uuid4(),
        "asset_id": asset,
        "asset_name": asset,
        "alert_type": AlertType.SUDDEN_DROP,
        "message": f"{asset}: score fell by 20 points, 90 -> 70",
        "severity": Severity.HIGH,
        "status": AlertStatus.ACTIVE,
        "timestamp": moment,
        "metadata": AlertMetadata(rule="score_drop", metric_type="score", current_value=70.0),
        "step_id": uuid4(),
        "changed_at": moment,
    } | fields
    return Alert(**given)


def a_change(asset: str = "warehouse.orders", value: float = 70, **fields: Any) -> MetricChange:
    given = {
        "asset_id": asset,
        "asset_name": asset,
        "metric_type": MetricType.SCORE,
        "previous_value": 90.0,
        "current_value": value,
        "change": value - 90,
        "change_percent": None,
        "timestamp": NOW,
        "event_id": uuid4(),
    } | fields
    return MetricChange(**given)


@pytest.fixture
async def topics(settings: Settings) -> Topics:
    await create_topics(settings)
    return Topics(settings.topic_prefix)


async def create_topics(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    try:
        await admin.create_topics(
            [
                NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=spec.config)
                for spec in topic_specs(settings)
            ]
        )
    finally:
        await admin.close()


@pytest.fixture
def make_edge(
    start_tidemark: Starter, make_settings: SettingsFactory
) -> Callable[..., RunningEdge]:
    """Makes (and does not start) an edge on a port of its own."""

    def make(**overrides: Any) -> RunningEdge:
        return RunningEdge(start_tidemark, make_settings(http_port=free_port(), **overrides))

    return make


@pytest.fixture
def edge(topics: Topics, make_edge: Callable[..., RunningEdge]) -> Iterator[RunningEdge]:
    """A started edge without authentication."""
    running = make_edge()
    running.start()
    yield running
    assert running.process is not None
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
async def stream(settings: Settings, topics: Topics) -> AsyncIterator[Stream]:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
    await producer.start()
    yield Stream(settings, producer)
    await producer.stop()


async def eventually(check: Callable[[], Any], seconds: float = 5) -> Any:
    """Return the first true thing that (async) `check` returns."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):  # noqa: ASYNC110 - it is elsewhere
            await asyncio.sleep(0.05)
        return found


def log_of(tmp_path: Path, name: str = "edge-0") -> Iterable[dict[str, Any]]:
    for line in (tmp_path / f"{name}.log").read_text().splitlines():
        if line.startswith("{"):
            yield json.loads(line)
