"""Told: what a subscriber knows of an alert, and what there is to tell."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus, Severity
from schemas.notifications import Occasion


class Told(Struct, rename="camel", kw_only=True, frozen=True):
    """What a subscriber knows of an alert since `activation`, the step that made it active.

    `severity` is the worst told of, `since` the first message, `last` the newest; `repeats`
    counts reminders, `escalated_after` is the last escalation in seconds after `since`.
    """

    activation: UUID
    severity: Severity
    since: datetime
    last: datetime
    repeats: int = 0
    escalated_after: int = 0


def is_over(alert: Alert) -> bool:
    """Say whether nothing more is to come of `alert` unless it becomes active again."""
    return alert.status in (AlertStatus.RESOLVED, AlertStatus.IGNORED)


def news_of(
    alert: Alert, told: Told | None, repeat_seconds: int | None, now: datetime
) -> Occasion | None:
    """Return why to tell of `alert` now, None if there is nothing new.

    An alert that somebody took over, or that ended, before it was told is no news.
    """
    active = alert.status is AlertStatus.ACTIVE
    if told is None:
        return Occasion.RAISED if active else None
    if alert.status is AlertStatus.RESOLVED:
        return Occasion.RESOLVED
    if not active:
        return None
    if SEVERITY_RANK[alert.severity] > SEVERITY_RANK[told.severity]:
        return Occasion.WORSENED
    repeat = repeat_at(alert, told, repeat_seconds)
    return Occasion.REPEATED if repeat is not None and repeat <= now else None


def repeat_at(alert: Alert, told: Told | None, repeat_seconds: int | None) -> datetime | None:
    """Return when to remind of `alert`, None if never."""
    if told is None or repeat_seconds is None or alert.status is not AlertStatus.ACTIVE:
        return None
    return told.last + timedelta(seconds=repeat_seconds)
