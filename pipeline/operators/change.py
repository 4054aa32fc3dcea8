"""Compare a value with the one before it: change, severity, kind of alert."""

from decimal import Decimal
from typing import Final, NamedTuple

from pipeline.thresholds import Steps, Thresholds
from schemas.alerts import AlertType, Severity
from schemas.metrics import DIMENSIONS, PERCENT_METRICS, MetricType

ROUNDING: Final = 1e-9
"""More than doubles of 0-100 and their differences are off the decimals they stand for (3e-14)."""


class Finding(NamedTuple):
    """What a change means: the rule that found it, and the alert it makes."""

    rule: str
    alert_type: AlertType
    severity: Severity


def is_trifling(
    metric: MetricType, previous: float, current: float, thresholds: Thresholds
) -> bool:
    """Say whether a score has surely moved by too little to be published or to alert.

    Most do, and this costs less than the exact comparison.
    """
    least = thresholds.least_score_move - ROUNDING
    return metric in PERCENT_METRICS and -least < current - previous < least


def exact_change(previous: float, current: float) -> Decimal:
    """Return current - previous as people subtract: 50.1 - 70.1 is -20 exactly.

    A double's shortest representation is the decimal the sender wrote.
    """
    return Decimal(repr(current)) - Decimal(repr(previous))


def percent_of(change: Decimal, previous: float) -> float | None:
    """Return the change relative to the previous value in percent, None where that is 0."""
    if previous == 0:
        return None
    return round(float(change / Decimal(repr(previous)) * 100), 6)


def is_published(metric: MetricType, change: Decimal, thresholds: Thresholds) -> bool:
    """Say whether a change is worth telling: points for scores, anything for the rest."""
    if metric in PERCENT_METRICS:
        return abs(change) >= _decimal(thresholds.minimum_change)
    return change != 0


def find(
    metric: MetricType, change: Decimal, current: float, thresholds: Thresholds
) -> Finding | None:
    """Return what the change means under the thresholds, None if it is unremarkable."""
    if metric is MetricType.SCORE:
        return _score(change, thresholds.score_drop, "score")
    if metric is MetricType.ISSUES:
        return _issues(change, current, thresholds.new_issues)
    if metric in DIMENSIONS and thresholds.dimension_drop is not None:
        return _score(change, thresholds.dimension_drop, str(metric))
    return None


def _score(change: Decimal, steps: Steps, name: str) -> Finding | None:
    severity = severity_of(abs(change), steps)
    if severity is None:
        return None
    if change > 0:
        return Finding(f"{name}_rise", AlertType.SCORE_IMPROVEMENT, Severity.LOW)
    sudden = severity is not Severity.MEDIUM
    kind = AlertType.SUDDEN_DROP if sudden else AlertType.THRESHOLD_BREACH
    return Finding(f"{name}_drop", kind, severity)


def _issues(change: Decimal, current: float, steps: Steps) -> Finding | None:
    if change < 0:
        if current == 0:
            return Finding("issues_cleared", AlertType.ISSUE_RESOLVED, Severity.LOW)
        return None
    severity = severity_of(change, steps)
    return Finding("issues_rise", AlertType.NEW_ISSUES, severity) if severity else None


def smallest_bound(metric: MetricType, thresholds: Thresholds) -> Decimal | None:
    """Return the smallest change for the worse that alerts, None where none does."""
    if metric is MetricType.SCORE:
        return _decimal(thresholds.score_drop.medium)
    if metric is MetricType.ISSUES:
        return _decimal(thresholds.new_issues.medium)
    if metric in DIMENSIONS and thresholds.dimension_drop is not None:
        return _decimal(thresholds.dimension_drop.medium)
    return None


def severity_of(amount: Decimal, steps: Steps) -> Severity | None:
    """Return the severity whose inclusive bound the amount reaches, None below them all."""
    if amount < _decimal(steps.medium):
        return None
    if amount >= _decimal(steps.critical):
        return Severity.CRITICAL
    return Severity.HIGH if amount >= _decimal(steps.high) else Severity.MEDIUM


def _decimal(bound: float) -> Decimal:
    return Decimal(repr(bound))
