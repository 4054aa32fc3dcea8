"""Alerts: the steps the stream takes, from the alerts topic to PostgreSQL, each once.

Steps people take are in PostgreSQL before they are on the topic.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, LiteralString

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from pipeline.operators.validate_alert import decode_alert
from schemas.alerts import PIPELINE, Alert, AlertStatus

_ASSETS: Final = """
    INSERT INTO assets (asset_id, asset_name, source)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_RAISE: Final = """
    INSERT INTO quality_alerts_realtime
        (id, asset_id, asset_name, alert_type, message, severity, status, "timestamp", metadata,
         step_id, changed_at, changed_by, source)
    VALUES (%(id)s, %(asset_id)s, %(asset_name)s, %(alert_type)s, %(message)s, %(severity)s,
            %(status)s, %(timestamp)s, %(metadata)s, %(step_id)s, %(changed_at)s, %(changed_by)s,
            %(source)s)
    ON CONFLICT (id) DO NOTHING
"""
# The audit's unique step id says whether the step was taken before: a person may
# have reopened the alert since.
_RESOLVE: Final = """
    WITH standing AS (
        SELECT id, status FROM quality_alerts_realtime
        WHERE id = %(id)s AND status IN ('active', 'acknowledged') FOR UPDATE
    ), taken AS (
        INSERT INTO alert_audit
            (step_id, alert_id, action, actor, at, from_status, to_status, resolution)
        SELECT %(step_id)s, id, 'resolve', %(changed_by)s, %(changed_at)s, status, 'resolved',
               %(resolution)s
        FROM standing
        ON CONFLICT (step_id) DO NOTHING
        RETURNING alert_id
    )
    UPDATE quality_alerts_realtime SET
        status = 'resolved', resolution = %(resolution)s, step_id = %(step_id)s,
        changed_at = %(changed_at)s, changed_by = %(changed_by)s,
        resolved_at = least(resolved_at, %(changed_at)s), resolved_by_itself = true
    FROM taken WHERE id = taken.alert_id
"""
# It happened again: whatever people did with the alert, it is active.
_RECUR: Final = """
    WITH standing AS (
        SELECT id, status FROM quality_alerts_realtime WHERE id = %(id)s FOR UPDATE
    ), taken AS (
        INSERT INTO alert_audit (step_id, alert_id, action, actor, at, from_status, to_status)
        SELECT %(step_id)s, id, 'recur', %(changed_by)s, %(changed_at)s, status, 'active'
        FROM standing
        ON CONFLICT (step_id) DO NOTHING
        RETURNING alert_id
    )
    UPDATE quality_alerts_realtime SET
        status = 'active', resolution = NULL, alert_type = %(alert_type)s, message = %(message)s,
        severity = %(severity)s, metadata = %(metadata)s, step_id = %(step_id)s,
        changed_at = %(changed_at)s, changed_by = %(changed_by)s
    FROM taken WHERE id = taken.alert_id
"""


def step(raw: bytes | None) -> Alert | None:
    """Return the step in a record of the alerts topic, None if a person took it.

    Raises:
        InvalidAlert: it is not an alert.
    """
    alert = decode_alert(raw)
    return alert if alert.changed_by == PIPELINE else None


async def store(connection: AsyncConnection, steps: Sequence[Alert]) -> None:
    """Write steps, in order, in the caller's transaction; those taken before do nothing."""
    assets = {alert.asset_id: alert for alert in steps}
    await connection.execute(
        _ASSETS,
        (
            list(assets),
            [alert.asset_name for alert in assets.values()],
            [alert.source for alert in assets.values()],
        ),
    )
    active = [alert for alert in steps if alert.status is AlertStatus.ACTIVE]
    raised = [_row(alert) for alert in active]
    async with connection.cursor() as cursor:
        # Whatever order the two are in on the topic: no alert resolves before it is raised.
        await cursor.executemany(_RAISE, raised)
        for statement, group in groupby(filter(_follows, steps), _statement):
            await cursor.executemany(statement, [_row(alert) for alert in group])


def _follows(alert: Alert) -> bool:
    return alert.status is AlertStatus.RESOLVED or alert.metadata.occurrences is not None


def _statement(alert: Alert) -> LiteralString:
    """Return what a step does to an alert that was raised."""
    return _RESOLVE if alert.status is AlertStatus.RESOLVED else _RECUR


def _row(alert: Alert) -> dict[str, Any]:
    return msgspec.structs.asdict(alert) | {
        "alert_type": str(alert.alert_type),
        "severity": str(alert.severity),
        "status": str(alert.status),
        "metadata": Jsonb(msgspec.to_builtins(alert.metadata)),
    }
