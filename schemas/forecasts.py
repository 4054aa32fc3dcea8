"""REST: forecasts, as `/api/quality/realtime/forecast` tells them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.metrics import AssetId, MetricType


class ForecastQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The forecast of one asset's score or open issues.

    `below` asks when a score falls below it; absent: the minimum of the asset's thresholds,
    if they have one.
    """

    asset_id: AssetId
    metric_type: Literal["score", "issues"] = "score"
    below: Annotated[float, Meta(gt=0, le=100)] | None = None


class ForecastPoint(Struct, rename="camel", kw_only=True):
    """A day to come (`YYYY-MM-DD`, UTC): what is expected, and intervals of 80 and 95 %."""

    date: str
    mean: float
    low80: float
    high80: float
    low95: float
    high95: float


class PredictedBreach(Struct, rename="camel", kw_only=True):
    """When a score is expected to fall below a bound, in days after the last that was known.

    `earliest` and `latest` are of the 80 % interval; null: beyond the forecast.
    """

    below: float
    days: int
    earliest: int
    latest: int | None
    message: str


class Forecast(Struct, rename="camel", kw_only=True):
    """The days to come of one metric of one asset.

    There are no points where `refusal` says why: the series is `too_short` (49 days are
    needed) or `constant`, or the model did `no_better` than the seasonal naive in backtests.
    `mase` and `naive_mase` are the mean absolute scaled errors of both, `coverage` is the share
    of days within the 80 % interval, all of backtests.
    """

    asset_id: str
    metric_type: MetricType
    made_at: datetime
    last_date: str
    model: str
    refusal: Literal["too_short", "constant", "no_better"] | None
    mase: float | None
    naive_mase: float | None
    coverage: float | None
    points: list[ForecastPoint]
    breach: PredictedBreach | None
