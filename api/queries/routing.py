"""Routing as PostgreSQL has it: subscriptions, channels, and whatever holds messages back."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from api.auth.caller import Caller
from api.queries.records import Records
from api.queries.where import Where
from pipeline.globs import posix
from pipeline.rows import struct_of
from schemas.deliveries import Delivery, HeldAlert
from schemas.notifications import Notification
from schemas.routing import (
    AlertSubscription,
    Channel,
    MaintenanceWindow,
    Owner,
    Silence,
)

SUBSCRIPTIONS: Final = Records(
    AlertSubscription, "alert_subscriptions", "alert_subscription_details"
)
CHANNELS: Final = Records(Channel, "notification_channels", "notification_channel_details")
SILENCES: Final = Records(Silence, "alert_silences")
WINDOWS: Final = Records(MaintenanceWindow, "maintenance_windows")
OWNERS: Final = Records(Owner, "asset_owners")
DELIVERIES: Final = Records(Delivery, "notification_deliveries")

_LEVELS: Final = """
    INSERT INTO alert_subscription_channels (subscription_id, after_seconds, channel_id)
    VALUES (%s, %s, %s)
"""
_CLEAR_LEVELS: Final = "DELETE FROM alert_subscription_channels WHERE subscription_id = %s"
_USABLE: Final = """
    SELECT id FROM notification_channels WHERE id = ANY(%s) AND (actor = %s OR shared) FOR SHARE
"""
_USERS: Final = """
    SELECT DISTINCT s.name, s.actor FROM alert_subscription_channels c
    JOIN alert_subscriptions s ON s.id = c.subscription_id
    WHERE c.channel_id = %s ORDER BY s.name, s.actor
"""
_COUNT: Final = sql.SQL("SELECT count(*) FROM {} WHERE actor = %s")
_SCOPE_OF_KEY: Final = """
    SELECT assets FROM api_keys WHERE 'key:' || name || '/' || id = %s
        AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
_TEST: Final = """
    INSERT INTO notification_deliveries (id, channel_id, channel_name, actor, notification)
    SELECT %(id)s, id, name, %(actor)s, %(notification)s
    FROM notification_channels WHERE id = %(channel)s
"""
_RETRY: Final = """
    UPDATE notification_deliveries SET
        state = 'pending', attempts = 0, next_attempt_at = now(), finished_at = NULL, error = NULL
    WHERE id = %s AND state IN ('failed', 'interrupted', 'cancelled')
"""
_HELD: Final = sql.SQL("""
    SELECT subscription_id, name AS subscription, alert_id, asset_id, severity, held AS reason
    FROM notification_items JOIN routed_alerts USING (alert_id)
    JOIN alert_subscriptions s ON s.id = subscription_id
    WHERE held IS NOT NULL AND {where} ORDER BY routed_alerts.updated_at DESC, alert_id LIMIT 1000
""")

Level = tuple[int, UUID]


def own(caller: Caller) -> Where:
    """Return the condition that a record is the caller's own; unbound admins' are all."""
    where = Where()
    if not caller.may_all:
        where.add("actor = %(own_actor)s", own_actor=caller.actor)
    return where


def usable(caller: Caller) -> Where:
    """Return the condition that a channel is the caller's own or shared."""
    where = Where()
    if not caller.may_all:
        where.add("(actor = %(own_actor)s OR shared)", own_actor=caller.actor)
    return where


def in_sight(caller: Caller, *, own_too: bool = True) -> Where:
    """Return the condition that a record's asset pattern lies within the caller's scope."""
    where = Where()
    if not caller.scope.everything:
        sight = [posix(glob) for glob in caller.scope.globs]
        also = "actor = %(own_actor)s OR " if own_too else ""
        where.add(f"({also}asset_pattern ~ ANY(%(sight)s))", sight=sight, own_actor=caller.actor)
    return where


async def write_levels(
    connection: AsyncConnection, subscription: UUID, levels: Iterable[Level]
) -> None:
    """Put these channels in the place of a subscription's; each with seconds until its turn."""
    cursor = connection.cursor()
    await cursor.execute(_CLEAR_LEVELS, (subscription,))
    await cursor.executemany(_LEVELS, [(subscription, *level) for level in sorted(set(levels))])


async def usable_channels(
    connection: AsyncConnection, ids: Sequence[UUID], actor: str
) -> set[UUID]:
    """Return those of `ids` that `actor` may subscribe; they stay until the transaction ends."""
    cursor = await connection.execute(_USABLE, (list(ids), actor))
    return {row[0] for row in await cursor.fetchall()}


async def users_of(connection: AsyncConnection, channel: UUID) -> list[tuple[str, str]]:
    """Return (name, actor) of the subscriptions that lead to a channel."""
    return await (await connection.execute(_USERS, (channel,))).fetchall()


async def count_of(connection: AsyncConnection, table: str, actor: str) -> int:
    """Return how many records of `table` are an actor's."""
    query = _COUNT.format(sql.Identifier(table))
    row = await (await connection.execute(query, (actor,))).fetchone()
    return row[0] if row else 0


async def scope_of_key(connection: AsyncConnection, actor: str) -> list[str] | None:
    """Return the asset globs of the key that `actor` is, None if none is in force."""
    row = await (await connection.execute(_SCOPE_OF_KEY, (actor,))).fetchone()
    return row[0] if row else None


async def order_test(connection: AsyncConnection, channel: UUID, actor: str) -> UUID:
    """Have a test message sent to a channel; return its delivery's id."""
    number = uuid4()
    row = await (await connection.execute("SELECT now()")).fetchone()
    assert row is not None  # noqa: S101
    test = Notification(id=number, created_at=row[0], alerts=[], test=True)
    message = msgspec.json.encode(test).decode()
    given = {"id": number, "channel": channel, "actor": actor, "notification": message}
    await connection.execute(_TEST, given)
    return number


async def order_retry(connection: AsyncConnection, delivery: UUID) -> bool:
    """Have a message sent that was given up; False if it was not."""
    return (await connection.execute(_RETRY, (delivery,))).rowcount == 1


async def held_alerts(connection: AsyncConnection, caller: Caller) -> list[HeldAlert]:
    """Return what the caller's subscriptions hold back just now."""
    where = own(caller)
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_HELD.format(where=where.text), where.values)
    rows: list[dict[str, Any]] = await cursor.fetchall()
    return [struct_of(HeldAlert, row) for row in rows]
