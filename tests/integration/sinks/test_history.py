"""Measurements: each once, with what they come to; and what goes when it is old."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection

from pipeline.operators.identity import derived_event_id
from schemas.metrics import HistoryBatch, MetricType
from sinks.history import measurements, store
from tests.integration.sinks.conftest import NOON, a_measurement, rows

SECOND = timedelta(seconds=1)


async def test_what_is_delivered_again_changes_nothing(connection: AsyncConnection) -> None:
    first, second = a_measurement(value=90), a_measurement(value=70, at=NOON + SECOND)
    third = a_measurement(value=80, at=NOON + 2 * SECOND)
    for given in ([first, second], [first, second], [second, third, third], [third]):
        async with connection.transaction():
            await store(connection, given)
    assert await rows(connection, "SELECT count(*) FROM quality_metric_history") == [(3,)]
    assert await rows(connection, "SELECT value, previous_value FROM quality_metric_current") == [
        (80, 70)
    ]
    assert await rows(
        connection, "SELECT average, minimum, maximum, deviation, count FROM quality_score_trends"
    ) == [(80, 70, 90, pytest.approx(10), 3)]


async def test_one_id_may_name_all_that_a_job_measured(connection: AsyncConnection) -> None:
    first = a_measurement()
    second = a_measurement(metric=MetricType.ISSUES)._replace(event_id=first.event_id)
    for given in ([first], [first, second], [second]):
        await store(connection, given)
    assert await rows(connection, "SELECT metric_type FROM quality_metric_history ORDER BY 1") == [
        ("issues",),
        ("score",),
    ]
    assert await rows(connection, "SELECT sum(count) FROM quality_metric_daily") == [(2,)]


async def test_late_ones_count_but_are_not_current(connection: AsyncConnection) -> None:
    await store(connection, [a_measurement(value=90, at=NOON + SECOND)])
    await store(connection, [a_measurement(value=10, late=True)])
    assert await rows(connection, "SELECT value FROM quality_metric_current") == [(90,)]
    assert await rows(connection, "SELECT count, minimum FROM quality_score_trends") == [(2, 10)]


async def test_assets_remember_what_they_said_of_themselves(connection: AsyncConnection) -> None:
    await store(connection, [a_measurement(asset_name="Orders", source="dbt")])
    await store(connection, [a_measurement(at=NOON + SECOND, asset_type="table")])
    assert await rows(
        connection, "SELECT asset_name, asset_type, source, last_seen - first_seen FROM assets"
    ) == [("Orders", "table", "dbt", SECOND)]


async def test_dimensions_are_weighed_truly(connection: AsyncConnection) -> None:
    await store(
        connection,
        [
            a_measurement(value=90, metric=MetricType.COMPLETENESS),
            a_measurement(value=50, metric=MetricType.ACCURACY),
            a_measurement("b", value=30, metric=MetricType.ACCURACY),
        ],
    )
    await connection.execute(
        "UPDATE quality_dimension_scores SET weight = 3 WHERE dimension = 'completeness'"
    )
    await connection.execute("UPDATE quality_dimension_scores SET weight = 0 WHERE asset_id = 'b'")
    assert await rows(
        connection,
        "SELECT asset_id, dimension, score, weighted_average FROM quality_dimension_summary "
        "ORDER BY 1, 2",
    ) == [("a", "accuracy", 50, 80), ("a", "completeness", 90, 80), ("b", "accuracy", 30, None)]


async def test_days_past_the_retention_go(connection: AsyncConnection) -> None:
    partitions = (
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'quality_metric_history'::regclass"
    )
    async with connection.transaction():  # in which no midnight passes for PostgreSQL
        ((today,),) = await rows(connection, "SELECT date_trunc('day', now(), 'UTC')")
        for days in (0, 9, 10, 11, 30):
            await store(connection, [a_measurement(at=today - timedelta(days=days))])
        before = (await rows(connection, partitions))[0][0]
        assert await rows(connection, "SELECT cleanup_old_metric_history(10)") == [(2,)]
        assert await rows(connection, partitions) == [(before - 2,)]
        assert await rows(connection, "SELECT count(*) FROM quality_metric_history") == [(3,)]
        assert await rows(connection, "SELECT cleanup_old_metric_history(10)") == [(0,)]
    with pytest.raises(psycopg.errors.RaiseException, match="at least 1"):
        await connection.execute("SELECT cleanup_old_metric_history(0)")


async def test_events_go_before_the_hours_they_sum_up_to(connection: AsyncConnection) -> None:
    async with connection.transaction():  # in which no midnight passes for PostgreSQL
        ((today,),) = await rows(connection, "SELECT date_trunc('day', now(), 'UTC')")
        for days in (0, 6, 20):
            await store(connection, [a_measurement(at=today - timedelta(days=days))])
        assert await rows(connection, "SELECT cleanup_old_metric_history(10, 5)") == [(2,)]
        for table, left in (("history", 1), ("hourly", 2), ("daily", 3)):
            query = f"SELECT count(*) FROM quality_metric_{table}"
            assert await rows(connection, query) == [(left,)]
        # A day that lost its events can get some again: the sink decides what is too old.
        await store(connection, [a_measurement(at=today - timedelta(days=6))])
        assert await rows(connection, "SELECT count(*) FROM quality_metric_history") == [(2,)]


async def test_retention_gives_up_behind_a_long_reader(
    connection: AsyncConnection, database_url: str
) -> None:
    await store(connection, [a_measurement(at=NOON - timedelta(days=40))])
    async with await AsyncConnection.connect(database_url) as reader:
        await reader.execute("SELECT * FROM quality_metric_history")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await connection.execute("SELECT cleanup_old_metric_history(10)")
    assert await rows(connection, "SELECT cleanup_old_metric_history(10)") == [(1,)]


async def test_sessions_nobody_refreshes_are_swept_up(connection: AsyncConnection) -> None:
    await connection.execute(
        "INSERT INTO websocket_sessions (client_id, edge_id, connected_at, last_seen_at) "
        "SELECT gen_random_uuid(), 'e', now(), now() - make_interval(secs => age) "
        "FROM unnest(ARRAY[0, 59, 61, 600]) AS age"
    )
    assert await rows(connection, "SELECT cleanup_stale_websocket_sessions()") == [(2,)]
    assert await rows(connection, "SELECT count(*) FROM websocket_sessions") == [(2,)]


def test_a_record_is_taken_apart() -> None:
    named = '{"eventId": "%s", "assetId": "a", "metricType": "score", "value": 1, %s}'
    unnamed = '{"assetId": "a", "metricType": "issues", "value": 2, %s}'
    time = '"timestamp": "2025-01-01T14:00:00+02:00"'
    event_id = derived_event_id("x", 0, 0)
    packed = HistoryBatch(
        topic="quality.metrics", partition=3, offsets=[7, 9], late=[1],
        events=[
            msgspec.Raw((named % (event_id, time)).encode()),
            msgspec.Raw((unnamed % time).encode()),
        ],
    )  # fmt: skip
    first, second = measurements(msgspec.json.encode(packed), NOON)
    assert (first.event_id, first.late, first.offset) == (event_id, False, 7)
    assert first.timestamp == datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert second.event_id == derived_event_id("quality.metrics", 3, 9)
    assert (second.late, second.partition, second.event.value) == (True, 3, 2)
    with pytest.raises(msgspec.DecodeError):
        measurements(b"[]", NOON)
    with pytest.raises(ValueError, match="zip"):
        measurements(msgspec.json.encode(msgspec.structs.replace(packed, offsets=[1])), NOON)


async def test_two_that_need_the_same_new_day_at_once(
    connection: AsyncConnection, database_url: str
) -> None:
    """The one that waited for the other finds the day made, and goes on."""
    ensure = "SELECT ensure_metric_history_partition('2031-05-06')"
    async with await AsyncConnection.connect(database_url, autocommit=True) as second:
        async with connection.transaction():
            assert await rows(connection, ensure) == [(True,)]
            waiting = asyncio.create_task(rows(second, ensure))
            waits = (
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND "
                "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            while await rows(connection, waits) == [(0,)]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert await waiting == [(False,)]
