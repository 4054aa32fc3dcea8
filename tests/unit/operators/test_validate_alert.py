"""What is no step of an alert, or what some reader could not hold, is refused with the reason."""

import json
from typing import Any

import pytest

from pipeline.operators.validate_alert import InvalidAlert, decode_alert

ALERT: dict[str, Any] = {
    "id": "6f1d2a54-7c0e-5b7a-9a34-2f0c8e4b1d96",
    "assetId": "orders",
    "assetName": "Orders",
    "alertType": "sudden_drop",
    "message": "fell",
    "severity": "high",
    "status": "active",
    "timestamp": "2026-01-01T00:00:00Z",
    "metadata": {"rule": "score_drop", "currentValue": 1.5},
    "stepId": "6f1d2a54-7c0e-5b7a-9a34-2f0c8e4b1d97",
    "changedAt": "2026-01-01T00:00:00Z",
}


def test_a_step_is_taken() -> None:
    assert decode_alert(json.dumps(ALERT).encode()).asset_id == "orders"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"assetId": ""}, "assetId: is empty"),
        ({"assetId": "x" * 256}, "assetId: 256 characters"),
        ({"assetName": "a\nb"}, r"assetName: holds U\+000A"),
        ({"source": "\0"}, r"source: holds U\+0000"),
        ({"message": "a\0"}, r"a text holds U\+0000"),
        ({"message": "x" * 20_001}, "a text of 20001 characters"),
        ({"timestamp": "0001-01-01T00:00:00+01:00"}, "is not from 1970 to 9998"),
        ({"changedAt": "9999-12-31T23:59:59-23:59"}, "is not from 1970 to 9998"),
        ({"timestamp": "2026-01-01T00:00:00"}, "has no offset"),
        ({"metadata": {"rule": "x", "lastSeen": "1969-01-01T00:00:00Z"}}, "is not from 1970"),
        ({"metadata": {"rule": "x", "occurrences": -1}}, "occurrences: is not from 0"),
        ({"metadata": {"rule": "x", "occurrences": 2**60}}, "occurrences: is not from 0"),
        ({"metadata": {"rule": "x", "leftOut": ["\0"]}}, r"a text holds U\+0000"),
        ({"status": "lost"}, "Invalid enum value"),
    ],
)
def test_bounds(change: dict[str, Any], reason: str) -> None:
    raw = json.dumps(ALERT | change).encode()
    with pytest.raises(InvalidAlert, match=reason):
        decode_alert(raw)


@pytest.mark.parametrize(
    "raw", [None, b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40]
)
def test_garbage(raw: bytes | None) -> None:
    with pytest.raises(InvalidAlert):
        decode_alert(raw)
