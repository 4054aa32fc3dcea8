"""Measurements beyond learned limits: recorded, and where asked for, alerted over until it ends."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pipeline.operators.identity import alert_id, step_id
from pipeline.operators.limits import Judged, Watch, judge
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity

RULE: Final = "learned_limit"
FAR: Final = 2
"""So many times the distance of the outer limit makes a finding high rather than medium."""

# Of most metrics no value is looked at further: it lies within the limits, and there is no trouble.
_LOOKED_AT: Final = """
    WITH given AS (
        SELECT given.*, place.step,
               bool_or(
                   CASE WHEN below THEN value < inner_bound[step] ELSE value > inner_bound[step] END
                   OR quiet_until > at OR open_alert IS NOT NULL
               ) OVER (PARTITION BY asset_id, metric_type) AS troubled
        FROM unnest(%b::text[], %b::text[], %b::float8[], %b::timestamptz[], %b::uuid[])
            AS given (asset_id, metric_type, value, at, event_id)
        JOIN quality_limits USING (asset_id, metric_type),
            LATERAL (
                SELECT floor(extract(epoch FROM at - starts_at) / step_seconds)::integer + 1
            ) AS place (step)
        WHERE step BETWEEN 1 AND cardinality(bound)
    )
    SELECT given.asset_id, given.metric_type, value, at, event_id, mode, below,
           starts_at + make_interval(secs => (step - 1) * step_seconds) AS start,
           make_interval(secs => step_seconds) AS step, expected[step] AS expected,
           inner_bound[step] AS inner, bound[step] AS bound, quiet_until, warned_from, warned_to,
           fine, open_alert::text,
           coalesce(raised.status NOT IN ('active', 'acknowledged'), false) AS closed,
           assets.asset_name, assets.source
    FROM given JOIN quality_limits USING (asset_id, metric_type) JOIN assets USING (asset_id)
        LEFT JOIN quality_alerts_realtime AS raised ON raised.id = (open_alert->>'id')::uuid
    WHERE troubled
    ORDER BY given.asset_id, given.metric_type, at, event_id
    FOR UPDATE OF quality_limits
"""
_RECORD: Final = """
    INSERT INTO quality_limit_findings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_REMEMBER: Final = """
    UPDATE quality_limits
    SET quiet_until = %s, warned_from = %s, warned_to = %s, fine = %s, open_alert = %s
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


class Seen(NamedTuple):
    """A measurement, its limits, and what is remembered of those before it."""

    asset_id: str
    metric_type: str
    value: float
    at: datetime
    event_id: UUID
    mode: str
    below: bool
    start: datetime
    step: timedelta
    expected: float
    inner: float
    bound: float
    quiet_until: datetime
    warned_from: datetime | None
    warned_to: datetime | None
    fine: int
    open_alert: str | None
    closed: bool
    asset_name: str
    source: str | None


async def check(connection: AsyncConnection, fresh: Sequence[Value]) -> None:
    """Compare measurements that PostgreSQL had not, in the transaction that writes them."""
    if not fresh:
        return
    cursor = connection.cursor(row_factory=class_row(Seen))
    await cursor.execute(_LOOKED_AT, [list(column) for column in zip(*fresh, strict=True)])
    seen = await cursor.fetchall()
    async with connection.cursor() as writer:
        for _, group in groupby(seen, key=lambda one: (one.asset_id, one.metric_type)):
            await _follow(writer, list(group))


async def _follow(writer: AsyncCursor, seen: Sequence[Seen]) -> None:
    """Judge the measurements of one metric, in the order of their times."""
    first, now = seen[0], datetime.now(UTC)
    watch = Watch(first.quiet_until, first.warned_from, first.warned_to, first.fine)
    opened = None
    if first.open_alert is not None and not first.closed:  # people may have closed it
        opened = msgspec.json.decode(first.open_alert, type=Alert)
    for one in seen:
        given = Judged(one.value, one.at, one.start, one.step, one.inner, one.bound, one.below)
        verdict = judge(watch, given, alerted=opened is not None)
        watch = verdict.watch
        if verdict.limit is not None:
            await writer.execute(_RECORD, _row(one, verdict.limit, verdict.told))
        step = None
        if verdict.told and one.mode == "alert" and verdict.limit is not None:
            step = opened = alert_over(one, verdict.limit, now)
        elif verdict.recovered and opened is not None:
            step, opened = recovery(opened, one, now), None
        if step is not None:
            await writer.execute(_OUTBOX, (one.asset_id, Jsonb(msgspec.to_builtins(step))))
    standing = None if opened is None else Jsonb(msgspec.to_builtins(opened))
    await writer.execute(_REMEMBER, (*watch, standing, first.asset_id, first.metric_type))


def alert_over(found: Seen, limit: float, at: datetime) -> Alert:
    """Return the alert that a finding raises."""
    number = alert_id(found.event_id, RULE)
    far = abs(found.value - found.expected) >= FAR * abs(found.bound - found.expected)
    side = "below" if found.below else "above"
    repeated = f" like the {_name(found.step)} before" if limit != found.bound else ""
    return Alert(
        id=number,
        asset_id=found.asset_id,
        asset_name=found.asset_name,
        alert_type=AlertType.THRESHOLD_BREACH,
        message=(
            f"{found.asset_name}: {found.metric_type} is {found.value:g}, {side} the learned "
            f"limit of {limit:.4g}{repeated}; about {found.expected:.4g} was expected"
        ),
        severity=Severity.HIGH if far else Severity.MEDIUM,
        status=AlertStatus.ACTIVE,
        timestamp=found.at,
        metadata=AlertMetadata(
            rule=RULE,
            metric_type=found.metric_type,
            current_value=found.value,
            expected_value=found.expected,
            limit=limit,
            event_id=found.event_id,
        ),
        step_id=step_id(number, "raised"),
        changed_at=at,
        source=found.source,
    )


def recovery(opened: Alert, last: Seen, at: datetime) -> Alert:
    """Return the step that ends an alert."""
    return replace(
        opened,
        status=AlertStatus.RESOLVED,
        step_id=step_id(opened.id, "resolved"),
        changed_at=at,
        resolution=f"it is back within its limits: {last.value:g}",
    )


def _name(step: timedelta) -> str:
    return "day" if step >= timedelta(days=1) else "hour"


def _row(found: Seen, limit: float, told: bool) -> tuple[Any, ...]:
    return (
        found.asset_id, found.metric_type, found.at, found.event_id, found.value, found.expected,
        limit, found.mode, told,
    )  # fmt: skip
