"""Quiet hours: when a subscriber wants not to be told."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.alerts import SEVERITY_RANK, Severity
from schemas.routing import QuietHours


def quiet_until(hours: QuietHours, severity: Severity, now: datetime) -> datetime | None:
    """Return when the quiet hours around `now` end, None outside or if they don't hold it.

    By the clock on the wall, whatever summer time does to it.
    """
    if hours.unless is not None and SEVERITY_RANK[severity] >= SEVERITY_RANK[hours.unless]:
        return None
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    local = now.astimezone(ZoneInfo(hours.time_zone))
    if not _is_between(local.time(), start, end):
        return None
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end.replace(fold=local.fold), local.tzinfo).astimezone(UTC)


def _is_between(moment: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end
