"""Forecasts as the batch job left them."""

from datetime import timedelta
from typing import Any, Final

from psycopg.rows import dict_row

from pipeline.breach import find_breach
from pipeline.postgres.pool import Pool
from schemas.forecasts import Forecast, ForecastPoint, PredictedBreach
from schemas.metrics import MetricType

_ONE: Final = """
    SELECT asset_id, metric_type, made_at, last_day, model, refusal, mase, naive_mase, coverage,
           mean, low_80, high_80, low_95, high_95
    FROM quality_forecasts WHERE asset_id = %s AND metric_type = %s
"""


class ForecastQueries:
    """Reads forecasts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def one(self, asset_id: str, metric: str, below: float | None) -> Forecast | None:
        """Return the newest forecast, None if none was made; `below` asks for a breach."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            row = await (await cursor.execute(_ONE, (asset_id, metric))).fetchone()
        if row is None:
            return None
        last_day = row.pop("last_day")
        days = [row.pop(name) for name in ("mean", "low_80", "high_80", "low_95", "high_95")]
        points = [
            ForecastPoint(
                date=(last_day + timedelta(days=number)).isoformat(),
                mean=mean, low80=low_80, high80=high_80, low95=low_95, high95=high_95,
            )
            for number, (mean, low_80, high_80, low_95, high_95) in enumerate(
                zip(*days, strict=True), 1
            )
        ]  # fmt: skip
        return Forecast(
            metric_type=MetricType(row.pop("metric_type")),
            last_date=last_day.isoformat(),
            points=points,
            breach=None if below is None else _breach(days, below),
            **row,
        )


def _breach(days: list[Any], below: float) -> PredictedBreach | None:
    mean, low, high, *_ = days
    found = find_breach(mean, low, high, below)
    if found is None:
        return None
    return PredictedBreach(
        below=below,
        days=found.days,
        earliest=found.earliest,
        latest=found.latest,
        message=f"falls below {below:g} {found}",
    )
