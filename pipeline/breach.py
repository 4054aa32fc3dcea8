"""When a forecast falls below a bound."""

from collections.abc import Sequence
from typing import NamedTuple


class Breach(NamedTuple):
    """In how many days a value falls below a bound: about, at the earliest, at the latest.

    The latter two are those of the interval's ends; null: not within the forecast.
    """

    days: int
    earliest: int
    latest: int | None

    def __str__(self) -> str:
        last = "later" if self.latest is None else f"{self.latest}"
        span = f"{self.earliest}-{last}" if self.latest else f"{self.earliest} or {last}"
        return f"in about {self.days} day{'' if self.days == 1 else 's'} (80 % interval {span})"


def find_breach(
    mean: Sequence[float], low: Sequence[float], high: Sequence[float], bound: float
) -> Breach | None:
    """Return when a forecast by day falls below `bound`, None where its mean does not."""
    days = _first_below(mean, bound)
    if days is None:
        return None
    earliest = _first_below(low, bound)
    return Breach(days, days if earliest is None else earliest, _first_below(high, bound))


def _first_below(values: Sequence[float], bound: float) -> int | None:
    return next((day for day, value in enumerate(values, 1) if value < bound), None)
