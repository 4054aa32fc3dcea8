"""Builders for events and records, and the way a batch is put through `detect`."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.operators.detect import Outcome, Rules, detect
from pipeline.operators.state import AssetState
from pipeline.settings import Settings
from pipeline.thresholds import ThresholdLookup, Thresholds

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ASSET = "warehouse.sales.orders"


@dataclass(frozen=True)
class FakeRecord:
    key: bytes | None
    value: bytes | None
    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def payload(value: Any, metric: str = "score", *, second: float = 0, **fields: Any) -> bytes:
    event = {"assetId": ASSET, "metricType": metric, "value": value, "timestamp": at(second)}
    return json.dumps(event | fields).encode()


def record(raw: bytes, offset: int, *, key: str | None = ASSET, arrived: float = 0) -> FakeRecord:
    moment = int((START + timedelta(seconds=arrived)).timestamp() * 1000)
    return FakeRecord(None if key is None else key.encode(), raw, offset, moment)


def rules(thresholds: Thresholds | None = None, **overrides: Any) -> Rules:
    settings = Settings(**overrides)
    lookup = ThresholdLookup(thresholds or settings.thresholds, settings.threshold_overrides)
    return Rules(
        lookup, settings.recent_window, settings.max_event_bytes, 3600 * 1_000_000,
        derives_scores=lookup.derives_scores,
    )  # fmt: skip


def run(*raws: bytes, states: dict[str, AssetState] | None = None, **overrides: Any) -> Outcome:
    """Put the payloads through one batch, a second apart."""
    records = [record(raw, offset, arrived=offset) for offset, raw in enumerate(raws)]
    return detect(
        records, "quality.metrics", 0, {} if states is None else states, rules(**overrides)
    )


def scores(*values: float, **overrides: Any) -> Outcome:
    return run(*(payload(v, second=i) for i, v in enumerate(values)), **overrides)


def issues(*values: float, **overrides: Any) -> Outcome:
    return run(*(payload(v, "issues", second=i) for i, v in enumerate(values)), **overrides)
