"""Assets as PostgreSQL has them, and what they come to together."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from psycopg import sql
from psycopg.rows import dict_row

from api.auth.scope import Scope
from api.paging import cursor_of, key_of, split
from api.queries.where import Where
from pipeline.globs import posix
from pipeline.postgres.pool import Pool
from schemas.alerts import Severity
from schemas.rest import Asset, GroupScore, Scores, SeverityCounts, Stats

# The page is cut before the joins: what is not shown is not looked up.
_ASSETS: Final = sql.SQL("""
    WITH page AS (SELECT * FROM assets WHERE {where} ORDER BY asset_id LIMIT %(limit)s)
    SELECT page.asset_id, page.asset_name, page.asset_type, page.source, page.first_seen,
           page.last_seen, score.value AS score, issues.value::bigint AS issues,
           coalesce(alerts.active, 0) AS active_alerts, alerts.worst AS worst_severity
    FROM page
    LEFT JOIN quality_metric_current score
        ON score.asset_id = page.asset_id AND score.metric_type = 'score'
    LEFT JOIN quality_metric_current issues
        ON issues.asset_id = page.asset_id AND issues.metric_type = 'issues'
    LEFT JOIN LATERAL (
        SELECT count(*) AS active,
               (array_agg(severity ORDER BY array_position(
                   ARRAY['critical', 'high', 'medium', 'low'], severity)))[1] AS worst
        FROM quality_alerts_realtime a WHERE a.asset_id = page.asset_id AND a.status = 'active'
    ) alerts ON true
    ORDER BY page.asset_id
""")
_STATS: Final = sql.SQL("""
    SELECT (SELECT count(*) FROM assets WHERE {where}) AS total_assets,
           (SELECT count(*) FROM assets WHERE {where} AND last_seen > now() - interval '24 hours')
               AS recently_monitored,
           (SELECT avg(value) FROM quality_metric_current WHERE {where} AND metric_type = 'score')
               AS avg_quality_score,
           (SELECT coalesce(sum(value), 0)::bigint FROM quality_metric_current
            WHERE {where} AND metric_type = 'issues') AS open_issues,
           (SELECT coalesce(jsonb_object_agg(severity, n), '{{}}') FROM (
                SELECT severity, count(*) AS n FROM quality_alerts_realtime
                WHERE {where} AND status = 'active' GROUP BY severity) counted) AS by_severity
""")


_FIGURES: Final = sql.SQL("""
    count(*) AS assets, count(value) AS scored, avg(value) AS score, min(value) AS lowest,
    (array_agg(asset_id ORDER BY value, asset_id) FILTER (WHERE value IS NOT NULL))[1]
        AS lowest_asset
    FROM assets LEFT JOIN (
        SELECT asset_id, value FROM quality_metric_current WHERE metric_type = 'score'
    ) scores USING (asset_id)
""")
# One pass: the row of all assets has no source, and says so by `grouping`.
_SCORES: Final = sql.SQL("""
    SELECT source AS name, grouping(source) = 1 AS overall, {figures}
    WHERE {where} GROUP BY ROLLUP (source) ORDER BY score NULLS LAST, name
""")
_OWNER_PATTERNS: Final = """
    SELECT asset_pattern, owner FROM asset_owners ORDER BY length(asset_pattern) DESC, asset_pattern
"""
# Of the patterns that match an asset the first, which is the longest, counts.
_OWNER_SCORES: Final = sql.SQL("""
    SELECT owner AS name, {figures}
    CROSS JOIN LATERAL (
        SELECT owner FROM unnest(%(patterns)s::text[], %(owners)s::text[])
            WITH ORDINALITY AS given (pattern, owner, place)
        WHERE asset_id ~ pattern ORDER BY place LIMIT 1
    ) owned
    WHERE {where} GROUP BY owner ORDER BY score NULLS LAST, name
""")


class AssetKey(NamedTuple):
    """Where a page of assets ended."""

    asset_id: str


class AssetQueries:
    """Reads assets."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, scope: Scope, asset: str | None, query: str | None, limit: int, cursor: str | None
    ) -> tuple[list[Asset], str | None]:
        """Return a page of assets by id, and the cursor of what follows.

        Raises:
            Refusal: the cursor is not ours.
        """
        where = Where()
        where.add_scope(scope)
        where.add_asset(asset)
        if query is not None:
            where.add(
                "(asset_id ILIKE %(like)s OR asset_name ILIKE %(like)s)", like=_containing(query)
            )
        after = key_of(cursor, AssetKey)
        if after is not None:
            where.add("asset_id > %(after)s", after=after.asset_id)
        found, more = split(await self._assets(where, limit + 1), limit)
        return found, cursor_of(found[-1].asset_id) if more else None

    async def one(self, asset_id: str) -> Asset | None:
        """Return an asset, None if there is none."""
        where = Where()
        where.add("asset_id = %(asset)s", asset=asset_id)
        found = await self._assets(where, 1)
        return found[0] if found else None

    async def stats(self, scope: Scope) -> Stats:
        """Sum up what is in `scope`."""
        where = Where()
        where.add_scope(scope)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_STATS.format(where=where.text), where.values)
            row = await cursor.fetchone()
        assert row is not None  # noqa: S101
        average = row["avg_quality_score"]
        return Stats(
            total_assets=row["total_assets"],
            avg_quality_score=None if average is None else round(float(average), 2),
            open_issues=row["open_issues"],
            alerts_by_severity=SeverityCounts(**row["by_severity"]),
            recently_monitored=row["recently_monitored"],
            timestamp=datetime.now(UTC),
        )

    async def scores(self, scope: Scope) -> Scores:
        """Return the scores of what is in `scope`, together, by source and by owner."""
        where = Where()
        where.add_scope(scope)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_SCORES.format(figures=_FIGURES, where=where.text), where.values)
            rows = await cursor.fetchall()
            owned = await (await connection.execute(_OWNER_PATTERNS)).fetchall()
            given = {
                "patterns": [posix(pattern) for pattern, _ in owned],
                "owners": [owner for _, owner in owned],
            }
            await cursor.execute(
                _OWNER_SCORES.format(figures=_FIGURES, where=where.text), where.values | given
            )
            owners = await cursor.fetchall()
        (overall,) = [row for row in rows if row["overall"]]
        return Scores(
            overall=_group_of(overall),
            sources=[_group_of(row) for row in rows if row["name"] is not None],
            owners=[_group_of(row) for row in owners],
        )

    async def _assets(self, where: Where, limit: int) -> list[Asset]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_ASSETS.format(where=where.text), where.values | {"limit": limit})
            return [_asset_of(row) for row in await cursor.fetchall()]


def _asset_of(row: dict[str, Any]) -> Asset:
    worst = row.pop("worst_severity")
    return Asset(worst_severity=None if worst is None else Severity(worst), **row)


def _group_of(row: dict[str, Any]) -> GroupScore:
    score = row.pop("score")
    row.pop("overall", None)
    return GroupScore(score=None if score is None else round(float(score), 2), **row)


def _containing(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
