"""Incidents: one alert over all that befalls a metric until it has recovered."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from pipeline.operators import compose
from pipeline.operators.change import Finding, exact_change, find, smallest_bound
from pipeline.operators.compose import instant, known, micros
from pipeline.operators.identity import step_id
from pipeline.operators.state import Incident, MetricState
from pipeline.thresholds import Incidents, Thresholds
from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus, AlertType
from schemas.metrics import MetricEvent, MetricType

SECOND: Final = 1_000_000
"""Microseconds."""

_TROUBLES: Final = (AlertType.SUDDEN_DROP, AlertType.THRESHOLD_BREACH, AlertType.NEW_ISSUES)


def follow(
    event: MetricEvent,
    metric: MetricState,
    finding: Finding | None,
    thresholds: Thresholds,
    arrived: int,
) -> Alert | None:
    """Return the step that an event takes in the alert of its metric, None if it takes none.

    While an incident is open, what would raise an alert joins it: no second alert over a
    further drop, and none over every rise of a metric that flaps. `metric.incident`
    is opened, kept up to date and closed.

    Args:
        event: the event, of a metric that has been heard of before.
        metric: its state before the event.
        finding: what its change means by itself.
        thresholds: those of the asset.
        arrived: when the event arrived, in microseconds since the epoch.
    """
    rules, incident = thresholds.incidents, metric.incident
    time = micros(event.timestamp)
    if incident is None or rules is None or time - incident.last > rules.within * SECOND:
        metric.incident = None
        return _raise(event, metric, finding, arrived, opens=rules is not None)
    total = exact_change(incident.baseline, event.value)
    worst = _worst(finding, find(event.metric_type, total, event.value, thresholds), incident)
    if worst is not None:
        return _recur(event, incident, worst, total, arrived)
    if not _is_recovered(event, total, thresholds, rules):
        incident.recovered = 0
        return None
    incident.recovered += 1
    if incident.recovered < rules.recovered_events:
        return None
    metric.incident = None
    return _resolve(event, incident, arrived)


def open_over(
    event: MetricEvent, metric: MetricState, finding: Finding, baseline: float, arrived: int
) -> Alert:
    """Open an incident over what `event` is worse by than `baseline`; return its alert."""
    change = exact_change(baseline, event.value)
    alert = compose.alert_over(event, arrived, finding, baseline, change)
    metric.incident = Incident(alert, baseline, micros(event.timestamp))
    return alert


def _raise(
    event: MetricEvent, metric: MetricState, finding: Finding | None, arrived: int, *, opens: bool
) -> Alert | None:
    if finding is None:
        return None
    if opens and _is_trouble(finding):
        return open_over(event, metric, finding, metric.value, arrived)
    change = exact_change(metric.value, event.value)
    return compose.alert_over(event, arrived, finding, metric.value, change)


def _worst(
    finding: Finding | None, since_baseline: Finding | None, incident: Incident
) -> Finding | None:
    """Return what an event adds to the incident: a drop of its own, or a deeper one in all.

    Drops too small to alert one by one do so together.
    """
    found = [one for one in (finding, since_baseline) if one is not None and _is_trouble(one)]
    worst = max(found, key=lambda one: SEVERITY_RANK[one.severity], default=None)
    if worst is None or finding in found:
        return worst
    deeper = SEVERITY_RANK[worst.severity] > SEVERITY_RANK[incident.alert.severity]
    return worst if deeper else None


def _recur(
    event: MetricEvent, incident: Incident, worst: Finding, total: Decimal, arrived: int
) -> Alert:
    before = incident.alert
    worsened = SEVERITY_RANK[worst.severity] > SEVERITY_RANK[before.severity]
    kept = worst if worsened else Finding(worst.rule, before.alert_type, before.severity)
    now = compose.alert_over(event, arrived, kept, incident.baseline, total)
    metadata = replace(
        now.metadata,
        occurrences=(before.metadata.occurrences or 1) + 1,
        worsened_from=before.severity if worsened else None,
    )
    incident.alert = replace(
        now,
        id=before.id,
        timestamp=before.timestamp,
        metadata=metadata,
        step_id=step_id(before.id, f"again {known(event)}"),
    )
    incident.last, incident.recovered = micros(event.timestamp), 0
    return incident.alert


def _resolve(event: MetricEvent, incident: Incident, arrived: int) -> Alert:
    number = incident.alert.id
    return replace(
        incident.alert,
        status=AlertStatus.RESOLVED,
        step_id=step_id(number, "recovered"),
        changed_at=instant(arrived),
        resolution=f"it has recovered: {event.value:g}, and was {incident.baseline:g} before",
    )


def _is_recovered(
    event: MetricEvent, total: Decimal, thresholds: Thresholds, rules: Incidents
) -> bool:
    """Say whether a value is so close to the baseline that it is good again.

    Closer than what would alert: between the two bounds an incident neither
    opens nor recovers.
    """
    bound = smallest_bound(event.metric_type, thresholds)
    if rules.recovered_share is None or bound is None:
        return False
    worse_by = total if event.metric_type is MetricType.ISSUES else -total
    return worse_by <= bound * Decimal(repr(rules.recovered_share))


def _is_trouble(finding: Finding) -> bool:
    return finding.alert_type in _TROUBLES
