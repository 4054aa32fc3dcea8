"""Daily values as a forecast needs them: one for each day, without gaps."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, sql
from psycopg.rows import namedtuple_row

from pipeline.globs import posix
from pipeline.postgres.patience import Persist
from schemas.metrics import MetricType

DAYS: Final = 90
"""Days that a forecast looks back."""
METRICS: Final = (MetricType.SCORE, MetricType.ISSUES)

_KEYS: Final = sql.SQL("""
    SELECT asset_id, metric_type FROM quality_metric_current
    WHERE metric_type = ANY(%(metrics)s) AND asset_id ~ %(assets)s
        AND (asset_id, metric_type) > (%(after_asset)s, %(after_metric)s)
    ORDER BY asset_id, metric_type LIMIT %(limit)s
""")
# A score is the day's mean; of issues, those that are open at its end count.
_DAYS: Final = """
    SELECT asset_id, metric_type, asset_name, assets.source, day,
           CASE metric_type WHEN 'issues' THEN last ELSE mean END AS value
    FROM unnest(%(assets)s::text[], %(metrics)s::text[]) AS wanted (asset_id, metric_type)
    JOIN quality_metric_daily USING (asset_id, metric_type) JOIN assets USING (asset_id)
    WHERE day > %(today)s - %(days)s - 1 AND day < %(today)s
    ORDER BY asset_id, metric_type, day
"""


class Series(NamedTuple):
    """A metric of an asset by day, up to and including `last_day`."""

    asset_id: str
    asset_name: str
    source: str | None
    metric_type: MetricType
    last_day: date
    values: list[float]


async def pages(
    persist: Persist, assets: str, today: date, size: int
) -> AsyncIterator[list[Series]]:
    """Read the series of all assets that a glob matches, up to yesterday, page by page."""
    after = ("", "")
    while True:
        given = {
            "metrics": list(METRICS), "assets": posix(assets), "limit": size,
            "after_asset": after[0], "after_metric": after[1],
        }  # fmt: skip
        keys, page = await persist(partial(_page, given, today))
        if not keys:
            return
        yield page
        after = keys[-1]


async def _page(
    given: dict[str, Any], today: date, connection: AsyncConnection
) -> tuple[list[Any], list[Series]]:
    keys = await (await connection.execute(_KEYS, given)).fetchall()
    return keys, await _read(connection, keys, today) if keys else []


async def _read(
    connection: AsyncConnection, keys: Sequence[tuple[str, str]], today: date
) -> list[Series]:
    cursor = connection.cursor(row_factory=namedtuple_row)
    columns = {"assets": [key[0] for key in keys], "metrics": [key[1] for key in keys]}
    await cursor.execute(_DAYS, columns | {"today": today, "days": DAYS})
    rows = await cursor.fetchall()
    return [_series(list(group)) for _, group in groupby(rows, key=lambda row: (row[0], row[1]))]


def _series(rows: Sequence[Any]) -> Series:
    last = rows[-1]
    values = without_gaps([(row.day, row.value) for row in rows])
    return Series(
        last.asset_id, last.asset_name, last.source, MetricType(last.metric_type), last.day, values
    )


def without_gaps(days: Sequence[tuple[date, float]]) -> list[float]:
    """Return a value for each day from the first to the last; straight lines bridge gaps."""
    values = [days[0][1]]
    for (day, value), (next_day, next_value) in pairwise(days):
        gap = (next_day - day) // timedelta(days=1)
        values += [value + (next_value - value) * step / gap for step in range(1, gap + 1)]
    return values
