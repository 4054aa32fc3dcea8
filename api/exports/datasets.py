"""What can be exported: where its rows are, in which order they come, what they hold.

Rows come day by day, within a day in the order of an index, so that millions are read
without being sorted or held anywhere; and any row is a place to go on from.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, LiteralString, NamedTuple

from msgspec import Struct
from psycopg import AsyncConnection, sql

from api.auth.scope import Scope
from api.queries.where import Where
from schemas.metrics import MetricType

CHUNK_ROWS: Final = 1000


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    TRUTH = "truth"
    MOMENT = "moment"
    DAY = "day"
    JSON = "json"


class Column(NamedTuple):
    """A column: its name in files and where it comes from."""

    name: str
    source: LiteralString
    kind: Kind = Kind.TEXT


class Key(NamedTuple):
    """A column that orders the rows of a day: its name in files, in the table, its SQL type."""

    name: str
    source: LiteralString
    type: LiteralString


@dataclass(frozen=True)
class Dataset:
    """One table that can be exported.

    Args:
        table: its name.
        time: its column that days are counted by.
        columns: what is exported.
        key: what orders the rows of a day, the columns of an index.
        days: a query for the first and the last day there may be anything of.
    """

    table: LiteralString
    time: LiteralString
    columns: tuple[Column, ...]
    key: tuple[Key, ...]
    days: LiteralString

    @property
    def has_metrics(self) -> bool:
        """Whether its rows are of one metric each."""
        return any(column.name == "metricType" for column in self.columns)

    def place_of(self, day: date, row: tuple[Any, ...]) -> "Place":
        """Return where a row is."""
        names = [column.name for column in self.columns]
        return Place(day, [_text(row[names.index(part.name)]) for part in self.key])


ALERTS: Final = Dataset(
    table="quality_alerts_realtime",
    time='"timestamp"',
    columns=(
        Column("id", "id::text"),
        Column("assetId", "asset_id"),
        Column("assetName", "asset_name"),
        Column("source", "source"),
        Column("alertType", "alert_type"),
        Column("severity", "severity"),
        Column("status", "status"),
        Column("message", "message"),
        Column("timestamp", '"timestamp"', Kind.MOMENT),
        Column("changedAt", "changed_at", Kind.MOMENT),
        Column("changedBy", "changed_by"),
        Column("resolution", "resolution"),
        Column("comment", "comment"),
        Column("assignee", "assignee"),
        Column("metadata", "metadata::text", Kind.JSON),
    ),
    key=(Key("timestamp", '"timestamp"', "timestamptz"), Key("id", "id", "uuid")),
    days="""
        SELECT min("timestamp" AT TIME ZONE 'UTC')::date, max("timestamp" AT TIME ZONE 'UTC')::date
        FROM quality_alerts_realtime
    """,
)
HISTORY: Final = Dataset(
    table="quality_metric_history",
    time='"timestamp"',
    columns=(
        Column("assetId", "asset_id"),
        Column("metricType", "metric_type"),
        Column("value", "value", Kind.NUMBER),
        Column("timestamp", '"timestamp"', Kind.MOMENT),
        Column("eventId", "event_id::text"),
        Column("late", "late", Kind.TRUTH),
        Column("metadata", "metadata::text", Kind.JSON),
    ),
    key=(
        Key("assetId", "asset_id", "text"),
        Key("timestamp", '"timestamp"', "timestamptz"),
        Key("eventId", "event_id", "uuid"),
    ),
    # Partitions are named after their days: the oldest event need not be looked for.
    days="""
        SELECT min(to_date(right(relname, 8), 'YYYYMMDD')),
            max(to_date(right(relname, 8), 'YYYYMMDD'))
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'quality_metric_history'::regclass
    """,
)
TRENDS: Final = Dataset(
    table="quality_metric_daily",
    time="day",
    columns=(
        Column("date", "day", Kind.DAY),
        Column("assetId", "asset_id"),
        Column("metricType", "metric_type"),
        Column("count", "count", Kind.COUNT),
        Column("average", "mean", Kind.NUMBER),
        Column("deviation", "sqrt(squares / nullif(count - 1, 0))", Kind.NUMBER),
        Column("minimum", "minimum", Kind.NUMBER),
        Column("maximum", "maximum", Kind.NUMBER),
        Column("first", "first", Kind.NUMBER),
        Column("last", "last", Kind.NUMBER),
    ),
    key=(Key("assetId", "asset_id", "text"), Key("metricType", "metric_type", "text")),
    days="SELECT min(day), max(day) FROM quality_metric_daily",
)
DATASETS: Final = {"alerts": ALERTS, "history": HISTORY, "trends": TRENDS}


class Wanted(Struct, frozen=True):
    """Which rows: of assets (id or glob), of a metric, from `since` until before `until`."""

    asset_id: str | None = None
    metric_type: MetricType | None = None
    since: datetime | None = None
    until: datetime | None = None


class Place(Struct, frozen=True):
    """The last row of a chunk: what follows it is what is left."""

    day: date
    key: list[str]


class Chunk(NamedTuple):
    """Some rows in order, and where they end."""

    rows: list[tuple[Any, ...]]
    place: Place


async def days_of(connection: AsyncConnection, dataset: Dataset) -> tuple[date, date] | None:
    """Return the first and the last day that a dataset may have rows of, None if it has none."""
    row = await (await connection.execute(dataset.days)).fetchone()
    return (row[0], row[1]) if row and row[0] else None


async def chunks(
    connection: AsyncConnection,
    dataset: Dataset,
    scope: Scope,
    wanted: Wanted,
    after: Place | None = None,
) -> AsyncGenerator[Chunk, None]:
    """Read what is wanted within `scope`, from the row after `after` on, chunk by chunk.

    Each day is read by a cursor of PostgreSQL's own: neither side holds more than a chunk.
    """
    until = wanted.until or datetime.now(UTC)
    start = wanted.since.astimezone(UTC).date() if wanted.since else None
    days = await days_of(connection, dataset)
    if days is None:
        return
    earliest, latest = days
    day = after.day if after else max(start, earliest) if start else earliest
    # Whatever was asked for, days beyond the last one are not looked through.
    while day <= latest and _midnight(day) < until:
        key = after.key if after and after.day == day else None
        async with aclosing(_day(connection, dataset, scope, wanted, day, key)) as found:
            async for rows in found:
                yield Chunk(rows, dataset.place_of(day, rows[-1]))
        day += timedelta(days=1)


async def _day(
    connection: AsyncConnection,
    dataset: Dataset,
    scope: Scope,
    wanted: Wanted,
    day: date,
    after: list[str] | None,
) -> AsyncGenerator[list[tuple[Any, ...]], None]:
    where = _where(dataset, scope, wanted, day)
    keys = _listed(part.source for part in dataset.key)
    if after is not None:
        parts = zip(after, dataset.key, strict=True)
        there = [sql.SQL("{}::{}").format(text, sql.SQL(part.type)) for text, part in parts]
        where.add_beyond(keys, sql.SQL(", ").join(there))
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
        _listed(column.source for column in dataset.columns),
        sql.SQL(dataset.table), where.text, keys,
    )  # fmt: skip
    async with connection.transaction(), connection.cursor("export") as cursor:
        await cursor.execute(query, where.values)
        while rows := await cursor.fetchmany(CHUNK_ROWS):
            yield rows


def _where(dataset: Dataset, scope: Scope, wanted: Wanted, day: date) -> Where:
    where = Where()
    where.add_scope(scope)
    where.add_asset(wanted.asset_id)
    metric = wanted.metric_type
    where.add_given("metric_type = %(metric)s", metric=metric and str(metric))
    first, next_first = _midnight(day), _midnight(day + timedelta(days=1))
    where.add_between(
        dataset.time,
        max(first, wanted.since) if wanted.since else first,
        min(next_first, wanted.until) if wanted.until else next_first,
    )
    return where


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _listed(parts: Iterable[LiteralString]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.SQL, parts))
