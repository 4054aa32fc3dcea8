"""Group: several alerts in one message, and how long they wait for each other."""

from datetime import datetime, timedelta
from typing import Final

from schemas.alerts import Alert
from schemas.routing import AlertSubscription, GroupBy

_WAIT_SECONDS: Final = 30
_INTERVAL_SECONDS: Final = 300


def default_wait(group_by: GroupBy) -> int:
    """Return how many seconds a group waits for company unless its subscription says."""
    return 0 if group_by is GroupBy.ALERT else _WAIT_SECONDS


def default_interval(group_by: GroupBy) -> int:
    """Return how many seconds lie between messages of a group unless its subscription says."""
    return 0 if group_by is GroupBy.ALERT else _INTERVAL_SECONDS


def group_key(group_by: GroupBy, alert: Alert, owner: str | None) -> str:
    """Return what names the group of `alert`, whose asset is `owner`'s."""
    if group_by is GroupBy.SOURCE:
        return f"source {alert.source or ''}"
    if group_by is GroupBy.OWNER:
        return f"owner {owner or ''}"
    return str(alert.id)


def group_label(group_by: GroupBy, key: str) -> str | None:
    """Return the name of a group as people read it, None for a single alert."""
    if group_by is GroupBy.ALERT:
        return None
    kind, _, name = key.partition(" ")
    return key if name else f"no {kind}"


def due_at(subscription: AlertSubscription, told_at: datetime | None, now: datetime) -> datetime:
    """Return when to tell of something new in a group that was last told of at `told_at`.

    A group that was told of within its interval waits for the interval's end, any other
    only for the alerts that come along.
    """
    waited = now + timedelta(seconds=subscription.group_wait_seconds)
    if told_at is None:
        return waited
    return max(waited, told_at + timedelta(seconds=subscription.group_interval_seconds))
