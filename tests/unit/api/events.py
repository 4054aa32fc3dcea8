"""Records of the pushed topics."""

import json
from uuid import uuid4

from api.live.events import ALERTS, CHANGES, LiveEvent, read_event
from api.live.position import Place


def change(
    asset: str = "a", metric: str = "score", offset: int = 0, partition: int = 0
) -> LiveEvent:
    raw = {
        "assetId": asset,
        "assetName": asset,
        "metricType": metric,
        "previousValue": 1,
        "currentValue": 2,
        "change": 1,
        "changePercent": 100,
        "timestamp": "2025-01-01T00:00:00Z",
        "eventId": str(uuid4()),
    }
    event = read_event(Place(CHANGES, partition), offset, json.dumps(raw).encode())
    assert event is not None
    return event


def alert(
    asset: str = "a",
    severity: str = "high",
    status: str = "active",
    changed_by: str = "pipeline",
    metric: str | None = "score",
    offset: int = 0,
    partition: int = 0,
    **metadata: object,
) -> LiveEvent:
    raw = {
        "id": str(uuid4()),
        "assetId": asset,
        "assetName": asset,
        "alertType": "sudden_drop",
        "message": "fell",
        "severity": severity,
        "status": status,
        "timestamp": "2025-01-01T00:00:00Z",
        "metadata": {"rule": "score_drop"} | ({"metricType": metric} if metric else {}) | metadata,
        "stepId": str(uuid4()),
        "changedAt": "2025-01-01T00:00:00Z",
        "changedBy": changed_by,
    }
    event = read_event(Place(ALERTS, partition), offset, json.dumps(raw).encode())
    assert event is not None
    return event
