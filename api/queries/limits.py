"""Learned limits, and what lay beyond them."""

from datetime import timedelta
from typing import Final

from psycopg.rows import class_row, dict_row

from pipeline.postgres.pool import Pool
from schemas.limits import LimitFinding, LimitPoint, Limits
from schemas.metrics import MetricType

_ONE: Final = """
    SELECT asset_id, mode, learned_at, below, widened, starts_at, step_seconds, expected,
           inner_bound AS inner, bound
    FROM quality_limits WHERE asset_id = %s AND metric_type = %s
"""
_FINDINGS: Final = """
    SELECT "timestamp", event_id, value, expected, bound AS "limit", mode, told
    FROM quality_limit_findings WHERE asset_id = %s AND metric_type = %s
    ORDER BY "timestamp" DESC, event_id DESC LIMIT 100
"""


class LimitQueries:
    """Reads learned limits."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def one(self, asset_id: str, metric: MetricType) -> Limits | None:
        """Return the limits of a metric with its 100 newest findings, None if it has none."""
        key = asset_id, str(metric)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            row = await (await cursor.execute(_ONE, key)).fetchone()
            if row is None:
                return None
            found = connection.cursor(row_factory=class_row(LimitFinding))
            findings = await (await found.execute(_FINDINGS, key)).fetchall()
        start, step = row.pop("starts_at"), timedelta(seconds=row.pop("step_seconds"))
        columns = zip(row.pop("expected"), row.pop("inner"), row.pop("bound"), strict=True)
        points = [
            LimitPoint(start=start + number * step, expected=expected, inner=inner, limit=limit)
            for number, (expected, inner, limit) in enumerate(columns)
        ]
        return Limits(metric_type=metric, points=points, findings=findings, **row)
