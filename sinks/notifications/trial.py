"""A trial: one test message to one channel, outside of everything that is due."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import msgspec
from aiokafka import AIOKafkaProducer

from pipeline.channels.address import AddressError, describe, new_secret
from pipeline.channels.networks import Networks
from pipeline.kafka import client_options
from pipeline.postgres.session import transaction
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.notifications import ActorNotification, Notification
from schemas.routing import ChannelKind
from sinks.notifications.senders.dispatch import Dispatch
from sinks.notifications.senders.target import DeliveryError, Target

_FIND: Final = """
    SELECT name, kind, actor, sealed_address, sealed_secret, masked FROM notification_channels
    WHERE name = %(channel)s OR id::text = %(channel)s ORDER BY actor LIMIT 2
"""


class UnknownChannelError(ValueError):
    """No channel, or more than one, is meant."""


async def try_channel(settings: Settings, channel: str) -> str:
    """Send a test message to a channel, or an address; return what is shown of it.

    Raises:
        UnknownChannelError: there is no such channel, or several.
        DeliveryError: the message was not taken.
        PostgresUnavailable: PostgreSQL is away.
    """

    async def publish(told: ActorNotification) -> None:
        producer = AIOKafkaProducer(**client_options(settings))
        await producer.start()
        try:
            topic = Topics(settings.topic_prefix).notifications
            await producer.send_and_wait(topic, msgspec.json.encode(told), told.actor.encode())
        finally:
            await producer.stop()

    dispatch = Dispatch(settings, publish)
    target, shown = (
        _address(settings, channel)
        if "://" in channel
        else await _channel(settings, dispatch, channel)
    )
    try:
        await dispatch.send(target, a_test())
    finally:
        await dispatch.close()
    return shown


def a_test() -> Notification:
    """Return a message that tests a channel."""
    return Notification(id=uuid4(), created_at=datetime.now(UTC), alerts=[], test=True)


def _address(settings: Settings, address: str) -> tuple[Target, str]:
    try:
        described = describe(address, Networks(settings.notify_networks))
    except AddressError as error:
        raise UnknownChannelError(str(error)) from None
    if described.kind is ChannelKind.WEBSOCKET:
        raise UnknownChannelError("websocket:// is somebody's: make it a channel and give its name")
    return Target(described.kind, "", address, new_secret()), described.masked


async def _channel(settings: Settings, dispatch: Dispatch, channel: str) -> tuple[Target, str]:
    url = settings.database_url.get_secret_value()
    async with transaction(url, "tidemark-notify-test") as connection:
        cursor = await connection.execute(_FIND, {"channel": channel})
        rows: list[Any] = await cursor.fetchall()
    if not rows:
        raise UnknownChannelError(f"there is no channel {channel!r}")
    if len(rows) > 1:
        raise UnknownChannelError(f"several channels are named {channel!r}; give the id")
    name, kind, actor, address, secret, masked = rows[0]
    try:
        return dispatch.open(kind, actor, address, secret), f"{name} ({masked})"
    except DeliveryError as error:
        raise UnknownChannelError(str(error)) from None
