"""Forecasts, and the alerts they raise, into PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from forecast.model import Forecast
from forecast.series import Series
from schemas.alerts import Alert, AlertStatus

MODEL: Final = "theta"

_OPEN: Final = """
    SELECT asset_id, open_alert::text FROM quality_forecasts
    WHERE asset_id = ANY(%s) AND metric_type = 'score' AND open_alert IS NOT NULL FOR UPDATE
"""
_FORECAST: Final = """
    INSERT INTO quality_forecasts AS known
        (asset_id, metric_type, made_at, last_day, model, refusal, mase, naive_mase, coverage,
         mean, low_80, high_80, low_95, high_95)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (asset_id, metric_type) DO UPDATE SET
        made_at = excluded.made_at, last_day = excluded.last_day, model = excluded.model,
        refusal = excluded.refusal, mase = excluded.mase, naive_mase = excluded.naive_mase,
        coverage = excluded.coverage, mean = excluded.mean, low_80 = excluded.low_80,
        high_80 = excluded.high_80, low_95 = excluded.low_95, high_95 = excluded.high_95
"""
_REMEMBER: Final = """
    UPDATE quality_forecasts SET open_alert = %s WHERE asset_id = %s AND metric_type = 'score'
"""
# The edge's relay brings it to the alerts topic, and the sink from there to the alerts.
_OUTBOX: Final = "INSERT INTO alert_outbox (asset_id, payload) VALUES (%s, %s)"


class Made(NamedTuple):
    """A series and its forecast."""

    series: Series
    found: Forecast


async def open_alerts(connection: AsyncConnection, assets: Sequence[str]) -> dict[str, Alert]:
    """Return the open alerts over forecasts of assets, which stay as they are until commit."""
    cursor = await connection.execute(_OPEN, (sorted(assets),))
    return {asset: msgspec.json.decode(step, type=Alert) for asset, step in await cursor.fetchall()}


async def store(connection: AsyncConnection, made: Sequence[Made], at: datetime) -> None:
    """Write forecasts in the place of those before."""
    rows = [
        (
            series.asset_id, str(series.metric_type), at, series.last_day, MODEL,
            found.refusal and str(found.refusal), found.mase, found.naive_mase, found.coverage,
            found.mean, found.low_80, found.high_80, found.low_95, found.high_95,
        )
        for series, found in made
    ]  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(_FORECAST, rows)


async def tell(connection: AsyncConnection, steps: Sequence[Alert]) -> None:
    """Hand steps on, and remember which alerts are open."""
    async with connection.cursor() as cursor:
        for step in steps:
            payload = Jsonb(msgspec.to_builtins(step))
            ended = step.status is AlertStatus.RESOLVED
            await cursor.execute(_OUTBOX, (step.asset_id, payload))
            await cursor.execute(_REMEMBER, (None if ended else payload, step.asset_id))
