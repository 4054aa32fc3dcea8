"""The whole line under whatever can be sent to it, and the account of what became of it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import websockets
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from devstack.ports import free_port
from pipeline.kafka import client_options
from pipeline.operators.compose import micros
from pipeline.operators.identity import derived_event_id
from pipeline.operators.validate import InvalidEvent, check_arrival, check_key, decode_event
from pipeline.operators.validate_alert import InvalidAlert, decode_alert
from pipeline.settings import Settings
from pipeline.topic_ids import topic_ids
from schemas import dead_letters
from tests.conftest import ROOT, environment
from tests.integration.stream.conftest import Stream, eventually
from tests.odd import Odd

API: Final = "/api/quality/realtime"
PROCESSES: Final = ("worker", "sink", "notify", "edge")
Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Line:
    """All processes, what is sent to them, and what must come of it.

    Args:
        stream: topics, tables and the way to start processes.
        seed: of all that is sent; the same seed sends the same.
    """

    def __init__(self, stream: Stream, seed: int) -> None:
        sys.stdout.write(f"\nseed {seed}\n")
        self.stream = stream
        self.odd = Odd(seed)
        self.port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.garbage: set[Place] = set()
        """Records of the history topic that are none of the worker's."""
        self.accepted: set[str] = set()
        self.pushed = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        for name in PROCESSES:
            self._start(name)
        await self.ready()

    def _start(self, name: str) -> None:
        own: dict[str, Any] = {"instance_id": f"odd-{name}", "http_port": self.port}
        self.running[name] = self.stream.start(name, **own)

    async def ready(self) -> None:
        async def answers() -> bool:
            self.check_alive()
            with suppress(httpx.HTTPError):
                async with httpx.AsyncClient() as http:
                    return (await http.get(f"{self.url}/readyz")).status_code == 200
            return False

        await eventually(answers, 120, "the edge is not ready")

    def check_alive(self) -> None:
        ended = {name: p.returncode for name, p in self.running.items() if p.poll() is not None}
        assert not ended, f"ended by themselves: {ended}"

    async def restart(self, how: signal.Signals) -> None:
        """End one process and start it again."""
        self.check_alive()
        name = self.odd.random.choice(PROCESSES)
        process = self.running[name]
        process.send_signal(how)
        await asyncio.to_thread(process.wait, 40)
        self._start(name)

    async def produce(self, rounds: int) -> None:
        """Write to every topic, in batches of one and many, compressed and not."""
        topics, pick = self.stream.topics, self.odd.random.choice
        codec = pick((None, "gzip", "lz4", "snappy", "zstd"))
        producer = AIOKafkaProducer(
            bootstrap_servers=self.stream.settings.kafka_brokers, compression_type=codec,
            max_request_size=32 * 1024 * 1024, linger_ms=pick((0, 20)),
        )  # fmt: skip
        async with producer:
            for _ in range(rounds):
                await self._produce_some(producer, pick((1, 3, 60)))
            if codec is not None:
                # Small as it travels, large where it arrives.
                await producer.send_and_wait(topics.metrics, b" " * 5_000_000, b"large")

    async def _produce_some(self, producer: AIOKafkaProducer, count: int) -> None:
        topics, odd = self.stream.topics, self.odd
        sent: list[tuple[str, Any]] = []
        partition = odd.random.randrange(self.stream.settings.topic_partitions)

        async def send(topic: str, value: bytes | None, key: bytes | None) -> None:
            key = b"" if value is None and key is None else key
            given = {"value": value, "key": key, "headers": odd.headers(), "partition": partition}
            sent.append((topic, await producer.send(topic, **given)))

        for _ in range(count):
            raw = odd.event()
            with suppress(InvalidEvent):
                event = decode_event(raw, self.stream.settings.max_event_bytes)
                await producer.send(topics.metrics, raw, event.asset_id.encode())
                if odd.random.random() < 0.1:
                    await producer.send(topics.metrics, raw, event.asset_id.encode())
                continue
            await send(topics.metrics, raw, odd.key())
        await send(topics.metrics, odd.random.choice((None, odd.garbage())), odd.key())
        await send(topics.history, odd.random.choice((None, odd.history())), odd.key())
        await send(topics.alerts, odd.random.choice((None, odd.alert(), odd.garbage())), odd.key())
        for topic in (topics.changes, topics.notifications, topics.dead_letters, topics.redriven):
            value = odd.random.choice((None, odd.garbage(), odd.event(), odd.alert()))
            await send(topic, value, odd.key())
        for topic, delivery in sent:
            told = await delivery
            if topic == topics.history:
                self.garbage.add((topic, told.partition, told.offset))

    async def post(self, rounds: int) -> None:
        """Send events and documents to the edge, which may be away; it never fails."""
        odd = self.odd
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            for _ in range(rounds):
                lines = b"\n".join(odd.event() for _ in range(odd.random.choice((1, 2, 30))))
                kind, body = odd.document()
                for path, content, media in (
                    (f"{API}/events", lines, "application/x-ndjson"),
                    (f"{API}/events", odd.event(), "application/json"),
                    (f"{API}/feeds/{kind}", body, "application/json"),
                ):
                    with suppress(httpx.TransportError):
                        headers = {"content-type": media}
                        answer = await http.post(path, content=content, headers=headers)
                        self._check_answer(answer, content)

    def _check_answer(self, answer: httpx.Response, content: bytes) -> None:
        assert answer.status_code < 500 or answer.status_code == 503, (answer.text, content[:300])
        if answer.status_code == 202 and "rejected" in answer.json():
            told = answer.json()["data"]
            self.accepted |= {one["eventId"] for one in told if one.get("eventId")}

    async def listen(self) -> None:
        """Hold a socket that is subscribed to everything; the edge may go, the socket must not."""
        while True:
            with suppress(OSError, websockets.InvalidHandshake, websockets.ConnectionClosed):
                async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/quality") as socket:
                    asking = {"type": "subscribe", "payload": {"assets": ["*"]}}
                    await socket.send(json.dumps(asking))
                    async for message in socket:
                        assert isinstance(message, str)
                        self.pushed += 1
            await asyncio.sleep(0.2)

    async def settle(self) -> None:
        """Wait until everybody has taken in all there is."""
        self.check_alive()
        await self.stream.drained(180)
        topics, settings = self.stream.topics, self.stream.settings
        await self.stream._committed(settings.notify_group, (topics.alerts,), 120)
        await self.ready()

    async def check(self) -> None:
        """Compare all that was sent to what became of it, to the record."""
        expected, refused, repeated = await self._oracle()
        rows = await self.stream.rows(
            'SELECT asset_id, metric_type, "timestamp", event_id FROM quality_metric_history'
        )
        stored = Counter((asset, metric, time, event) for asset, metric, time, event in rows)
        assert max(stored.values(), default=1) == 1
        days = self.stream.settings.event_days
        horizon = datetime.now(UTC).date() - timedelta(days=days)
        kept = {key for key in expected if key[2].date() > horizon}
        assert set(stored) == kept, (set(stored) ^ kept, len(kept))
        letters = await self._letters()
        topics = self.stream.topics
        assert letters[topics.metrics] == refused, letters[topics.metrics] ^ refused
        assert letters[topics.history] == self.garbage, letters[topics.history] ^ self.garbage
        unread = await self._no_alerts()
        assert letters[topics.alerts] == unread, letters[topics.alerts] ^ unread
        known = {str(key[3]) for key in expected}
        assert self.accepted <= known, self.accepted - known
        sys.stdout.write(
            f"{len(kept)} stored, {len(expected) - len(kept)} expired, {repeated} repeated, "
            f"{len(refused)} refused; {len(self.garbage)} records of history and "
            f"{len(letters[topics.alerts])} of alerts set aside, {self.pushed} pushed\n"
        )
        await self._check_readers()

    async def _oracle(self) -> tuple[set[Any], set[Place], int]:
        """What each record of the metrics topic must come to, by the contract."""
        settings, topic = self.stream.settings, self.stream.topics.metrics
        most = int(settings.max_future_seconds * 1_000_000)
        keys: set[Any] = set()
        refused: set[Place] = set()
        repeated, place = 0, await self._topic_id(topic)
        for record in await self.stream.records(topic):
            try:
                event = decode_event(record.value, settings.max_event_bytes)
                check_key(event, record.key)
                check_arrival(event, micros(event.timestamp), record.timestamp * 1000, most)
            except InvalidEvent:
                refused.add((topic, record.partition, record.offset))
                continue
            derived = derived_event_id(place, record.partition, record.offset)
            moment = event.timestamp.astimezone(UTC)
            key = (event.asset_id, event.metric_type.value, moment, event.event_id or derived)
            repeated += key in keys
            keys.add(key)
        return keys, refused, repeated

    async def _topic_id(self, topic: str) -> str:
        consumer = AIOKafkaConsumer(**client_options(self.stream.settings))
        await consumer.start()
        try:
            return (await topic_ids(consumer._client, {topic}))[topic] or topic
        finally:
            await consumer.stop()

    async def _no_alerts(self) -> set[Place]:
        """The records of the alerts topic that are no steps of alerts."""
        topic = self.stream.topics.alerts
        found: set[Place] = set()
        for record in await self.stream.records(topic):
            try:
                decode_alert(record.value)
            except InvalidAlert:
                found.add((topic, record.partition, record.offset))
        return found

    async def _letters(self) -> defaultdict[str, set[Place]]:
        """Where the dead letters that we wrote came from."""
        found: defaultdict[str, set[Place]] = defaultdict(set)
        for record in await self.stream.records(self.stream.topics.dead_letters):
            told = dict(record.headers)
            if len([name for name in told if name.startswith(dead_letters.PREFIX)]) < 5:
                continue  # another's
            topic = told[dead_letters.SOURCE_TOPIC].decode()
            partition = int(told[dead_letters.SOURCE_PARTITION])
            found[topic].add((topic, partition, int(told[dead_letters.SOURCE_OFFSET])))
        return found

    async def _check_readers(self) -> None:
        """Whoever reads what is stored, or set aside, can."""
        async with httpx.AsyncClient(base_url=f"{self.url}{API}", timeout=30) as http:
            for path in ("/alerts", "/metrics", "/assets", "/summary", "/system"):
                answer = await http.get(path)
                assert answer.status_code in {200, 404}, (path, answer.text)
        for command in (["list", "--limit", "5000"], ["redrive", "--dry-run"]):
            run = await asyncio.to_thread(_command, self.stream.settings, *command)
            assert run.returncode == 0, run.stderr[-2000:]


def _command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "dead-letters", *arguments],
        cwd=ROOT, env=os.environ | environment(settings), capture_output=True, check=False,
        text=True, timeout=120,
    )  # fmt: skip
