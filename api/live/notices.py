"""Notices: notifications from their topic to the sockets of whom they are for."""

import asyncio
from collections import OrderedDict
from typing import Final
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import DecodeError
from msgspec.json import Decoder
from msgspec.structs import replace

from api import monitor
from api.auth.scope import Scope
from api.live.hub import Hub
from api.topology import TopicsMissing, read_topology
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.notifications import ActorNotification, Notification

log = structlog.get_logger(__name__)

MESSAGE: Final = "notification"
REMEMBERED: Final = 10_000
POLL_MS: Final = 1000
RETRY_SECONDS: Final = 1.0

_decode: Final = Decoder(ActorNotification).decode


class Notices:
    """Reads the topic from now on and pushes what comes.

    A notification is for who is there; who is not finds it in the list of deliveries.

    Args:
        settings: where Kafka is.
        hub: the sockets.
    """

    def __init__(self, settings: Settings, hub: Hub) -> None:
        self._settings = settings
        self._hub = hub
        self._topic = Topics(settings.topic_prefix).notifications
        self._seen: OrderedDict[UUID, None] = OrderedDict()
        self._offsets: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Read until cancelled; Kafka's absence is waited out."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError, TopicsMissing) as error:
                log.debug("notifications wait for Kafka", error=str(error) or type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self) -> None:
        topology = await read_topology(self._settings, [self._topic])
        consumer = AIOKafkaConsumer(
            **client_options(self._settings), auto_offset_reset="latest", enable_auto_commit=False
        )
        try:
            await consumer.start()
            count = topology.partitions[self._topic]
            partitions = [TopicPartition(self._topic, number) for number in range(count)]
            consumer.assign(partitions)
            for partition in partitions:
                if partition in self._offsets:
                    consumer.seek(partition, self._offsets[partition])
            while True:
                for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    for record in records:
                        self.take(record.value)
                    self._offsets[partition] = records[-1].offset + 1
        finally:
            await consumer.stop()

    def take(self, raw: bytes | None) -> None:
        """Push the notification in a record; one that was pushed before is not again."""
        try:
            told = _decode(raw or b"")
        except (DecodeError, UnicodeDecodeError, RecursionError):
            monitor.READ.labels("notifications", "unreadable").inc()
            return
        if told.notification.id in self._seen:
            monitor.READ.labels("notifications", "repeat").inc()
            return
        self._seen[told.notification.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        monitor.READ.labels("notifications", "pushed").inc()
        for client in tuple(self._hub.clients):
            caller = client.caller
            if caller is not None and caller.actor == told.actor:
                within = _within(caller.scope, told.notification)
                if within is not None:
                    client.reply(MESSAGE, within)
                    monitor.PUSHED.labels("notifications").inc()


def _within(scope: Scope, notification: Notification) -> Notification | None:
    """Return what of a notification this token may see, None if nothing."""
    alerts = [one for one in notification.alerts if scope.allows(one.alert.asset_id)]
    if not alerts and not notification.test:
        return None
    return replace(notification, alerts=alerts)
