"""Silence: learn how often an asset speaks, notice when it stops."""

from typing import Final

from pipeline.operators.state import AssetState, Liveness
from pipeline.thresholds import Thresholds

SECOND: Final = 1_000_000
"""Microseconds."""
BURST_SECONDS: Final = 1.0
"""Events closer together than this are one run of one job."""
GAPS_TO_LEARN: Final = 4
"""No interval is expected before this many gaps were seen."""
_ALPHA: Final = 1 / 8
_BETA: Final = 1 / 4


def hear(state: AssetState, arrived: int) -> None:
    """Take note that the asset spoke at `arrived` (microseconds since the epoch).

    Mean and deviation of the gaps are smoothed as TCP smooths round-trip times
    (Jacobson/Karels; RFC 6298, section 2).
    """
    gap = (arrived - state.last_seen) / SECOND
    if state.last_seen and gap >= BURST_SECONDS:
        if state.gaps == 0:
            state.gap_mean, state.gap_deviation = gap, gap / 2
        else:
            error = abs(state.gap_mean - gap)
            state.gap_deviation += _BETA * (error - state.gap_deviation)
            state.gap_mean += _ALPHA * (gap - state.gap_mean)
        state.gaps += 1
    state.last_seen = max(state.last_seen, arrived)


def expected_interval(
    state: AssetState | Liveness, thresholds: Thresholds, minimum_seconds: float
) -> float | None:
    """Return after how many seconds of silence the asset is stale, None if not known yet.

    Configured: `stale_after`. Learned: mean + 4 deviations of the gaps (RFC 6298's
    timeout), at least half as long again as the mean, since a clockwork's deviation
    falls to nothing, and at least `minimum_seconds`.
    """
    if thresholds.stale_after is not None:
        return thresholds.stale_after
    if state.gaps < GAPS_TO_LEARN:
        return None
    slack = max(4 * state.gap_deviation, state.gap_mean / 2)
    return max(minimum_seconds, state.gap_mean + slack)


def is_overdue(
    state: AssetState | Liveness, now: int, thresholds: Thresholds, minimum_seconds: float
) -> bool:
    """Say whether a silence has begun that nobody was told of yet."""
    if state.stale_since or not state.last_seen:
        return False
    interval = expected_interval(state, thresholds, minimum_seconds)
    return interval is not None and now - state.last_seen > interval * SECOND
