"""Slides: a decline in steps too small to raise an alert one by one."""

from decimal import Decimal
from typing import NamedTuple

from pipeline.operators import change
from pipeline.operators.change import Finding, exact_change, smallest_bound
from pipeline.operators.state import MetricState
from pipeline.thresholds import Thresholds
from schemas.alerts import AlertType
from schemas.metrics import MetricEvent, MetricType


class Slide(NamedTuple):
    """What a decline means, and the best recent value, from which it is counted."""

    finding: Finding
    best: float


def find(event: MetricEvent, metric: MetricState, thresholds: Thresholds) -> Slide | None:
    """Return the slide that `event` makes a notable one, None if it makes none.

    The event's value is compared with the best of the recent window, under the bounds that
    hold for a single step. The window is looked at back to the last step that alerted by
    itself: what that one told is not told again. Where the value has not grown worse, or
    incidents with slides are not asked for, there is none.
    """
    if thresholds.incidents is None or not thresholds.incidents.slides:
        return None
    kind, current = event.metric_type, event.value
    bound = smallest_bound(kind, thresholds)
    if bound is None or _worse_by(kind, metric.value, current) <= 0:
        return None
    best = _best(kind, [*(value for _, value in metric.recent()), current], float(bound))
    if best == metric.value:
        return None
    found = change.find(kind, exact_change(best, current), current, thresholds)
    if found is None:
        return None
    alert_type = found.alert_type if kind is MetricType.ISSUES else AlertType.THRESHOLD_BREACH
    return Slide(Finding(f"{kind}_slide", alert_type, found.severity), best)


def _best(kind: MetricType, values: list[float], bound: float) -> float:
    """Return the best of the values since the last step for the worse by `bound` or more."""
    best = later = values.pop()
    while values:
        earlier = values.pop()
        if _is_step(kind, earlier, later, bound):
            break
        if _worse_by(kind, earlier, best) > 0:
            best = earlier
        later = earlier
    return best


def _is_step(kind: MetricType, earlier: float, later: float, bound: float) -> bool:
    worse_by = _worse_by(kind, earlier, later)
    if abs(worse_by - bound) > change.ROUNDING:
        return worse_by > bound
    return abs(exact_change(earlier, later)) >= Decimal(repr(bound))


def _worse_by(kind: MetricType, earlier: float, later: float) -> float:
    return later - earlier if kind is MetricType.ISSUES else earlier - later
