"""Maintenance: planned work, once or by a schedule."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from croniter import croniter

from pipeline.operators.routing.match import selects
from schemas.alerts import Alert
from schemas.routing import MaintenanceWindow


class OpenWindow(NamedTuple):
    """A window that is open, and until when."""

    window: MaintenanceWindow
    until: datetime


def open_until(window: MaintenanceWindow, now: datetime) -> datetime | None:
    """Return when the window that is open `now` closes, None if it is not open."""
    starts, ends = window.starts_at, window.ends_at
    if not window.enabled or (starts and now < starts) or (ends and now >= ends):
        return None
    if window.schedule is None or window.duration_seconds is None or window.time_zone is None:
        return ends
    opened = _last_opening(window.schedule, ZoneInfo(window.time_zone), now)
    closes = opened + timedelta(seconds=window.duration_seconds)
    if closes <= now:
        return None
    return min(closes, ends) if ends else closes


def window_over(
    windows: Iterable[MaintenanceWindow], alert: Alert, now: datetime
) -> OpenWindow | None:
    """Return the window that closes last of those open over `alert`, None without one."""
    found = [
        OpenWindow(window, until)
        for window in windows
        if selects(window, alert) and (until := open_until(window, now)) is not None
    ]
    return max(found, key=lambda one: one.until, default=None)


def _last_opening(schedule: str, zone: ZoneInfo, now: datetime) -> datetime:
    # `get_prev` looks strictly before: a schedule to the minute has opened at `now` itself.
    after = (now + timedelta(microseconds=1)).astimezone(zone)
    opened: datetime = croniter(schedule, after).get_prev(datetime)
    return opened.astimezone(UTC)
