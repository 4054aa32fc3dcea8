"""ODCS's operators."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


def _between(value: Any, bounds: tuple[float, float]) -> bool:
    return bool(bounds[0] <= value <= bounds[1])


OPERATORS: Final[Mapping[str, tuple[str, Callable[[Any, Any], bool]]]] = {
    "must_be": ("=", operator.eq),
    "must_not_be": ("<>", operator.ne),
    "must_be_greater_than": (">", operator.gt),
    "must_be_greater_or_equal_to": (">=", operator.ge),
    "must_be_less_than": ("<", operator.lt),
    "must_be_less_or_equal_to": ("<=", operator.le),
    "must_be_between": ("between", _between),
    "must_not_be_between": ("not between", lambda value, bounds: not _between(value, bounds)),
}
"""Field of a rule -> how people write it, and what it means. Bounds are inclusive."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a value; all of it. With nothing given, the value must be true."""

    given: Mapping[str, Any]

    def holds(self, value: float | bool | None) -> bool:
        """Tell whether it holds; of no value nothing does."""
        if value is None:
            return False
        if not self.given:
            return value is True
        return all(OPERATORS[name][1](value, bound) for name, bound in self.given.items())

    def __str__(self) -> str:
        return " and ".join(
            f"{OPERATORS[name][0]} {_shown(bound)}" for name, bound in self.given.items()
        )


def _shown(bound: Any) -> str:
    if isinstance(bound, tuple):
        return " and ".join(map(_shown, bound))
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
