"""Roll-ups: what new measurements come to, added to the hours and days in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from psycopg import AsyncConnection, sql

from pipeline.operators.rollup import Figures, Measured, by_group, daily, group_daily, hourly

SUMMED_EVERY: Final = 64
"""So many values are appended to a sketch before its bins are summed."""

_COLUMNS: Final = {
    "count": "int8",
    "mean": "float8",
    "squares": "float8",
    "minimum": "float8",
    "maximum": "float8",
    "first": "float8",
    "first_at": "timestamptz",
    "last": "float8",
    "last_at": "timestamptz",
    "sketch": "text",  # unnest can't tell apart arrays of arrays
}
# What `Figures.merge` does, on rows.
_ADD: Final = sql.SQL("""
    INSERT INTO {table} AS known ({names})
    SELECT {names}::integer[] FROM unnest({arrays}) AS given ({names})
    ON CONFLICT ({keys}) DO UPDATE SET
        count = known.count + excluded.count,
        mean = known.mean
            + (excluded.mean - known.mean) * excluded.count / (known.count + excluded.count),
        squares = known.squares + excluded.squares + (excluded.mean - known.mean) ^ 2
            * known.count * excluded.count / (known.count + excluded.count),
        minimum = least(known.minimum, excluded.minimum),
        maximum = greatest(known.maximum, excluded.maximum),
        first = CASE WHEN (excluded.first_at, excluded.first) < (known.first_at, known.first)
                     THEN excluded.first ELSE known.first END,
        first_at = least(known.first_at, excluded.first_at),
        last = CASE WHEN (excluded.last_at, excluded.last) > (known.last_at, known.last)
                    THEN excluded.last ELSE known.last END,
        last_at = greatest(known.last_at, excluded.last_at),
        sketch = CASE
            WHEN known.count / {every} = (known.count + excluded.count) / {every}
            THEN known.sketch || excluded.sketch
            ELSE sketch_summed(known.sketch || excluded.sketch) END
""")


def _statement(table: str, keys: Mapping[str, str]) -> sql.Composed:
    columns = dict(keys) | _COLUMNS
    return _ADD.format(
        table=sql.Identifier(table),
        names=_listed(map(sql.Identifier, columns)),
        keys=_listed(map(sql.Identifier, keys)),
        arrays=_listed(
            sql.SQL("%b::{}[]").format(sql.Identifier(kind)) for kind in columns.values()
        ),
        every=sql.Literal(SUMMED_EVERY),
    )


def _listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


_METRIC: Final = {"asset_id": "text", "metric_type": "text"}
_GROUP: Final = {"kind": "text", "name": "text", "metric_type": "text"}
_PLACE: Final = {"partition": "int4"}
_HOURLY: Final = _statement("quality_metric_hourly", _METRIC | {"hour": "timestamptz"})
_DAILY: Final = _statement("quality_metric_daily", _METRIC | {"day": "date"})
_GROUP_HOURLY: Final = _statement("quality_group_hourly", _GROUP | {"hour": "timestamptz"} | _PLACE)
_GROUP_DAILY: Final = _statement("quality_group_daily", _GROUP | {"day": "date"} | _PLACE)


async def add(
    connection: AsyncConnection,
    fresh: Iterable[Measured],
    sources: Mapping[str, str | None],
    partition: int,
) -> None:
    """Add measurements of one source partition that PostgreSQL had not taken in before.

    `sources` has the source of each asset, if it is known.
    """
    hours = hourly(fresh)
    groups = by_group(hours, sources.get)
    await _add(connection, _HOURLY, hours)
    await _add(connection, _DAILY, daily(hours))
    await _add(connection, _GROUP_HOURLY, groups, partition)
    await _add(connection, _GROUP_DAILY, group_daily(groups), partition)


async def _add(
    connection: AsyncConnection,
    statement: sql.Composed,
    found: Mapping[Any, Figures],
    *place: int,
) -> None:
    # Sorted: two sinks that meet at the same rows must not lock each other out.
    rows = [(*key, *place, *_row(figures)) for key, figures in sorted(found.items(), key=_key)]
    await connection.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _key(item: tuple[tuple[Any, ...], Figures]) -> tuple[Any, ...]:
    return item[0]


def _row(figures: Figures) -> Sequence[Any]:
    pairs = ",".join(f"{number},{count}" for number, count in figures.sketch.items())
    return (
        figures.count, figures.mean, figures.squares, figures.minimum, figures.maximum,
        figures.first, figures.first_at, figures.last, figures.last_at, f"{{{pairs}}}",
    )  # fmt: skip
