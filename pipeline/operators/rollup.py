"""What measurements come to: the newest value of each metric, and hours and days in figures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, Self, TypeVar

from pipeline.sketch import bin_of

OVERALL: Final = "overall"
SOURCE: Final = "source"

P = TypeVar("P")


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


class HourKey(NamedTuple):
    """One metric of one asset in the UTC hour that begins then."""

    asset_id: str
    metric_type: str
    hour: datetime


class DayKey(NamedTuple):
    """One metric of one asset on one UTC day."""

    asset_id: str
    metric_type: str
    day: date


class GroupHourKey(NamedTuple):
    """One metric of a group in an hour: of a source, or of all assets (name empty)."""

    kind: str
    name: str
    metric_type: str
    hour: datetime


class GroupDayKey(NamedTuple):
    """The same on a day."""

    kind: str
    name: str
    metric_type: str
    day: date


@dataclass(slots=True)
class Newest:
    """The newest value and, if it is among the measurements summed up, the one before it."""

    value: float
    timestamp: datetime
    previous: float | None = None


@dataclass(slots=True)
class Figures:
    """Some values in figures, which can be merged in any order.

    `squares` is the sum over (x - mean)^2, so that figures of parts can be merged without
    cancellation (Chan, Golub and LeVeque, 1979, equation 2.1). `first` is the earliest
    value, of several at once the smallest; `last` the latest, of several at once the
    largest. `sketch` counts values by bin.
    """

    count: int
    mean: float
    squares: float
    minimum: float
    maximum: float
    first: float
    first_at: datetime
    last: float
    last_at: datetime
    sketch: dict[int, int]

    @classmethod
    def of(cls, value: float, at: datetime) -> Self:
        """Return the figures of one value."""
        return cls(1, value, 0.0, value, value, value, at, value, at, {bin_of(value): 1})

    def add(self, value: float, at: datetime) -> None:
        """Take in one more value (Welford, 1962)."""
        self.count += 1
        distance = value - self.mean
        self.mean += distance / self.count
        self.squares += distance * (value - self.mean)
        self._stretch(value, value, (at, value), (at, value))
        number = bin_of(value)
        self.sketch[number] = self.sketch.get(number, 0) + 1

    def merge(self, other: "Figures") -> None:
        """Take in the values that `other` sums up."""
        count, distance = self.count + other.count, other.mean - self.mean
        self.mean += distance * other.count / count
        self.squares += other.squares + distance**2 * self.count * other.count / count
        self.count = count
        self._stretch(
            other.minimum, other.maximum,
            (other.first_at, other.first), (other.last_at, other.last),
        )  # fmt: skip
        for number, seen in other.sketch.items():
            self.sketch[number] = self.sketch.get(number, 0) + seen

    def copy(self) -> "Figures":
        """Return the same, to be merged into."""
        return Figures(
            self.count, self.mean, self.squares, self.minimum, self.maximum, self.first,
            self.first_at, self.last, self.last_at, dict(self.sketch),
        )  # fmt: skip

    def _stretch(
        self,
        minimum: float,
        maximum: float,
        first: tuple[datetime, float],
        last: tuple[datetime, float],
    ) -> None:
        if minimum < self.minimum:
            self.minimum = minimum
        if maximum > self.maximum:
            self.maximum = maximum
        if first < (self.first_at, self.first):
            self.first_at, self.first = first
        if last > (self.last_at, self.last):
            self.last_at, self.last = last


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


def hourly(measurements: Iterable[Measured]) -> dict[HourKey, Figures]:
    """Return the figures of each metric and hour, late measurements included."""
    found: dict[HourKey, Figures] = {}
    for asset_id, metric_type, value, timestamp, _ in measurements:
        hour = timestamp.replace(minute=0, second=0, microsecond=0)
        key = HourKey(asset_id, metric_type, hour)
        figures = found.get(key)
        if figures is None:
            found[key] = Figures.of(value, timestamp)
        else:
            figures.add(value, timestamp)
    return found


def daily(hours: Mapping[HourKey, Figures]) -> dict[DayKey, Figures]:
    """Return the figures of each metric and day."""
    return _merged((DayKey(key[0], key[1], key[2].date()), part) for key, part in hours.items())


def by_group(
    hours: Mapping[HourKey, Figures], source_of: Callable[[str], str | None]
) -> dict[GroupHourKey, Figures]:
    """Return the figures of all assets together, and of those of each source, by hour."""
    overall = _merged((key[1:], part) for key, part in hours.items())
    sources = _merged(
        ((source, *key[1:]), part)
        for key, part in hours.items()
        if (source := source_of(key.asset_id)) is not None
    )
    return {GroupHourKey(OVERALL, "", *key): part for key, part in overall.items()} | {
        GroupHourKey(SOURCE, *key): part for key, part in sources.items()
    }


def group_daily(hours: Mapping[GroupHourKey, Figures]) -> dict[GroupDayKey, Figures]:
    """Return the figures of each group by day."""
    return _merged((GroupDayKey(*key[:3], key.hour.date()), part) for key, part in hours.items())


def _merged(parts: Iterable[tuple[P, Figures]]) -> dict[P, Figures]:
    """Merge the parts under each key; what is the only one of its key is shared, not copied."""
    found: dict[P, Figures] = {}
    own: set[P] = set()
    for key, part in parts:
        figures = found.get(key)
        if figures is None:
            found[key] = part
            continue
        if key not in own:
            own.add(key)
            figures = found[key] = figures.copy()
        figures.merge(part)
    return found
