"""The notifier app: takes alerts in, plans what is due, sends it."""

from typing import Any

import faust
import msgspec

from agents import notify
from agents.outcome import dead_letter_headers, write_letters
from pipeline.app import create_app
from pipeline.produce import Outgoing
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.notifications import ActorNotification
from sinks.database import create_pool
from sinks.notifications import deliveries
from sinks.notifications.courier import Courier
from sinks.notifications.deliveries import Claimed
from sinks.notifications.journal import Journal
from sinks.notifications.rounds import Rounds
from sinks.notifications.senders.dispatch import Dispatch


def build_notifier(settings: Settings) -> faust.App:
    """Return the Faust app that `tidemark notify` runs."""
    topics, pool = Topics(settings.topic_prefix), create_pool(settings, "tidemark-notify")
    app = create_app(settings, settings.notify_group, (topics.alerts,))

    async def publish(told: ActorNotification) -> None:
        producer = app.producer._ensure_producer()
        await producer.send_and_wait(
            topics.notifications, msgspec.json.encode(told), told.actor.encode()
        )

    async def give_up(claimed: Claimed, reason: str) -> None:
        """Write the alerts of a message that nobody got to the dead letters."""
        reason = f"message {claimed.id} to the channel {claimed.channel_name!r} {reason}"
        async with pool.connection() as connection:
            found = await deliveries.places(connection, claimed.notification)
        for alert, partition, offset in found:
            changed = int(alert.changed_at.timestamp() * 1000)
            headers = dead_letter_headers(reason, topics.alerts, partition, offset, changed)
            letter = Outgoing(alert.asset_id.encode(), msgspec.json.encode(alert), headers)
            producer = app.producer._ensure_producer()
            await write_letters(producer, topics.dead_letters, partition, [letter])

    async def journal(key: bytes, step: bytes) -> None:
        await app.producer._ensure_producer().send_and_wait(topics.deliveries, step, key)

    dispatch = Dispatch(settings, publish)
    courier = Courier(pool, dispatch, give_up, Journal(journal), settings)
    rounds = Rounds(pool, courier, settings)
    notify.register(app, topics, pool, rounds)
    app.task(rounds.run)

    async def close(_app: faust.App, **_: Any) -> None:
        await courier.stop()
        await pool.close(timeout=1.0)

    app.on_before_shutdown.connect(close, weak=False)
    return app
