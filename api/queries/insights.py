"""How alerting fares: times, volumes, noise, coverage."""

from collections import Counter
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from api.auth.scope import Scope
from api.queries.where import Where
from pipeline.postgres.pool import Pool
from schemas.alerts import AlertStatus, Severity
from schemas.insights import (
    Coverage,
    DayVolume,
    Durations,
    Insights,
    MetricCoverage,
    NoisyAsset,
    RuleVolume,
)
from schemas.metrics import MetricType
from schemas.rest import SeverityCounts

_CHOSEN: Final = sql.SQL("""
    FROM quality_alerts_realtime
    WHERE {where} AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
""")
_VOLUMES: Final = sql.SQL("""
    SELECT rule, ("timestamp" AT TIME ZONE 'UTC')::date AS date, severity, status,
           count(*)::int AS alerts,
           count(*) FILTER (WHERE resolved_by_itself)::int AS resolved_by_itself
    {chosen} GROUP BY 1, 2, 3, 4
""")
_DURATION: Final = """
    count({0})::int AS {0}_count, avg({0}) AS {0}_mean,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY {0}) AS {0}_median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY {0}) AS {0}_p90
"""
_KINDS: Final = ("to_detect", "to_acknowledge", "to_resolve")
# With the offset each duration is worked out once, not for each figure of it.
_DURATIONS: Final = sql.SQL(f"""
    SELECT {", ".join(map(_DURATION.format, _KINDS))} FROM (
        SELECT CASE WHEN rule <> 'stale' THEN date_part('epoch', created_at - "timestamp") END
                   AS to_detect,
               date_part('epoch', acknowledged_at - created_at) AS to_acknowledge,
               date_part('epoch', resolved_at - created_at) AS to_resolve
        {{chosen}} OFFSET 0
    ) AS lives
""")  # noqa: S608
# Only of those that are told more than their number is looked up.
_NOISIEST: Final = sql.SQL("""
    SELECT noisy.asset_id, asset_name, alerts, open, worst_severity, last_alert, last_at
    FROM (
        SELECT asset_id, count(*)::int AS alerts {chosen}
        GROUP BY asset_id ORDER BY alerts DESC, asset_id LIMIT %(limit)s
    ) AS noisy
    CROSS JOIN LATERAL (
        SELECT max(asset_name) AS asset_name,
               count(*) FILTER (WHERE status IN ('active', 'acknowledged'))::int AS open,
               (array_agg(severity ORDER BY array_position(
                   ARRAY['critical', 'high', 'medium', 'low'], severity)))[1] AS worst_severity,
               (array_agg(id ORDER BY "timestamp" DESC, id))[1] AS last_alert,
               max("timestamp") AS last_at
        FROM quality_alerts_realtime
        WHERE asset_id = noisy.asset_id
            AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
    ) AS told
    ORDER BY alerts DESC, noisy.asset_id
""")
_ASSETS: Final = sql.SQL("""
    SELECT count(*)::int AS assets,
           count(*) FILTER (WHERE last_seen > now() - interval '24 hours')::int AS recent
    FROM assets WHERE {where}
""")
_METRICS: Final = sql.SQL("""
    SELECT metric_type, count(*)::int AS assets FROM quality_metric_current
    WHERE {where} GROUP BY metric_type ORDER BY assets DESC, metric_type
""")
_DIMENSIONED: Final = sql.SQL("""
    SELECT count(DISTINCT asset_id)::int AS assets FROM quality_dimension_scores WHERE {where}
""")


class Range(NamedTuple):
    """From `since` (inclusive) until `until` (exclusive)."""

    since: datetime
    until: datetime


class InsightQueries:
    """Reads how alerting fares."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def insights(
        self, scope: Scope, asset: str | None, during: Range, limit: int
    ) -> Insights:
        """Sum up the alerts of some time over the assets meant, within `scope`."""
        where = Where()
        where.add_scope(scope)
        where.add_asset(asset)
        chosen = _CHOSEN.format(where=where.text)
        values = where.values | during._asdict() | {"limit": limit}
        async with self._pool.connection() as connection:
            volumes = await _rows(connection, _VOLUMES.format(chosen=chosen), values)
            (durations,) = await _rows(connection, _DURATIONS.format(chosen=chosen), values)
            noisiest = await _rows(connection, _NOISIEST.format(chosen=chosen), values)
            coverage = await _coverage(connection, where)
        return Insights(
            **during._asdict(),
            **_totals(volumes),
            to_detect=_durations(durations, "to_detect"),
            to_acknowledge=_durations(durations, "to_acknowledge"),
            to_resolve=_durations(durations, "to_resolve"),
            by_rule=_by_rule(volumes),
            by_day=_by_day(volumes),
            noisiest=[
                NoisyAsset(worst_severity=Severity(row.pop("worst_severity")), **row)
                for row in noisiest
            ],
            coverage=coverage,
        )


async def _coverage(connection: AsyncConnection, where: Where) -> Coverage:
    (assets,) = await _rows(connection, _ASSETS.format(where=where.text), where.values)
    (dimensioned,) = await _rows(connection, _DIMENSIONED.format(where=where.text), where.values)
    metrics = [
        MetricCoverage(metric_type=MetricType(row["metric_type"]), assets=row["assets"])
        for row in await _rows(connection, _METRICS.format(where=where.text), where.values)
    ]
    scored = {one.metric_type: one.assets for one in metrics}.get(MetricType.SCORE, 0)
    return Coverage(
        **assets, with_score=scored, with_dimensions=dimensioned["assets"], metrics=metrics
    )


def _totals(volumes: list[dict[str, Any]]) -> dict[str, Any]:
    by_status: Counter[AlertStatus] = Counter()
    by_itself = 0
    for row in volumes:
        by_status[AlertStatus(row["status"])] += row["alerts"]
        if row["status"] == AlertStatus.RESOLVED:
            by_itself += row["resolved_by_itself"]
    return {
        "alerts": by_status.total(),
        "open": by_status[AlertStatus.ACTIVE] + by_status[AlertStatus.ACKNOWLEDGED],
        "ignored": by_status[AlertStatus.IGNORED],
        "resolved": by_status[AlertStatus.RESOLVED],
        "resolved_by_itself": by_itself,
    }


def _durations(row: dict[str, Any], kind: str) -> Durations:
    return Durations(**{part: row[f"{kind}_{part}"] for part in Durations.__struct_fields__})


def _by_rule(volumes: list[dict[str, Any]]) -> list[RuleVolume]:
    """The loudest rule first."""
    rules: dict[str, RuleVolume] = {}
    for row in volumes:
        rule = rules.setdefault(
            row["rule"],
            RuleVolume(rule=row["rule"], alerts=0, ignored=0, by_severity=SeverityCounts()),
        )
        rule.alerts += row["alerts"]
        if row["status"] == AlertStatus.IGNORED:
            rule.ignored += row["alerts"]
        _count(rule.by_severity, row)
    return sorted(rules.values(), key=lambda rule: (-rule.alerts, rule.rule))


def _by_day(volumes: list[dict[str, Any]]) -> list[DayVolume]:
    """The oldest day first; days without an alert are left out."""
    days: dict[str, DayVolume] = {}
    for row in sorted(volumes, key=itemgetter("date")):
        date = row["date"].isoformat()
        day = days.setdefault(date, DayVolume(date=date, alerts=0, by_severity=SeverityCounts()))
        day.alerts += row["alerts"]
        _count(day.by_severity, row)
    return list(days.values())


def _count(counts: SeverityCounts, row: dict[str, Any]) -> None:
    severity = row["severity"]
    setattr(counts, severity, getattr(counts, severity) + row["alerts"])


async def _rows(
    connection: AsyncConnection, query: sql.Composed, values: dict[str, Any]
) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    return await (await cursor.execute(query, values)).fetchall()
