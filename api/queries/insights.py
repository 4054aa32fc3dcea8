"""How alerting fares: times, volumes, noise, coverage."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from api.auth.scope import Scope
from api.queries.where import Where
from schemas.alerts import Severity
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
    SELECT * FROM quality_alerts_realtime
    WHERE {where} AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
""")
_DURATIONS: Final = """
    count({0})::int AS {1}_count, avg({0})::float8 AS {1}_mean,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY {0}) AS {1}_median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY {0}) AS {1}_p90
"""
_TOTALS: Final = sql.SQL(f"""
    WITH chosen AS ({{chosen}}), taken AS (
        SELECT alert_id, min(at) FILTER (WHERE action = 'acknowledge') AS acknowledged,
               min(at) FILTER (WHERE action = 'resolve') AS resolved,
               bool_or(actor = 'pipeline' AND action = 'resolve') AS by_itself
        FROM alert_audit JOIN chosen ON alert_id = chosen.id GROUP BY alert_id
    ), lives AS (
        SELECT status,
               CASE WHEN metadata->>'rule' <> 'stale'
                    THEN extract(epoch FROM created_at - "timestamp") END AS to_detect,
               extract(epoch FROM taken.acknowledged - created_at) AS to_acknowledge,
               extract(epoch FROM taken.resolved - created_at) AS to_resolve,
               taken.by_itself
        FROM chosen LEFT JOIN taken ON taken.alert_id = chosen.id
    )
    SELECT count(*)::int AS alerts,
           count(*) FILTER (WHERE status IN ('active', 'acknowledged'))::int AS open,
           count(*) FILTER (WHERE status = 'ignored')::int AS ignored,
           count(*) FILTER (WHERE status = 'resolved')::int AS resolved,
           count(*) FILTER (WHERE status = 'resolved' AND by_itself)::int AS resolved_by_itself,
           {_DURATIONS.format("to_detect", "to_detect")},
           {_DURATIONS.format("to_acknowledge", "to_acknowledge")},
           {_DURATIONS.format("to_resolve", "to_resolve")}
    FROM lives
""")  # noqa: S608
_VOLUMES: Final = sql.SQL("""
    SELECT metadata->>'rule' AS rule, ("timestamp" AT TIME ZONE 'UTC')::date::text AS date,
           severity, count(*)::int AS alerts,
           count(*) FILTER (WHERE status = 'ignored')::int AS ignored
    FROM ({chosen}) AS chosen GROUP BY 1, 2, 3
""")
_NOISIEST: Final = sql.SQL("""
    SELECT asset_id, max(asset_name) AS asset_name, count(*)::int AS alerts,
           count(*) FILTER (WHERE status IN ('active', 'acknowledged'))::int AS open,
           (array_agg(severity ORDER BY array_position(
               ARRAY['critical', 'high', 'medium', 'low'], severity)))[1] AS worst_severity,
           (array_agg(id ORDER BY "timestamp" DESC, id))[1] AS last_alert,
           max("timestamp") AS last_at
    FROM ({chosen}) AS chosen GROUP BY asset_id ORDER BY alerts DESC, asset_id LIMIT %(limit)s
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

    def __init__(self, pool: AsyncConnectionPool) -> None:
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
            (totals,) = await _rows(connection, _TOTALS.format(chosen=chosen), values)
            volumes = await _rows(connection, _VOLUMES.format(chosen=chosen), values)
            noisiest = await _rows(connection, _NOISIEST.format(chosen=chosen), values)
            coverage = await _coverage(connection, where)
        return Insights(
            **during._asdict(),
            to_detect=_durations(totals, "to_detect"),
            to_acknowledge=_durations(totals, "to_acknowledge"),
            to_resolve=_durations(totals, "to_resolve"),
            **totals,
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


def _durations(totals: dict[str, Any], name: str) -> Durations:
    """Take the durations of one kind out of the totals."""
    parts = Durations.__struct_fields__
    return Durations(**{part: totals.pop(f"{name}_{part}") for part in parts})


def _by_rule(volumes: list[dict[str, Any]]) -> list[RuleVolume]:
    """The loudest rule first."""
    rules: dict[str, RuleVolume] = {}
    for row in volumes:
        rule = rules.setdefault(
            row["rule"],
            RuleVolume(rule=row["rule"], alerts=0, ignored=0, by_severity=SeverityCounts()),
        )
        rule.alerts += row["alerts"]
        rule.ignored += row["ignored"]
        _count(rule.by_severity, row)
    return sorted(rules.values(), key=lambda rule: (-rule.alerts, rule.rule))


def _by_day(volumes: list[dict[str, Any]]) -> list[DayVolume]:
    """The oldest day first; days without an alert are left out."""
    days: dict[str, DayVolume] = {}
    for row in sorted(volumes, key=lambda row: str(row["date"])):
        day = days.setdefault(
            row["date"], DayVolume(date=row["date"], alerts=0, by_severity=SeverityCounts())
        )
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
