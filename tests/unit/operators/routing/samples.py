"""Builders of what routing works on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st

from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.routing import (
    AlertSubscription,
    Escalation,
    GroupBy,
    MaintenanceWindow,
    Owner,
    QuietHours,
    Silence,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHAT, PAGER, BOSS = UUID(int=1), UUID(int=2), UUID(int=3)

severities = st.sampled_from(Severity)
statuses = st.sampled_from(AlertStatus)
moments = st.integers(0, 4 * 365 * 86_400).map(
    lambda second: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


def an_alert(**fields: Any) -> Alert:
    given = {
        "id": uuid4(),
        "asset_id": "warehouse.sales.orders",
        "asset_name": "Orders",
        "alert_type": AlertType.SUDDEN_DROP,
        "message": "Orders: score fell by 20 points, 90 -> 70",
        "severity": Severity.HIGH,
        "status": AlertStatus.ACTIVE,
        "timestamp": NOW,
        "metadata": AlertMetadata(
            rule="score_drop", metric_type="score", previous_value=90, current_value=70, change=-20
        ),
        "step_id": uuid4(),
        "changed_at": NOW,
        "source": "warehouse",
    } | fields
    return Alert(**given)


def a_subscription(**fields: Any) -> AlertSubscription:
    given = {
        "id": uuid4(),
        "actor": "ann",
        "scope": ["*"],
        "name": "mine",
        "channels": [CHAT],
        "asset_pattern": None,
        "source": None,
        "owner": None,
        "alert_types": [],
        "minimum_severity": Severity.MEDIUM,
        "escalations": [],
        "quiet_hours": None,
        "group_by": GroupBy.ALERT,
        "group_wait_seconds": 0,
        "group_interval_seconds": 0,
        "repeat_interval_seconds": None,
        "notify_resolved": True,
        "muted_by_source": False,
        "enabled": True,
        "created_at": NOW,
        "updated_at": NOW,
    } | fields
    return AlertSubscription(**given)


def a_silence(**fields: Any) -> Silence:
    given = {
        "id": uuid4(),
        "actor": "ben",
        "author": "",
        "scope": ["*"],
        "comment": "known",
        "asset_pattern": "warehouse.*",
        "source": None,
        "alert_types": [],
        "starts_at": later(hours=-1),
        "ends_at": later(hours=1),
        "created_at": NOW,
        "updated_at": NOW,
    } | fields
    return Silence(**given)


def a_window(**fields: Any) -> MaintenanceWindow:
    given = {
        "id": uuid4(),
        "actor": "ben",
        "author": "",
        "scope": ["*"],
        "name": "upgrade",
        "asset_pattern": "warehouse.*",
        "source": None,
        "starts_at": None,
        "ends_at": None,
        "schedule": None,
        "duration_seconds": None,
        "time_zone": None,
        "enabled": True,
        "created_at": NOW,
        "updated_at": NOW,
    } | fields
    return MaintenanceWindow(**given)


def an_owner(pattern: str, owner: str) -> Owner:
    return Owner(
        id=uuid4(),
        asset_pattern=pattern,
        owner=owner,
        actor="ben",
        author="",
        created_at=NOW,
        updated_at=NOW,
    )


def quiet(start: str, end: str, zone: str = "UTC", unless: Severity | None = None) -> QuietHours:
    return QuietHours(start=start, end=end, time_zone=zone, unless=unless)


def escalation(seconds: int, *channels: UUID) -> Escalation:
    return Escalation(after_seconds=seconds, channels=list(channels))
