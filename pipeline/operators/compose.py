"""Put findings into the words and fields of alerts and changes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from pipeline.operators.change import Finding, percent_of
from pipeline.operators.identity import TIDEMARK_NAMESPACE, alert_id, step_id
from pipeline.operators.state import AssetState
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.metrics import MetricChange, MetricEvent, MetricType

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(micros: int) -> datetime:
    """Return the moment `micros` microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=micros)


def micros(moment: datetime) -> int:
    """Return the microseconds from the epoch to `moment`."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def known(event: MetricEvent) -> UUID:
    """Return the id of an event that has been given one."""
    assert event.event_id is not None  # noqa: S101
    return event.event_id


def change_of(
    event: MetricEvent, previous: float, change: Decimal, finding: Finding | None
) -> MetricChange:
    """Return the change that `event` made against `previous`."""
    return MetricChange(
        asset_id=event.asset_id,
        asset_name=event.asset_name or event.asset_id,
        metric_type=event.metric_type,
        previous_value=previous,
        current_value=event.value,
        change=float(change),
        change_percent=percent_of(change, previous),
        timestamp=event.timestamp,
        event_id=known(event),
        severity=finding and finding.severity,
    )


def alert_over(
    event: MetricEvent,
    arrived: int,
    finding: Finding,
    previous: float | None = None,
    change: Decimal | None = None,
) -> Alert:
    """Return the alert that `finding` raises over `event`, which arrived then (microseconds)."""
    event_id = known(event)
    number = alert_id(event_id, finding.rule)
    return Alert(
        id=number,
        asset_id=event.asset_id,
        asset_name=event.asset_name or event.asset_id,
        alert_type=finding.alert_type,
        message=_message(event, finding, previous, change),
        severity=finding.severity,
        status=AlertStatus.ACTIVE,
        timestamp=event.timestamp,
        metadata=AlertMetadata(
            rule=finding.rule,
            metric_type=event.metric_type,
            previous_value=previous,
            current_value=event.value,
            change=None if change is None else float(change),
            event_id=event_id,
        ),
        step_id=step_id(number, "raised"),
        changed_at=instant(arrived),
        source=event.source,
    )


def stale_alert(
    asset_id: str, state: AssetState, expected_seconds: float | None, status: AlertStatus, at: int
) -> Alert:
    """Return the alert over an asset's silence as it stands `at` that time (microseconds).

    Its id depends on the asset and its last sign of life alone, so that raising
    it again, or resolving it after a restart, meets the same alert.
    """
    number = uuid5(TIDEMARK_NAMESPACE, f"stale-{state.stale_since}-{asset_id}")
    name, last_seen = state.name or asset_id, instant(state.stale_since)
    raised = status is AlertStatus.ACTIVE
    return Alert(
        id=number,
        asset_id=asset_id,
        asset_name=name,
        alert_type=AlertType.THRESHOLD_BREACH,
        message=f"{name}: no event since {last_seen:%Y-%m-%d %H:%M:%S} UTC",
        severity=Severity.MEDIUM,
        status=status,
        timestamp=last_seen,
        metadata=AlertMetadata(
            rule="stale", last_seen=last_seen, expected_interval_seconds=expected_seconds
        ),
        step_id=step_id(number, "raised" if raised else "resolved"),
        changed_at=instant(at),
        source=state.source,
        resolution=None if raised else "the asset speaks again",
    )


def _message(
    event: MetricEvent, finding: Finding, previous: float | None, change: Decimal | None
) -> str:
    name, metric = event.asset_name or event.asset_id, event.metric_type
    if previous is None or change is None:
        return f"{name}: profiling complete"
    steps = f"{previous:g} -> {event.value:g}"
    if metric is not MetricType.ISSUES:
        moved = "rose" if change > 0 else "slid" if finding.rule.endswith("_slide") else "fell"
        return f"{name}: {metric} {moved} by {abs(float(change)):g} points, {steps}"
    if event.value == 0:
        issues = "the one issue" if previous == 1 else f"all {previous:g} issues"
        return f"{name}: {issues} resolved"
    count = float(change)
    return f"{name}: {count:g} new issue{'' if count == 1 else 's'}, {steps}"
