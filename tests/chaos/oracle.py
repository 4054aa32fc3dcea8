"""What the events in Kafka must come to, by decimal arithmetic and without a worker."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from aiokafka.structs import ConsumerRecord

SCORE_STEPS = ((Decimal(20), "critical"), (Decimal(10), "high"), (Decimal(5), "medium"))
ISSUE_STEPS = ((Decimal(10), "critical"), (Decimal(5), "high"), (Decimal(2), "medium"))


class DueAlert(NamedTuple):
    """An alert as every place that has it must have it."""

    asset_id: str
    metric_type: str
    event_id: str
    severity: str
    previous: Decimal
    current: Decimal


class DueRow(NamedTuple):
    """A row of the history."""

    asset_id: str
    metric_type: str
    event_id: str
    value: Decimal
    late: bool


@dataclass
class Due:
    """All that is due, each once; current values by asset and metric."""

    alerts: Counter[DueAlert] = field(default_factory=Counter)
    rows: Counter[DueRow] = field(default_factory=Counter)
    current: dict[tuple[str, str], Decimal] = field(default_factory=dict)


def due_of(records: Iterable[ConsumerRecord]) -> Due:
    """Return what the records of the metrics topic come to, each partition's in its order."""
    due, last = Due(), dict[tuple[str, str], tuple[str, Decimal]]()
    for record in records:
        event: dict[str, Any] = json.loads(record.value, parse_float=Decimal, parse_int=Decimal)
        asset, metric, number = event["assetId"], event["metricType"], event["eventId"]
        key, value, time = (asset, metric), event["value"], event["timestamp"]
        before = last.get(key)
        late = before is not None and time < before[0]
        due.rows[DueRow(asset, metric, number, value, late)] += 1
        if late:
            continue
        last[key] = (time, value)
        due.current[key] = value
        severity = _severity(metric, before[1], value) if before else None
        if before and severity:
            due.alerts[DueAlert(asset, metric, number, severity, before[1], value)] += 1
    return due


def _severity(metric: str, before: Decimal, value: Decimal) -> str | None:
    moved = value - before
    if metric == "issues":
        if moved < 0:
            return "low" if value == 0 else None
        return _reached(moved, ISSUE_STEPS)
    reached = _reached(abs(moved), SCORE_STEPS)
    return "low" if reached and moved > 0 else reached


def _reached(amount: Decimal, steps: tuple[tuple[Decimal, str], ...]) -> str | None:
    return next((severity for bound, severity in steps if amount >= bound), None)
