"""Alerts over what a forecast says is to come."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import uuid5

from msgspec.structs import replace

from forecast.model import Forecast
from forecast.series import Series
from pipeline.breach import Breach, find_breach
from pipeline.operators.identity import TIDEMARK_NAMESPACE, step_id
from pipeline.thresholds import Prediction
from schemas.alerts import SEVERITY_RANK, Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.metrics import MetricType

RULE: Final = "predicted_breach"
SOON_DAYS: Final = 2
"""A breach expected so soon is of high severity, a later one of medium."""


def follow(
    series: Series, found: Forecast, rules: Prediction | None, opened: Alert | None, at: datetime
) -> Alert | None:
    """Return the step that a new forecast takes, None if it takes none.

    One alert is raised when a score is first expected below the minimum, a step follows when
    the breach comes near, and it resolves itself when it is expected no more. What
    can't be forecast changes nothing.

    Args:
        series: what is known.
        found: its forecast.
        rules: when to alert; None: never, and what is open resolves.
        opened: the last step of an alert that is open over it.
        at: when.
    """
    if series.metric_type is not MetricType.SCORE or found.refusal is not None:
        return None
    breach = _breach(found, rules)
    fallen = rules is not None and series.values[-1] < rules.minimum
    if breach is not None and rules is not None and not fallen:
        return _expect(series, breach, rules, opened, at)
    if opened is not None and not fallen:
        return replace(
            opened,
            status=AlertStatus.RESOLVED,
            step_id=step_id(opened.id, "resolved"),
            changed_at=at,
            resolution="it is expected no more",
        )
    return None


def _breach(found: Forecast, rules: Prediction | None) -> Breach | None:
    if rules is None:
        return None
    breach = find_breach(found.mean, found.low_80, found.high_80, rules.minimum)
    return breach if breach is not None and breach.days <= rules.within_days else None


def _expect(
    series: Series, breach: Breach, rules: Prediction, opened: Alert | None, at: datetime
) -> Alert | None:
    severity = Severity.HIGH if breach.days <= SOON_DAYS else Severity.MEDIUM
    if opened is not None and SEVERITY_RANK[severity] <= SEVERITY_RANK[opened.severity]:
        return None
    day = datetime.combine(series.last_day + timedelta(days=1), time(), UTC)
    number = uuid5(TIDEMARK_NAMESPACE, f"{RULE}-{series.last_day}-{series.asset_id}")
    known = number if opened is None else opened.id
    return Alert(
        id=known,
        asset_id=series.asset_id,
        asset_name=series.asset_name,
        alert_type=AlertType.THRESHOLD_BREACH,
        message=f"{series.asset_name}: score falls below {rules.minimum:g} {breach}",
        severity=severity,
        status=AlertStatus.ACTIVE,
        timestamp=day if opened is None else opened.timestamp,
        metadata=AlertMetadata(
            rule=RULE,
            metric_type=str(MetricType.SCORE),
            current_value=round(series.values[-1], 4),
            occurrences=None if opened is None else 2,
            worsened_from=None if opened is None else opened.severity,
        ),
        step_id=step_id(known, f"{severity} {series.last_day}" if opened else "raised"),
        changed_at=at,
        source=series.source,
    )
