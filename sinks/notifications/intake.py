"""Intake: steps of alerts, and whom they concern, into PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from pipeline.operators.routing.group import due_at, group_key
from pipeline.operators.routing.match import matches
from pipeline.operators.routing.owners import owner_of
from pipeline.operators.routing.standing import Standing, advance
from schemas.alerts import Alert
from schemas.routing import AlertSubscription
from sinks.notifications import rules

# Every statement takes its rows in the order of their keys, so that two that write
# the same wait for each other and never both.
_STANDINGS: Final = """
    SELECT alert_id, alert, activation, steps FROM routed_alerts
    WHERE alert_id = ANY(%s) ORDER BY alert_id FOR UPDATE
"""
_STAND: Final = """
    INSERT INTO routed_alerts AS known
        (alert_id, asset_id, source, severity, status, alert, activation, steps, partition,
         "offset")
    VALUES (%(id)s, %(asset_id)s, %(source)s, %(severity)s, %(status)s, %(alert)s, %(activation)s,
            %(steps)s, %(partition)s, %(offset)s)
    ON CONFLICT (alert_id) DO UPDATE SET
        source = excluded.source, severity = excluded.severity, status = excluded.status,
        alert = excluded.alert, activation = excluded.activation, steps = excluded.steps,
        partition = excluded.partition, "offset" = excluded."offset"
"""
_CONCERNED: Final = """
    SELECT subscription_id, group_key FROM notification_items WHERE alert_id = ANY(%s)
"""
# Locks the groups: whoever plans one has it to itself, and is planned again afterwards.
_GROUPS: Final = """
    INSERT INTO notification_groups AS known (subscription_id, key)
    SELECT * FROM unnest(%s::uuid[], %s::text[]) ORDER BY 1, 2
    ON CONFLICT (subscription_id, key) DO UPDATE SET due_at = known.due_at
    RETURNING subscription_id, key, due_at, told_at
"""
_ITEMS: Final = """
    INSERT INTO notification_items (subscription_id, alert_id, group_key)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) ORDER BY 1, 2
    ON CONFLICT (subscription_id, alert_id) DO UPDATE SET group_key = excluded.group_key
"""
_DUE: Final = """
    UPDATE notification_groups g SET due_at = t.due_at
    FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS t (subscription_id, key, due_at)
    WHERE g.subscription_id = t.subscription_id AND g.key = t.key
"""


class Step(NamedTuple):
    """A step of an alert and where it was read."""

    alert: Alert
    partition: int
    offset: int


Group = tuple[UUID, str]


async def store(connection: AsyncConnection, steps: Sequence[Step]) -> None:
    """Take in steps, in order, in the caller's transaction; those known already do nothing."""
    before = await _standings(connection, {step.alert.id for step in steps})
    after = dict(before)
    taken: dict[UUID, Step] = {}
    news: dict[UUID, datetime] = {}
    for step in steps:
        standing = advance(after.get(step.alert.id), step.alert)
        if standing is not None:
            after[step.alert.id], taken[step.alert.id] = standing, step
            if standing.is_news:
                news[step.alert.id] = step.alert.changed_at
    if not taken:
        return
    rows = [_row(after[number], taken[number]) for number in sorted(taken)]
    await connection.cursor().executemany(_STAND, rows)
    await _concern(connection, [after[number].alert for number in taken], news)


async def _concern(
    connection: AsyncConnection, changed: Sequence[Alert], news: Mapping[UUID, datetime]
) -> None:
    """Make the groups due that changed alerts are in, and those of who is newly concerned.

    `news` says since when an alert may concern others.
    """
    subscribed = await rules.enabled_subscriptions(connection)
    owners = await rules.owners(connection) if news else []
    new: dict[tuple[UUID, UUID], Group] = {}
    for alert in changed:
        if alert.id not in news:
            continue
        owner = owner_of(owners, alert.asset_id)
        for subscription in _told_of(subscribed, alert, owner, news[alert.id]):
            key = group_key(subscription.group_by, alert, owner)
            new[subscription.id, alert.id] = subscription.id, key
    cursor = await connection.execute(_CONCERNED, ([alert.id for alert in changed],))
    groups = {(row[0], row[1]) for row in await cursor.fetchall()} | set(new.values())
    if not groups:
        return
    locked = await _lock(connection, groups)
    if new:
        columns = zip(*((*pair, group[1]) for pair, group in new.items()), strict=True)
        await connection.execute(_ITEMS, [list(column) for column in columns])
    by_id = {subscription.id: subscription for subscription in subscribed}
    await _make_due(connection, locked, by_id)


def _told_of(
    subscribed: Iterable[AlertSubscription], alert: Alert, owner: str | None, since: datetime
) -> list[AlertSubscription]:
    """Return who is to be told; nobody is of what happened before they asked."""
    return [
        subscription
        for subscription in subscribed
        if subscription.created_at <= since and matches(subscription, alert, owner)
    ]


async def _standings(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    cursor = await connection.execute(_STANDINGS, (list(ids),))
    return {
        number: Standing(msgspec.convert(alert, Alert), activation, tuple(steps), is_news=False)
        for number, alert, activation, steps in await cursor.fetchall()
    }


async def _lock(connection: AsyncConnection, groups: Iterable[Group]) -> list[Any]:
    ids, keys = zip(*groups, strict=True)
    return await (await connection.execute(_GROUPS, (list(ids), list(keys)))).fetchall()


async def _make_due(
    connection: AsyncConnection, locked: Sequence[Any], subscribed: dict[UUID, AlertSubscription]
) -> None:
    ((now,),) = await (await connection.execute("SELECT now()")).fetchall()
    due: list[tuple[UUID, str, datetime]] = []
    for subscription_id, key, planned, told_at in locked:
        subscription = subscribed.get(subscription_id)
        # One that was turned off is let go of when it is planned.
        moment = due_at(subscription, told_at, now) if subscription else now
        due.append((subscription_id, key, min(planned, moment) if planned else moment))
    await connection.execute(_DUE, [list(column) for column in zip(*due, strict=True)])


def _row(standing: Standing, step: Step) -> dict[str, Any]:
    alert = standing.alert
    return {
        "id": alert.id,
        "asset_id": alert.asset_id,
        "source": alert.source,
        "severity": str(alert.severity),
        "status": str(alert.status),
        "alert": msgspec.json.encode(alert).decode(),
        "activation": standing.activation,
        "steps": list(standing.steps),
        "partition": step.partition,
        "offset": step.offset,
    }
