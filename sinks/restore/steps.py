"""Steps of alerts, the stream's and people's, in the order of their topic, each once."""

from collections.abc import Iterable, Sequence
from typing import Final

from psycopg import AsyncConnection

from schemas.alerts import PIPELINE, Alert, AlertStatus
from sinks import alerts

_LEADS_TO: Final = {
    AlertStatus.ACTIVE: "reopen",
    AlertStatus.ACKNOWLEDGED: "acknowledge",
    AlertStatus.RESOLVED: "resolve",
    AlertStatus.IGNORED: "ignore",
}
# A record tells where its step led, not which it was. One that leaves the status as it is
# either comments, and then says something, or assigns.
_TAKE: Final = """
    WITH standing AS (
        SELECT id, status, assignee FROM quality_alerts_realtime WHERE id = %(id)s FOR UPDATE
    ), step AS (
        SELECT *, CASE
            WHEN status <> %(status)s THEN %(leads)s
            WHEN %(comment)s::text IS NULL OR assignee IS DISTINCT FROM %(assignee)s::text
            THEN 'assign' ELSE 'comment' END AS action
        FROM standing
    ), taken AS (
        INSERT INTO alert_audit (step_id, alert_id, action, actor, at, from_status, to_status,
                                 resolution, comment, assignee)
        SELECT %(step_id)s, id, action, %(changed_by)s, %(changed_at)s, status, %(status)s,
               CASE action WHEN 'resolve' THEN %(resolution)s::text END, %(comment)s,
               CASE action WHEN 'assign' THEN %(assignee)s::text END
        FROM step
        ON CONFLICT (step_id) DO NOTHING
        RETURNING alert_id, action
    )
    UPDATE quality_alerts_realtime SET
        status = %(status)s, resolution = %(resolution)s, comment = %(comment)s,
        assignee = %(assignee)s, step_id = %(step_id)s, changed_at = %(changed_at)s,
        changed_by = %(changed_by)s,
        acknowledged_at = least(
            acknowledged_at, CASE action WHEN 'acknowledge' THEN %(changed_at)s::timestamptz END
        ),
        resolved_at = least(
            resolved_at, CASE action WHEN 'resolve' THEN %(changed_at)s::timestamptz END
        )
    FROM taken WHERE id = taken.alert_id
"""
_RELAYED: Final = "DELETE FROM alert_outbox WHERE (payload->>'stepId')::uuid = ANY(%s)"
_AUDITED: Final = "SELECT count(*) FROM alert_audit"


async def apply(connection: AsyncConnection, steps: Sequence[Alert]) -> int:
    """Take steps that PostgreSQL may lack, in order; return how many of people's it did.

    What the restored outbox would send to the topic again, although it is there, is dropped.
    """
    taken = 0
    for run in _runs(steps):
        if run[0].changed_by == PIPELINE:
            await alerts.store(connection, run)
        else:
            taken += await _take(connection, run[0])
    await connection.execute(_RELAYED, ([step.step_id for step in steps],))
    return taken


def _runs(steps: Iterable[Alert]) -> Iterable[list[Alert]]:
    """Return people's steps one by one; of the stream's, many at once, but one of an alert."""
    run: list[Alert] = []
    for step in steps:
        alone = step.changed_by != PIPELINE
        if run and (alone or any(step.id == other.id for other in run)):
            yield run
            run = []
        if alone:
            yield [step]
        else:
            run.append(step)
    if run:
        yield run


async def _take(connection: AsyncConnection, alert: Alert) -> int:
    given = {
        "id": alert.id,
        "status": str(alert.status),
        "leads": _LEADS_TO[alert.status],
        "resolution": alert.resolution,
        "comment": alert.comment,
        "assignee": alert.assignee,
        "step_id": alert.step_id,
        "changed_at": alert.changed_at,
        "changed_by": alert.changed_by,
    }
    return (await connection.execute(_TAKE, given)).rowcount
