"""Forecast a daily series, and tell by backtesting whether the forecast is worth showing.

The model is Theta with weekly seasonality (Assimakopoulos and Nikolopoulos, 2000): of
those measured in `benchmarks/forecast` it is about as accurate as AutoETS at a thirtieth
of the time.
"""

import os
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

os.environ.setdefault("OMP_NUM_THREADS", "1")  # series are spread over processes instead

import numpy
from msgspec import Struct
from numpy.typing import NDArray
from statsforecast.models import Theta

HORIZON: Final = 14
"""Days ahead."""
SEASON: Final = 7
ORIGINS: Final = 4
"""Backtests, a week apart, the last of which ends with the series."""
SHORTEST: Final = 4 * SEASON
"""Days that a model is fitted to at least."""
LEVELS: Final = (80, 95)

Values = NDArray[numpy.float64]


class Refusal(StrEnum):
    """Why a forecast is not shown."""

    TOO_SHORT = "too_short"
    CONSTANT = "constant"
    NO_BETTER = "no_better"


class Forecast(Struct):
    """The days after a series, with intervals; empty where one is refused before it is made.

    `mase` is the mean absolute scaled error of the backtests (Hyndman and Koehler, 2006),
    scaled by the seasonal naive's on the days before; `naive_mase` that of the seasonal
    naive on the same days; `coverage` the share of days within the 80 % interval.
    """

    refusal: Refusal | None = None
    mase: float | None = None
    naive_mase: float | None = None
    coverage: float | None = None
    mean: list[float] = []
    low_80: list[float] = []
    high_80: list[float] = []
    low_95: list[float] = []
    high_95: list[float] = []


class Score(Struct):
    """How a forecast of some days fared."""

    mase: float
    naive_mase: float
    coverage: float


def forecast(values: Sequence[float], ceiling: float | None) -> Forecast:
    """Forecast the days after `values`, which lie between 0 and `ceiling`."""
    series = numpy.asarray(values, dtype=numpy.float64)
    ends = [len(series) - HORIZON - SEASON * step for step in range(ORIGINS)]
    ends = [end for end in ends if end >= SHORTEST]
    if len(ends) < 2:
        return Forecast(Refusal.TOO_SHORT)
    if numpy.ptp(series[-2 * SEASON :]) == 0 or any(_scale(series[:end]) == 0 for end in ends):
        return Forecast(Refusal.CONSTANT)
    scores = [_score(series[:end], series[end : end + HORIZON], ceiling) for end in ends]
    mase, naive_mase, coverage = (
        float(numpy.mean([getattr(score, name) for score in scores]))
        for name in Score.__struct_fields__
    )
    if mase >= naive_mase:
        return Forecast(Refusal.NO_BETTER, mase, naive_mase, coverage)
    found = _predict(series, ceiling, LEVELS)
    return Forecast(
        None, mase, naive_mase, coverage,
        *(found[name].round(4).tolist() for name in ("mean", "lo-80", "hi-80", "lo-95", "hi-95")),
    )  # fmt: skip


def _score(past: Values, future: Values, ceiling: float | None) -> Score:
    found = _predict(past, ceiling, LEVELS[:1])
    naive = numpy.resize(past[-SEASON:], len(future))
    inside = (found["lo-80"] <= future) & (future <= found["hi-80"])
    scale = _scale(past)
    return Score(
        float(numpy.abs(found["mean"] - future).mean() / scale),
        float(numpy.abs(naive - future).mean() / scale),
        float(inside.mean()),
    )


def _predict(past: Values, ceiling: float | None, levels: Sequence[int]) -> dict[str, Values]:
    found = Theta(season_length=SEASON).forecast(past, HORIZON, level=list(levels))
    return {name: numpy.clip(days, 0, ceiling) for name, days in found.items()}


def _scale(past: Values) -> float:
    return float(numpy.abs(past[SEASON:] - past[:-SEASON]).mean())
