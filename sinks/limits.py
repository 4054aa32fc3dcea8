"""Measurements beyond learned limits: recorded, and where asked for, alerted over."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pipeline.operators.identity import alert_id, step_id
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity

RULE: Final = "learned_limit"
QUIET: Final = timedelta(hours=24)
"""A finding so soon after another belongs to the same trouble."""
FAR: Final = 2
"""So many times the distance of the bound makes a finding high rather than medium."""

_BEYOND: Final = """
    SELECT given.asset_id, given.metric_type, given.value, given.at, given.event_id, mode,
           expected[step] AS expected, bound[step] AS bound, quiet_until, asset_name,
           assets.source
    FROM unnest(%b::text[], %b::text[], %b::float8[], %b::timestamptz[], %b::uuid[])
        AS given (asset_id, metric_type, value, at, event_id)
    JOIN quality_limits USING (asset_id, metric_type) JOIN assets USING (asset_id),
        LATERAL (SELECT floor(extract(epoch FROM given.at - starts_at) / step_seconds)::integer + 1)
            AS place (step)
    WHERE step BETWEEN 1 AND cardinality(bound)
        AND CASE WHEN below THEN given.value < bound[step] ELSE given.value > bound[step] END
    ORDER BY given.asset_id, given.metric_type, given.at, given.event_id
    FOR UPDATE OF quality_limits
"""
_RECORD: Final = """
    INSERT INTO quality_limit_findings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_QUIET: Final = """
    UPDATE quality_limits SET quiet_until = greatest(quiet_until, %s)
    WHERE asset_id = %s AND metric_type = %s
"""
# The edge's relay brings it to the alerts topic, and this sink from there to the alerts.
_OUTBOX: Final = "INSERT INTO alert_outbox (asset_id, payload) VALUES (%s, %s)"


class Value(NamedTuple):
    """A measurement that has become its asset's newest."""

    asset_id: str
    metric_type: str
    value: float
    timestamp: datetime
    event_id: UUID


class Beyond(NamedTuple):
    """A measurement beyond a limit, and what is known of both."""

    asset_id: str
    metric_type: str
    value: float
    at: datetime
    event_id: UUID
    mode: str
    expected: float
    bound: float
    quiet_until: datetime
    asset_name: str
    source: str | None


async def check(connection: AsyncConnection, fresh: Sequence[Value]) -> None:
    """Compare measurements that PostgreSQL had not, in the transaction that writes them."""
    if not fresh:
        return
    cursor = connection.cursor(row_factory=class_row(Beyond))
    await cursor.execute(_BEYOND, [list(column) for column in zip(*fresh, strict=True)])
    quiet: dict[tuple[str, str], datetime] = {}
    async with connection.cursor() as writer:
        for found in await cursor.fetchall():
            key = found.asset_id, found.metric_type
            told = found.at >= quiet.get(key, found.quiet_until)
            quiet[key] = found.at + QUIET
            await writer.execute(_RECORD, _row(found, told))
            if told and found.mode == "alert":
                payload = Jsonb(msgspec.to_builtins(alert_over(found, datetime.now(UTC))))
                await writer.execute(_OUTBOX, (found.asset_id, payload))
        for key, until in quiet.items():
            await writer.execute(_QUIET, (until, *key))


def alert_over(found: Beyond, at: datetime) -> Alert:
    """Return the alert that a finding raises."""
    number = alert_id(found.event_id, RULE)
    distance = abs(found.bound - found.expected)
    far = abs(found.value - found.expected) >= FAR * distance
    side = "below" if found.value < found.bound else "above"
    return Alert(
        id=number,
        asset_id=found.asset_id,
        asset_name=found.asset_name,
        alert_type=AlertType.THRESHOLD_BREACH,
        message=(
            f"{found.asset_name}: {found.metric_type} is {found.value:g}, {side} the learned "
            f"limit of {found.bound:.4g}; about {found.expected:.4g} was expected"
        ),
        severity=Severity.HIGH if far else Severity.MEDIUM,
        status=AlertStatus.ACTIVE,
        timestamp=found.at,
        metadata=AlertMetadata(
            rule=RULE,
            metric_type=found.metric_type,
            current_value=found.value,
            expected_value=found.expected,
            limit=found.bound,
            event_id=found.event_id,
        ),
        step_id=step_id(number, "raised"),
        changed_at=at,
        source=found.source,
    )


def _row(found: Beyond, told: bool) -> tuple[Any, ...]:
    return (
        found.asset_id, found.metric_type, found.at, found.event_id, found.value, found.expected,
        found.bound, found.mode, told,
    )  # fmt: skip
