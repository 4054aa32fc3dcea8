"""Deliveries: each is claimed before it is sent, and what became of it is written down."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from schemas.alerts import Alert
from schemas.deliveries import DeliveryEntry
from schemas.notifications import Notification

# What went before about the same alert goes first: no recovery overtakes its alert.
_CLAIM: Final = """
    WITH due AS (
        SELECT id FROM notification_deliveries d
        WHERE state = 'pending' AND next_attempt_at <= now() AND NOT EXISTS (
            SELECT FROM notification_delivery_alerts mine
            JOIN notification_delivery_alerts other USING (channel_id, alert_id)
            JOIN notification_deliveries before ON before.id = other.delivery_id
            WHERE mine.delivery_id = d.id AND before.number < d.number
                AND before.state IN ('pending', 'sending')
        )
        ORDER BY next_attempt_at, number LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE notification_deliveries d SET
            state = 'sending', attempts = attempts + 1, claimed_by = %(sender)s,
            claimed_at = now()
        FROM due WHERE d.id = due.id
        RETURNING d.id, d.attempts, d.notification, d.channel_id, d.channel_name, d.number,
                  d.subscription_id, d.actor, d.created_at
    )
    SELECT claimed.id, attempts, notification, channel_name, kind, channel.actor, sealed_address,
           sealed_secret, channel_id, subscription_id, claimed.actor, claimed.created_at,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'alertId', alert_id, 'occasion', occasion, 'activation', activation)), '[]')
            FROM notification_delivery_alerts WHERE delivery_id = claimed.id)
    FROM claimed LEFT JOIN notification_channels channel
        ON channel.id = channel_id AND is_key_in_force(channel.actor)
    ORDER BY number
"""
_FINISH: Final = """
    UPDATE notification_deliveries SET
        state = %(state)s, error = %(error)s, finished_at = now()
    WHERE id = %(id)s AND claimed_by = %(sender)s AND state IN ('sending', 'interrupted')
"""
_RETRY: Final = """
    UPDATE notification_deliveries SET
        state = 'pending', error = %(error)s, next_attempt_at = now() + %(wait)s
    WHERE id = %(id)s AND claimed_by = %(sender)s AND state IN ('sending', 'interrupted')
"""
_RELEASE: Final = """
    UPDATE notification_deliveries SET state = 'pending', attempts = attempts - 1
    WHERE claimed_by = %(sender)s AND state = 'sending' AND NOT id = ANY(%(sending)s)
"""
_SWEEP: Final = """
    UPDATE notification_deliveries d SET
        state = CASE WHEN again THEN 'pending' ELSE 'interrupted' END,
        finished_at = CASE WHEN again THEN NULL ELSE now() END,
        next_attempt_at = now(),
        error = 'its sender ended while it was being sent: nobody knows whether it arrived'
    FROM (
        SELECT late.id, coalesce(repeatable, false) AS again
        FROM notification_deliveries late
        LEFT JOIN notification_channels channel ON channel.id = late.channel_id
        WHERE late.state = 'sending' AND late.claimed_at < now() - %(lease)s
        FOR UPDATE OF late SKIP LOCKED
    ) swept
    WHERE d.id = swept.id
    RETURNING d.id, d.channel_name, d.state
"""
_PLACES: Final = """
    SELECT alert, partition, "offset" FROM routed_alerts WHERE alert_id = ANY(%s)
"""
_CLEANUP: Final = "SELECT cleanup_old_notifications(%s)"


class Claimed(NamedTuple):
    """A delivery that is ours to send.

    `kind` and `actor` are its channel's, None if that or the key of its owner is gone.
    """

    id: UUID
    attempts: int
    notification: Notification
    channel_name: str
    kind: str | None
    actor: str | None
    sealed_address: bytes | None
    sealed_secret: bytes | None
    channel_id: UUID
    subscription_id: UUID | None
    owner: str
    created_at: datetime
    entries: list[DeliveryEntry]


class Swept(NamedTuple):
    """A delivery whose sender has ended, and what was made of it."""

    id: UUID
    channel_name: str
    state: str


class Place(NamedTuple):
    """Where the newest step of an alert was read."""

    alert: Alert
    partition: int
    offset: int


async def claim(connection: AsyncConnection, sender: str, limit: int) -> list[Claimed]:
    """Claim up to `limit` deliveries that are due: after the commit they are ours alone."""
    cursor = await connection.execute(_CLAIM, {"sender": sender, "limit": limit})
    return [
        Claimed._make(
            [
                *row[:2],
                msgspec.convert(row[2], Notification),
                *row[3:-1],
                msgspec.convert(row[-1], list[DeliveryEntry]),
            ]
        )
        for row in await cursor.fetchall()
    ]


async def release(connection: AsyncConnection, sender: str, sending: list[UUID]) -> None:
    """Give back what `sender` has claimed without hearing of it: it is not being sent."""
    await connection.execute(_RELEASE, {"sender": sender, "sending": sending})


async def finish(
    connection: AsyncConnection, sender: str, delivery: UUID, state: str, error: str | None = None
) -> None:
    """Write down how a delivery that `sender` claimed ended."""
    given = {"id": delivery, "sender": sender, "state": state, "error": error}
    await connection.execute(_FINISH, given)


async def retry_later(
    connection: AsyncConnection, sender: str, delivery: UUID, wait: float, error: str
) -> None:
    """Try a delivery that `sender` claimed again in `wait` seconds."""
    given = {"id": delivery, "sender": sender, "error": error, "wait": timedelta(seconds=wait)}
    await connection.execute(_RETRY, given)


async def sweep(connection: AsyncConnection, lease: float) -> list[Swept]:
    """Deal with what was claimed more than `lease` seconds ago: its sender has ended.

    Whether it was sent is not to be known, so it is not sent again, unless its channel's
    receiver drops what it has had.
    """
    cursor = await connection.execute(_SWEEP, {"lease": timedelta(seconds=lease)})
    return [Swept(*row) for row in await cursor.fetchall()]


async def places(connection: AsyncConnection, notification: Notification) -> list[Place]:
    """Return the alerts of a message, and where they were read."""
    ids = [one.alert.id for one in notification.alerts]
    cursor = await connection.execute(_PLACES, (ids,))
    return [Place(msgspec.convert(row[0], Alert), *row[1:]) for row in await cursor.fetchall()]


async def clean_up(connection: AsyncConnection, days: int) -> int:
    """Delete what is older than `days` and over; return how many rows went."""
    row = await (await connection.execute(_CLEANUP, (days,))).fetchone()
    return row[0] if row else 0
