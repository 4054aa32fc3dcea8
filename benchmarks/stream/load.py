"""The events that every contender gets, and the alerts they must come to."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import NamedTuple
from uuid import UUID

ALERT_EVERY = 100
"""One event in so many moves far enough to alert, evenly spread: alerts tell progress."""
START = datetime(2026, 11, 24, tzinfo=UTC)


class Expected(NamedTuple):
    """What identifies an alert, whoever raised it."""

    asset_id: str
    alert_type: str
    severity: str
    previous: float
    current: float


@dataclass(frozen=True, slots=True)
class Load:
    """Events as (partition, key, value), in order, and the alerts to expect of them."""

    assets: int
    events: list[tuple[int, bytes, bytes]]
    alerts: Counter[Expected]


class Step(NamedTuple):
    """A score of an asset, in tenths, and the one before, if any."""

    asset: int
    before: int | None
    now: int
    event_id: UUID

    @property
    def name(self) -> str:
        """The asset's id."""
        return f"warehouse.sales.table_{self.asset:07d}"

    @property
    def alert(self) -> Expected | None:
        """What must be told of it."""
        if self.before is None or abs(self.now - self.before) < 50:
            return None
        return _expected(self.name, self.before, self.now)

    def value(self, moment: datetime) -> bytes:
        """Return the event, as JSON."""
        return (
            f'{{"eventId":"{self.event_id}","assetId":"{self.name}","metricType":"score",'
            f'"value":{self.now / 10},"timestamp":"{moment:%Y-%m-%dT%H:%M:%S}.'
            f'{moment.microsecond:06d}Z","source":"nightly-load"}}'
        ).encode()


def steps(assets: int, seed: int = 1) -> Iterator[Step]:
    """Yield scores of assets drawn at random, for ever.

    They wander by 0.1 at a time, too little to be told; every hundredth drops or rises
    by 5 to 30 points.
    """
    draw = random.Random(seed)
    tenths: dict[int, int] = {}
    seen: list[int] = []
    for index in count():
        jumps = index % ALERT_EVERY == ALERT_EVERY - 1
        asset = draw.choice(seen) if jumps else draw.randrange(assets)
        before = tenths.get(asset)
        if before is None:
            seen.append(asset)
            now = draw.randrange(400, 1000)
        elif jumps:
            now = before + draw.randrange(50, 300) * (-1 if before > 500 else 1)
        else:
            now = min(1000, max(0, before + draw.choice((-1, 0, 1))))
        tenths[asset] = now
        yield Step(asset, before, now, UUID(int=draw.getrandbits(128), version=4))


def make_load(assets: int, events: int, partitions: int, seed: int = 1) -> Load:
    """Return the first `events` of `steps`; an asset's are all in one partition."""
    records, alerts = [], Counter[Expected]()
    for index, step in enumerate(islice(steps(assets, seed), events)):
        if (alert := step.alert) is not None:
            alerts[alert] += 1
        moment = START + timedelta(milliseconds=index)
        records.append((step.asset % partitions, step.name.encode(), step.value(moment)))
    return Load(assets, records, alerts)


def _expected(asset_id: str, before: int, now: int) -> Expected:
    moved = now - before
    if moved > 0:
        kind, severity = "score_improvement", "low"
    elif moved <= -200:
        kind, severity = "sudden_drop", "critical"
    elif moved <= -100:
        kind, severity = "sudden_drop", "high"
    else:
        kind, severity = "threshold_breach", "medium"
    return Expected(asset_id, kind, severity, before / 10, now / 10)
