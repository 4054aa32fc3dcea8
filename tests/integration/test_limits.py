"""Limits from the hours in PostgreSQL to findings and alerts."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from forecast import learning
from pipeline.settings import Settings, thresholds_by_asset
from pipeline.thresholds import LearnedLimits, Thresholds
from schemas.alerts import Alert
from schemas.metrics import MetricEvent, MetricType
from sinks import history
from sinks.alerts import store as store_alerts
from sinks.history import Measurement

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
SHADOW = LearnedLimits()
ALERT = LearnedLimits(mode="alert")


def measured(asset: str, at: datetime, value: float, metric: str = "score") -> Measurement:
    event = MetricEvent(
        asset_id=asset, metric_type=MetricType(metric), value=float(value), timestamp=at,
        source="crm",
    )  # fmt: skip
    return Measurement(event, uuid4(), at, False, at, b"{}", "quality.metrics", 0, 0)


@pytest.fixture
async def connection(database_url: str) -> Any:
    """A database with five weeks of an asset that reports every hour, one daily, one rarely."""
    chance = random.Random(1)
    given = []
    for hours in range(35 * 24, 0, -1):
        at = HOUR - timedelta(hours=hours)
        # Two low days a week, never at this hour: what comes next is like what was, on any day.
        level = 92 - 6 * ((HOUR - at).days % 7 in (2, 3))
        given.append(measured("hourly", at, level + chance.uniform(-1, 1)))
        given.append(measured("hourly", at, float(chance.randint(0, 4)), "issues"))
        if hours % 24 == 0:
            given.append(measured("daily", at, 90 + chance.uniform(-1, 1)))
        if hours % 100 == 0:
            given.append(measured("rare", at, 90))
    async with await psycopg.AsyncConnection.connect(
        database_url, options="-c timezone=UTC"
    ) as connection:
        await history.store(connection, given)
        await connection.commit()
        yield connection


async def learn(connection: psycopg.AsyncConnection, rules: LearnedLimits | None) -> Any:
    lookup = thresholds_by_asset(Settings(thresholds=Thresholds(learned_limits=rules)))
    assert lookup.learns_limits is (rules is not None)

    async def persist(work: Any) -> Any:
        done = await work(connection)
        await connection.commit()
        return done

    return [done async for done in learning.run(persist, lookup, "*", HOUR)][-1]


async def findings(connection: psycopg.AsyncConnection) -> list[Any]:
    cursor = await connection.execute(
        "SELECT asset_id, metric_type, value, told, mode FROM quality_limit_findings "
        'ORDER BY asset_id, metric_type, "timestamp"'
    )
    return await cursor.fetchall()


async def alerts(connection: psycopg.AsyncConnection) -> list[Alert]:
    cursor = await connection.execute("SELECT payload::text FROM alert_outbox ORDER BY id")
    return [msgspec.json.decode(text, type=Alert) for (text,) in await cursor.fetchall()]


def soon(minutes: int, value: float, metric: str = "score", asset: str = "hourly") -> Measurement:
    return measured(asset, HOUR + timedelta(minutes=minutes), value, metric)


async def test_limits_are_learned_where_enough_is_known(connection: Any) -> None:
    assert await learn(connection, SHADOW) == (3, 1)
    rows = await (
        await connection.execute(
            "SELECT asset_id, metric_type, step_seconds, below, cardinality(bound), starts_at "
            "FROM quality_limits ORDER BY 1, 2"
        )
    ).fetchall()
    assert rows == [
        ("daily", "score", 86400, True, 2, HOUR.replace(hour=0)),
        ("hourly", "issues", 3600, False, 48, HOUR),
        ("hourly", "score", 3600, True, 48, HOUR),
    ]
    assert await learn(connection, None) == (0, 4)
    assert await (await connection.execute("SELECT count(*) FROM quality_limits")).fetchone() == (
        0,
    )


async def test_shadow_mode_records_what_it_would_have_raised(connection: Any) -> None:
    await learn(connection, SHADOW)
    beyond = [soon(5, 60), soon(65, 61), soon(10, 40, "issues"), soon(26 * 60, 62)]
    fine = [soon(15, 91), soon(20, 2, "issues"), soon(72 * 60, 10)]
    for _ in range(2):  # the second time it is a replay
        await history.store(connection, beyond + fine, limited=True)
    assert await findings(connection) == [
        ("hourly", "issues", 40, True, "shadow"),
        ("hourly", "score", 60, True, "shadow"),
        ("hourly", "score", 61, False, "shadow"),
        ("hourly", "score", 62, True, "shadow"),
    ]
    assert await alerts(connection) == []


async def test_two_hours_in_a_row_beyond_the_inner_limit_are_a_finding(connection: Any) -> None:
    await learn(connection, ALERT)
    cursor = await connection.execute(
        "SELECT expected[1], inner_bound[1], bound[1] FROM quality_limits "
        "WHERE asset_id = 'hourly' AND metric_type = 'score'"
    )
    ((expected, inner, outer),) = await cursor.fetchall()
    between = (inner + outer) / 2
    assert outer < between < inner < expected
    await history.store(connection, [soon(5, between), soon(50, between)], limited=True)
    assert await findings(connection) == []
    await history.store(connection, [soon(65, expected), soon(70, between)], limited=True)
    assert [(row[2], row[3]) for row in await findings(connection)] == [(between, True)]
    (alert,) = await alerts(connection)
    assert "below the learned limit of" in alert.message
    assert "like the hour before" in alert.message
    assert alert.severity == "medium"


async def test_an_alert_ends_once_values_are_back(connection: Any) -> None:
    await learn(connection, ALERT)
    await history.store(connection, [soon(5, 60), soon(6, 91), soon(7, 91)], limited=True)
    await history.store(connection, [soon(8, 50), soon(9, 91)], limited=True)
    assert [alert.status for alert in await alerts(connection)] == ["active"]
    await history.store(connection, [soon(10, 91), soon(11, 90)], limited=True)
    raised, ended = await alerts(connection)
    assert (ended.id, ended.status, ended.changed_by) == (raised.id, "resolved", "pipeline")
    assert ended.resolution == "it is back within its limits: 90"
    await store_alerts(connection, [raised, ended])
    cursor = await connection.execute(
        "SELECT status, resolved_by_itself FROM quality_alerts_realtime"
    )
    assert await cursor.fetchall() == [("resolved", True)]
    await history.store(connection, [soon(12, 91), soon(13, 50)], limited=True)
    *_, again = await alerts(connection)
    assert again.id != raised.id
    assert again.status == "active"


async def test_what_people_closed_is_told_again_a_day_later(connection: Any) -> None:
    await learn(connection, ALERT)
    await history.store(connection, [soon(5, 60)], limited=True)
    await history.store(connection, [soon(26 * 60, 60)], limited=True)
    (first,) = await alerts(connection)  # it is open, and says so
    await store_alerts(connection, [first])
    await connection.execute("UPDATE quality_alerts_realtime SET status = 'resolved'")
    await history.store(connection, [soon(27 * 60, 60)], limited=True)
    assert len(await alerts(connection)) == 1
    await connection.execute("UPDATE quality_limits SET quiet_until = %s", (HOUR,))
    await history.store(connection, [soon(28 * 60, 60)], limited=True)
    assert len(await alerts(connection)) == 2


async def test_nothing_is_looked_at_unless_asked_for(connection: Any) -> None:
    await learn(connection, SHADOW)
    await history.store(connection, [soon(5, 0)])
    late = soon(6, 0)._replace(late=True)
    await history.store(connection, [late], limited=True)
    assert await findings(connection) == []


async def test_alert_mode_alerts_once_and_people_widen_it(connection: Any) -> None:
    await learn(connection, ALERT)
    await history.store(connection, [soon(5, 60)], limited=True)
    await history.store(connection, [soon(65, 61)], limited=True)
    (alert,) = await alerts(connection)
    assert (alert.metadata.rule, alert.severity, alert.source) == ("learned_limit", "high", "crm")
    assert alert.metadata.limit is not None
    assert alert.metadata.expected_value is not None
    assert 60 < alert.metadata.limit < alert.metadata.expected_value
    assert "score is 60, below the learned limit of" in alert.message
    await store_alerts(connection, [alert])
    await connection.execute("UPDATE quality_alerts_realtime SET status = 'ignored'")
    before = await bound(connection)
    await learn(connection, ALERT)
    assert await bound(connection) < before
    cursor = await connection.execute(
        "SELECT widened, quiet_until > %s FROM quality_limits WHERE metric_type = 'score' "
        "AND asset_id = 'hourly'",
        (HOUR,),
    )
    assert await cursor.fetchone() == (1.25, True)  # learning anew keeps the quiet


async def bound(connection: psycopg.AsyncConnection) -> float:
    cursor = await connection.execute(
        "SELECT bound[48] FROM quality_limits WHERE asset_id = 'hourly' AND metric_type = 'score'"
    )
    row = await cursor.fetchone()
    assert row
    return float(row[0])
