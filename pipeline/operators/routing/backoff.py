"""Backoff: how long to wait before a message is tried again."""

import math
from typing import Final

LONGEST_SECONDS: Final = 3600.0
_MOST_DOUBLINGS: Final = 30


def wait_seconds(attempts: int, first_seconds: float, chance: float) -> float:
    """Return the wait after so many attempts: doubled each time, with jitter.

    Args:
        attempts: made so far, at least 1.
        first_seconds: the wait after the first, before jitter.
        chance: uniform in [0, 1): half of the wait is left to it, so that what failed
            together is not tried together.
    """
    doubled = math.ldexp(first_seconds, min(attempts - 1, _MOST_DOUBLINGS))
    whole = min(LONGEST_SECONDS, doubled)
    return whole * (1 + chance) / 2
