"""How metrics went: hours and days in figures, added up to the buckets asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from api.auth.scope import Scope
from api.queries.where import Where
from pipeline.globs import is_glob
from pipeline.postgres.pool import Pool
from pipeline.sketch import quantiles
from schemas.metrics import MetricType
from schemas.rest import Percentile, TrendPoint

DAY: Final = timedelta(days=1)
DAWN: Final = datetime(2001, 1, 1, tzinfo=UTC)
"""Buckets are counted from this Monday, the first of a year, so that weeks begin on one."""

_BY_TIME: Final = sql.SQL("date_bin(%(bucket)s, {time}::timestamptz, %(dawn)s)")
# Months have no one length, which `date_bin` asks for.
_BY_MONTHS: Final = sql.SQL("""%(dawn)s + interval '1 month' * %(bucket)s * floor(
    ((extract(year FROM {time}) - 2001) * 12 + extract(month FROM {time}) - 1) / %(bucket)s)
""")
_CHOSEN: Final = sql.SQL("""
    SELECT {start} AS start, figures.*
    FROM {table} AS figures
    WHERE {where} AND metric_type = %(metric)s AND {time} >= %(since)s AND {time} < %(until)s
""")
# Deviations are merged round the mean of the bucket: Chan, Golub and LeVeque (1979).
_POINTS: Final = sql.SQL("""
    WITH centred AS (
        SELECT *, sum(mean * count) OVER bucket / sum(count) OVER bucket AS centre
        FROM ({chosen}) AS chosen WINDOW bucket AS (PARTITION BY start)
    )
    SELECT start, min(centre) AS average, min(minimum) AS minimum, max(maximum) AS maximum,
           sqrt(sum(squares + count * (mean - centre) ^ 2) / nullif(sum(count) - 1, 0))
               AS deviation,
           sum(count)::bigint AS count,
           (array_agg(first ORDER BY first_at, first))[1] AS first,
           (array_agg(last ORDER BY last_at DESC, last DESC))[1] AS last
    FROM centred GROUP BY start ORDER BY start
""")
_SKETCHES: Final = sql.SQL("""
    SELECT start, array_agg(bin), array_agg(n) FROM (
        SELECT start, sketch[i] AS bin, sum(sketch[i + 1])::bigint AS n
        FROM ({chosen}) AS chosen, generate_series(1, cardinality(sketch), 2) AS i
        GROUP BY 1, 2
    ) AS summed GROUP BY start
""")


class Subject(NamedTuple):
    """Whose trend: of one asset or those a glob matches, of a source, or (both None) of all."""

    asset: str | None = None
    source: str | None = None


class Span(NamedTuple):
    """From `since` (inclusive) to `until` (exclusive) in buckets of so much time or so many months.

    Days, weeks and months are those of UTC, which is the time zone of the connections.
    """

    since: datetime
    until: datetime
    bucket: timedelta | int


class TrendQueries:
    """Reads roll-ups."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def trend(
        self,
        scope: Scope,
        subject: Subject,
        metric: MetricType,
        span: Span,
        percentiles: list[float],
    ) -> list[TrendPoint]:
        """Return the buckets that hold values, oldest first; `percentiles` are of 100."""
        chosen, values = _chosen(scope, subject, span)
        values |= {"metric": str(metric), "dawn": DAWN, **span._asdict()}
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_POINTS.format(chosen=chosen), values)
            rows = await cursor.fetchall()
            told = await _percentiles(connection, chosen, values, percentiles)
        asset = None if subject.asset is None or is_glob(subject.asset) else subject.asset
        return [
            TrendPoint(
                asset_id=asset,
                source=subject.source,
                date=row["start"].date().isoformat(),
                percentiles=told.get(row["start"], []),
                **row,
            )
            for row in rows
        ]


def _chosen(scope: Scope, subject: Subject, span: Span) -> tuple[sql.Composed, dict[str, Any]]:
    """Return the query for the rows that are added up, and its values."""
    where = Where()
    kind = "metric"
    if subject.asset is None and scope.everything:
        kind = "group"
        where.add("kind = %(kind)s", kind="overall" if subject.source is None else "source")
        where.add("name = %(name)s", name=subject.source or "")
    elif subject.asset is not None and not is_glob(subject.asset):
        where.add_asset(subject.asset)
    else:
        # Not the groups' figures: those are of assets the caller may not see as well.
        assets = Where()
        assets.add_scope(scope)
        assets.add_asset(subject.asset)
        assets.add_given("source = %(source)s", source=subject.source)
        where.add_assets(assets)
    parts = [span.since - DAWN, span.until - DAWN]
    if isinstance(span.bucket, timedelta):
        bins = _BY_TIME
        parts.append(span.bucket)
    else:
        bins = _BY_MONTHS
    by_day = not any(part % DAY for part in parts)
    table, time = (f"quality_{kind}_daily", "day") if by_day else (f"quality_{kind}_hourly", "hour")
    column = sql.Identifier(time)
    query = _CHOSEN.format(
        start=bins.format(time=column), time=column, table=sql.Identifier(table), where=where.text
    )
    return query, where.values


async def _percentiles(
    connection: AsyncConnection,
    chosen: sql.Composed,
    values: dict[str, Any],
    wanted: list[float],
) -> dict[datetime, list[Percentile]]:
    if not wanted:
        return {}
    cursor = await connection.execute(_SKETCHES.format(chosen=chosen), values)
    return {
        start: [
            Percentile(percent=percent, value=round(value, 6))
            for percent, value in zip(
                wanted,
                quantiles(dict(zip(bins, counts, strict=True)), [p / 100 for p in wanted]),
                strict=True,
            )
        ]
        for start, bins, counts in await cursor.fetchall()
    }
