"""Alerts and the steps of their life."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class AlertType(StrEnum):
    """What happened."""

    SUDDEN_DROP = "sudden_drop"
    THRESHOLD_BREACH = "threshold_breach"
    NEW_ISSUES = "new_issues"
    SCORE_IMPROVEMENT = "score_improvement"
    ISSUE_RESOLVED = "issue_resolved"
    PROFILING_COMPLETE = "profiling_complete"


class Severity(StrEnum):
    """How bad it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}
"""Ascending order of severities: low 0 ... critical 3."""


class AlertStatus(StrEnum):
    """Where an alert stands."""

    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class AlertMetadata(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """What led to the alert. `rule` names the operator, e.g. `score_drop` or `stale`.

    `occurrences` counts, from the second on, what joined an alert that was open already;
    `worsened_from` is its severity before, where this step raised it. Of a score made from
    dimensions, `contributions` are the points by which each moved it, and `left_out` the
    dimensions with a weight that had no value, or too old a one. Of a learned limit,
    `expected_value` is what was expected and `limit` the bound.
    """

    rule: str
    metric_type: str | None = None
    previous_value: float | None = None
    current_value: float | None = None
    change: float | None = None
    event_id: UUID | None = None
    expected_interval_seconds: float | None = None
    last_seen: datetime | None = None
    occurrences: int | None = None
    worsened_from: Severity | None = None
    contributions: dict[str, float] | None = None
    left_out: list[str] | None = None
    expected_value: float | None = None
    limit: float | None = None


def is_newly_raised(alert: "Alert") -> bool:
    """Say whether the stream has raised the alert, or its severity, in this step."""
    again = alert.metadata.occurrences is not None and alert.metadata.worsened_from is None
    return alert.status is AlertStatus.ACTIVE and alert.changed_by == PIPELINE and not again


PIPELINE = "pipeline"
"""`Alert.changed_by` of the steps that the stream itself takes."""


class Alert(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """An alert as it stands after one step of its life.

    `quality.alerts` carries one of these for every step. `id` is the same in
    all of them (UUIDv5 of event and rule); `step_id` is unique to the step and
    equal in every redelivery of it, so a reader that remembers step ids sees
    each step once. `changed_by` is `pipeline` for steps of the stream and the
    actor's name for steps taken at the edge.
    """

    id: UUID
    asset_id: str
    asset_name: str
    alert_type: AlertType
    message: str
    severity: Severity
    status: AlertStatus
    timestamp: datetime
    metadata: AlertMetadata
    step_id: UUID
    changed_at: datetime
    source: str | None = None
    changed_by: str = PIPELINE
    resolution: str | None = None
    comment: str | None = None
    assignee: str | None = None
