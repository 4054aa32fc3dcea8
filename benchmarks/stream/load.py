"""The events that every contender gets, and the alerts they must come to."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


def make_load(assets: int, count: int, partitions: int, seed: int = 1) -> Load:
    """Return `count` scores of assets drawn at random, one decimal each.

    Scores wander by 0.1 at a time, too little to be told; every hundredth event
    drops or rises by 5 to 30 points. An asset's events are all in one partition.
    """
    draw = random.Random(seed)
    tenths: dict[int, int] = {}
    seen: list[int] = []
    events, alerts = [], Counter[Expected]()
    for index in range(count):
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
        name = f"warehouse.sales.table_{asset:07d}"
        if jumps and before is not None:
            alerts[_expected(name, before, now)] += 1
        moment = START + timedelta(milliseconds=index)
        event_id = UUID(int=draw.getrandbits(128), version=4)
        value = (
            f'{{"eventId":"{event_id}","assetId":"{name}","metricType":"score",'
            f'"value":{now / 10},"timestamp":"{moment:%Y-%m-%dT%H:%M:%S}.'
            f'{moment.microsecond:06d}Z","source":"nightly-load"}}'
        )
        events.append((asset % partitions, name.encode(), value.encode()))
    return Load(assets, events, alerts)


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
