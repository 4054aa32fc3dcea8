"""Inhibit: an alert over a whole source mutes those over its assets."""

from collections.abc import Iterable
from typing import Final

from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus

OPEN: Final = (AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED)


def inhibitor_of(alert: Alert, others: Iterable[Alert]) -> Alert | None:
    """Return an open alert on the asset that is named like the source of `alert`.

    It must be at least as severe: a small trouble of the source hides no large one.
    """
    for other in others:
        if (
            other.asset_id == alert.source
            and other.asset_id != alert.asset_id
            and other.status in OPEN
            and SEVERITY_RANK[other.severity] >= SEVERITY_RANK[alert.severity]
        ):
            return other
    return None
