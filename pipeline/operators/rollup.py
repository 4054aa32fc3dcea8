"""Sum measurements up: the newest value of each metric, and each day in figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


class Measured(NamedTuple):
    """One value of one metric; `late` if it did not become the asset's newest."""

    asset_id: str
    metric_type: str
    value: float
    timestamp: datetime
    """In UTC."""
    late: bool


class MetricKey(NamedTuple):
    """One metric of one asset."""

    asset_id: str
    metric_type: str


class DayKey(NamedTuple):
    """One metric of one asset on one UTC day."""

    asset_id: str
    metric_type: str
    day: date


@dataclass(slots=True)
class Newest:
    """The newest value and, if it is among the measurements summed up, the one before it."""

    value: float
    timestamp: datetime
    previous: float | None = None


@dataclass(slots=True)
class Moments:
    """Count, mean, squared deviations from it, smallest and largest of some values.

    `squares` is the sum over (x - mean)^2, so that figures of parts can be merged
    without cancellation (Chan, Golub and LeVeque, 1979; the SQL that merges them
    is `sinks/history.py`'s).
    """

    count: int
    mean: float
    squares: float
    minimum: float
    maximum: float

    def add(self, value: float) -> None:
        """Take in one more value (Welford, 1962)."""
        self.count += 1
        distance = value - self.mean
        self.mean += distance / self.count
        self.squares += distance * (value - self.mean)
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)


def newest(measurements: Iterable[Measured]) -> dict[MetricKey, Newest]:
    """Return the newest value of each metric; the measurements come in the order applied."""
    found: dict[MetricKey, Newest] = {}
    for asset_id, metric_type, value, timestamp, late in measurements:
        if late:
            continue
        key = MetricKey(asset_id, metric_type)
        before = found.get(key)
        found[key] = Newest(value, timestamp, None if before is None else before.value)
    return found


def daily(measurements: Iterable[Measured]) -> dict[DayKey, Moments]:
    """Return the figures of each metric and day, late measurements included."""
    found: dict[DayKey, Moments] = {}
    for asset_id, metric_type, value, timestamp, _ in measurements:
        key = DayKey(asset_id, metric_type, timestamp.date())
        moments = found.get(key)
        if moments is None:
            found[key] = Moments(1, value, 0.0, value, value)
        else:
            moments.add(value)
    return found
