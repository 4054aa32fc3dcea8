"""DDSketches as lists of bin, count, bin, count ..., which PostgreSQL adds up.

A sketch tells quantiles to half a percent of their value (Masson, Rim and Lee, 2019) and
comes out the same in whatever order, and from whatever parts, its values were taken in.
Bins are numbered so that they sort as their values do.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

RELATIVE_ACCURACY: Final = 0.005
_ZERO: Final = 100_000
"""Distance of the bin of 1 from the bin of 0: more than there are bins below 1."""

_MAPPING: Final = LogarithmicMapping(RELATIVE_ACCURACY)


@lru_cache(maxsize=100_000)
def bin_of(value: float) -> int:
    """Return the number of the bin that `value` falls into."""
    if abs(value) <= _MAPPING.min_possible:
        return 0
    key = _ZERO + int(_MAPPING.key(abs(value)))
    return key if value > 0 else -key


def quantiles(bins: Mapping[int, int], wanted: Iterable[float]) -> list[float]:
    """Return the values below which the `wanted` shares (0-1) lie; none without any value."""
    positive, negative = DenseStore(), DenseStore()
    for number, count in bins.items():
        if number:
            store = positive if number > 0 else negative
            store.add(abs(number) - _ZERO, count)
    sketch = BaseDDSketch(_MAPPING, positive, negative, bins.get(0, 0))
    found = [sketch.get_quantile_value(share) for share in wanted]
    return [float(value) for value in found if value is not None]
