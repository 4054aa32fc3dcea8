"""Match: does an alert concern a subscription, a silence, a maintenance window?"""

from collections.abc import Sequence
from typing import Protocol

from pipeline.globs import matches_any
from schemas.alerts import SEVERITY_RANK, Alert
from schemas.routing import AlertSubscription


class Selector(Protocol):
    """What says which alerts are meant. None does not restrict."""

    @property
    def scope(self) -> Sequence[str]:
        """Asset globs of its author."""

    @property
    def asset_pattern(self) -> str | None:
        """An asset id or glob."""

    @property
    def source(self) -> str | None:
        """The source of the asset."""


def selects(selector: Selector, alert: Alert) -> bool:
    """Say whether all that `selector` asks for is so, and within its author's scope."""
    pattern = selector.asset_pattern
    return (
        selector.source in (None, alert.source)
        and (pattern is None or matches_any((pattern,), alert.asset_id))
        and matches_any(selector.scope, alert.asset_id)
    )


def matches(subscription: AlertSubscription, alert: Alert, owner: str | None) -> bool:
    """Say whether the subscriber is to be told of `alert`, whose asset is `owner`'s."""
    return (
        subscription.enabled
        and SEVERITY_RANK[alert.severity] >= SEVERITY_RANK[subscription.minimum_severity]
        and (not subscription.alert_types or alert.alert_type in subscription.alert_types)
        and subscription.owner in (None, owner)
        and selects(subscription, alert)
    )
