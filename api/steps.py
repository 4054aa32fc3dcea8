"""Steps people take with alerts: the alert, its audit and its outbox row in one transaction."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection

from api import monitor
from api.auth.caller import Caller
from api.lifecycle import Step, take_step
from api.problems import Refusal, not_found
from api.queries.alerts import lock_alert, lock_alerts
from api.relay import Relay
from pipeline.postgres.pool import Pool
from schemas.alerts import Alert
from schemas.lifecycle import BulkRefusal, BulkRequest, BulkResult, StepAction

SINK_SECONDS: Final = 2.0
"""How long an alert that went by on the topic may take to reach PostgreSQL."""
SINK_POLL_SECONDS: Final = 0.05

_UPDATE: Final = """
    UPDATE quality_alerts_realtime SET
        status = %(status)s, resolution = %(resolution)s, comment = %(comment)s,
        assignee = %(assignee)s, step_id = %(step_id)s, changed_at = %(changed_at)s,
        changed_by = %(changed_by)s,
        acknowledged_at = least(acknowledged_at, %(acknowledged_at)s),
        resolved_at = least(resolved_at, %(resolved_at)s)
    WHERE id = %(id)s
"""
_AUDIT: Final = """
    INSERT INTO alert_audit (step_id, alert_id, action, actor, at, from_status, to_status,
                             resolution, comment, assignee)
    VALUES (%(step_id)s, %(id)s, %(action)s, %(changed_by)s, %(changed_at)s, %(from_status)s,
            %(status)s, %(said_resolution)s, %(comment)s, %(said_assignee)s)
"""
_OUTBOX: Final = """
    INSERT INTO alert_outbox (asset_id, payload) VALUES (%(asset_id)s, %(payload)s)
"""


class RecentAlerts(Protocol):
    """Knows which alerts went by on the topic just now."""

    def saw_alert(self, alert_id: UUID) -> bool:
        """Say whether a step of it did."""


class Steps:
    """Takes steps and wakes the relay that tells everybody."""

    def __init__(self, pool: Pool, relay: Relay, recent: RecentAlerts) -> None:
        self._pool = pool
        self._relay = relay
        self._recent = recent

    async def take(
        self,
        caller: Caller,
        alert_id: UUID,
        action: StepAction,
        *,
        connection: AsyncConnection | None = None,
        resolution: str | None = None,
        comment: str | None = None,
        assignee: str | None = None,
    ) -> Alert:
        """Take one step; return the alert after it.

        Args:
            caller: who takes it.
            alert_id: the alert.
            action: the step.
            connection: the transaction to take part in; None: one of its own.
            resolution: how it was resolved.
            comment: why.
            assignee: who looks after it now.

        Raises:
            Refusal: the caller sees no such alert, or it can't take the step.
        """
        if connection is None:
            async with self._pool.connection() as own:
                taken = await self.take(
                    caller, alert_id, action, connection=own,
                    resolution=resolution, comment=comment, assignee=assignee,
                )  # fmt: skip
            self._relay.wake()
            return taken
        alert = await self._locked(connection, alert_id)
        if alert is None or not caller.scope.allows(alert.asset_id):
            raise not_found(f"there is no alert {alert_id}")
        step = _step(caller, action, resolution, comment, assignee)
        after = take_step(alert, step)
        await _write(connection, [(alert, after, step)])
        return after

    async def take_many(
        self, caller: Caller, asked: BulkRequest, connection: AsyncConnection
    ) -> BulkResult:
        """Take a step with every alert a filter finds; those that can't take it stay."""
        found = await lock_alerts(connection, caller.scope, asked.filter, asked.limit + 1)
        more, found = len(found) > asked.limit, found[: asked.limit]
        assignee = None if asked.assignee is msgspec.UNSET else asked.assignee
        taken: list[tuple[Alert, Alert, Step]] = []
        refused: list[BulkRefusal] = []
        for alert in found:
            step = _step(caller, asked.action, asked.resolution, asked.comment, assignee)
            try:
                taken.append((alert, take_step(alert, step), step))
            except Refusal as refusal:
                refused.append(BulkRefusal(id=alert.id, status=alert.status, error=refusal.detail))
        if taken:
            await _write(connection, taken)
        return BulkResult(changed=[after for _, after, _ in taken], refused=refused, more=more)

    async def _locked(self, connection: AsyncConnection, alert_id: UUID) -> Alert | None:
        """Return the alert; one that people have seen already is waited for."""
        deadline = time.monotonic() + SINK_SECONDS
        while True:
            alert = await lock_alert(connection, alert_id)
            if alert is not None or not self._recent.saw_alert(alert_id):
                return alert
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(SINK_POLL_SECONDS)


async def _write(connection: AsyncConnection, steps: Sequence[tuple[Alert, Alert, Step]]) -> None:
    rows = [_row(before, after, step) for before, after, step in steps]
    async with connection.cursor() as cursor:
        # psycopg sends each of these in one pipeline.
        await cursor.executemany(_UPDATE, rows)
        await cursor.executemany(_AUDIT, rows)
        await cursor.executemany(_OUTBOX, rows)
    for _, _, step in steps:
        monitor.STEPS.labels(step.action).inc()


def _row(before: Alert, after: Alert, step: Step) -> dict[str, Any]:
    at = after.changed_at
    return {
        "id": after.id,
        "asset_id": after.asset_id,
        "status": str(after.status),
        "from_status": str(before.status),
        "action": str(step.action),
        "resolution": after.resolution,
        "said_resolution": step.resolution,
        "comment": after.comment,
        "assignee": after.assignee,
        "said_assignee": step.assignee,
        "step_id": after.step_id,
        "changed_at": at,
        "changed_by": after.changed_by,
        "acknowledged_at": at if step.action is StepAction.ACKNOWLEDGE else None,
        "resolved_at": at if step.action is StepAction.RESOLVE else None,
        "payload": msgspec.json.encode(after).decode(),
    }


def _step(
    caller: Caller,
    action: StepAction,
    resolution: str | None,
    comment: str | None,
    assignee: str | None,
) -> Step:
    return Step(
        action=action,
        actor=caller.label,
        step_id=uuid4(),
        at=datetime.now(UTC),
        resolution=resolution,
        comment=comment,
        assignee=assignee,
    )
