"""Message: a notification in words, as a title and a body in the markup of its service."""

from collections.abc import Iterator
from typing import Final

from pipeline.operators.routing.writing import Markup, Writing, markup_of, plain
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
    """Return the title in plain text: `[CRITICAL] ...`, or `[RESOLVED] ...` when all is."""
    return plain(_title(notification))


def body_of(notification: Notification, writing: Writing = Writing.EMAIL) -> str:
    """Return the body: for each alert what, previous and current value, and a link.

    It begins with the title where the service has none of its own.
    """
    markup = markup_of(writing)
    before, after = markup.paragraph
    paragraphs = (
        f"{before}{markup.newline.join(lines)}{after}"
        for lines in _paragraphs(notification, writing, markup)
    )
    return "\n".join(paragraphs).strip()


def _title(notification: Notification) -> str:
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


def _paragraphs(
    notification: Notification, writing: Writing, markup: Markup
) -> Iterator[list[str]]:
    if not writing.has_title:
        yield [markup.strong(markup.text(_title(notification)))]
    if notification.test:
        yield [markup.text("This is a test: alerts that you subscribe to will arrive here.")]
        return
    shown = notification.alerts[:MOST_SHOWN]
    single = len(shown) == 1 and not writing.has_title
    for one in shown:
        yield list(_lines(one, markup, heading=not single))
    more = len(notification.alerts) - len(shown)
    if more:
        yield [f"and {more} more"]
    if notification.subscription:
        yield [markup.text(f"Subscription: {notification.subscription}")]


def _lines(one: NotifiedAlert, markup: Markup, *, heading: bool) -> Iterator[str]:
    alert, text = one.alert, markup.text
    state = "resolved" if _is_resolved(one) else alert.severity
    if heading:
        yield markup.strong(text(f"{_HEADINGS[one.occasion]}{alert.message}"))
    if alert.asset_id != alert.asset_name:
        yield text(f"Asset: {alert.asset_id}")
    values = _values(alert.metadata)
    if values:
        yield text(values)
    yield text(f"Severity: {state}, since {alert.timestamp:%Y-%m-%d %H:%M:%S %Z}")
    if alert.metadata.occurrences:
        yield text(f"Occurrences: {alert.metadata.occurrences}")
    if _is_resolved(one) and alert.resolution:
        yield text(f"Resolution: {alert.resolution} ({alert.changed_by})")
    if one.owner or alert.assignee:
        yield text(f"Owner: {alert.assignee or one.owner or ''}")
    if one.link:
        yield markup.link(one.link)


def _values(metadata: AlertMetadata) -> str:
    if metadata.previous_value is None or metadata.current_value is None:
        return ""
    change = f" ({metadata.change:+g})" if metadata.change is not None else ""
    name = metadata.metric_type or metadata.rule
    return f"{name}: {metadata.previous_value:g} -> {metadata.current_value:g}{change}"


def _is_resolved(one: NotifiedAlert) -> bool:
    return one.occasion is Occasion.RESOLVED
