"""Restore: bring a database that comes from a backup to what Kafka knows.

All that is written is written in one transaction, and again it comes to the same: an
interrupted restore is run again.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer
from msgspec import Struct
from msgspec.json import Decoder
from psycopg import AsyncConnection

from pipeline.kafka import client_options
from pipeline.postgres.session import transaction
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.alerts import Alert
from schemas.deliveries import DeliveryStep
from sinks.notifications.intake import Step
from sinks.restore import deliveries, routing, steps, topics
from sinks.restore.topics import Place

log = structlog.get_logger(__name__)

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Told what is read, how many records of it, and of how many."""

_alert = Decoder(Alert).decode
_delivery = Decoder(DeliveryStep).decode


class RestoreError(RuntimeError):
    """A restore can't be made as things stand; the message says why and what helps."""


class Restored(Struct):
    """What a restore came to, or with a dry run would have come to."""

    deliveries: int = 0
    """Whose state the backup did not have."""
    people: int = 0
    """Steps of people that the backup did not have."""
    alerts: int = 0
    """Steps read, whoever took them."""
    history: int = 0
    """Records of history that the sink reads again."""
    unread: int = 0
    """Records that could not be read as what their topic holds."""
    lost: list[str] = msgspec.field(default_factory=list)
    """Topics that Kafka no longer has all of, since the moment."""


async def restore(
    settings: Settings, since: datetime, *, dry_run: bool, progress: Progress
) -> Restored:
    """Bring PostgreSQL to what Kafka has had since `since`, and set the sink back to it.

    Raises:
        RestoreError: a sink or a notifier runs.
        PostgresUnavailable: PostgreSQL can't be reached or used.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    groups = {settings.sink_group: "tidemark sink", settings.notify_group: "tidemark notify"}
    for group, count in (await topics.members(settings, groups)).items():
        if count:
            raise RestoreError(
                f"{count} {groups[group]} still run (consumer group {group}): stop them, wait "
                "until their session is over, and start them after the restore"
            )
    names, done = Topics(settings.topic_prefix), Restored()
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
    await consumer.start()
    try:
        wanted = [names.deliveries, names.alerts, names.history]
        found = {
            topic: await topics.places(consumer, its, since)
            for topic, its in (await topics.partitions(settings, wanted)).items()
        }
        for topic, its in found.items():
            if await topics.lacking(consumer, its):
                done.lost.append(topic)
        url = settings.database_url.get_secret_value()
        async with transaction(url, "tidemark-restore", lock_timeout=10_000) as connection:
            work = _Work(connection, consumer, settings, done, progress)
            await work.deliveries(found[names.deliveries])
            await work.alerts(found[names.alerts])
            if dry_run:
                await connection.rollback()
    finally:
        await consumer.stop()
    if dry_run:
        done.history = sum(place.end - place.start for place in found[names.history])
    else:
        done.history = await topics.set_back(settings, settings.sink_group, found[names.history])
    return done


class _Work:
    """Reads topics into one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        consumer: AIOKafkaConsumer,
        settings: Settings,
        done: Restored,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._consumer = consumer
        self._settings = settings
        self._done = done
        self._progress = progress

    async def deliveries(self, found: list[Place]) -> None:
        """Write the last state of each delivery in the journal."""
        last: dict[UUID, tuple[DeliveryStep, datetime]] = {}
        async for records in self._read("deliveries", found):
            for record in records:
                step = self._decoded(_delivery, record.value)
                if step is not None:
                    last[step.id] = step, topics.arrival(record)
        for step, at in sorted(last.values(), key=lambda one: one[1]):
            self._done.deliveries += await deliveries.put(self._connection, step, at)

    async def alerts(self, found: list[Place]) -> None:
        """Take every step of every alert, and follow who is to be told of it."""
        async for records in self._read("alerts", found):
            read = [
                Step(alert, record.partition, record.offset)
                for record in records
                if (alert := self._decoded(_alert, record.value)) is not None
            ]
            if not read:
                continue
            given = [one.alert for one in read]
            self._done.alerts += len(given)
            self._done.people += await steps.apply(self._connection, given)
            await routing.follow(self._connection, read, self._settings.dashboard_url)

    async def _read(self, what: str, found: list[Place]) -> AsyncIterator[list[Any]]:
        total, done = sum(place.end - place.start for place in found), 0
        async for records in topics.read(self._consumer, found):
            yield records
            done += len(records)
            self._progress(what, done, total)

    def _decoded(self, decode: Callable[[bytes], T], raw: bytes | None) -> T | None:
        """Return what a record holds, None of what the sink refuses as well."""
        try:
            return decode(raw or b"")
        except msgspec.DecodeError as error:
            self._done.unread += 1
            log.warning("a record is passed over", cause=str(error))
            return None
