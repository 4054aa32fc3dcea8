"""Hold: why an alert is not told of just now, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pipeline.operators.routing.inhibit import inhibitor_of
from pipeline.operators.routing.maintenance import window_over
from pipeline.operators.routing.quiet_hours import quiet_until
from pipeline.operators.routing.silence import silence_over
from schemas.alerts import Alert
from schemas.routing import AlertSubscription, MaintenanceWindow, Owner, Silence


class Hold(NamedTuple):
    """A reason in words; `until` is None where nobody can know."""

    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What telling depends on besides the alert and the subscription.

    `source_alerts` are the open alerts on assets that are named like a source.
    """

    now: datetime
    silences: Sequence[Silence] = ()
    windows: Sequence[MaintenanceWindow] = ()
    owners: Sequence[Owner] = ()
    source_alerts: Sequence[Alert] = field(default=())


def hold_on(
    subscription: AlertSubscription, alert: Alert, circumstances: Circumstances
) -> Hold | None:
    """Return what holds `alert` back, None if it may be told."""
    now = circumstances.now
    silence = silence_over(circumstances.silences, alert, now)
    if silence is not None:
        return Hold(
            f"silenced by {silence.author or silence.actor}: {silence.comment}", silence.ends_at
        )
    maintenance = window_over(circumstances.windows, alert, now)
    if maintenance is not None:
        return Hold(f"maintenance: {maintenance.window.name}", maintenance.until)
    if subscription.muted_by_source:
        wide = inhibitor_of(alert, circumstances.source_alerts)
        if wide is not None:
            return Hold(f"muted by the alert over its source: {wide.message}", None)
    if subscription.quiet_hours is not None:
        until = quiet_until(subscription.quiet_hours, alert.severity, now)
        if until is not None:
            return Hold("quiet hours", until)
    return None
