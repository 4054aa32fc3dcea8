"""Metrics as PostgreSQL has them: current values, history, dimensions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row

from api.auth.scope import Scope
from api.paging import cursor_of, key_of, split
from api.queries.assets import AssetKey
from api.queries.where import Where
from pipeline.postgres.pool import Pool
from pipeline.thresholds import Scoring
from schemas.metrics import MetricType
from schemas.rest import (
    AssetDimensions,
    CurrentMetric,
    DimensionScore,
    HistoryPoint,
    HistoryQuery,
)

_CURRENT: Final = sql.SQL("""
    SELECT asset_id, asset_name, metric_type, value, "timestamp", previous_value, asset_type,
           assets.source
    FROM quality_metric_current JOIN assets USING (asset_id)
    WHERE {where} ORDER BY asset_id, metric_type LIMIT %(limit)s
""")
_HISTORY: Final = sql.SQL("""
    SELECT asset_id, metric_type, value, "timestamp", event_id, late
    FROM quality_metric_history
    WHERE {where} ORDER BY "timestamp" DESC, event_id DESC LIMIT %(limit)s
""")
_DIMENSIONS: Final = sql.SQL("""
    WITH page AS (
        SELECT DISTINCT asset_id FROM quality_dimension_scores
        WHERE {where} ORDER BY asset_id LIMIT %(limit)s
    )
    SELECT asset_id, asset_name, dimension, score, weight, "timestamp"
    FROM quality_dimension_scores JOIN page USING (asset_id) JOIN assets USING (asset_id)
    ORDER BY asset_id, dimension
""")


class CurrentKey(NamedTuple):
    """Where a page of current values ended."""

    asset_id: str
    metric_type: str


class HistoryKey(NamedTuple):
    """Where a page of history ended."""

    timestamp: datetime
    event_id: UUID


class MetricQueries:
    """Reads metrics."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def current(
        self,
        scope: Scope,
        asset: str | None,
        metric: MetricType | None,
        limit: int,
        cursor: str | None,
    ) -> tuple[list[CurrentMetric], str | None]:
        """Return a page of current values by asset and metric, and the cursor of what follows.

        Raises:
            Refusal: the cursor is not ours.
        """
        where = Where()
        where.add_scope(scope)
        where.add_asset(asset)
        where.add_given("metric_type = %(metric)s", metric=metric and str(metric))
        after = key_of(cursor, CurrentKey)
        if after is not None:
            where.add(
                "(asset_id, metric_type) > (%(after_asset)s, %(after_metric)s)",
                after_asset=after.asset_id, after_metric=after.metric_type,
            )  # fmt: skip
        rows = await self._rows(_CURRENT.format(where=where.text), where.values, limit + 1)
        rows, more = split(rows, limit)
        found = [
            CurrentMetric(metric_type=MetricType(row.pop("metric_type")), **row) for row in rows
        ]
        return found, cursor_of(found[-1].asset_id, found[-1].metric_type) if more else None

    async def history(self, asked: HistoryQuery) -> tuple[list[HistoryPoint], str | None]:
        """Return a page of one asset's recorded events, newest first.

        Raises:
            Refusal: the cursor is not ours.
        """
        where = Where()
        where.add("asset_id = %(asset)s", asset=asked.asset_id)
        metric = asked.metric_type
        where.add_given("metric_type = %(metric)s", metric=metric and str(metric))
        where.add_given('"timestamp" >= %(since)s', since=asked.since)
        where.add_given('"timestamp" < %(until)s', until=asked.until)
        after = key_of(asked.cursor, HistoryKey)
        if after is not None:
            where.add(
                '("timestamp", event_id) < (%(at)s, %(id)s)', at=after.timestamp, id=after.event_id
            )
        query = _HISTORY.format(where=where.text)
        rows, more = split(await self._rows(query, where.values, asked.limit + 1), asked.limit)
        found = [
            HistoryPoint(metric_type=MetricType(row.pop("metric_type")), **row) for row in rows
        ]
        return found, cursor_of(found[-1].timestamp, found[-1].event_id) if more else None

    async def dimensions(
        self,
        scope: Scope,
        asset: str | None,
        limit: int,
        cursor: str | None,
        scoring_of: Callable[[str], Scoring],
    ) -> tuple[list[AssetDimensions], str | None]:
        """Return a page of assets with their dimensions, and the cursor of what follows.

        `scoring_of` tells how an asset's dimensions make its score.

        Raises:
            Refusal: the cursor is not ours.
        """
        where = Where()
        where.add_scope(scope)
        where.add_asset(asset)
        after = key_of(cursor, AssetKey)
        if after is not None:
            where.add("asset_id > %(after)s", after=after.asset_id)
        rows = await self._rows(_DIMENSIONS.format(where=where.text), where.values, limit + 1)
        found, more = split(list(_by_asset(rows, scoring_of)), limit)
        return found, cursor_of(found[-1].asset_id) if more else None

    async def _rows(
        self, query: sql.Composed, values: dict[str, Any], limit: int
    ) -> list[dict[str, Any]]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return await (await cursor.execute(query, values | {"limit": limit})).fetchall()


def _by_asset(
    rows: Iterable[dict[str, Any]], scoring_of: Callable[[str], Scoring]
) -> Iterable[AssetDimensions]:
    for asset_id, group in groupby(rows, key=lambda row: row["asset_id"]):
        scoring = scoring_of(asset_id)
        scores = [
            DimensionScore(dimension=MetricType(row.pop("dimension")), **row) for row in group
        ]
        mark_stale(scores, scoring.stale_after)
        heard = {score.dimension for score in scores}
        yield AssetDimensions(
            asset_id=asset_id,
            asset_name=scores[0].asset_name,
            weighted_score=weighted(scores),
            dimensions=scores,
            missing=sorted(kind for kind, w in scoring.weights.items() if w and kind not in heard),
        )


def mark_stale(scores: Sequence[DimensionScore], stale_after: float | None) -> None:
    """Mark what is so many seconds older than the newest, as the stream leaves it out."""
    newest = max(score.timestamp for score in scores)
    for score in scores:
        age = (newest - score.timestamp).total_seconds()
        score.stale = stale_after is not None and age > stale_after


def weighted(scores: Iterable[DimensionScore]) -> float | None:
    """Return sum(w * s) / sum(w) of what is not stale, None without any weight."""
    pairs = [(score.weight, score.score) for score in scores if not score.stale]
    total = sum(weight for weight, _ in pairs)
    return round(sum(weight * score for weight, score in pairs) / total, 4) if total else None
