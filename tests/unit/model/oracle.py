"""What a stream of scores must come to, in a dozen lines and without a worker."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

WINDOW = 4


@dataclass
class Oracle:
    """(asset, previous, current) of alerts and changes, offsets of history, last values."""

    alerts: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    history: set[Any] = field(default_factory=set)
    refused: set[Any] = field(default_factory=set)
    values: dict[str, tuple[Decimal, int]] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    def take(self, offset: Any, event: dict[str, Any] | None) -> None:
        if event is None:
            self.refused.add(offset)
            return
        asset, value, time = event["asset"], Decimal(event["value"]), event["time"]
        seen = self.seen.setdefault(asset, deque(maxlen=WINDOW))
        if event["id"] in seen:
            return
        self.history.add(offset)
        previous, last = self.values.get(asset, (value, time))
        if time < last:
            return
        if abs(value - previous) >= 1:
            self.changes.append((asset, previous, value))
        if abs(value - previous) >= 5:
            self.alerts.append((asset, previous, value))
        seen.append(event["id"])
        self.values[asset] = (value, time)
