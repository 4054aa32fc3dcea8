"""Roll-ups in PostgreSQL are what the history sums up to, whatever comes twice or late."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from schemas.metrics import MetricEvent, MetricType
from sinks import history, rollups
from sinks.history import Measurement
from sinks.migrations import migrate

SUM_UP_ANEW = Path(__file__).parent / "data" / "sum_up_anew.sql"
START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
METRICS = (MetricType.SCORE, MetricType.ISSUES, MetricType.VALIDITY)
KEYS = {
    "quality_metric_hourly": "asset_id, metric_type, hour",
    "quality_metric_daily": "asset_id, metric_type, day",
    "quality_group_hourly": "kind, name, metric_type, hour",
    "quality_group_daily": "kind, name, metric_type, day",
}


def measurement(number: int, chance: random.Random) -> Measurement:
    asset, metric = f"asset-{number % 5}", METRICS[number % 3]
    at = START + timedelta(minutes=chance.randint(0, 600))
    value = float(chance.choice([0, 3, 17, 88.25, 90.5, 91]))
    event = MetricEvent(
        asset_id=asset, metric_type=metric, value=value, timestamp=at,
        source=None if number % 5 == 4 else f"source-{number % 5 % 2}",
    )  # fmt: skip
    return Measurement(
        event, UUID(int=number), at, chance.random() < 0.1, at, b"{}", "quality.metrics",
        number % 5 % 2, number,
    )  # fmt: skip


async def figures(connection: psycopg.AsyncConnection, table: str) -> list[tuple[Any, ...]]:
    """What a roll-up says, the parts of several partitions added up in the plainest way."""
    keys = KEYS[table]
    cursor = await connection.execute(
        f"""
        SELECT {keys}, sum(count)::int, sum(mean * count) / sum(count), min(minimum), max(maximum),
               min(first_at), max(last_at),
               (array_agg(first ORDER BY first_at, first))[1],
               (array_agg(last ORDER BY last_at DESC, last DESC))[1],
               sketch_summed(string_to_array(
                   string_agg(array_to_string(sketch, ','), ','), ',')::int[]),
               CASE WHEN count(*) = 1 THEN min(squares) END
        FROM {table} GROUP BY {keys} ORDER BY {keys}
        """
    )
    return await cursor.fetchall()


def assert_same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(found) == len(expected)
    for row, other in zip(found, expected, strict=True):
        for one, another in zip(row, other, strict=True):
            if isinstance(one, float) and another is not None:
                assert one == pytest.approx(another, abs=1e-6)
            elif one is not None and another is not None:
                assert one == another


async def test_repeated_and_late_events_change_nothing(
    database_url: str, empty_database_url: str
) -> None:
    chance = random.Random(7)
    given = [measurement(number, chance) for number in range(1500)]
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        done = 0
        while done < len(given):
            size = chance.randint(1, 200)
            again = chance.choices(given[:done], k=chance.randint(0, 50)) if done else []
            batch = [*given[done : done + size], *again]
            chance.shuffle(batch)
            for part in (0, 1):  # as two sinks would
                await history.store(connection, [one for one in batch if one.partition == part])
            done += size
        found = {table: await figures(connection, table) for table in KEYS}
        assert sum(row[3] for row in found["quality_metric_daily"]) == len(given)
    # Summed up in SQL from the history alone, it comes to the same.
    migrate(empty_database_url)
    async with await psycopg.AsyncConnection.connect(empty_database_url) as connection:
        await fill_history(connection, given)
        await connection.execute(SUM_UP_ANEW.read_bytes())
        for table in KEYS:
            assert_same(found[table], await figures(connection, table))


async def fill_history(connection: psycopg.AsyncConnection, given: list[Measurement]) -> None:
    for day in sorted({one.timestamp.date() for one in given}):
        await connection.execute("SELECT ensure_metric_history_partition(%s)", (day,))
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO assets (asset_id, asset_name, source) VALUES (%s, '', %s) "
            "ON CONFLICT DO NOTHING",
            [(one.event.asset_id, one.event.source) for one in given],
        )
        await cursor.executemany(
            "INSERT INTO quality_metric_history VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    one.event.asset_id, str(one.event.metric_type), one.event.value,
                    one.timestamp, one.event_id, one.late,
                )
                for one in given
            ],
        )  # fmt: skip


async def test_a_sketch_is_summed_before_it_grows_long(database_url: str) -> None:
    chance = random.Random(1)
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        for number in range(0, 15 * 400, 15):
            one = measurement(number, chance)
            await history.store(connection, [one._replace(timestamp=START)])
        cursor = await connection.execute(
            "SELECT count, cardinality(sketch) FROM quality_metric_daily"
        )
        ((count, length),) = await cursor.fetchall()
    assert count == 400
    assert length <= 2 * (6 + rollups.SUMMED_EVERY)


async def test_retention(database_url: str) -> None:
    chance, ages = random.Random(1), (0, 10, 40)
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        # PostgreSQL's own time, which stands still in the transaction that all of this is.
        ((now,),) = await (await connection.execute("SELECT now()")).fetchall()
        for age in ages:
            one = measurement(age, chance)
            await history.store(connection, [one._replace(timestamp=now - timedelta(days=age))])
        for call, left in (
            ("cleanup_old_metric_history(90, 30)", [2, 3, 3, 3, 3]),
            ("cleanup_old_metric_history(30)", [2, 2, 2, 3, 3]),
            ("cleanup_old_trends(39)", [2, 2, 2, 2, 2]),
        ):
            await connection.execute(f"SELECT {call}")
            tables = ["quality_metric_history", *KEYS]
            order = [tables[i] for i in (0, 1, 3, 2, 4)]
            counts = [await days_in(connection, table) for table in order]
            assert counts == left, call


async def days_in(connection: psycopg.AsyncConnection, table: str) -> int:
    column = {"history": '"timestamp"', "hourly": "hour", "daily": "day"}[table.split("_")[-1]]
    cursor = await connection.execute(f"SELECT count(DISTINCT {column}::date) FROM {table}")
    row = await cursor.fetchone()
    assert row
    return int(row[0])
