"""Escalate: nobody has acknowledged in time, so others are told."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pipeline.operators.routing.told import Told
from schemas.alerts import Alert, AlertStatus
from schemas.routing import Escalation


def escalations_due(
    escalations: Iterable[Escalation], alert: Alert, told: Told | None, now: datetime
) -> list[Escalation]:
    """Return the escalations whose time has come, earliest first."""
    pending = _pending(escalations, alert, told)
    return [one for one in pending if told and _at(one, told) <= now]


def next_escalation_at(
    escalations: Iterable[Escalation], alert: Alert, told: Told | None
) -> datetime | None:
    """Return when the next escalation is due, None if there is none to come."""
    pending = _pending(escalations, alert, told)
    return _at(pending[0], told) if pending and told else None


def _pending(
    escalations: Iterable[Escalation], alert: Alert, told: Told | None
) -> Sequence[Escalation]:
    if told is None or alert.status is not AlertStatus.ACTIVE:
        return []
    later = [one for one in escalations if one.after_seconds > told.escalated_after]
    return sorted(later, key=lambda one: one.after_seconds)


def _at(escalation: Escalation, told: Told) -> datetime:
    return told.since + timedelta(seconds=escalation.after_seconds)
