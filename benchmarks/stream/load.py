"""The events that every contender gets, and the alerts they must come to."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import NamedTuple

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
    event_id: str

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

    def value(self, moment: str) -> bytes:
        """Return the event, as JSON."""
        return (
            f'{{"eventId":"{self.event_id}","assetId":"{self.name}","metricType":"score",'
            f'"value":{self.now / 10},"timestamp":"{moment}","source":"nightly-load"}}'
        ).encode()


def steps(assets: int, seed: int = 1) -> Iterator[Step]:
    """Yield scores of assets drawn at random, for ever.

    They wander by 0.1 at a time, too little to be told; every hundredth drops or rises
    by 5 to 30 points.
    """
    generator = random.Random(seed)
    draw, bits = generator.random, generator.getrandbits
    tenths: dict[int, int] = {}
    seen: list[int] = []
    for index in count():
        jumps = index % ALERT_EVERY == ALERT_EVERY - 1
        asset = seen[int(draw() * len(seen))] if jumps else int(draw() * assets)
        before = tenths.get(asset)
        if before is None:
            seen.append(asset)
            now = 400 + int(draw() * 600)
        elif jumps:
            now = before + (50 + int(draw() * 250)) * (-1 if before > 500 else 1)
        else:
            now = min(1000, max(0, before + int(draw() * 3) - 1))
        tenths[asset] = now
        own = f"{bits(128):032x}"
        event_id = f"{own[:8]}-{own[8:12]}-4{own[13:16]}-a{own[17:20]}-{own[20:]}"
        yield Step(asset, before, now, event_id)


def make_load(assets: int, events: int, partitions: int, seed: int = 1) -> Load:
    """Return the first `events` of `steps`; an asset's are all in one partition."""
    records, alerts = [], Counter[Expected]()
    for index, step in enumerate(islice(steps(assets, seed), events)):
        if (alert := step.alert) is not None:
            alerts[alert] += 1
        moment = (START + timedelta(milliseconds=index)).isoformat(timespec="microseconds")
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
