"""Silence: somebody asked for quiet about some alerts, until a certain time."""

from collections.abc import Iterable
from datetime import datetime

from pipeline.operators.routing.match import selects
from schemas.alerts import Alert
from schemas.routing import Silence


def is_silenced(silence: Silence, alert: Alert, now: datetime) -> bool:
    """Say whether `silence` is in force and means `alert`."""
    return (
        silence.starts_at <= now < silence.ends_at
        and (not silence.alert_types or alert.alert_type in silence.alert_types)
        and selects(silence, alert)
    )


def silence_over(silences: Iterable[Silence], alert: Alert, now: datetime) -> Silence | None:
    """Return the silence that lasts longest of those that mean `alert`, None without one."""
    found = [silence for silence in silences if is_silenced(silence, alert, now)]
    return max(found, key=lambda silence: silence.ends_at, default=None)
