"""Measurements: from the history topic to PostgreSQL, each once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import starmap
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec.json import Decoder
from psycopg import AsyncConnection, sql
from psycopg.errors import UniqueViolation

from pipeline.operators.compose import micros
from pipeline.operators.identity import derived_event_id
from pipeline.operators.rollup import Measured, newest
from pipeline.operators.validate import check_arrival, decode_event
from schemas.metrics import ABSENT, DIMENSIONS, HistoryBatch, MetricEvent
from sinks import limits, rollups

Weigh = Callable[[str, str], float]

_decode_batch: Final = Decoder(HistoryBatch).decode
AHEAD: Final = 366 * 86_400 * 1_000_000
"""Microseconds: further ahead of its arrival no worker takes an event, whatever its settings."""

_PARTITIONS: Final = "SELECT ensure_metric_history_partition(day) FROM unnest(%b::date[]) AS day"
_ASSETS: Final = """
    INSERT INTO assets AS known (asset_id, asset_name, asset_type, source, first_seen, last_seen)
    SELECT id, coalesce(name, id), type, source, first_seen, last_seen
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::timestamptz[],
                %b::timestamptz[]) AS t (id, name, type, source, first_seen, last_seen)
    ORDER BY id
    ON CONFLICT (asset_id) DO UPDATE SET
        asset_name = CASE WHEN excluded.asset_name = excluded.asset_id
                          THEN known.asset_name ELSE excluded.asset_name END,
        asset_type = coalesce(excluded.asset_type, known.asset_type),
        source = coalesce(excluded.source, known.source),
        last_seen = greatest(known.last_seen, excluded.last_seen)
    RETURNING asset_id, source
"""
_HISTORY_COLUMNS: Final = {
    "asset_id": "text",
    "metric_type": "text",
    "value": "float8",
    "timestamp": "timestamptz",
    "event_id": "uuid",
    "late": "bool",
    "metadata": "json",
}
_HISTORY_NAMES: Final = sql.SQL(", ").join(map(sql.Identifier, _HISTORY_COLUMNS))
_COPY: Final = sql.SQL("COPY quality_metric_history ({}) FROM STDIN (FORMAT BINARY)").format(
    _HISTORY_NAMES
)
_INSERT: Final = sql.SQL("""
    INSERT INTO quality_metric_history ({names}) SELECT * FROM unnest({arrays})
    ON CONFLICT DO NOTHING RETURNING asset_id, "timestamp", event_id, metric_type
""").format(
    names=_HISTORY_NAMES,
    arrays=sql.SQL(", ").join(
        sql.SQL("%b::{}[]").format(sql.Identifier(kind)) for kind in _HISTORY_COLUMNS.values()
    ),
)
_CURRENT: Final = """
    INSERT INTO quality_metric_current AS known
        (asset_id, metric_type, value, "timestamp", previous_value)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::float8[], %b::timestamptz[], %b::float8[])
    ON CONFLICT (asset_id, metric_type) DO UPDATE SET
        value = excluded.value, "timestamp" = excluded."timestamp",
        previous_value = coalesce(excluded.previous_value, known.value)
    WHERE known."timestamp" <= excluded."timestamp"
"""
_DIMENSIONS: Final = """
    INSERT INTO quality_dimension_scores AS known (asset_id, dimension, score, "timestamp", weight)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::float8[], %b::timestamptz[], %b::float8[])
    ON CONFLICT (asset_id, dimension) DO UPDATE SET
        score = excluded.score, "timestamp" = excluded."timestamp", weight = excluded.weight
    WHERE known."timestamp" <= excluded."timestamp"
"""


class Measurement(NamedTuple):
    """One applied event and where it was read."""

    event: MetricEvent
    event_id: UUID
    timestamp: datetime
    """In UTC."""
    late: bool
    applied_at: datetime
    raw: bytes
    topic: str
    partition: int
    offset: int


def measurements(raw: bytes, applied_at: datetime) -> list[Measurement]:
    """Return the measurements in a record of the history topic, in the order applied.

    Raises:
        msgspec.DecodeError: it is not a record of the detect stage.
        ValueError: the same; an event in it is none (`InvalidEvent`).
    """
    batch = _decode_batch(raw)
    late, place = set(batch.late), batch.topic_id or batch.topic
    arrived = micros(applied_at)
    found = []
    for index, (offset, packed) in enumerate(zip(batch.offsets, batch.events, strict=True)):
        event = decode_event(bytes(packed), len(raw))
        check_arrival(event, micros(event.timestamp), arrived, AHEAD)
        event_id = event.event_id or derived_event_id(place, batch.partition, offset)
        found.append(
            Measurement(
                event, event_id, event.timestamp.astimezone(UTC), index in late, applied_at,
                bytes(packed), batch.topic, batch.partition, offset,
            )
        )  # fmt: skip
    return found


def _equally(_asset_id: str, _dimension: str) -> float:
    return 1.0


async def store(
    connection: AsyncConnection,
    given: Sequence[Measurement],
    weigh: Weigh = _equally,
    *,
    limited: bool = False,
) -> None:
    """Write measurements, and what they come to, in the caller's transaction.

    What PostgreSQL has already is passed over, in the sums as well. `weigh` tells what a
    dimension of an asset weighs in its score; `limited` asks for learned limits to be
    looked at.
    """
    unique: dict[Any, Measurement] = {}
    for one in given:
        unique.setdefault(_key(one), one)  # as between batches, the first one counts
    rows = sorted(unique.values(), key=lambda one: one.event.asset_id)  # no deadlocks
    days = sorted({one.timestamp.date() for one in rows})
    await connection.execute(_PARTITIONS, (days,))
    assets = await connection.execute(_ASSETS, _columns(_asset_rows(rows)))
    sources: dict[str, str | None] = dict(await assets.fetchall())
    if not await _copy(connection, rows):
        rows = await _insert(connection, rows)
    if rows:
        fresh = [_measured(one) for one in rows]
        await _replace(connection, fresh, weigh)
        await rollups.add(connection, fresh, sources, rows[0].partition)
        if limited:
            await limits.check(connection, [_value(one) for one in rows if not one.late])


async def _copy(connection: AsyncConnection, rows: Sequence[Measurement]) -> bool:
    """Write rows in the fastest way; write none and return False if one was written before.

    That is only so after a crash, so most batches pay nothing for being repeatable.
    """
    try:
        async with (
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy(_COPY) as copy,
        ):
            # JSON travels as the text it is: what is declared `json` would be encoded once more.
            copy.set_types([kind.replace("json", "text") for kind in _HISTORY_COLUMNS.values()])
            for one in rows:
                await copy.write_row(_history_row(one))
    except UniqueViolation:
        return False
    return True


async def _insert(connection: AsyncConnection, rows: Sequence[Measurement]) -> list[Measurement]:
    """Write the rows that were not written before; return those."""
    cursor = await connection.execute(_INSERT, _columns(map(_history_row, rows)))
    fresh = set(await cursor.fetchall())
    return [one for one in rows if _key(one) in fresh]


def _key(one: Measurement) -> tuple[str, datetime, UUID, str]:
    event = one.event
    return event.asset_id, one.timestamp, one.event_id, event.metric_type.value


async def _replace(connection: AsyncConnection, fresh: Sequence[Measured], weigh: Weigh) -> None:
    """Put the newest values in the place of those before."""
    current = [
        (*key, last.value, last.timestamp, last.previous)
        for key, last in sorted(newest(fresh).items())
    ]
    if current:
        await connection.execute(_CURRENT, _columns(current))
    dimensions = [(*row[:4], weigh(*row[:2])) for row in current if row[1] in DIMENSIONS]
    if dimensions:
        await connection.execute(_DIMENSIONS, _columns(dimensions))


def _asset_rows(rows: Iterable[Measurement]) -> Iterable[tuple[Any, ...]]:
    """One row for each asset, with the newest it said of itself."""
    told: dict[str, list[Any]] = {}
    for one in rows:
        event = one.event
        known = told.setdefault(
            event.asset_id, [event.asset_id, None, None, None, one.applied_at, one.applied_at]
        )
        known[1] = event.asset_name or known[1]
        known[2] = event.asset_type or known[2]
        known[3] = event.source or known[3]
        known[5] = max(known[5], one.applied_at)
    return starmap(lambda *row: row, told.values())


def _history_row(one: Measurement) -> tuple[Any, ...]:
    event = one.event
    metadata = None if event.metadata is ABSENT else bytes(event.metadata).decode()
    return (
        event.asset_id, event.metric_type.value, event.value, one.timestamp, one.event_id,
        one.late, metadata,
    )  # fmt: skip


def _measured(one: Measurement) -> Measured:
    event = one.event
    return Measured(event.asset_id, event.metric_type.value, event.value, one.timestamp, one.late)


def _value(one: Measurement) -> limits.Value:
    event = one.event
    return limits.Value(
        event.asset_id, event.metric_type.value, event.value, one.timestamp, one.event_id
    )


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Turn rows into the arrays that `unnest` turns back."""
    return [list(column) for column in zip(*rows, strict=True)]
