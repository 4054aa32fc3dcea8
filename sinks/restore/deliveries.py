"""Deliveries as the journal last had them: what was sent since the backup counts as sent."""

from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from schemas.deliveries import DeliveryState, DeliveryStep

SENDER: Final = "restored"

# One whose claim is all that is known was being sent: the notifier's sweep deals with it as
# with any whose sender has ended. What PostgreSQL was told later than the journal stays.
_PUT: Final = """
    INSERT INTO notification_deliveries AS known
        (id, channel_id, channel_name, subscription_id, actor, notification, state, attempts,
         claimed_by, claimed_at, finished_at, error, created_at)
    VALUES (%(id)s, %(channel_id)s, %(channel_name)s,
            (SELECT id FROM alert_subscriptions WHERE id = %(subscription_id)s), %(actor)s,
            %(notification)s, %(state)s, %(attempts)s, %(sender)s, %(at)s, %(finished_at)s,
            %(error)s, %(created_at)s)
    ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, attempts = excluded.attempts, claimed_by = excluded.claimed_by,
        claimed_at = excluded.claimed_at, finished_at = excluded.finished_at,
        error = excluded.error
    WHERE known.updated_at < %(at)s AND known.state <> excluded.state
"""
_ENTRIES: Final = """
    INSERT INTO notification_delivery_alerts
        (channel_id, alert_id, occasion, activation, delivery_id)
    VALUES (%(channel_id)s, %(alert_id)s, %(occasion)s, %(activation)s, %(delivery_id)s)
    ON CONFLICT DO NOTHING
"""
_OPEN: Final = (DeliveryState.PENDING, DeliveryState.SENDING)


async def put(connection: AsyncConnection, step: DeliveryStep, at: datetime) -> bool:
    """Write the last that the journal has of a delivery; return whether it was news."""
    given: dict[str, Any] = {
        "id": step.id,
        "channel_id": step.channel_id,
        "channel_name": step.channel_name,
        "subscription_id": step.subscription_id,
        "actor": step.actor,
        "notification": msgspec.json.encode(step.notification).decode(),
        "state": str(step.state),
        "attempts": step.attempts,
        "sender": SENDER,
        "at": at,
        "finished_at": None if step.state in _OPEN else at,
        "error": step.error,
        "created_at": step.created_at,
    }
    put = (await connection.execute(_PUT, given)).rowcount > 0
    rows = [
        msgspec.structs.asdict(entry) | {"channel_id": step.channel_id, "delivery_id": step.id}
        for entry in step.entries
    ]
    if rows:
        await connection.cursor().executemany(_ENTRIES, rows)
    return put
