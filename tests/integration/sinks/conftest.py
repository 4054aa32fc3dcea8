"""Connections to a fresh, migrated database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg import AsyncConnection

from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.metrics import MetricEvent, MetricType
from sinks.history import Measurement

NOON = datetime.combine(datetime.now(UTC) - timedelta(days=1), time(12), UTC)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as open_one:
        yield open_one


async def rows(connection: AsyncConnection, query: str, *values: Any) -> list[Any]:
    return await (await connection.execute(query, values)).fetchall()  # type: ignore[arg-type]


def a_measurement(
    asset: str = "a",
    value: float = 90,
    at: datetime = NOON,
    metric: MetricType = MetricType.SCORE,
    late: bool = False,
    **labels: Any,
) -> Measurement:
    event = MetricEvent(
        asset_id=asset, metric_type=metric, value=float(value), timestamp=at, **labels
    )
    return Measurement(event, uuid4(), at, late, at, b"{}", "quality.metrics", 0, 0)


def an_alert(asset: str = "a", **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "id": uuid4(),
        "asset_id": asset,
        "asset_name": asset,
        "alert_type": AlertType.SUDDEN_DROP,
        "message": "fell",
        "severity": Severity.HIGH,
        "status": AlertStatus.ACTIVE,
        "timestamp": NOON,
        "metadata": AlertMetadata(rule="score_drop", current_value=70.0),
        "step_id": uuid4(),
        "changed_at": NOON,
    }
    return Alert(**(given | fields))
