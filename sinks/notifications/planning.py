"""Planning: groups that are due, and the messages they come to, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection

from pipeline.operators.routing.group import group_label
from pipeline.operators.routing.hold import Circumstances
from pipeline.operators.routing.plan import Entry, Item, Plan, plan
from pipeline.operators.routing.told import Told
from schemas.alerts import Alert
from schemas.notifications import Notification, NotifiedAlert
from schemas.routing import AlertSubscription
from sinks.notifications import rules

GROUPS: Final = 200
"""Groups planned in one transaction."""

_DUE: Final = """
    SELECT subscription_id, key, now() FROM notification_groups WHERE due_at <= now()
    ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_PUT_OFF: Final = """
    UPDATE notification_groups SET due_at = now() + interval '1 hour'
    WHERE (subscription_id, key) IN (
        SELECT subscription_id, key FROM notification_groups WHERE due_at <= now()
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING subscription_id, key
"""
_ITEMS: Final = """
    SELECT i.subscription_id, i.group_key, r.alert, r.activation, i.told,
           ARRAY(SELECT d.channel_id FROM notification_delivery_alerts d
                 WHERE d.alert_id = i.alert_id AND d.activation = r.activation)
    FROM notification_items i
    JOIN unnest(%s::uuid[], %s::text[]) AS t (subscription_id, key)
        ON i.subscription_id = t.subscription_id AND i.group_key = t.key
    JOIN routed_alerts r USING (alert_id)
    ORDER BY r.alert->>'timestamp', i.alert_id
"""
_SOURCE_ALERTS: Final = """
    SELECT alert FROM routed_alerts
    WHERE asset_id = ANY(%s) AND status IN ('active', 'acknowledged')
"""
_ENTRIES: Final = """
    INSERT INTO notification_delivery_alerts
        (channel_id, alert_id, occasion, activation, delivery_id)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[])
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, alert_id, occasion
"""
_DELIVERIES: Final = """
    INSERT INTO notification_deliveries
        (id, channel_id, channel_name, subscription_id, actor, notification)
    SELECT %(id)s, id, name, %(subscription_id)s, %(actor)s, %(notification)s
    FROM notification_channels WHERE id = %(channel_id)s
"""
_TOLD: Final = """
    UPDATE notification_items SET told = %s, held = %s WHERE subscription_id = %s AND alert_id = %s
"""
_HELD: Final = """
    UPDATE notification_items SET held = %s WHERE subscription_id = %s AND alert_id = %s
"""
_OVER: Final = "DELETE FROM notification_items WHERE subscription_id = %s AND alert_id = %s"
_PLANNED: Final = """
    UPDATE notification_groups SET due_at = %s, told_at = coalesce(%s, told_at)
    WHERE subscription_id = %s AND key = %s
"""


class Planned(NamedTuple):
    """One group and what it comes to."""

    subscription: AlertSubscription
    key: str
    plan: Plan
    activations: dict[UUID, UUID]


class Message(NamedTuple):
    """A message for one channel, before it is known what of it is new there."""

    id: UUID
    channel: UUID
    planned: Planned
    entries: Sequence[Entry]


async def plan_due(
    connection: AsyncConnection, dashboard_url: str | None, at_once: int = GROUPS
) -> int:
    """Plan the groups that are due, in the caller's transaction; return how many there were.

    Several processes may do this at once: each takes groups that no other has.
    """
    due = await (await connection.execute(_DUE, (at_once,))).fetchall()
    if not due:
        return 0
    now: datetime = due[0][2]
    items = await _items(connection, [row[:2] for row in due])
    subscriptions = await rules.subscriptions(connection, list({row[0] for row in due}))
    circumstances = await _circumstances(connection, now, subscriptions.values(), items)
    planned = []
    for subscription_id, key, _ in due:
        found = items.get((subscription_id, key), [])
        subscription = subscriptions[subscription_id]
        activations = {item.alert.id: item.activation for item in found}
        outcome = plan(subscription, found, circumstances)
        planned.append(Planned(subscription, key, outcome, activations))
    await _deliver(connection, planned, now, dashboard_url)
    await _remember(connection, planned, now)
    return len(due)


async def put_off(connection: AsyncConnection) -> list[tuple[UUID, str]]:
    """Put off the group that is to be planned next; return it."""
    return await (await connection.execute(_PUT_OFF)).fetchall()


async def _items(
    connection: AsyncConnection, groups: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], list[Item]]:
    ids, keys = zip(*groups, strict=True)
    cursor = await connection.execute(_ITEMS, (list(ids), list(keys)))
    found: dict[tuple[UUID, str], list[Item]] = defaultdict(list)
    for subscription_id, key, alert, activation, told, channels in await cursor.fetchall():
        item = Item(
            msgspec.convert(alert, Alert),
            activation,
            None if told is None else msgspec.convert(told, Told),
            frozenset(channels),
        )
        found[subscription_id, key].append(item)
    return found


async def _circumstances(
    connection: AsyncConnection,
    now: datetime,
    subscriptions: Iterable[AlertSubscription],
    items: dict[tuple[UUID, str], list[Item]],
) -> Circumstances:
    source_alerts: list[Alert] = []
    if any(subscription.muted_by_source for subscription in subscriptions):
        sources = {item.alert.source for some in items.values() for item in some}
        cursor = await connection.execute(_SOURCE_ALERTS, (list(sources - {None}),))
        source_alerts = [msgspec.convert(row[0], Alert) for row in await cursor.fetchall()]
    return Circumstances(
        now=now,
        silences=await rules.silences(connection),
        windows=await rules.windows(connection),
        owners=await rules.owners(connection),
        source_alerts=source_alerts,
    )


async def _deliver(
    connection: AsyncConnection,
    planned: Iterable[Planned],
    now: datetime,
    dashboard_url: str | None,
) -> None:
    """Write the messages, each without what its channel was told by another subscription."""
    messages = [
        Message(uuid4(), channel, one, entries)
        for one in planned
        for channel, entries in one.plan.messages.items()
    ]
    rows = [
        (message.channel, entry.alert.id, entry.key,
         message.planned.activations[entry.alert.id], message.id)
        for message in messages
        for entry in message.entries
    ]  # fmt: skip
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor = await connection.execute(_ENTRIES, columns)
    new: dict[UUID, set[tuple[UUID, str]]] = defaultdict(set)
    for delivery_id, alert_id, key in await cursor.fetchall():
        new[delivery_id].add((alert_id, key))
    deliveries = [
        _delivery(message, new[message.id], now, dashboard_url)
        for message in messages
        if message.id in new
    ]
    await connection.cursor().executemany(_DELIVERIES, deliveries)


def _delivery(
    message: Message, new: set[tuple[UUID, str]], now: datetime, dashboard_url: str | None
) -> dict[str, Any]:
    subscription = message.planned.subscription
    notification = Notification(
        id=message.id,
        created_at=now,
        subscription_id=subscription.id,
        subscription=subscription.name,
        group=group_label(subscription.group_by, message.planned.key),
        alerts=[
            NotifiedAlert(
                occasion=entry.occasion,
                alert=entry.alert,
                owner=entry.owner,
                link=link_to(entry.alert, dashboard_url),
            )
            for entry in message.entries
            if (entry.alert.id, entry.key) in new
        ],
    )
    return {
        "id": message.id,
        "channel_id": message.channel,
        "subscription_id": subscription.id,
        "actor": subscription.actor,
        "notification": msgspec.json.encode(notification).decode(),
    }


def link_to(alert: Alert, dashboard_url: str | None) -> str | None:
    """Return where an alert is to be seen, None without a dashboard."""
    return dashboard_url and f"{dashboard_url.rstrip('/')}/alerts?view=all&alert={alert.id}"


async def _remember(connection: AsyncConnection, planned: Iterable[Planned], now: datetime) -> None:
    told, held, over, groups = [], [], [], []
    for subscription, key, outcome, _ in planned:
        for alert_id, known in outcome.told.items():
            told.append((msgspec.json.encode(known).decode(), None, subscription.id, alert_id))
        held += [(why, subscription.id, alert_id) for alert_id, why in outcome.held.items()]
        over += [(subscription.id, alert_id) for alert_id in outcome.over]
        told_at = now if outcome.messages else None
        groups.append((outcome.due_at, told_at, subscription.id, key))
    cursor = connection.cursor()
    await cursor.executemany(_TOLD, told)
    await cursor.executemany(_HELD, held)
    await cursor.executemany(_OVER, over)
    await cursor.executemany(_PLANNED, groups)
