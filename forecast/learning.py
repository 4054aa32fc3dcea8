"""Learn the limits of all assets whose thresholds ask for it."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy
from psycopg import AsyncConnection, sql
from psycopg.rows import namedtuple_row

from forecast.limits import BACKTESTS, Grid, Limits, learn
from pipeline.globs import posix
from pipeline.postgres.patience import Persist
from pipeline.thresholds import LearnedLimits, Thresholds
from schemas.metrics import PERCENT_METRICS, MetricType

PAGE: Final = 200
SHARE_SEEN: Final = 0.75
"""Of all hours, or else of all days, that a series needs."""
SPAN_DAYS: Final = 42
WIDEN: Final = 1.25
"""An alert that people ignored moves the bound away by this factor, up to `WIDEST`."""
WIDEST: Final = 3.0

_KEYS: Final = """
    SELECT asset_id, metric_type FROM quality_metric_current
    WHERE metric_type = ANY(%(metrics)s) AND asset_id ~ %(assets)s
        AND (asset_id, metric_type) > (%(after_asset)s, %(after_metric)s)
    ORDER BY asset_id, metric_type LIMIT %(limit)s
"""
_STEPS: Final = sql.SQL("""
    SELECT asset_id, metric_type, {time}::timestamptz AS at, mean, minimum, maximum
    FROM unnest(%(assets)s::text[], %(metrics)s::text[]) AS wanted (asset_id, metric_type)
    JOIN {table} USING (asset_id, metric_type)
    WHERE {time} >= %(since)s AND {time} < %(until)s
    ORDER BY asset_id, metric_type, at
""")
_IGNORED: Final = """
    SELECT asset_id, metadata->>'metricType', count(*) FROM quality_alerts_realtime
    WHERE asset_id = ANY(%s) AND status = 'ignored' AND metadata->>'rule' = 'learned_limit'
        AND "timestamp" > now() - interval '90 days'
    GROUP BY 1, 2
"""
_WRITE: Final = """
    INSERT INTO quality_limits AS known
        (asset_id, metric_type, learned_at, mode, starts_at, step_seconds, below, expected,
         inner_bound, bound, widened)
    VALUES (%s, %s, now(), %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (asset_id, metric_type) DO UPDATE SET
        learned_at = excluded.learned_at, mode = excluded.mode, starts_at = excluded.starts_at,
        step_seconds = excluded.step_seconds, below = excluded.below,
        expected = excluded.expected, inner_bound = excluded.inner_bound, bound = excluded.bound,
        widened = excluded.widened
"""
_FORGET: Final = """
    DELETE FROM quality_limits USING unnest(%s::text[], %s::text[]) AS gone (asset, metric)
    WHERE asset_id = asset AND metric_type = metric
"""

Key = tuple[str, str]


class Learned(NamedTuple):
    """How many metrics of assets have limits now, and how many know too little or are off."""

    limits: int
    without: int


async def run(
    persist: Persist,
    thresholds: Callable[[str], Thresholds],
    assets: str,
    now: datetime,
) -> AsyncIterator[Learned]:
    """Learn the limits of every asset that a glob matches; tell the count after every page.

    Args:
        persist: runs a transaction.
        thresholds: which limits an asset asks for.
        assets: a glob of asset ids.
        now: limits begin with the hour, or the day, that is not over yet.
    """
    after, done = ("", ""), Learned(0, 0)
    while True:
        given = {
            "metrics": [*map(str, PERCENT_METRICS), str(MetricType.ISSUES)],
            "assets": posix(assets), "after_asset": after[0], "after_metric": after[1],
            "limit": PAGE,
        }  # fmt: skip
        keys, found = await persist(partial(_page, given, thresholds, now))
        if not keys:
            return
        after = keys[-1]
        done = Learned(done.limits + found, done.without + len(keys) - found)
        yield done


async def _page(
    given: dict[str, Any],
    thresholds: Callable[[str], Thresholds],
    now: datetime,
    connection: AsyncConnection,
) -> tuple[list[Key], int]:
    """Learn a page; return whose it is, and how many have limits."""
    keys: list[Key] = await (await connection.execute(_KEYS, given)).fetchall()
    if not keys:
        return [], 0
    found = await _learn(connection, keys, thresholds, now)
    await _write(connection, keys, found)
    return keys, len(found)


async def _learn(
    connection: AsyncConnection,
    keys: Sequence[Key],
    thresholds: Callable[[str], Thresholds],
    now: datetime,
) -> dict[Key, tuple[Any, ...]]:
    """Return the rows of those that have limits."""
    rules = {key: thresholds(key[0]).learned_limits for key in keys}
    asked = [key for key in keys if rules[key] is not None]
    ignored = await _ignored(connection, asked)
    found: dict[Key, tuple[Any, ...]] = {}
    for grid in Grid:
        left = [key for key in asked if key not in found]
        for key, rows in (await _read(connection, left, grid, now)).items():
            rule = rules[key]
            assert rule is not None  # noqa: S101 - only those were read
            widened = min(WIDEST, WIDEN ** ignored.get(key, 0))
            limits = _limits(key, rows, grid, rule, now, widened)
            if limits is not None:
                found[key] = (
                    *key, rule.mode, _end(grid, now), 86_400 // grid, _is_below(key),
                    limits.expected, limits.inner, limits.bound, widened,
                )  # fmt: skip
    return found


def _limits(
    key: Key, rows: Sequence[Any], grid: Grid, rule: LearnedLimits, now: datetime, widened: float
) -> Limits | None:
    step, end = timedelta(days=1) / grid, _end(grid, now)
    size = (end - rows[0].at) // step
    days = size / grid
    if days < rule.warm_up_days or len(rows) < SHARE_SEEN * size:
        return None
    places = numpy.array([(row.at - rows[0].at) // step for row in rows])
    below = _is_below(key)
    worst = [row.minimum if below else row.maximum for row in rows]
    every = numpy.arange(size)
    seen = numpy.isin(every, places)
    if not seen[-BACKTESTS * grid :].any():
        return None
    return learn(
        numpy.interp(every, places, [row.mean for row in rows]),
        numpy.interp(every, places, worst), seen, grid, rule, below=below, widened=widened,
    )  # fmt: skip


def _end(grid: Grid, now: datetime) -> datetime:
    """Return the end of the last step that is over."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return hour if grid is Grid.HOURLY else hour.replace(hour=0)


def _is_below(key: Key) -> bool:
    return key[1] != MetricType.ISSUES


async def _read(
    connection: AsyncConnection, keys: Sequence[Key], grid: Grid, now: datetime
) -> dict[Key, list[Any]]:
    hourly = grid is Grid.HOURLY
    query = _STEPS.format(
        time=sql.Identifier("hour" if hourly else "day"),
        table=sql.Identifier("quality_metric_hourly" if hourly else "quality_metric_daily"),
    )
    end = _end(grid, now)
    cursor = connection.cursor(row_factory=namedtuple_row)
    values = _columns(keys) | {"since": end - timedelta(days=SPAN_DAYS), "until": end}
    await cursor.execute(query, values)
    rows = await cursor.fetchall()
    return {key: list(group) for key, group in groupby(rows, key=lambda row: (row[0], row[1]))}


async def _ignored(connection: AsyncConnection, keys: Sequence[Key]) -> dict[Key, int]:
    assets = sorted({asset for asset, _ in keys})
    rows = await (await connection.execute(_IGNORED, (assets,))).fetchall()
    return {(asset, metric): count for asset, metric, count in rows}


async def _write(
    connection: AsyncConnection, keys: Iterable[Key], found: dict[Key, tuple[Any, ...]]
) -> None:
    gone = [key for key in keys if key not in found]
    columns = _columns(gone)
    await connection.execute(_FORGET, (columns["assets"], columns["metrics"]))
    async with connection.cursor() as cursor:
        await cursor.executemany(_WRITE, list(found.values()))


def _columns(keys: Sequence[Key]) -> dict[str, Any]:
    return {"assets": [key[0] for key in keys], "metrics": [key[1] for key in keys]}
