"""Message: a notification in words, as a title and a body in HTML."""

from collections.abc import Iterator
from html import escape
from typing import Final

from schemas.alerts import SEVERITY_RANK, AlertMetadata, Severity
from schemas.notifications import Notification, NotifiedAlert, Occasion

MOST_SHOWN: Final = 20
"""Alerts of a group that are written out; the rest are counted."""

_HEADINGS: Final = {
    Occasion.RAISED: "",
    Occasion.WORSENED: "worse: ",
    Occasion.REPEATED: "still active: ",
    Occasion.UNACKNOWLEDGED: "not acknowledged: ",
    Occasion.RESOLVED: "",
}


def worst_of(notification: Notification) -> Severity | None:
    """Return the worst severity of what is not resolved, None if all is, or it is a test."""
    open_ones = [one.alert.severity for one in notification.alerts if not _is_resolved(one)]
    return max(open_ones, key=SEVERITY_RANK.__getitem__, default=None)


def title_of(notification: Notification) -> str:
    """Return the title: `[CRITICAL] ...`, or `[RESOLVED] ...` when all is."""
    if notification.test:
        return "[TEST] Tidemark can reach you"
    worst = worst_of(notification)
    mark = f"[{'RESOLVED' if worst is None else worst.upper()}]"
    first, *others = notification.alerts
    if not others:
        return f"{mark} {_HEADINGS[first.occasion]}{first.alert.message}"
    resolved = sum(_is_resolved(one) for one in notification.alerts)
    count = len(notification.alerts)
    what = f"{count} alerts" + (f", {resolved} of them resolved" if 0 < resolved < count else "")
    return f"{mark} {what}" + (f" ({notification.group})" if notification.group else "")


def body_of(notification: Notification) -> str:
    """Return the body in HTML: for each alert what, previous and current value, and a link."""
    if notification.test:
        return "<p>This is a test: alerts that you subscribe to will arrive here.</p>"
    shown = notification.alerts[:MOST_SHOWN]
    parts = [f"<p>{'<br>'.join(_lines(one))}</p>" for one in shown]
    more = len(notification.alerts) - len(shown)
    if more:
        parts.append(f"<p>and {more} more</p>")
    if notification.subscription:
        parts.append(f"<p>Subscription: {escape(notification.subscription)}</p>")
    return "\n".join(parts)


def _lines(one: NotifiedAlert) -> Iterator[str]:
    alert = one.alert
    state = "resolved" if _is_resolved(one) else alert.severity
    heading = f"{_HEADINGS[one.occasion]}{alert.message}"
    yield f"<b>{escape(heading)}</b>"
    if alert.asset_id != alert.asset_name:
        yield f"Asset: {escape(alert.asset_id)}"
    values = _values(alert.metadata)
    if values:
        yield escape(values)
    yield f"Severity: {state}, since {alert.timestamp:%Y-%m-%d %H:%M:%S %Z}"
    if alert.metadata.occurrences:
        yield f"Occurrences: {alert.metadata.occurrences}"
    if _is_resolved(one) and alert.resolution:
        yield f"Resolution: {escape(alert.resolution)} ({escape(alert.changed_by)})"
    if one.owner or alert.assignee:
        yield f"Owner: {escape(alert.assignee or one.owner or '')}"
    if one.link:
        link = escape(one.link)
        yield f'<a href="{link}">{link}</a>'


def _values(metadata: AlertMetadata) -> str:
    if metadata.previous_value is None or metadata.current_value is None:
        return ""
    change = f" ({metadata.change:+g})" if metadata.change is not None else ""
    name = metadata.metric_type or metadata.rule
    return f"{name}: {metadata.previous_value:g} -> {metadata.current_value:g}{change}"


def _is_resolved(one: NotifiedAlert) -> bool:
    return one.occasion is Occasion.RESOLVED
