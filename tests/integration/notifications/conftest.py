"""The notifier as a process between a real Kafka, a real PostgreSQL and real receivers."""

import asyncio
import email
import email.message
import json
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiosmtpd.controller import Controller
from msgspec.structs import replace

from devstack.ports import free_port
from pipeline.channels.address import describe, new_secret
from pipeline.channels.networks import Networks
from pipeline.channels.sealing import Sealing, new_key
from pipeline.provision import provision
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.notifications import Notification
from schemas.routing import ChannelKind
from tests.conftest import SettingsFactory, Starter
from tests.integration.kafka import read_topic

LOOPBACK = ip_network("127.0.0.0/8")
ANN = "key:ann"


@dataclass(frozen=True)
class Received:
    """A request that a webhook got."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def notification(self) -> Notification:
        return msgspec.convert(json.loads(self.body)["data"], Notification)

    @property
    def told(self) -> list[tuple[str, str]]:
        """(occasion, asset) of every alert in the message."""
        return [(str(one.occasion), one.alert.asset_id) for one in self.notification.alerts]


class Receiver:
    """A webhook's receiver. `answers` are given in turn, the last one for ever."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers = [200]
        self.delay = 0.0
        self._gate = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                answers = receiver.answers
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if receiver.delay:
                    receiver._gate.wait(receiver.delay)
                self.send_response(answer)
                if answer in (301, 302, 307):
                    self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook/token-1234"

    def release(self) -> None:
        """Answer all requests that are held, now and from now on."""
        self._gate.set()

    def stop(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()


class Mailbox:
    """What an SMTP server took."""

    def __init__(self) -> None:
        self.messages: list[email.message.EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, email.message.EmailMessage)
        self.messages.append(parsed)
        return "250 OK"


class Routing:
    """One test's topics and database, and what people asked to be told of."""

    def __init__(self, settings: Settings, start: Starter, producer: AIOKafkaProducer) -> None:
        self.settings = settings
        self.topics = Topics(settings.topic_prefix)
        self.secret = new_secret()
        self._start = start
        self._producer = producer

    def start(self, **changes: Any) -> subprocess.Popen[bytes]:
        given = self.settings.model_dump(exclude_unset=True) | changes
        return self._start("notify", settings=Settings(**given))

    async def channel(self, address: str, *, name: str = "", **fields: Any) -> UUID:
        sealing = Sealing(self.settings)
        described = describe(address, Networks([LOOPBACK]))
        webhook = described.kind is ChannelKind.WEBHOOK
        row = {
            "id": uuid4(),
            "actor": ANN,
            "name": name or f"channel-{uuid4().hex[:6]}",
            "kind": str(described.kind),
            "service": described.service,
            "masked": described.masked,
            "sealed_address": None
            if described.kind is ChannelKind.WEBSOCKET
            else sealing.seal(address),
            "sealed_secret": sealing.seal(self.secret) if webhook else None,
        } | fields
        await self._insert("notification_channels", row)
        return row["id"]  # type: ignore[no-any-return]

    async def subscribe(
        self, *channels: UUID, escalations: Mapping[int, UUID] | None = None, **fields: Any
    ) -> UUID:
        number = uuid4()
        row = {"id": number, "actor": ANN, "scope": ["*"], "name": "mine"} | fields
        await self._insert("alert_subscriptions", row)
        levels = [(0, channel) for channel in channels] + list((escalations or {}).items())
        for after, channel in levels:
            level = {"subscription_id": number, "channel_id": channel, "after_seconds": after}
            await self._insert("alert_subscription_channels", level)
        return number

    async def push(self, *alerts: Alert) -> None:
        for alert in alerts:
            key, raw = alert.asset_id.encode(), msgspec.json.encode(alert)
            await self._producer.send_and_wait(self.topics.alerts, raw, key)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        url = self.settings.database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute(query.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def states(self) -> list[tuple[str, int]]:
        """(state, attempts) of every delivery, oldest first."""
        return await self.rows(
            "SELECT state, attempts FROM notification_deliveries ORDER BY number"
        )

    async def reached(self, *states: str, seconds: float = 30) -> None:
        """Wait until the deliveries are in just these states."""

        async def there() -> bool:
            return [state for state, _ in await self.states()] == list(states)

        await eventually(there, seconds, f"deliveries are not {states}")

    async def joined(self, members: int) -> None:
        """Wait until so many notifiers share the partitions."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_brokers)
        await admin.start()

        async def stable() -> bool:
            try:
                (answer,) = await admin.describe_consumer_groups([self.settings.notify_group])
            except GroupCoordinatorNotAvailableError:
                return False
            _, _, state, _, _, found, *_ = answer.groups[0]
            return state == "Stable" and len(found) == members

        try:
            await eventually(stable, 40, f"no {members} notifiers")
        finally:
            await admin.close()

    async def records(self, topic: str) -> list[Any]:
        """Everything in a topic now."""
        return await read_topic(self.settings, topic)

    async def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        await self.rows(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())


def an_alert(asset: str = "warehouse.orders", **fields: Any) -> Alert:
    now = datetime.now(UTC)
    given = {
        "id": uuid4(),
        "asset_id": asset,
        "asset_name": asset,
        "alert_type": AlertType.SUDDEN_DROP,
        "message": f"{asset}: score fell by 20 points, 90 -> 70",
        "severity": Severity.CRITICAL,
        "status": AlertStatus.ACTIVE,
        "timestamp": now,
        "metadata": AlertMetadata(
            rule="score_drop", metric_type="score", previous_value=90, current_value=70, change=-20
        ),
        "step_id": uuid4(),
        "changed_at": now,
        "source": "warehouse",
    } | fields
    return Alert(**given)


def stepped(alert: Alert, status: AlertStatus, **fields: Any) -> Alert:
    """The alert after somebody's next step."""
    now = datetime.now(UTC)
    return replace(
        alert, status=status, step_id=uuid4(), changed_at=now, changed_by="key:bob", **fields
    )


async def eventually(check: Callable[[], Any], seconds: float = 20, what: str = "") -> Any:
    """Return the first true thing that (async) `check` returns."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await check()):
        assert asyncio.get_running_loop().time() < deadline, what or "not in time"
        await asyncio.sleep(0.1)
    return found


async def arrived(box: list[Any], count: int, seconds: float = 30) -> None:
    """Wait until `box` holds so many."""

    async def there() -> bool:
        return len(box) >= count

    await eventually(there, seconds, f"{len(box)} arrived, not {count}")
    assert len(box) == count


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture
def smtp() -> Iterator[tuple[str, Mailbox]]:
    """An apprise address that ends in an SMTP server of the test's own, and its mailbox."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    address = f"mailto://127.0.0.1:{controller.port}/?from=tidemark@example.com&to=ann@example.com"
    yield address, mailbox
    controller.stop()


@pytest.fixture
async def routing(
    make_settings: SettingsFactory, start_tidemark: Starter
) -> AsyncIterator[Routing]:
    """Topics and tables; no notifier runs yet."""
    settings = make_settings(
        secret_key=new_key(),
        notify_networks=["127.0.0.0/8"],
        notify_retry_seconds=0.2,
        notify_timeout_seconds=5.0,
        notify_lease_seconds=6.0,
        dashboard_url="https://tidemark.example/",
    )
    await provision(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
    await producer.start()
    yield Routing(settings, start_tidemark, producer)
    await producer.stop()
