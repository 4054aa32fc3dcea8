"""Routing after a restore: the steps are taken in as the notifier took them in then.

A notifier that was away tells nothing of an alert that ended meanwhile. Of one that its
subscribers were told of, they are told the end too: so before an alert that they know takes
its next step, what is known of it is planned. The keys of what was sent keep everything
from being told twice.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection

from sinks.notifications import intake
from sinks.notifications.intake import Step
from sinks.notifications.planning import GROUPS, plan_due

_TOLD: Final = """
    SELECT DISTINCT alert_id FROM notification_delivery_alerts WHERE alert_id = ANY(%s)
"""


async def follow(
    connection: AsyncConnection, steps: Sequence[Step], dashboard_url: str | None
) -> None:
    """Take steps in, in order; those known already do nothing."""
    cursor = await connection.execute(_TOLD, ([step.alert.id for step in steps],))
    told = {row[0] for row in await cursor.fetchall()}
    pending: dict[UUID, list[Step]] = {}
    for step in steps:
        if step.alert.id in told and step.alert.id in pending:
            await _take_in(connection, pending, dashboard_url)
            pending = {}
        pending.setdefault(step.alert.id, []).append(step)
    await _take_in(connection, pending, dashboard_url)


async def _take_in(
    connection: AsyncConnection, pending: dict[UUID, list[Step]], dashboard_url: str | None
) -> None:
    await intake.store(connection, [step for steps in pending.values() for step in steps])
    while await plan_due(connection, dashboard_url) == GROUPS:
        pass
