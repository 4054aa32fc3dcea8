"""Limits learned from what an asset is like at this hour, or on this weekday.

What is expected is a seasonal window average: of the same hour of the last 7 days, or of the
same hour of the week in the last 4 weeks, whichever did better over the last 14 days.
How far values may lie from it comes from the errors it made then.

One bad value of a heavy-tailed metric looks like a short fall, so there are two limits: one
value alone is a finding beyond the outer, values of two steps in a row beyond the inner. Each
has half of the budget, the inner as if errors of steps did not depend on each other.
"""

import math
import os
from enum import IntEnum
from typing import Final

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
from msgspec import Struct
from numpy.typing import NDArray
from scipy import stats
from statsforecast.models import SeasonalWindowAverage

from pipeline.thresholds import LearnedLimits

BACKTESTS: Final = 14
"""Days forecast again to know the errors."""
AHEAD_DAYS: Final = 2
TAIL: Final = 4
"""Degrees of freedom of Student's t, which errors of scores are taken to follow: their
tails are heavier than a normal distribution's."""
_MAD_OF_T: Final = float(stats.t.ppf(0.75, TAIL))

Values = NDArray[numpy.float64]
Seen = NDArray[numpy.bool_]


class Grid(IntEnum):
    """How many values of an asset make a day."""

    HOURLY = 24
    DAILY = 1


class Limits(Struct):
    """What is expected in each step to come, and the bounds of what is not unusual.

    Beyond `inner` values of two steps in a row are unusual, beyond `bound` one is.
    """

    expected: list[float]
    inner: list[float]
    bound: list[float]


def learn(
    values: Values,
    worst: Values,
    seen: Seen,
    grid: Grid,
    rules: LearnedLimits,
    *,
    below: bool,
    widened: float,
) -> Limits:
    """Return the limits of the steps after `values`.

    Args:
        values: the mean of each step, without gaps, of 28 days or more.
        worst: the worst value of each step, whose distance from what is expected counts.
        seen: where there was a value; what fills a gap has no error.
        grid: steps a day.
        rules: budget of false alarms and smallest distance.
        below: whether low values are bad, else high ones are.
        widened: a factor for the distance.
    """
    spreads = {model: _spread(values, worst, seen, grid, model) for model in _models(grid)}
    best = min(spreads, key=lambda model: spreads[model])
    half = min(rules.false_alarms_per_month / (30 * grid), 0.25) / 2
    expected = _expected(values, AHEAD_DAYS * grid, best)

    def bound(share: float) -> list[float]:
        far = float(stats.t.ppf(1 - share, TAIL)) * spreads[best] * widened
        distance = max(far, rules.minimum_change)
        moved: list[float] = (expected + (-distance if below else distance)).round(4).tolist()
        return moved

    return Limits(expected.round(4).tolist(), bound(math.sqrt(half)), bound(half))


Model = tuple[int, int]
"""Season in steps, and how many seasons are averaged."""


def _models(grid: Grid) -> list[Model]:
    return [(int(grid), 7), (7 * grid, 4)]


def _expected(past: Values, steps: int, model: Model) -> Values:
    season, windows = model
    average = SeasonalWindowAverage(season, max(1, min(windows, len(past) // season)))
    found: Values = average.forecast(past, steps)["mean"]
    return found


def _spread(values: Values, worst: Values, seen: Seen, grid: Grid, model: Model) -> float:
    """Return the scale of the errors of a day ahead: their median, as Student's t has it."""
    errors = []
    for day in range(BACKTESTS, 0, -1):
        start = len(values) - day * grid
        part = slice(start, start + grid)
        errors.append((worst[part] - _expected(values[:start], grid, model))[seen[part]])
    every = numpy.concatenate(errors)
    return float(numpy.median(numpy.abs(every))) / _MAD_OF_T
