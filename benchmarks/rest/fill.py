"""Fill a database by the sink's own writers: measurements of every kind, and alerts."""

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any
from uuid import uuid4

import msgspec
import psycopg

from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.metrics import MetricEvent, MetricType
from sinks import alerts, history
from sinks.history import Measurement
from sinks.migrations import migrate

BATCH = 5000
SOURCES = 20
DAYS = 30
METRICS = (
    MetricType.SCORE, MetricType.ISSUES, MetricType.COMPLETENESS, MetricType.VALIDITY,
    MetricType.ACCURACY,
)  # fmt: skip
CAUSES = ("score fell after the nightly load", "rows missing", "duplicate keys", "schema changed")


def asset_id(number: int) -> str:
    """Return the id of an asset."""
    return f"warehouse.source{number % SOURCES}.asset{number}"


async def fill(url: str, assets: int, rows: int, raised: int) -> None:
    """Write `rows` measurements of `assets` over the last month, and `raised` alerts."""
    migrate(url)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await _write(connection, history.store, (_measurement(n, assets) for n in range(rows)))
        opened = [_alert(number, assets) for number in range(raised)]
        # Nine of ten are settled.
        settled = [_resolved(alert) for number, alert in enumerate(opened) if number % 10]
        await _write(connection, alerts.store, chain(opened, settled))
        await connection.execute("VACUUM ANALYZE")


async def _write(
    connection: psycopg.AsyncConnection,
    store: Callable[[psycopg.AsyncConnection, Sequence[Any]], Awaitable[object]],
    given: Iterable[Any],
) -> None:
    left = iter(given)
    while batch := list(islice(left, BATCH)):
        async with connection.transaction():
            await store(connection, batch)


def _moment() -> datetime:
    return datetime.now(UTC) - timedelta(days=random.uniform(0, DAYS))


def _measurement(number: int, assets: int) -> Measurement:
    moment, asset = _moment(), number % assets
    event = MetricEvent(
        asset_id=asset_id(asset),
        asset_name=f"Asset {asset}",
        metric_type=METRICS[number // assets % len(METRICS)],
        value=round(random.uniform(60, 100), 2),
        timestamp=moment,
        source=f"source{asset % SOURCES}",
    )
    return Measurement(event, uuid4(), moment, False, moment, b"{}", "quality.metrics", 0, number)


def _alert(number: int, assets: int) -> Alert:
    moment, asset = _moment(), random.randrange(assets)
    return Alert(
        id=uuid4(),
        asset_id=asset_id(asset),
        asset_name=f"Asset {asset}",
        alert_type=random.choice(list(AlertType)),
        message=f"Asset {asset}: {CAUSES[number % len(CAUSES)]}",
        severity=random.choice(list(Severity)),
        status=AlertStatus.ACTIVE,
        timestamp=moment,
        metadata=AlertMetadata(rule="score_drop", metric_type="score", current_value=60.0),
        step_id=uuid4(),
        changed_at=moment,
    )


def _resolved(alert: Alert) -> Alert:
    return msgspec.structs.replace(
        alert, status=AlertStatus.RESOLVED, resolution="back to normal", step_id=uuid4()
    )
