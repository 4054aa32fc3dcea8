"""Recorded events through the detect stage again, under rules of one's choice."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from pipeline.operators.detect import Rules, detect
from pipeline.operators.state import AssetState
from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus, Severity
from schemas.metrics import MetricEvent

TOPIC = "backtest"

_encode = msgspec.json.Encoder().encode


class Recorded(NamedTuple):
    """An event as a record of Kafka that arrived when it was measured."""

    key: bytes
    value: bytes
    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


class Told(Struct, rename="camel", kw_only=True):
    """An alert as it came to be under some rules: the worst it was, and in how many steps."""

    id: UUID
    asset_id: str
    rule: str
    alert_type: str
    severity: Severity
    timestamp: str
    message: str
    steps: int = 1


class Changed(Struct, rename="camel", kw_only=True):
    """An alert that either rules raise, but not alike."""

    before: Told
    after: Told


class Difference(NamedTuple):
    """Alerts that only the new rules raise, only the old ones, or both but otherwise."""

    raised: list[Told]
    dropped: list[Told]
    changed: list[Changed]


class Backtest:
    """The detect stage with a memory of its own, and the alerts it told.

    Silence is not among them: it depends on when events arrived, which the history does
    not keep.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._states: dict[str, AssetState] = {}
        self._read = 0
        self.told: dict[UUID, Told] = {}

    def take(self, events: Iterable[MetricEvent], *, count: bool = True) -> None:
        """Apply events, each asset's in order; those that only warm up do not `count`."""
        outcome = detect(
            [self._record(event) for event in events], TOPIC, 0, self._states, self._rules
        )
        if outcome.rejected:
            raise ValueError(outcome.rejected[0][1])
        for alert in outcome.alerts:
            self._hear(alert, count=count)

    def _record(self, event: MetricEvent) -> Recorded:
        self._read += 1
        arrived = round(event.timestamp.timestamp() * 1000)
        return Recorded(event.asset_id.encode(), _encode(event), self._read, arrived)

    def _hear(self, alert: Alert, *, count: bool) -> None:
        told = self.told.get(alert.id)
        if told is None:
            # A step of an alert that warming up raised is none of this time's.
            if count and alert.status is AlertStatus.ACTIVE and not alert.metadata.occurrences:
                self.told[alert.id] = _told(alert)
            return
        told.steps += 1
        if SEVERITY_RANK[alert.severity] > SEVERITY_RANK[told.severity]:
            told.severity, told.message = alert.severity, alert.message


def compare(before: Mapping[UUID, Told], after: Mapping[UUID, Told]) -> Difference:
    """Return what changes from the alerts of the old rules to those of the new ones."""
    return Difference(
        raised=[told for number, told in after.items() if number not in before],
        dropped=[told for number, told in before.items() if number not in after],
        changed=[
            Changed(before=before[number], after=told)
            for number, told in after.items()
            if number in before and _kind(told) != _kind(before[number])
        ],
    )


def _kind(told: Told) -> tuple[str, str, str]:
    return told.rule, told.alert_type, told.severity


def _told(alert: Alert) -> Told:
    return Told(
        id=alert.id,
        asset_id=alert.asset_id,
        rule=alert.metadata.rule,
        alert_type=str(alert.alert_type),
        severity=alert.severity,
        timestamp=alert.timestamp.isoformat(),
        message=alert.message,
    )
